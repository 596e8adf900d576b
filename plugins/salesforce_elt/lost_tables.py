"""
Staging tables that somebody dropped: their objects are read whole, as if for the first time.

A watermark says how far a table is complete; without the table it says nothing. What the marts had
of its rows is not known any more either, so every mart of the org is computed anew.
"""

from collections.abc import Sequence

import psycopg
from psycopg import sql

from salesforce_elt import watermarks
from salesforce_elt.results import Finding
from salesforce_elt.run import Run
from salesforce_elt.warehouse import leases
from salesforce_elt.warehouse.columns import column_types
from salesforce_elt.warehouse.staging import StagingTable

CODE = "staging_lost"


def forget_lost(conn: psycopg.Connection, run: Run, sobjects: Sequence[str]) -> list[Finding]:
    """Forgets how far the lost tables of these objects were complete; a finding for each."""
    lost = [one for one in sobjects if _is_lost(conn, run, one)]
    if lost:
        with conn.transaction():
            leases.hold(conn, run)
            for name in lost:
                _forget(conn, run, name)
            conn.execute("delete from sync.fingerprints where org = %s", [run.org])
    return [
        Finding(
            "warning",
            CODE,
            f"The staging table of {name} is gone: somebody dropped it. All of {name} is read "
            "anew, and the marts are computed anew.",
            name,
        )
        for name in lost
    ]


def _is_lost(conn: psycopg.Connection, run: Run, sobject: str) -> bool:
    is_loaded = watermarks.read(conn, run.org, sobject) is not None
    return is_loaded and not column_types(conn, StagingTable(run.org, sobject).name)


def _forget(conn: psycopg.Connection, run: Run, sobject: str) -> None:
    table = StagingTable(run.org, sobject)
    conn.execute(sql.SQL("drop table if exists {}").format(table.before))
    conn.execute("delete from sync.watermarks where org = %s and sobject = %s", [run.org, sobject])
