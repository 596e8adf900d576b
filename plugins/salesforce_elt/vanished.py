"""
What a full read lacks (rule 8): a record is gone only when something witnesses it.

getDeleted names it, or what it belonged to is deleted, or the missing are few and nobody took View
All Data away from the user; otherwise a sharing rule or a lost permission hides records, and
emptying the marts in green would be the worst answer.
"""

from collections.abc import Sequence

import psycopg
from psycopg import sql

from salesforce_elt import view_all
from salesforce_elt.errors import AccessDenied
from salesforce_elt.incoming import Incoming
from salesforce_elt.references import references
from salesforce_elt.warehouse.staging import StagingTable

VANISHED_SHARE = 0.01
VANISHED_AT_MOST = 1_000
# Of small objects a hundredth is no record at all, and people do delete one: so many are few too,
# unless they are more than a tenth.
ALWAYS_FEW, SMALL_SHARE = 3, 0.1


def find_vanished(
    conn: psycopg.Connection, incoming: Incoming, *, among: Sequence[str] | None = None
) -> None:
    """Adds to `changes` what a full read lacks; stops when that is too much (rule 8).

    `among`: the Ids that were asked for, when not every record was.
    """
    before_read = (
        sql.SQL("s.{} < {}").format(sql.Identifier(incoming.cursor), incoming.extract.until)
        if incoming.cursor
        else sql.SQL("true")
    )
    conn.execute(
        sql.SQL(
            "insert into changes (id, change) select s.id, 'vanished' from {} as s"
            " where not s._is_deleted and {} and coalesce(s.id = any({}::text[]), true)"
            " and not exists (select 1 from {} as n where n.id = s.id)"
        ).format(
            incoming.table.name,
            before_read,
            None if among is None else list(among),
            incoming.landing.table,
        )
    )
    if not incoming.is_setup:
        _require_witness(conn, incoming)


def _require_witness(conn: psycopg.Connection, incoming: Incoming) -> None:
    extract = incoming.extract
    row = conn.execute(
        sql.SQL(
            "select (select count(*) from changes as c inner join {table} as s on s.id = c.id"
            " where c.change = 'vanished' and not ({is_witnessed})),"
            " (select count(*) from {table} where not _is_deleted)"
        ).format(table=incoming.table.name, is_witnessed=_is_witnessed(conn, incoming.table))
    ).fetchone()
    missing, live = row or (0, 0)
    is_lost = view_all.is_lost(conn, incoming.landing.run, extract.sobject)
    if missing > (0 if is_lost else few(live)):
        raise AccessDenied(_hidden(extract.sobject, missing, live, is_lost=is_lost))


def _is_witnessed(conn: psycopg.Connection, table: StagingTable) -> sql.Composed:
    """Whether a delete is known of the row `s`, or of a record that took it along."""
    owners = [one for one in references(conn, table.org, table.sobject) if one.is_owner]
    return sql.SQL(" or ").join(
        [
            _is_learnt(table, "id"),
            *(_is_learnt(one.parent, one.column) for one in owners),
            *(_is_flagged(one.parent, one.column) for one in owners),
        ]
    )


def _is_learnt(table: StagingTable, column: str) -> sql.Composed:
    """Whether getDeleted named what this column names, and no row says so yet."""
    return sql.SQL(
        "exists (select 1 from sync.learnt_deletes as l where l.org = {} and l.sobject = {}"
        " and l.id = s.{})"
    ).format(table.org, table.sobject, sql.Identifier(column))


def _is_flagged(table: StagingTable, column: str) -> sql.Composed:
    return sql.SQL("exists (select 1 from {} as p where p.id = s.{} and p._is_deleted)").format(
        table.name, sql.Identifier(column)
    )


def _hidden(sobject: str, missing: int, live: int, *, is_lost: bool) -> str:
    since = " The integration user had View All Data before and has it no more." if is_lost else ""
    return (
        f"{sobject}: {missing:,} of {live:,} records are missing from a full read, and "
        f"Salesforce names no delete for them, nor for what they belonged to.{since} A sharing "
        f"rule or a lost permission hides records like that. Give the integration user View All on "
        f"{sobject} (or View All Data), or, if they were deleted within the last minute, run the "
        "sync again; "
        "nothing of this object was changed."
    )


def few(live: int) -> int:
    """How many of so many records may vanish without a witness."""
    return max(
        min(ALWAYS_FEW, int(live * SMALL_SHARE)), min(VANISHED_AT_MOST, int(live * VANISHED_SHARE))
    )


def flag_vanished(conn: psycopg.Connection, incoming: Incoming, *, batch_id: int | None) -> None:
    """Marks what `find_vanished` found as deleted, and how that was learnt."""
    conn.execute(
        sql.SQL(
            "update {} as s set _is_deleted = true, _deleted_by = 'vanished', _batch_id = {}"
            " from changes as c where c.id = s.id and c.change = 'vanished'"
        ).format(incoming.table.name, batch_id)
    )
