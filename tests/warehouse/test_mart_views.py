"""Views on marts are there after a publish, follow their files, and hold up no mart."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from salesforce_elt.errors import StopError
from salesforce_elt.mart_views import load_views
from salesforce_elt.models import load_models
from tests.warehouse.small_org import SmallOrg
from tests.warehouse.test_model_changes import edit, edited

__all__ = ["edited"]  # a fixture

STAGES = ({"id": "01J1", "api_name": "Prospecting", "master_label": "Prospecting",
           "is_closed": False, "is_won": False},
          {"id": "01J2", "api_name": "Closed Won", "master_label": "Closed Won",
           "is_closed": True, "is_won": True})
LAST_DAY = datetime(2024, 3, 3, 23, 59, 59, tzinfo=UTC)


def moment(day: int, hour: int = 0) -> datetime:
    """A time in March 2024."""
    return datetime(2024, 3, day, hour, tzinfo=UTC)


def state(history_id: str, opportunity: str, stage: str, *, at: datetime, amount: int | None = 10,
          currency: str | None = None) -> dict[str, Any]:
    """A row of OpportunityHistory."""
    return {"id": history_id, "opportunity_id": opportunity, "stage_name": stage, "amount": amount,
            "currency_iso_code": currency, "created_date": at, "close_date": date(2024, 6, 1)}


def with_history(org: SmallOrg, *states: dict[str, Any]) -> SmallOrg:
    """An org that is synced with these states of its opportunities."""
    org.stage("OpportunityStage", *STAGES)
    org.stage("Opportunity", *({"id": one} for one in {row["opportunity_id"] for row in states}))
    org.stage("OpportunityHistory", *states)
    org.sync()
    return org


def daily(org: SmallOrg, start: str, end: str, *columns: str) -> list[tuple[Any, ...]]:
    """Rows of the daily pipeline."""
    names = ", ".join(columns or ("day", "stage_name", "opportunity_count", "amount"))
    rows = org.rows(f"select {names} from marts.pipeline_daily('{start}', '{end}')")
    return [tuple(row.values()) for row in rows]


def test_a_day_shows_the_pipeline_as_it_was_at_its_end(org: SmallOrg) -> None:
    with_history(
        org, state("0081", "006A", "Prospecting", at=moment(1, 8)),
        state("0082", "006A", "Prospecting", at=moment(2, 8), amount=25),
        state("0083", "006A", "Closed Won", at=moment(3, 8), amount=25),
        state("0084", "006B", "Prospecting", at=LAST_DAY, amount=None))
    assert daily(org, "2024-02-29", "2024-03-05") == [
        (date(2024, 3, 1), "Prospecting", 1, Decimal(10)),
        (date(2024, 3, 2), "Prospecting", 1, Decimal(25)),
        (date(2024, 3, 3), "Closed Won", 1, Decimal(25)),
        (date(2024, 3, 3), "Prospecting", 1, Decimal(0)),
        (date(2024, 3, 4), "Closed Won", 1, Decimal(25)),
        (date(2024, 3, 4), "Prospecting", 1, Decimal(0)),
    ]


def test_days_are_half_open_in_utc(org_18: SmallOrg) -> None:
    with_history(org_18, state("0081", "006A", "Prospecting", at=moment(1)),
                 state("0082", "006A", "Closed Won", at=moment(2)))
    org_18.conn.execute("set timezone to 'America/New_York'")
    stages = daily(org_18, "2024-02-29", "2024-03-03", "day", "stage_name")
    assert stages == [(date(2024, 3, 1), "Prospecting"), (date(2024, 3, 2), "Closed Won")]
    assert daily(org_18, "2024-03-01", "2024-03-01") == []


def test_what_began_before_the_first_day_counts_from_it_on(org_18: SmallOrg) -> None:
    with_history(org_18, state("0081", "006A", "Prospecting", at=moment(1)),
                 state("0082", "006A", "Closed Won", at=moment(9)))
    assert daily(org_18, "2024-03-08", "2024-03-09", "stage_name") == [("Prospecting",)]
    assert daily(org_18, "2024-03-20", "2024-03-21", "stage_name") == [("Closed Won",)]


def test_days_that_have_not_begun_are_not_told(org_18: SmallOrg) -> None:
    with_history(org_18, state("0081", "006A", "Prospecting", at=moment(1)))
    rows = org_18.rows("select day from marts.pipeline_daily(current_date, current_date + 9)")
    today = org_18.rows("select cast(now() at time zone 'UTC' as date) as day")
    assert rows == today


def test_currencies_are_told_apart_and_add_up_in_the_corporate_one(org_18: SmallOrg) -> None:
    org_18.stage("CurrencyType", {"id": "1", "iso_code": "USD", "conversion_rate": 1},
                 {"id": "2", "iso_code": "EUR", "conversion_rate": Decimal("0.5")})
    with_history(org_18, state("0081", "006A", "Prospecting", at=moment(1), currency="EUR"),
                 state("0082", "006B", "Prospecting", at=moment(1), currency="USD"))
    rows = daily(org_18, "2024-03-01", "2024-03-02", "currency", "amount", "corporate_amount")
    assert rows == [("EUR", Decimal(10), Decimal(20)), ("USD", Decimal(10), Decimal(10))]


def test_orgs_are_told_apart(org_18: SmallOrg, other_org: SmallOrg) -> None:
    for org in (org_18, other_org):
        with_history(org, state("0081", "006A", "Prospecting", at=moment(1)))
    rows = daily(org_18, "2024-03-01", "2024-03-02", "org", "opportunity_count")
    assert rows == [("acme", 1), ("other", 1)]


def test_days_in_stage_go_on_until_the_opportunity_is_won(org_18: SmallOrg) -> None:
    with_history(org_18, state("0081", "006A", "Prospecting", at=moment(1)),
                 state("0082", "006A", "Closed Won", at=moment(3, 6)),
                 state("0083", "006B", "Prospecting", at=moment(1)))
    rows = org_18.rows("select stay_id, days_in_stage from marts.days_in_stage order by 1")
    days = {row["stay_id"]: row["days_in_stage"] for row in rows}
    assert (days["0081"], days["0082"]) == (Decimal("2.25"), None)
    assert days["0083"] > 300


def test_a_mart_that_is_altered_is_not_held_up_by_our_view(
    edited: SmallOrg, tmp_path: Path
) -> None:
    edit(edited, tmp_path, "marts/opportunity_stage_history.sql",
         old="    began_at as entered_at,", new="    cast(began_at as timestamp(3)) as entered_at,")
    edited.sync()
    assert edited.rows("select * from marts.days_in_stage") == []


def test_a_mart_that_is_made_anew_is_not_held_up_by_our_view(
    edited: SmallOrg, tmp_path: Path
) -> None:
    edit(edited, tmp_path, "marts/opportunities.sql",
         old="-- key: opportunity_id\n", new="-- key: opportunity_id, opportunity_name\n")
    edited.stage("Opportunity", {"id": "006A", "name": "A"})
    edited.stage("OpportunityHistory", state("0081", "006A", "Prospecting", at=moment(1)))
    edited.sync()
    assert len(edited.rows("select * from marts.days_in_stage")) == 1


def test_an_edited_view_is_made_anew_by_the_next_sync(edited: SmallOrg, tmp_path: Path) -> None:
    edit(edited, tmp_path, "views/days_in_stage.sql",
         old="    stays.left_at,\n", new="    stays.left_at,\n    stays.amount as worth,\n")
    edited.sync()
    assert edited.rows("select worth from marts.days_in_stage") == []


def test_an_edited_function_is_made_anew_by_the_next_sync(
    edited: SmallOrg, tmp_path: Path
) -> None:
    edit(edited, tmp_path, "views/pipeline_daily.sql", old="(from_day date, to_day date)",
         new="(from_day date, to_day date, step integer)")
    edited.sync()
    signatures = edited.rows("select oid::regprocedure::text as name from pg_proc"
                             " where pronamespace = 'marts'::regnamespace")
    assert signatures == [{"name": "marts.pipeline_daily(date,date,integer)"}]


def test_a_view_whose_file_is_gone_goes(edited: SmallOrg, tmp_path: Path) -> None:
    edited.models = load_models(tmp_path)
    (tmp_path / "sql/views/days_in_stage.sql").unlink()
    (tmp_path / "sql/marts.yaml").unlink()
    edited.sync()
    assert edited.rows("select to_regclass('marts.days_in_stage') as found") == [{"found": None}]


def test_a_view_that_somebody_dropped_is_made_again(edited: SmallOrg) -> None:
    edited.conn.execute("drop view marts.days_in_stage")
    edited.conn.commit()
    edited.sync()
    assert edited.rows("select * from marts.days_in_stage") == []


def test_our_views_are_known_although_the_state_of_the_syncs_was_lost(edited: SmallOrg) -> None:
    edited.conn.execute("truncate sync.views")
    edited.conn.commit()
    edited.sync()
    assert edited.rows("select * from marts.days_in_stage") == []
    assert edited.rows("select * from marts.pipeline_daily('2024-01-01', '2024-02-01')") == []


def test_an_unchanged_view_is_left_alone(edited: SmallOrg) -> None:
    oid = "select 'marts.days_in_stage'::regclass::oid as oid"
    before = edited.rows(oid)
    edited.stage("Account", {"id": "0012"})
    edited.sync()
    assert edited.rows(oid) == before


@pytest.mark.parametrize("change", [
    ("    account.industry,\n", ""), ("-- key: company_id\n", "-- key: company_id, industry\n")])
def test_the_view_of_a_person_that_is_in_the_way_is_named_and_stays(
    edited: SmallOrg, tmp_path: Path, change: tuple[str, str]
) -> None:
    edited.conn.execute("create view public.industries as select industry from marts.companies")
    edited.conn.commit()
    edit(edited, tmp_path, "marts/companies.sql", old=change[0], new=change[1])
    with pytest.raises(StopError, match=r"view industries depends on .*marts\.companies.*Drop"):
        edited.sync()
    assert edited.rows("select * from public.industries") == [{"industry": "Retail"}]


def test_the_view_of_a_person_on_our_view_is_named(edited: SmallOrg, tmp_path: Path) -> None:
    edited.conn.execute("create view public.slow as select * from marts.days_in_stage")
    edited.conn.commit()
    edit(edited, tmp_path, "views/days_in_stage.sql", old=", 2\n", new=", 1\n")
    with pytest.raises(StopError, match=r"view slow depends on view marts\.days_in_stage"):
        edited.sync()


def test_a_new_column_is_added_under_the_view_of_a_person(
    edited: SmallOrg, tmp_path: Path
) -> None:
    edited.conn.execute("create view public.industries as select industry from marts.companies")
    edited.conn.commit()
    edit(edited, tmp_path, "marts/companies.sql", old="    account.industry,\n",
         new="    account.industry,\n    account.name as label,\n")
    edited.sync()
    assert edited.rows("select industry from public.industries") == [{"industry": "Retail"}]


def test_a_view_that_somebody_made_under_our_name_is_named(org_18: SmallOrg) -> None:
    org_18.conn.execute("create view marts.days_in_stage as select 1 as x")
    org_18.conn.commit()
    with pytest.raises(StopError, match=r"marts\.days_in_stage is there already.*another name"):
        org_18.sync()


@pytest.mark.parametrize(("text", "complaint"), [
    ("create view marts.mine as select 1\n", "must begin with '-- One row per"),
    ("-- One row per x.\ncreate view marts.other as select 1\n", "and 'create view marts.mine as'"),
    ("-- One row per x.\ncreate view marts.mine as select 1 from marts.nothing\n",
     "reads marts.nothing, which is no mart"),
])
def test_a_file_that_makes_no_view_on_marts_is_refused(
    edited: SmallOrg, tmp_path: Path, text: str, complaint: str
) -> None:
    (tmp_path / "sql/views/mine.sql").write_text(text)
    with pytest.raises(StopError, match=complaint):
        load_views(load_models(tmp_path))
