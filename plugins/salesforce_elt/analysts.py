"""
The role for people who read: marts and sync results, and nothing else.

People are given it (`grant analyst to ann`); it logs in nowhere itself. A publish makes it when it
is not there, and grants it what it lacks, for instance a mart that was just made.
"""

import logging
from collections.abc import Sequence

import psycopg
from psycopg import sql

from salesforce_elt.results import Finding

log = logging.getLogger(__name__)

ROLE_MISSING = "analyst_role_missing"
# The tables of `sync` that say what syncs did; the others are how they do it.
RESULTS = (
    "runs",
    "run_objects",
    "run_reads",
    "run_marts",
    "run_exclusions",
    "run_quotas",
    "checks",
    "findings",
    "proofs",
    "quarantine",
    "watermarks",
    "api_usage",
)
SCHEMAS = ("marts", "sync")

# What is ours of `marts`, and the results: which of it the role may not read.
LACKING = """
select format('%%I.%%I', n.nspname, c.relname)
from pg_class as c inner join pg_namespace as n on c.relnamespace = n.oid
where ((n.nspname = 'marts' and c.relname = any(%(marts)s))
    or (n.nspname = 'sync' and c.relname = any(%(results)s)))
and not has_table_privilege(%(role)s, c.oid, 'select')
order by 1
"""
CLOSED_SCHEMAS = """
select nspname from pg_namespace
where nspname = any(%(schemas)s) and not has_schema_privilege(%(role)s, oid, 'usage')
"""


def lacks_access(conn: psycopg.Connection, role: str, marts: Sequence[str]) -> bool:
    """Whether the role has to be made or granted something, and that is possible."""
    if _exists(conn, role):
        return bool(_unreadable(conn, role, marts) or _closed_schemas(conn, role))
    return _may_create_roles(conn)


def grant_access(conn: psycopg.Connection, role: str, marts: Sequence[str]) -> list[Finding]:
    """Makes the role if need be, and lets it read these marts and views and the sync results.

    Where our user may not make roles, a finding names the statement that somebody else has to run.
    """
    if not (_exists(conn, role) or _may_create_roles(conn)):
        return [_role_missing(conn, role)]
    _ensure_role(conn, role)
    name = sql.Identifier(role)
    for schema in _closed_schemas(conn, role):
        conn.execute(sql.SQL("grant usage on schema {} to {}").format(sql.Identifier(schema), name))
    for relation in _unreadable(conn, role, marts):
        conn.execute(sql.SQL("grant select on {} to {}").format(sql.SQL(relation), name))
    return []


def _exists(conn: psycopg.Connection, role: str) -> bool:
    return conn.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone() is not None


def _may_create_roles(conn: psycopg.Connection) -> bool:
    row = conn.execute(
        "select rolcreaterole or rolsuper from pg_roles where rolname = current_user"
    ).fetchone()
    return row == (True,)


def _ensure_role(conn: psycopg.Connection, role: str) -> None:
    if _exists(conn, role):
        return
    try:
        with conn.transaction():
            conn.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
        log.info("The role %s is made; give it to people: grant %s to <user>", role, role)
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        # Roles belong to the server: another warehouse on it was faster.
        log.info("The role %s was made by somebody else meanwhile", role)


def _unreadable(conn: psycopg.Connection, role: str, marts: Sequence[str]) -> list[str]:
    rows = conn.execute(LACKING, {"role": role, "marts": list(marts), "results": list(RESULTS)})
    return [name for (name,) in rows.fetchall()]


def _closed_schemas(conn: psycopg.Connection, role: str) -> list[str]:
    rows = conn.execute(CLOSED_SCHEMAS, {"role": role, "schemas": list(SCHEMAS)})
    return [name for (name,) in rows.fetchall()]


def _role_missing(conn: psycopg.Connection, role: str) -> Finding:
    statement = sql.SQL("create role {} nologin;").format(sql.Identifier(role)).as_string(conn)
    return Finding(
        "warning",
        ROLE_MISSING,
        f"There is no role {role} on the warehouse's server, and the user {conn.info.user} may not "
        f"make one, so nobody can be given access to the marts by it. Have an administrator of the "
        f"server run: {statement} The next sync grants it what analysts may read. "
        "(ELT_ANALYST_ROLE names another role.)",
    )
