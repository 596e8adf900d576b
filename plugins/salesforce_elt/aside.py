"""
Records that critical checks about single rows would stop the publish for, set aside instead.

They leave the delta before the marts that ask this one are computed, so that these are right
without them; the publish keeps who was set aside, and why, in `sync.quarantine`. Whether a record
is bad follows from its row alone, so it is decided anew exactly when the row is computed anew.
docs/decisions/0011-records-set-aside.md has the reasons.
"""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql

from salesforce_elt.checks import CRITICAL, Check, load_checks
from salesforce_elt.deltas import Delta, aside_table, delta_table, keys_table
from salesforce_elt.models import Model, Models
from salesforce_elt.run import Run
from salesforce_elt.settings.models import OrgSettings

log = logging.getLogger(__name__)

PART = "set_aside"  # of a mart's fingerprint


@dataclass(frozen=True)
class Rules:
    """Which rows are set aside: those that break one of a mart's `checks`, `at_most` so many."""

    checks: Mapping[str, Sequence[Check]]
    at_most: int

    @classmethod
    def of(cls, settings: OrgSettings, models: Models) -> "Rules":
        """What the settings allow: by mart, the critical checks that a row breaks by itself."""
        at_most = settings.quality.set_aside
        marts = models.marts if at_most else ()
        return cls({mart: _row_checks(models, mart) for mart in marts}, at_most)

    def fingerprint(self, mart: str) -> dict[str, str]:
        """What decides who is set aside, as a part of the mart's; nothing when nobody can be."""
        if not (checks := self.checks.get(mart)):
            return {}
        conditions = sorted((one.name, one.unexpected_where) for one in checks)
        told = json.dumps([self.at_most, conditions])
        return {PART: hashlib.sha256(told.encode()).hexdigest()[:12]}


def _row_checks(models: Models, mart: str) -> list[Check]:
    return [
        check
        for check in load_checks(models.root, mart)
        if check.severity == CRITICAL and check.unexpected_where
    ]


def set_aside(
    conn: psycopg.Connection, org: str, model: Model, *, delta: Delta, rules: Rules
) -> Delta:
    """Takes the rows that break a check out of the delta, and returns what it is without them.

    They stay when the mart would have too many set aside: the audit stops the publish then.
    """
    if not (checks := rules.checks.get(model.name)):
        return delta
    count = _find(conn, org, model, checks)
    standing = 0 if delta.is_whole else _standing(conn, org, model)
    if count + standing > rules.at_most:
        log.warning(
            "%s: %s records break critical checks, and quality.set_aside lets %s be set aside, "
            "so none is",
            model.name,
            f"{count + standing:,}",
            f"{rules.at_most:,}",
        )
        count = 0
    if not count:
        conn.execute(sql.SQL("drop table {}").format(aside_table(org, model.name)))
        return delta
    taken = conn.execute(
        sql.SQL("delete from {} as d where exists (select 1 from {} as a where {})").format(
            delta_table(org, model.name), aside_table(org, model.name), _same_row(model)
        )
    )
    return replace(delta, row_count=delta.row_count - taken.rowcount, set_aside_count=count)


def _find(conn: psycopg.Connection, org: str, model: Model, checks: Sequence[Check]) -> int:
    """Keeps the delta's bad rows beside it, once for each check; returns how many records that is.

    A row without its key is no record that could be released, so it stays.
    """
    aside = aside_table(org, model.name)
    broken = sql.SQL(", ").join(
        sql.SQL("({}, ({}) is true)").format(one.name, sql.SQL(str(one.unexpected_where)))
        for one in checks
    )
    conn.execute(
        sql.SQL(
            "create table {aside} as select {key}, {shown} as _key, {by}::text as _recomputed_by,"
            " broken._check from {delta} cross join lateral (values {broken})"
            " as broken (_check, _is_broken) where broken._is_broken and num_nulls({key}) = 0"
        ).format(
            aside=aside,
            key=_key(model),
            shown=sql.SQL("concat_ws(' · ', {})").format(_key(model)),
            by=sql.Identifier(model.header.recomputed_by),
            delta=delta_table(org, model.name),
            broken=broken,
        )
    )
    row = conn.execute(sql.SQL("select count(distinct _key) from {}").format(aside)).fetchone()
    return int(row[0]) if row else 0


def _standing(conn: psycopg.Connection, org: str, model: Model) -> int:
    """How many records stay set aside, for their rows are not computed anew."""
    row = conn.execute(
        sql.SQL(
            "select count(distinct key) from sync.quarantine as q where org = {} and mart = {}"
            " and not exists (select 1 from {} as k where k.key::text = q.recomputed_by)"
        ).format(org, model.name, keys_table(org, model.name))
    ).fetchone()
    return int(row[0]) if row else 0


def _key(model: Model) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, model.key))


def _same_row(model: Model) -> sql.Composed:
    same = [sql.SQL("a.{0} = d.{0}").format(sql.Identifier(name)) for name in model.key]
    return sql.SQL(" and ").join(same)


def broken_checks(
    conn: psycopg.Connection, org: str, mart: str, *, keys_told: int
) -> Mapping[str, tuple[int, tuple[str, ...]]]:
    """By check: how many records of a delta are set aside for it, and the keys of some."""
    rows = conn.execute(
        sql.SQL(
            "select _check, count(*), (array_agg(_key order by _key))[1:{}] from {} group by _check"
        ).format(keys_told, aside_table(org, mart))
    )
    return {reason: (count, tuple(keys)) for reason, count, keys in rows}


def keep(conn: psycopg.Connection, run: Run, model: Model, delta: Delta) -> None:
    """In the publish's transaction: who is set aside from now on, and who is released.

    Who stays set aside for a reason keeps the moment and the run since when.
    """
    aside = aside_table(run.org, model.name)
    still: sql.Composable = sql.SQL("true")
    if delta.set_aside_count:
        conn.execute(
            sql.SQL(
                "insert into sync.quarantine (org, mart, key, recomputed_by, reason, run_id)"
                " select {}, {}, _key, _recomputed_by, _check, {} from {} on conflict do nothing"
            ).format(run.org, model.name, run.run_id, aside)
        )
        still = sql.SQL(
            "not exists (select 1 from {} as a where a._key = q.key and a._check = q.reason)"
        ).format(aside)
    which: sql.Composable = sql.SQL("true")
    if not delta.is_whole:
        which = sql.SQL("q.recomputed_by in (select key::text from {})").format(
            keys_table(run.org, model.name)
        )
    conn.execute(
        sql.SQL(
            "delete from sync.quarantine as q where org = {} and mart = {} and {} and {}"
        ).format(run.org, model.name, which, still)
    )
    conn.execute(sql.SQL("drop table if exists {}").format(aside))


def note_set_aside(conn: psycopg.Connection, run: Run) -> None:
    """Counts the records that are set aside for the run's results, in the publish's transaction."""
    conn.execute(
        "update sync.run_marts as r set set_aside_count = (select count(distinct q.key)"
        " from sync.quarantine as q where q.org = r.org and q.mart = r.mart)"
        " where r.run_id = %s",
        [run.run_id],
    )
    counted = conn.execute(
        "select mart, set_aside_count from sync.run_marts where run_id = %s"
        " and set_aside_count > 0 order by mart",
        [run.run_id],
    )
    for mart, count in counted.fetchall():
        log.warning("%s: %s records are set aside (sync.quarantine)", mart, f"{count:,}")
