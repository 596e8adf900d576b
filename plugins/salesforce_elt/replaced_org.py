"""
Another org behind the same connection: a sandbox that was refreshed, or a host that was changed.

Its records have nothing to do with those in staging, though some have the same Ids. So the sync
stops, until a person asks for a full synchronization; that forgets staging and begins anew, and the
marts stand until its publish.
"""

import logging

import psycopg
from psycopg import sql

from salesforce_elt.deltas import drop_leftovers
from salesforce_elt.errors import OrgReplaced
from salesforce_elt.run import Run
from salesforce_elt.salesforce.client import SIGNIFICANT
from salesforce_elt.warehouse import leases
from salesforce_elt.warehouse.names import staging_schema

log = logging.getLogger(__name__)

# What the state of an org's syncs is, beside the results of its runs, its lease and its salt.
STATE = (
    "watermarks",
    "fields",
    "wanted_records",
    "extracts",
    "hashed_columns",
    "learnt_deletes",
    "view_all",
    "pending_batches",
    "picklist_values",
    "accepted_values",
    "fingerprints",
    "quarantine",
)
LANDED = "select tablename from pg_tables where schemaname = 'landing' and tablename ~ %s"


def require_same_org(conn: psycopg.Connection, run: Run, organization_id: str) -> None:
    """Keeps which org this is at the first sync, and begins anew when a full one finds another.

    Raises OrgReplaced when any other sync does. An empty Id, which the login did not tell, proves
    nothing.
    """
    known = known_org(conn, run.org)
    if not organization_id or known == organization_id[:SIGNIFICANT]:
        return
    if run.kind != "full" or run.objects:
        refuse_another_org(conn, run.org, organization_id)
    with conn.transaction():
        leases.hold(conn, run)
        if known:
            log.warning("%s: the org %s is replaced by %s", run.org, known, organization_id)
            _forget(conn, run.org)
        conn.execute(
            "insert into sync.orgs (org, organization_id, seen_at) values (%s, %s, now())"
            " on conflict (org) do update set organization_id = excluded.organization_id,"
            " seen_at = now()",
            [run.org, organization_id[:SIGNIFICANT]],
        )


def refuse_another_org(conn: psycopg.Connection, org: str, organization_id: str) -> None:
    """Raises OrgReplaced when staging came from another org than this one."""
    known = known_org(conn, org)
    if known and known != organization_id[:SIGNIFICANT]:
        raise OrgReplaced(
            f"{org}: the connection leads to the org {organization_id}, and the warehouse holds "
            f"records of the org {known}. If a sandbox was refreshed, or the org is meant to be "
            "another one, trigger a Full synchronization of all objects: it reads everything anew "
            "and replaces what is here. If not, correct the connection's host. Nothing was read."
        )


def known_org(conn: psycopg.Connection, org: str) -> str:
    """The first 15 characters of the Id of the org that staging came from; empty: not known.

    Before any record was read none is known, whatever a login said: the host may have been wrong.
    """
    loaded = conn.execute("select 1 from sync.watermarks where org = %s limit 1", [org]).fetchone()
    if loaded is None:
        return ""
    row = conn.execute("select organization_id from sync.orgs where org = %s", [org]).fetchone()
    return row[0] if row else _staged(conn, org)


def _staged(conn: psycopg.Connection, org: str) -> str:
    """What staging says, where syncs did not keep the Id yet."""
    table = sql.Identifier(staging_schema(org), "organization")
    found = conn.execute("select to_regclass(%s)", [table.as_string(conn)]).fetchone()
    if found is None or found[0] is None:
        return ""
    query = sql.SQL("select id from {} where not _is_deleted limit 1").format(table)
    row = conn.execute(query).fetchone()
    return row[0][:SIGNIFICANT] if row else ""


def _forget(conn: psycopg.Connection, org: str) -> None:
    """Removes staging and where its syncs stood; marts and results stay."""
    schema = sql.Identifier(staging_schema(org))
    conn.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
    drop_landing(conn, org)
    drop_leftovers(conn, org)
    for state in STATE:
        statement = sql.SQL("delete from {} where org = %s").format(sql.Identifier("sync", state))
        conn.execute(statement, [org])


def drop_landing(conn: psycopg.Connection, org: str) -> None:
    """Drops the landing tables of an org; other orgs' keys may begin with its key."""
    for (name,) in conn.execute(LANDED, [f"^{org}__[0-9]+$"]).fetchall():
        conn.execute(sql.SQL("drop table {}").format(sql.Identifier("landing", name)))
