"""
`make forget ORG=key CONFIRM=key`: an org leaves the warehouse, with all that was known of it.

A simulated org that is made anew is forgotten as well: nothing here has to do with the new one.
"""

import os
from collections.abc import Sequence

import psycopg
from psycopg import sql

from desk.embedded import embedded_postgres
from salesforce_elt.deltas import drop_leftovers
from salesforce_elt.environment import Environment, warehouse_url
from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.replaced_org import drop_landing
from salesforce_elt.warehouse.connection import connect, prepare

WITH_AN_ORG_COLUMN = """
select c.table_schema, c.table_name
from information_schema.columns as c
join information_schema.tables as t using (table_schema, table_name)
where
    c.table_schema in ('sync', 'marts')
    and c.column_name = 'org'
    and t.table_type = 'BASE TABLE'
order by c.table_name = 'runs'
"""


def main(arguments: Sequence[str]) -> int:
    """Forget an org, if the person who asks for it wrote its key twice."""
    org, confirmation = arguments
    environment = Environment.read(os.environ)
    with embedded_postgres(environment), connect(warehouse_url(environment)) as connection:
        prepare(connection)
        known = sorted({name for (name,) in connection.execute("select org from sync.runs")})
        if org not in known:
            what = f"ORG is '{org}', of which nothing is here" if org else "Name the org: ORG=<key>"
            raise SettingsInvalid(f"{what}. There are: {', '.join(known) or 'none'}.")
        if confirmation != org:
            raise SettingsInvalid(
                f"This removes staging, marts and sync results of {org}; its next sync reads "
                f"everything. To do it: make forget ORG={org} CONFIRM={org}"
            )
        forget(connection, org=org)
    print(f"{org} is forgotten. Take it out of the settings, or its next sync begins anew.")
    return 0


def forget(connection: psycopg.Connection, *, org: str) -> None:
    """Remove an org from the warehouse: staging, its rows in the marts, the state of its syncs."""
    with connection.transaction():
        staging = sql.Identifier(f"staging_{org}")
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(staging))
        drop_landing(connection, org)
        drop_leftovers(connection, org)
        for name in connection.execute(WITH_AN_ORG_COLUMN).fetchall():
            statement = sql.SQL("delete from {} where org = %s").format(sql.Identifier(*name))
            connection.execute(statement, [org])
