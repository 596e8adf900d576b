"""
Which staging columns hold hashes and by which salt; what is in the clear is rewritten in place.

The state says what the columns hold, whatever the settings say by now; it changes in the
transaction of the columns. The salt itself never reaches PostgreSQL, whose logs may quote it.
"""

from collections.abc import Callable, Mapping, Sequence

import psycopg
from psycopg import sql

from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.hashing import Hashing, Salt
from salesforce_elt.warehouse.staging import StagingTable, set_types

ROWS_AT_ONCE = 10_000  # in memory while a table is rewritten


def hashed_columns(conn: psycopg.Connection, org: str) -> dict[str, dict[str, str]]:
    """The columns that hold hashes and their kinds, by SObject."""
    found: dict[str, dict[str, str]] = {}
    for sobject, name, kind in conn.execute(
        "select sobject, column_name, kind from sync.hashed_columns where org = %s", [org]
    ):
        found.setdefault(sobject, {})[name] = kind
    return found


def hashing_of(
    conn: psycopg.Connection, org: str, sobject: str, *, read_salt: Callable[[], Salt]
) -> Hashing | None:
    """How an object's cells are hashed; None when none are, which needs no salt.

    Raises SettingsInvalid when there is no salt here, or another than the org's hashes have.
    """
    kinds = hashed_columns(conn, org).get(sobject)
    if not kinds:
        return None
    salt = read_salt()
    if kept_check_value(conn, org) != salt.check_value:
        raise SettingsInvalid(
            f"{org}: this task has another salt than the sync's plan, so {sobject} would be hashed "
            "in two ways. Nothing was read. Give every Airflow worker the same "
            "ELT_HASH_SALT_FILE or ELT_HASH_SALT."
        )
    return Hashing(salt, kinds)


def kept_check_value(conn: psycopg.Connection, org: str) -> str | None:
    """The check value of the salt by which the org's hashes were made."""
    row = conn.execute("select check_value from sync.salts where org = %s", [org]).fetchone()
    return str(row[0]) if row else None


def keep_check_value(conn: psycopg.Connection, org: str, salt: Salt) -> None:
    """From now on the org's hashes are made by this salt."""
    conn.execute(
        "insert into sync.salts (org, check_value) values (%s, %s)"
        " on conflict (org) do update set check_value = excluded.check_value",
        [org, salt.check_value],
    )


def keep_hashed(conn: psycopg.Connection, table: StagingTable, kinds: Mapping[str, str]) -> None:
    """From now on these columns hold hashes."""
    for name, kind in kinds.items():
        conn.execute(
            "insert into sync.hashed_columns (org, sobject, column_name, kind)"
            " values (%s, %s, %s, %s) on conflict (org, sobject, column_name) do update"
            " set kind = excluded.kind",
            [table.org, table.sobject, name, kind],
        )


def drop_hashed(conn: psycopg.Connection, table: StagingTable, names: Sequence[str]) -> None:
    """These columns hold no hashes any more."""
    conn.execute(
        "delete from sync.hashed_columns where org = %s and sobject = %s and column_name = any(%s)",
        [table.org, table.sobject, list(names)],
    )


def rewrite(conn: psycopg.Connection, table: StagingTable, hashing: Hashing) -> int:
    """Replaces what the columns hold by its hashes, also in the rows before; returns how many rows.

    In the caller's transaction. A row is known by its place, which only this transaction moves.
    """
    count = 0
    for target in (table.before, table.name):
        set_types(conn, target, dict.fromkeys(hashing.kinds, "text"))
        count = _rewrite_rows(conn, target, hashing)
    return count


def _rewrite_rows(conn: psycopg.Connection, target: sql.Identifier, hashing: Hashing) -> int:
    names = [sql.Identifier(name) for name in hashing.kinds]
    types = sql.SQL(", ").join(sql.SQL("{} text").format(name) for name in names)
    changed = sql.SQL(", ").join(sql.SQL("{0} = h.{0}").format(name) for name in names)
    conn.execute(sql.SQL("create temp table hashes (place tid, {}) on commit drop").format(types))
    _fill_hashes(conn, target, hashing)
    cursor = conn.execute(
        sql.SQL("update {} as t set {} from hashes as h where t.ctid = h.place").format(
            target, changed
        )
    )
    conn.execute("drop table hashes")
    return cursor.rowcount


def _fill_hashes(conn: psycopg.Connection, target: sql.Identifier, hashing: Hashing) -> None:
    names = [sql.Identifier(name) for name in hashing.kinds]
    listed = sql.SQL(", ").join(names)
    filled = sql.SQL(" or ").join(sql.SQL("{} is not null").format(name) for name in names)
    with conn.cursor("clear") as clear, conn.cursor() as writing:
        clear.execute(
            sql.SQL("select ctid::text, {} from {} where {}").format(listed, target, filled)
        )
        while rows := clear.fetchmany(ROWS_AT_ONCE):
            with writing.copy("copy hashes from stdin") as copy:
                for place, *cells in rows:
                    hashes = zip(hashing.kinds, cells, strict=True)
                    copy.write_row([place, *(hashing.cell(name, cell) for name, cell in hashes)])
