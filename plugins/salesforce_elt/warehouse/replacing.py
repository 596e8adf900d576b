"""
The table that was loaded takes staging's place, and what people attached to it stays.

Renaming is quick and needs the old table to go. Where something hangs on it that would go too, or
that does not let it go (a view, a foreign key, a policy), the rows are written into it instead.
"""

import psycopg
from psycopg import sql

from salesforce_elt.warehouse.locks import LONGEST_WAIT, no_long_wait
from salesforce_elt.warehouse.names import table_name
from salesforce_elt.warehouse.staging import StagingTable

# Who may do what with a table and its columns, as statements that make it so for another one.
GRANTS = """
    with given as (
        select a.*, '' as columns from pg_class as c, aclexplode(c.relacl) as a
        where c.oid = %(old)s::regclass
        union all
        select a.*, format('(%%I)', t.attname) from pg_attribute as t, aclexplode(t.attacl) as a
        where t.attrelid = %(old)s::regclass and t.attnum > 0 and not t.attisdropped
    ),
    by_default as (
        select distinct a.grantee from pg_class as c, aclexplode(c.relacl) as a
        where c.oid = %(new)s::regclass and a.grantee <> c.relowner
    )
    select format('revoke all on %%s from %%s', %(new)s,
        case grantee when 0 then 'public' else grantee::regrole::text end) as statement
    from by_default
    union all
    select format('grant %%s %%s on %%s to %%s%%s', privilege_type, columns, %(new)s,
        case grantee when 0 then 'public' else grantee::regrole::text end,
        case when is_grantable and grantee <> 0 then ' with grant option' else '' end)
    from given
    order by statement desc
"""  # the revokes come first

# Something of another kind than a table's own index, constraint, default and row type.
ATTACHED = """
    select exists (
        select from pg_depend
        where (refclassid = 'pg_class'::regclass and refobjid = %(table)s::regclass
            or refclassid = 'pg_type'::regclass
            and refobjid = (select reltype from pg_class where oid = %(table)s::regclass))
        and (deptype = 'n' or classid in ('pg_policy'::regclass, 'pg_trigger'::regclass,
            'pg_publication_rel'::regclass, 'pg_statistic_ext'::regclass))
    ) or (select relrowsecurity from pg_class where oid = %(table)s::regclass)
"""


def replace_staging(conn: psycopg.Connection, table: StagingTable) -> None:
    """Gives staging the rows that were loaded beside it, in the caller's transaction.

    The loaded table has the same columns, and every record that staging has. Raises
    WarehouseUnavailable when somebody uses staging's table for long.
    """
    old, new = table.name, table.loading
    if _has_attached(conn, old):
        _write_rows(conn, old, new)
        conn.execute(sql.SQL("drop table {}").format(new))
        return
    _carry_grants(conn, old, new)
    with no_long_wait(conn, old, at_most=LONGEST_WAIT):
        conn.execute(sql.SQL("drop table {}").format(old))
    name = sql.Identifier(table_name(table.sobject))
    conn.execute(sql.SQL("alter table {} rename to {}").format(new, name))


def _has_attached(conn: psycopg.Connection, table: sql.Identifier) -> bool:
    found = conn.execute(ATTACHED, {"table": table.as_string(conn)}).fetchone()
    return found == (True,)


def _carry_grants(conn: psycopg.Connection, old: sql.Identifier, new: sql.Identifier) -> None:
    names = {"old": old.as_string(conn), "new": new.as_string(conn)}
    for (statement,) in conn.execute(GRANTS, names).fetchall():
        conn.execute(statement)


def _write_rows(conn: psycopg.Connection, old: sql.Identifier, new: sql.Identifier) -> None:
    """Only rows that differ are written: readers go on, and what is the same is not moved."""
    found = conn.execute(sql.SQL("select * from {} limit 0").format(old)).description or ()
    names = [sql.Identifier(one.name) for one in found]
    parts = {
        "old": old,
        "new": new,
        "columns": sql.SQL(", ").join(names),
        "excluded": sql.SQL(", ").join(sql.SQL("excluded.{}").format(name) for name in names),
        "present": sql.SQL(", ").join(sql.SQL("s.{}").format(name) for name in names),
    }
    conn.execute(
        sql.SQL(
            "insert into {old} as s ({columns}) select {columns} from {new}"
            " on conflict (id) do update set ({columns}) = row({excluded})"
            " where ({present}) is distinct from ({excluded})"
        ).format(**parts)
    )
