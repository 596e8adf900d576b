"""An org that is made anew has nothing in common with what the warehouse holds of the old one."""

import psycopg
from psycopg import sql

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
OF_A_RUN = """
select table_schema, table_name
from information_schema.tables
where table_schema in ('landing', 'delta') and starts_with(table_name, %s)
"""


def forget(connection: psycopg.Connection, *, org: str) -> None:
    """Remove an org from the warehouse: staging, its rows in the marts, the state of its syncs."""
    with connection.transaction():
        staging = sql.Identifier(f"staging_{org}")
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(staging))
        for name in connection.execute(OF_A_RUN, [f"{org}__"]).fetchall():
            connection.execute(sql.SQL("drop table {}").format(sql.Identifier(*name)))
        for name in connection.execute(WITH_AN_ORG_COLUMN).fetchall():
            statement = sql.SQL("delete from {} where org = %s").format(sql.Identifier(*name))
            connection.execute(statement, [org])
