"""What a run prepares of each mart: the keys it recomputes, and their rows, as committed tables."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg import sql

from salesforce_elt.mart_tables import mart_table
from salesforce_elt.models import Model

DELTA = "delta"  # the schema
KEYS, ASIDE = "__keys", "__aside"


@dataclass(frozen=True)
class Delta:
    """A mart's computed rows. `oid` is the very table: one made again under the name is another.

    `key_count` is the number of recomputed keys; None: all of them. `set_aside_count` records were
    computed and are not among the rows (see aside.py).
    """

    mart: str
    oid: int
    columns: tuple[str, ...]
    row_count: int
    key_count: int | None
    reason: str
    fingerprint: str
    set_aside_count: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether the rows are all that the mart will have of the org."""
        return self.key_count is None


@dataclass(frozen=True)
class Transformed:
    """What a publish takes over: the deltas, and the pending batches that they contain."""

    batches: tuple[int, ...]
    deltas: tuple[Delta, ...]

    @property
    def by_mart(self) -> Mapping[str, Delta]:
        """The deltas by mart."""
        return {delta.mart: delta for delta in self.deltas}

    def to_json(self) -> dict[str, Any]:
        """A form that XCom carries."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Transformed":
        """What `to_json` wrote."""
        deltas = (Delta(**{**one, "columns": tuple(one["columns"])}) for one in value["deltas"])
        return cls(tuple(value["batches"]), tuple(deltas))


def delta_table(org: str, mart: str) -> sql.Identifier:
    """`delta."<org>__<mart>"`."""
    return sql.Identifier(DELTA, f"{org}__{mart}")


def keys_table(org: str, mart: str) -> sql.Identifier:
    """`delta."<org>__<mart>__keys"`: the recomputed keys, in the column `key`."""
    return sql.Identifier(DELTA, f"{org}__{mart}{KEYS}")


def aside_table(org: str, mart: str) -> sql.Identifier:
    """`delta."<org>__<mart>__aside"`: the records that were set aside, and why."""
    return sql.Identifier(DELTA, f"{org}__{mart}{ASIDE}")


def recomputed(org: str, model: Model, delta: Delta, *, alias: str) -> sql.Composed:
    """A condition: the mart's row is the org's, and one of those that the delta replaces."""
    row = sql.Identifier(alias)
    condition = sql.SQL("{}.org = {}").format(row, org)
    if delta.is_whole:
        return condition
    return condition + sql.SQL(" and {}.{} in (select key from {})").format(
        row, sql.Identifier(model.header.recomputed_by), keys_table(org, model.name)
    )


def upcoming(org: str, model: Model, delta: Delta | None) -> sql.Composed:
    """What the mart will have of the org once the run is published, as a query in parentheses."""
    return sql.SQL("({})").format(sql.SQL(" union all ").join(upcoming_parts(org, model, delta)))


def upcoming_parts(org: str, model: Model, delta: Delta | None) -> list[sql.Composed]:
    """The same as queries of its parts: the rows that stay, and those that were computed."""
    mart, computed = mart_table(model.name), delta_table(org, model.name)
    if delta is None:
        return [sql.SQL("select * from {} where org = {}").format(mart, org)]
    columns = sql.SQL(", ").join(map(sql.Identifier, delta.columns))
    parts = [sql.SQL("select {} from {}").format(columns, computed)]
    if not delta.is_whole:
        staying = sql.SQL(
            "select {} from {} as m where m.org = {}"
            " and not exists (select 1 from {} as k where k.key = m.{})"
        )
        parts.insert(
            0,
            staying.format(
                columns,
                mart,
                org,
                keys_table(org, model.name),
                sql.Identifier(model.header.recomputed_by),
            ),
        )
    return parts


def drop_leftovers(conn: psycopg.Connection, org: str) -> None:
    """Drops the deltas that a run left which did not publish them."""
    leftovers = conn.execute(
        "select tablename from pg_tables where schemaname = 'delta' and tablename ~ %s",
        [f"^{org}__[a-z0-9]+(_[a-z0-9]+)*({KEYS}|{ASIDE})?$"],
    ).fetchall()
    for (name,) in leftovers:
        conn.execute(sql.SQL("drop table {}").format(sql.Identifier(DELTA, name)))
