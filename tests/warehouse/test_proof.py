"""A proof whose counts do not come together is seen without reading the results' tables."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import psycopg
import pytest

from salesforce_elt import results
from salesforce_elt.hashing import Salt
from salesforce_elt.loading import Tools
from salesforce_elt.proof import prove
from salesforce_elt.results import PlannedObject
from salesforce_elt.run import Run
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.warehouse.connection import connect
from tests.warehouse.test_merge import COLUMNS, STAMP, conn, next_run, run, sync, thing

__all__ = ["conn", "run"]


class Org:
    """An org that has the records as staging has them."""

    data_path = "/services/data/v62.0"

    def get(self, path: str, *, asked: str, params: Mapping[str, str]) -> Any:
        records = [{"Id": thing(number)[0], "SystemModstamp": STAMP, "IsDeleted": False}
                   for number in (1, 2)]
        return {"records": records, "done": True}


@pytest.mark.parametrize(("theirs", "codes"), [(2, []), (None, []), (3, ["counts_differ"])])
def test_counts_that_still_differ_at_the_end_are_a_warning(conn, warehouse, run, theirs, codes):
    sync(conn, run, thing(1), thing(2))
    again = next_run(conn, run, "reconcile")
    proven(conn, again, theirs)
    tools = Tools(conn, lambda: connect(warehouse), cast(SalesforceClient, Org()), no_wait,
                  timedelta(0), no_salt)
    prove(tools, again, "Thing__c")
    found = conn.execute("select severity, code from sync.findings").fetchall()
    assert found == [("warning", code) for code in codes]
    assert conn.execute("select our_count from sync.proofs").fetchone() == (2,)


def proven(conn: psycopg.Connection, run: Run, theirs: int | None) -> None:
    """The plan of a reconcile for which the org counted so many records."""
    line = PlannedObject("Thing__c", "nothing", None, 0, [one.field for one in COLUMNS],
                         "SystemModstamp", is_whole=False)
    results.note_plan(conn, run, [line], waiting=["Thing__c"])
    conn.execute("insert into sync.proofs (run_id, org, sobject, their_count)"
                 " values (%s, 'acme', 'Thing__c', %s)", [run.run_id, theirs])


def no_wait(seconds: float) -> None:
    raise AssertionError("nothing has to be waited for")


def no_salt() -> Salt:
    raise AssertionError("no field is hashed")
