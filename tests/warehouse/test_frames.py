"""A mart as a pandas frame: what it holds arrives as it is."""

import re
from datetime import date
from decimal import Decimal

import pandas as pd
import psycopg
import pytest

from salesforce_elt.errors import SettingsInvalid, WarehouseUnavailable
from salesforce_elt.frames import mart_frame, read_mart
from salesforce_elt.profiles import profile, summary
from salesforce_elt.warehouse.connection import connect
from tests.warehouse.small_org import PROJECT, SmallOrg

SAMPLES = """
create table marts.samples (
    org text, code text, amount numeric, place integer, is_big boolean, day date, at timestamptz);
insert into marts.samples values
    ('acme', 'NA', 12345678901234567890.12, 1, true, '2026-05-31', '2026-05-31 22:30:00-02'),
    ('acme', '001', 0.10, null, false, '0001-01-01', '0001-01-01 00:00:00+00'),
    ('acme', null, null, 3, null, null, null),
    ('other', 'NA', 5, 3, true, '9999-12-31', '9999-12-31 23:59:59+00')
"""


@pytest.fixture
def samples(org_18: SmallOrg, warehouse_18: str) -> str:
    """The URL of a warehouse with a table that has every type."""
    org_18.conn.execute(SAMPLES)
    org_18.start_run()
    return warehouse_18


def test_every_column_has_its_type(samples: str) -> None:
    assert read_mart("samples", url=samples).dtypes.astype(str).to_dict() == {
        "org": "string", "code": "string", "amount": "object", "place": "Int64",
        "is_big": "boolean", "day": "datetime64[us]", "at": "datetime64[us, UTC]"}


def test_a_mart_without_rows_has_the_same_types(samples: str, org_18: SmallOrg) -> None:
    org_18.conn.execute("truncate marts.samples")
    org_18.conn.commit()
    frame = read_mart("samples", url=samples)
    assert len(frame) == 0
    assert str(frame["at"].dtype) == "datetime64[us, UTC]"
    assert frame["amount"].dtype == object


def test_text_stays_text_and_numbers_stay_exact(samples: str) -> None:
    frame = read_mart("samples", org="acme", url=samples)
    assert frame["code"].tolist() == ["NA", "001", pd.NA]
    assert frame["amount"].tolist() == [Decimal("12345678901234567890.12"), Decimal("0.10"), None]


def test_what_is_missing_does_not_bend_the_rest(samples: str) -> None:
    frame = read_mart("samples", org="acme", url=samples)
    assert frame["place"].tolist() == [1, pd.NA, 3]
    assert frame["is_big"].tolist() == [True, False, pd.NA]
    assert frame["day"].isna().tolist() == frame["at"].isna().tolist() == [False, False, True]


def test_times_are_in_utc_and_dates_are_days_from_the_first_year_on(samples: str) -> None:
    frame = read_mart("samples", url=samples)
    assert frame["at"].iloc[0] == pd.Timestamp("2026-06-01 00:30:00", tz="UTC")
    assert frame["day"].iloc[0] == pd.Timestamp("2026-05-31")
    assert frame["day"].iloc[1].date() == date(1, 1, 1)
    assert frame["at"].iloc[3].year == 9999


def test_one_org_is_read_alone(samples: str) -> None:
    assert (len(read_mart("samples", org="acme", url=samples)),
            len(read_mart("samples", url=samples))) == (3, 4)


def test_a_published_mart_and_a_view_on_marts_are_read(
    org_18: SmallOrg, warehouse_18: str
) -> None:
    org_18.stage("Opportunity", {"id": "006A", "amount": Decimal("10.50")})
    org_18.sync()
    assert read_mart("opportunities", org="acme", url=warehouse_18)["amount"].tolist() == [
        Decimal("10.50")]
    assert read_mart("days_in_stage", org="acme", url=warehouse_18).empty


def test_a_mart_that_is_not_there_is_refused_with_what_there_is(samples: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"no mart 'sample'. There are: samples"):
        read_mart("sample", url=samples)


def test_an_org_that_was_never_synced_is_refused_with_what_there_is(samples: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"No org 'acm' was ever synced.*There are: acme"):
        read_mart("samples", org="acm", url=samples)


def test_a_warehouse_that_does_not_answer_is_said_to() -> None:
    with pytest.raises(WarehouseUnavailable, match="does not answer"):
        read_mart("samples", url="postgresql://nobody@127.0.0.1:1/nothing")


def test_the_warehouse_of_the_environment_is_read(
    samples: str, org_18: SmallOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELT_WAREHOUSE_URL", samples)
    org_18.conn.execute("alter table marts.samples rename to opportunities;"
                        "insert into sync.runs (run_id, org, kind, status, fence, started_at)"
                        " values ('demo-1', 'demo', 'full', 'success', 1, now())")
    org_18.conn.commit()
    page = (PROJECT / "docs/marts.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, pd.DataFrame] = {}
    exec(example, names)
    assert names["opportunities"].empty


def test_an_analyst_may_read_frames(org_18: SmallOrg, warehouse_18: str) -> None:
    org_18.sync()
    with connect(warehouse_18) as conn:
        conn.execute("set role analyst")
        assert len(mart_frame(conn, "pipelines", org="acme")) == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("select * from staging_acme.account")


def test_a_profile_says_what_is_missing_how_it_varies_and_what_is_frequent(samples: str) -> None:
    rows = profile(read_mart("samples", url=samples)).set_index("column")
    assert rows.loc["code"].tolist() == [1, 2, "001", "NA", "NA (2) · 001 (1)"]
    assert rows.loc["amount"].tolist() == [1, 3, "0.10", "12345678901234567890.12", ""]
    assert rows.loc["is_big"].tolist() == [1, 2, "", "", "True (2) · False (1)"]
    assert rows.loc["day"].tolist() == [1, 3, "0001-01-01", "9999-12-31", ""]
    assert rows.loc["at", "highest"] == "9999-12-31 23:59:59"


def test_a_column_without_values_has_an_empty_profile(samples: str) -> None:
    frame = read_mart("samples", url=samples)[["code"]].iloc[2:3]
    assert profile(frame).iloc[0].tolist() == ["code", 1, 0, "", "", ""]


def test_a_mart_in_short_names_the_columns_that_hold_nothing(samples: str) -> None:
    frame = read_mart("samples", org="acme", url=samples).iloc[2:3]
    assert summary("samples", frame) == {
        "mart": "samples", "rows": 1, "orgs": 1, "columns": 7,
        "empty columns": "code, amount, is_big, day, at"}
