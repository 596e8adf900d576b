"""
Fields that the settings exclude are in no table: what was read before the setting goes as well.

A column that no mart reads is dropped. One that a mart reads stays, empty, and the marts follow
with the next publish.
"""

import psycopg
from psycopg import sql

from salesforce_elt.batches import open_batch
from salesforce_elt.fields import Shape
from salesforce_elt.objects import SObject
from salesforce_elt.run import Run
from salesforce_elt.warehouse import leases
from salesforce_elt.warehouse.names import warehouse_name
from salesforce_elt.warehouse.staging import StagingTable, column_types, drop_columns


def forget_excluded(conn: psycopg.Connection, run: Run, sobject: SObject, shape: Shape) -> None:
    """Removes the excluded fields' values from staging, before anything is read."""
    table = StagingTable(run.org, sobject.name)
    present = column_types(conn, table)
    needed = {warehouse_name(field) for field in sobject.needs}
    names = {warehouse_name(field) for field in shape.excluded} & set(present)
    with conn.transaction():
        leases.hold(conn, run)
        drop_columns(conn, table, sorted(names - needed))
        for name in sorted(names & needed):
            _empty(conn, run, table, sql.Identifier(name))


def _empty(conn: psycopg.Connection, run: Run, table: StagingTable, column: sql.Identifier) -> None:
    conn.execute("drop table if exists pg_temp.changes")
    conn.execute(
        sql.SQL(
            "create temp table changes on commit drop as"
            " select id, 'updated' as change from {} where {} is not null"
        ).format(table.name, column)
    )
    _, batch_id = open_batch(conn, run, table)
    conn.execute(
        sql.SQL(
            "update {} as s set {} = null, _batch_id = {} from changes as c where s.id = c.id"
        ).format(table.name, column, batch_id)
    )
    conn.execute(sql.SQL("update {} set {} = null").format(table.before, column))
