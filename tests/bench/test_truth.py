"""The judge of the measurements: what arrived is right, or it says which field is not."""

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from bench.truth import Arrived, Truth, Verdict

RECORDS = """
create schema org;
create table org."Deal" (
    "Id" text, "Name" text, "Amount" numeric, "CloseDate" date, "At" timestamptz, "Open" boolean
);
insert into org."Deal" values
    ('1', 'NA', 10.50, '2026-03-02', '2026-03-02T09:30:00Z', true),
    ('2', 'null', null, null, null, false),
    ('3', null, 90000000, '2026-03-02', '2026-03-02T09:30:00Z', false);
create table copy as
    select "Id" id, "Name" name, "Amount" amount, "CloseDate" close_date, "At" at, "Open" open
    from org."Deal";
"""
VALUES = {
    "Id": "id",
    "Name": "name",
    "Amount": "amount",
    "CloseDate": "close_date",
    "At": "at",
    "Open": "open",
}
Judge = Callable[..., Verdict]


@pytest.fixture
def judge(database_url_18: str) -> Judge:
    """Judges the copy after a change of it."""
    with psycopg.connect(database_url_18) as connection:
        connection.execute(RECORDS)

    def after(change: str = "", **values: str) -> Verdict:
        with psycopg.connect(database_url_18) as connection:
            connection.execute(change.encode())
        arrived = Arrived(database_url_18, "copy", {**VALUES, **values})
        return Truth(database_url_18, "Deal").judge(arrived)

    return after


def test_a_copy_is_complete_and_exact(judge: Judge) -> None:
    assert judge() == Verdict(3, complete=True, exact=True, differing=())


@pytest.mark.parametrize(
    "change",
    [
        "alter table copy alter amount type text using"
        " case id when '3' then '9.0E7' when '1' then '10.5' end",
        'alter table copy alter at type text using to_char(at, \'YYYY-MM-DD"T"HH24:MI:SS"+0000"\')',
        "alter table copy alter open type text using open::text",
        "alter table copy alter close_date type text using close_date::text",
    ],
)
def test_values_are_compared_and_not_how_they_are_stored(judge: Judge, change: str) -> None:
    assert judge(change).exact


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("update copy set name = null where id = '1'", "Name"),
        ("update copy set name = null where id = '2'", "Name"),
        ("update copy set name = '' where id = '3'", "Name"),
        ("update copy set name = 'NA ' where id = '1'", "Name"),
        ("update copy set amount = amount + 0.01 where id = '1'", "Amount"),
        ("update copy set amount = 0 where id = '2'", "Amount"),
        ("update copy set at = at + interval '1 hour' where id = '1'", "At"),
        ("update copy set close_date = close_date + 1 where id = '1'", "CloseDate"),
        ("update copy set open = not open where id in ('1', '2')", "Open"),
        ("alter table copy alter amount type text using 'much'", "Amount"),
    ],
)
def test_a_value_that_differs_is_found(judge: Judge, change: str, field: str) -> None:
    verdict = judge(change)
    assert (verdict.complete, verdict.exact, verdict.differing) == (True, False, (f"Deal.{field}",))


@pytest.mark.parametrize(
    "change",
    [
        "delete from copy where id = '2'",
        "insert into copy select * from copy where id = '2'",
        "update copy set id = '1' where id = '2'",
        "update copy set id = '4' where id = '2'",
    ],
)
def test_a_record_that_is_missing_doubled_or_foreign_is_found(judge: Judge, change: str) -> None:
    verdict = judge(change)
    assert (verdict.complete, verdict.exact) == (False, False)


def test_two_records_that_have_changed_values_are_found(judge: Judge) -> None:
    swapped = (
        "update copy set name = case id when '1' then 'null' else 'NA' end where id in ('1','2')"
    )
    assert judge(swapped).differing == ("Deal.Name",)


def test_a_field_that_did_not_arrive_is_not_exact(judge: Judge, database_url_18: str) -> None:
    judge()
    arrived = Arrived(database_url_18, "copy", VALUES)
    without = replace(arrived, values={k: v for k, v in VALUES.items() if k != "Amount"})
    assert Truth(database_url_18, "Deal", wanted=list(VALUES)).judge(without).differing == (
        "Deal.Amount",
    )
