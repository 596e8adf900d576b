"""Which columns of a staging table name records of another one."""

from dataclasses import dataclass

import psycopg

from salesforce_elt.objects import is_setup
from salesforce_elt.warehouse.columns import column_types
from salesforce_elt.warehouse.names import warehouse_name
from salesforce_elt.warehouse.staging import StagingTable


@dataclass(frozen=True)
class Reference:
    """A column that holds Ids of a parent object's records; unless `is_only`, of others' too.

    `is_owner`: who deletes the parent deletes the record too.
    """

    child: StagingTable
    column: str
    parent: StagingTable
    is_only: bool
    is_owner: bool


def references(conn: psycopg.Connection, org: str, sobject: str) -> list[Reference]:
    """The object's references to objects that were loaded, as far as staging has them.

    Not those to small setup objects, which are read whole whenever they differ.
    """
    rows = conn.execute(
        "select field, parent, cardinality(refers_to) = 1, parent = any(deleted_with)"
        " from sync.fields cross join unnest(refers_to) as parent"
        " where org = %s and sobject = %s",
        [org, sobject],
    ).fetchall()
    table, loaded = StagingTable(org, sobject), _loaded(conn, org)
    present = column_types(conn, table.name)
    return [
        Reference(table, warehouse_name(field), StagingTable(org, parent), is_only, is_owner)
        for field, parent, is_only, is_owner in rows
        if parent in loaded and warehouse_name(field) in present
    ]


def _loaded(conn: psycopg.Connection, org: str) -> set[str]:
    rows = conn.execute(
        "select sobject from sync.watermarks where org = %s and kind = 'changes'", [org]
    )
    return {sobject for (sobject,) in rows if not is_setup(sobject)}
