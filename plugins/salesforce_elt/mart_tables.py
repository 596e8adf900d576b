"""The tables of `marts`: made from a delta, and altered when a model's columns change."""

from collections.abc import Sequence

import psycopg
from psycopg import sql

from salesforce_elt.indexes import ensure_indexes, ensure_statistics
from salesforce_elt.mart_views import views_make_way
from salesforce_elt.models import Model
from salesforce_elt.warehouse.columns import column_types
from salesforce_elt.warehouse.locks import LONGEST_WAIT, no_long_wait


def mart_table(mart: str) -> sql.Identifier:
    """`marts.<mart>`."""
    return sql.Identifier("marts", mart)


def ensure_mart(conn: psycopg.Connection, model: Model, delta: sql.Identifier) -> list[str]:
    """Gives the mart the columns and the key of the delta; returns the columns.

    The mart is one table for all orgs. When it is altered, the other orgs forget what they
    published, and compute their rows anew with their next sync. Raises StopError when something
    that people made on it is in the way, WarehouseUnavailable while somebody reads it.
    """
    wanted = column_types(conn, delta)
    if not _fits(conn, model, wanted):
        # Two orgs may publish a new model at once; the second finds the work done.
        conn.execute("select pg_advisory_xact_lock(hashtext(%s))", [f"marts.{model.name}"])
        if not _fits(conn, model, wanted):
            with views_make_way(conn, model.name):
                _reshape(conn, model, delta)
    return list(wanted)


def fits(conn: psycopg.Connection, model: Model, delta: sql.Identifier) -> bool:
    """Whether the mart has the columns and the key of the delta."""
    return _fits(conn, model, column_types(conn, delta))


def index_mart(conn: psycopg.Connection, model: Model) -> None:
    """Gives the mart the indexes that its header asks for, and statistics, once it has rows."""
    wanted = [("org", *names) for names in model.header.indexes]
    ensure_indexes(conn, mart_table(model.name), wanted)
    ensure_statistics(conn, mart_table(model.name))


def same_key(model: Model) -> sql.Composed:
    """A condition: the rows `m` of the mart and `d` of its delta have one key."""
    names = [sql.Identifier(name) for name in ("org", *model.key)]
    return sql.SQL(" and ").join(sql.SQL("m.{0} = d.{0}").format(name) for name in names)


def listed(names: Sequence[str], alias: str = "") -> sql.Composed:
    """Columns with commas between them, of one table."""
    prefix = sql.SQL(f"{alias}." if alias else "")
    return sql.SQL(", ").join(prefix + sql.Identifier(name) for name in names)


def shape(conn: psycopg.Connection, mart: str) -> list[str]:
    """The mart's columns with their types, in the order of their names."""
    return sorted(f"{name} {kind}" for name, kind in column_types(conn, mart_table(mart)).items())


def _fits(conn: psycopg.Connection, model: Model, wanted: dict[str, str]) -> bool:
    return column_types(conn, mart_table(model.name)) == wanted and _has_key(conn, model)


def _has_key(conn: psycopg.Connection, model: Model) -> bool:
    rows = conn.execute(
        "select a.attname from pg_index as i cross join unnest(i.indkey::int2[]) as k (attnum)"
        " inner join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum"
        " where i.indisprimary and i.indrelid = to_regclass(%s)",
        [mart_table(model.name).as_string(conn)],
    )
    return {name for (name,) in rows} == {"org", *model.key}


def _reshape(conn: psycopg.Connection, model: Model, delta: sql.Identifier) -> None:
    mart, present, wanted = (
        mart_table(model.name),
        column_types(conn, mart_table(model.name)),
        column_types(conn, delta),
    )
    # First of all: an org that publishes into the mart at this moment is waited for.
    conn.execute("delete from sync.fingerprints where mart = %s", [model.name])
    key = {"org", *model.key}
    is_key_kept = _has_key(conn, model) and all(present[one] == wanted[one] for one in key)
    with no_long_wait(conn, mart, at_most=LONGEST_WAIT):
        if present and is_key_kept:
            _alter(conn, mart, present=present, wanted=wanted)
        else:
            _create(conn, model, delta)


def _create(conn: psycopg.Connection, model: Model, delta: sql.Identifier) -> None:
    mart = mart_table(model.name)
    key = sql.SQL(", ").join(sql.Identifier(name) for name in ("org", *model.key))
    conn.execute(sql.SQL("drop table if exists {}").format(mart))
    conn.execute(sql.SQL("create table {} (like {})").format(mart, delta))
    conn.execute(sql.SQL("alter table {} add primary key ({})").format(mart, key))


def _alter(
    conn: psycopg.Connection,
    mart: sql.Identifier,
    *,
    present: dict[str, str],
    wanted: dict[str, str],
) -> None:
    """Columns whose type changed are dropped and added: what they held is computed anew."""
    for name in (one for one, kind in present.items() if wanted.get(one) != kind):
        conn.execute(sql.SQL("alter table {} drop column {}").format(mart, sql.Identifier(name)))
    for name, kind in ((one, kind) for one, kind in wanted.items() if present.get(one) != kind):
        conn.execute(
            sql.SQL("alter table {} add column {} {}").format(
                mart, sql.Identifier(name), sql.SQL(kind)
            )
        )
