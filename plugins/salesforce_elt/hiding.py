"""
What the settings hide of an org: fields that are excluded, and fields that are kept as hashes.

Before a sync reads anything, the warehouse is made to agree with the settings: what is excluded
goes, what is hashed from now on is rewritten in place, hashes that are no longer wanted go and
their fields are read again. All of it happens in one transaction for each object.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import psycopg

from salesforce_elt import extracts, known_fields, results
from salesforce_elt.answers import give_up
from salesforce_elt.deltas import drop_leftovers
from salesforce_elt.drift import hashed_no_longer, hashed_retyped
from salesforce_elt.errors import CheckFailed, SettingsInvalid
from salesforce_elt.excluded import forget, note_filled, open_batch_of_filled, with_values
from salesforce_elt.fields import Shape
from salesforce_elt.hashed import (
    drop_hashed,
    hashed_columns,
    keep_check_value,
    keep_hashed,
    kept_check_value,
    rewrite,
)
from salesforce_elt.hashing import Hashing, Salt
from salesforce_elt.objects import objects_to_sync
from salesforce_elt.run import Run
from salesforce_elt.settings import ObjectSettings, OrgSettings
from salesforce_elt.warehouse import leases
from salesforce_elt.warehouse.columns import column_types
from salesforce_elt.warehouse.landing import Landing
from salesforce_elt.warehouse.names import is_column_of, warehouse_name
from salesforce_elt.warehouse.staging import METADATA, StagingTable

log = logging.getLogger(__name__)

STATION = "hide"
OURS = frozenset(name for name, _ in METADATA)
KEYS_FORGOTTEN = (
    "A critical check failed. For which rows is not shown any more: a field that they may show is "
    "excluded or hashed since."
)

ReadSalt = Callable[[], Salt]


@dataclass(frozen=True)
class Changes:
    """Where an object's columns do not agree with the settings: the values of `excluded` have to
    go, those of `new` become hashes, and `left` holds hashes that are not wanted any more."""

    table: StagingTable
    excluded: Sequence[str] = ()
    new: Mapping[str, str] = field(default_factory=dict)  # with their types
    left: Sequence[str] = ()

    @property
    def columns(self) -> frozenset[str]:
        """All of them."""
        return frozenset([*self.excluded, *self.new, *self.left])


def hide_fields(
    conn: psycopg.Connection, run: Run, *, settings: OrgSettings, read_salt: ReadSalt
) -> None:
    """Makes the warehouse agree with `exclude_fields` and `hash_fields`, and commits.

    Raises SettingsInvalid when fields are to be hashed and there is no salt, or another than the
    one that made the hashes which are there.
    """
    if hashing := [name for name, one in settings.objects.items() if one.hash_fields]:
        where = f"orgs.{run.org}.objects.{hashing[0]}.hash_fields"
        _settle_salt(conn, run, where=where, read_salt=read_salt)
    hashed = hashed_columns(conn, run.org)
    for sobject in objects_to_sync(tuple(settings.objects)):
        table = StagingTable(run.org, sobject.name)
        chosen = settings.objects.get(sobject.name, ObjectSettings())
        kinds = hashed.get(sobject.name, {})
        if not (kinds or chosen.exclude_fields or chosen.hash_fields):
            continue
        changes = _changes(conn, table, chosen, kinds)
        with conn.transaction():
            leases.hold(conn, run)
            _abandon_unfinished(conn, run, changes, chosen)
            if changes.columns:
                _carry_out(conn, run, changes, read_salt=read_salt)


def note_hashed(conn: psycopg.Connection, run: Run, sobject: str, shape: Shape) -> None:
    """Keeps which columns of the shape are hashed, before their table is made, and commits.

    Hashes of a field that is of another type now do not match those to come: they go, and the
    field is read again.
    """
    kinds = hashed_columns(conn, run.org).get(sobject, {})
    table = StagingTable(run.org, sobject)
    retyped = [one for one in shape.hashed if kinds.get(one.name, one.type) != one.type]
    with conn.transaction():
        leases.hold(conn, run)
        if retyped:
            changes = Changes(table, left=[one.name for one in retyped])
            _abandon_unfinished(conn, run, changes, ObjectSettings())
            _forget(conn, run, changes)
            results.note_findings(conn, run, hashed_retyped(sobject, retyped), station=STATION)
        keep_hashed(conn, table, {one.name: one.type for one in shape.hashed})


def _settle_salt(conn: psycopg.Connection, run: Run, *, where: str, read_salt: ReadSalt) -> None:
    """Notices another salt; only a run that reads everything hashed again may change it."""
    try:
        salt = read_salt()
    except SettingsInvalid as error:
        raise SettingsInvalid(f"{where}: {error} Nothing was read.") from None
    if kept_check_value(conn, run.org) == salt.check_value:
        return
    hashed = hashed_columns(conn, run.org)
    if not all(run.reads_whole(sobject) for sobject in hashed):
        raise SettingsInvalid(
            f"{where}: the salt is not the one by which {', '.join(sorted(hashed))} is hashed in "
            "the warehouse, and hashes of two salts do not match, so nothing was read. Put the "
            "old salt back into ELT_HASH_SALT_FILE (or ELT_HASH_SALT); or, if it is lost or was "
            "replaced on purpose, run a full synchronization of all objects, which hashes "
            "everything anew."
        )
    with conn.transaction():
        leases.hold(conn, run)
        for sobject, kinds in hashed.items():
            log.warning(
                "%s: another salt; the hashes of %s are removed and made anew", run.org, sobject
            )
            changes = Changes(StagingTable(run.org, sobject), left=list(kinds))
            _abandon_unfinished(conn, run, changes, ObjectSettings())
            _forget(conn, run, changes)
        keep_check_value(conn, run.org, salt)


def _changes(
    conn: psycopg.Connection,
    table: StagingTable,
    chosen: ObjectSettings,
    hashed: Mapping[str, str],
) -> Changes:
    types = {
        name: kind for name, kind in column_types(conn, table.name).items() if name not in OURS
    }
    excluded = [name for name in types if _is_named(name, chosen.exclude_fields)]
    wanted = [name for name in types if _is_named(name, chosen.hash_fields)]
    filled = with_values(conn, table, excluded)
    return Changes(
        table,
        excluded=[name for name in excluded if name in filled or name in hashed],
        new={name: types[name] for name in wanted if name not in hashed},
        left=[name for name in hashed if name not in [*wanted, *excluded]],
    )


def _is_named(column: str, fields: Iterable[str]) -> bool:
    return any(is_column_of(column, one) for one in fields)


def _abandon_unfinished(
    conn: psycopg.Connection, run: Run, changes: Changes, chosen: ObjectSettings
) -> None:
    """What landed of an extract that read such a field is dropped; the next one reads it anew."""
    for purpose in (extracts.ROWS, extracts.FIELDS, extracts.IDS, extracts.RECORDS):
        unfinished = extracts.unfinished(conn, run, changes.table.sobject, purpose=purpose)
        if unfinished and any(
            warehouse_name(one) in changes.columns
            or _is_named(warehouse_name(one), chosen.exclude_fields)
            for one in unfinished.fields
        ):
            give_up(conn, Landing(run, unfinished, ()))


def _carry_out(
    conn: psycopg.Connection, run: Run, changes: Changes, *, read_salt: ReadSalt
) -> None:
    table = changes.table
    _forget(conn, run, changes)
    results.note_findings(conn, run, hashed_no_longer(table.sobject, changes.left), station=STATION)
    if changes.new:
        note_filled(conn, table, changes.new)
        count = rewrite(conn, table, Hashing(read_salt(), changes.new))
        open_batch_of_filled(conn, run, table, hidden=changes.new)
        keep_hashed(conn, table, changes.new)
        log.info(
            "%s: %s of %s records are hashed from now on",
            table.sobject,
            ", ".join(changes.new),
            f"{count:,}",
        )
    _forget_results(conn, run)


def _forget(conn: psycopg.Connection, run: Run, changes: Changes) -> None:
    """Hashes that are not wanted any more go like values; their fields count as never read."""
    going = [*changes.excluded, *changes.left]
    forget(conn, run, changes.table, going, hidden=changes.excluded)
    drop_hashed(conn, changes.table, going)
    known_fields.forget(conn, changes.table.org, changes.table.sobject, set(changes.left))


def _forget_results(conn: psycopg.Connection, run: Run) -> None:
    """What unpublished deltas, and the keys of rows that failed a check, may show of the values."""
    drop_leftovers(conn, run.org)
    conn.execute("update sync.checks set unexpected_keys = '[]' where org = %s", [run.org])
    failed = [KEYS_FORGOTTEN, run.org, CheckFailed.__name__]
    conn.execute(
        "update sync.runs set message = %s where run_id in"
        " (select run_id from sync.findings where org = %s and code = %s)",
        failed,
    )
    conn.execute("update sync.findings set message = %s where org = %s and code = %s", failed)
