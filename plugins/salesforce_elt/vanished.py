"""
What a full read lacks (rule 8): a record is gone only when something witnesses it.

getDeleted names it, or what it belonged to is deleted, or the missing are few and nobody took View
All Data away from the user. Of what belonged to such few a bounded number is believed. Otherwise a
sharing rule or a lost permission hides records, and emptying the marts in green would be the worst
answer.
"""

from collections.abc import Sequence

import psycopg
from psycopg import sql

from salesforce_elt import view_all
from salesforce_elt.errors import AccessDenied
from salesforce_elt.fields import CURSOR_FIELDS
from salesforce_elt.incoming import Incoming
from salesforce_elt.references import Reference, references
from salesforce_elt.warehouse.columns import column_types
from salesforce_elt.warehouse.names import warehouse_name
from salesforce_elt.warehouse.staging import StagingTable

VANISHED_SHARE = 0.01
VANISHED_AT_MOST = 1_000
# Of small objects a hundredth is no record at all, and people do delete one: so many are few too,
# unless they are more than a tenth.
ALWAYS_FEW, SMALL_SHARE = 3, 0.1
NOT_DELETED = sql.SQL("not s._is_deleted")


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
    """Owners are asked for only where it matters: their tables are locked until the commit."""
    sobject, table = incoming.extract.sobject, incoming.table
    (live,) = next(conn.execute(_counted(sql.SQL("{} as s").format(table.name), NOT_DELETED)))
    is_lost = view_all.is_lost(conn, incoming.landing.run, sobject)
    allowed, allowed_to_follow = (0, 0) if is_lost else (few(live), VANISHED_AT_MOST)
    missing_rows = sql.SQL("changes as c inner join {} as s on s.id = c.id").format(table.name)
    unnamed = [sql.SQL("c.change = 'vanished'"), _not(_is_learnt(table, "id"))]
    (missing,) = next(conn.execute(_counted(missing_rows, *unnamed)))
    if missing <= allowed:
        return
    owners = [one for one in references(conn, table.org, table.sobject) if one.is_owner]
    told = [_not(_is_told(conn, one)) for one in owners]
    vanished = [_not(_has_vanished(one)) for one in owners]
    (untold,) = next(conn.execute(_counted(missing_rows, *unnamed, *told)))
    (hidden,) = next(conn.execute(_counted(missing_rows, *unnamed, *told, *vanished)))
    if hidden > allowed or untold - hidden > allowed_to_follow:
        raise AccessDenied(_hidden(sobject, untold, live, is_lost=is_lost))


def _counted(rows: sql.Composable, *conditions: sql.Composable) -> sql.Composed:
    return sql.SQL("select count(*) from {} where {}").format(
        rows, sql.SQL(" and ").join(conditions)
    )


def _not(condition: sql.Composable) -> sql.Composed:
    return sql.SQL("not ({})").format(condition)


def _is_learnt(table: StagingTable, column: str, stamp: str | None = None) -> sql.Composed:
    """Whether getDeleted named what this column names; one with a later stamp came back."""
    is_back: sql.Composable = sql.SQL("false")
    if stamp:
        is_back = sql.SQL(
            "exists (select 1 from {} as p where p.id = l.id and p.{} > l.deleted_at)"
        ).format(table.name, sql.Identifier(stamp))
    return sql.SQL(
        "exists (select 1 from sync.learnt_deletes as l where l.org = {} and l.sobject = {}"
        " and l.id = s.{} and not {})"
    ).format(table.org, table.sobject, sql.Identifier(column), is_back)


def _is_told(conn: psycopg.Connection, owner: Reference) -> sql.Composed:
    """Whether Salesforce told that what took the row `s` along was deleted."""
    present = column_types(conn, owner.parent.name)
    stamps = (warehouse_name(one) for one in CURSOR_FIELDS)
    stamp = next((name for name in stamps if name in present), None)
    return sql.SQL(
        "{} or exists (select 1 from {} as p where p.id = s.{} and p._is_deleted"
        " and p._deleted_by is distinct from 'vanished')"
    ).format(
        _is_learnt(owner.parent, owner.column, stamp),
        owner.parent.name,
        sql.Identifier(owner.column),
    )


def _has_vanished(owner: Reference) -> sql.Composed:
    """Whether what took the row `s` along is only missing, and was believed to be deleted."""
    return sql.SQL(
        "exists (select 1 from {} as p where p.id = s.{} and p._deleted_by = 'vanished')"
    ).format(owner.parent.name, sql.Identifier(owner.column))


def _hidden(sobject: str, missing: int, live: int, *, is_lost: bool) -> str:
    since = " The integration user had View All Data before and has it no more." if is_lost else ""
    return (
        f"{sobject}: {missing:,} of {live:,} records are missing from a full read, and "
        f"Salesforce names no delete for them, nor for what they belonged to.{since} A sharing "
        f"rule or a lost permission hides records like that. Give the integration user View All on "
        f"{sobject} (or View All Data), or, if they were deleted within the last minute, run the "
        "sync again; nothing of this object was changed."
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
