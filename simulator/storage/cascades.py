"""What goes with a deleted parent, what comes back with it, what leaves for good (api.md 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from simulator.catalog.types import Field, SObject
from simulator.soql.sql import quote
from simulator.storage.rows import table

if TYPE_CHECKING:
    from simulator.storage.transaction import Transaction


def delete(work: Transaction, sobject: SObject, record_ids: list[str]) -> None:
    """Move records and their children to the recycle bin; where there is no bin, remove them."""
    if not sobject.has_recycle_bin or sobject.field("IsDeleted") is None:
        purge(work, sobject, record_ids)
        return
    moved = _flag(work, sobject, record_ids, deleted=True)
    _log(work, sobject, moved, again=True)
    for child, field in _children(work, sobject):
        _delete_with_parent(work, child, _of_parents(work, child, field, parents=moved))


def undelete(work: Transaction, sobject: SObject, record_ids: list[str]) -> None:
    """Bring records back, with the children that were deleted in the same moment."""
    times = _logged(work, sobject, record_ids)
    restored = _flag(work, sobject, record_ids, deleted=False)
    _forget(work, sobject, restored)
    for child, field in _children(work, sobject):
        found = _of_parents(work, child, field, parents=restored)
        together = [i for i, at in _logged(work, child, found).items() if at in times.values()]
        if together:
            undelete(work, child, together)


def purge(work: Transaction, sobject: SObject, record_ids: list[str]) -> None:
    """Remove records and their children for good; only getDeleted tells of them afterwards."""
    if not record_ids:
        return
    _log(work, sobject, record_ids)
    log = f"{quote(work.org.state)}.delete_log"
    marked = f"update {log} set purged_at = %s where sobject = %s and id = any(%s)"
    work.connection.execute(marked, (work.at, sobject.name, record_ids))
    for child, field in _children(work, sobject):
        purge(work, child, _of_parents(work, child, field, parents=record_ids))
    if work.org.options.on("purged_rows_linger") and sobject.field("IsDeleted") is not None:
        _flag(work, sobject, record_ids, deleted=True)
        return
    statement = f'delete from {table(work.org.schema, sobject)} where "Id" = any(%s)'
    work.connection.execute(statement, (record_ids,))


def merge(work: Transaction, sobject: SObject, winner: str, *, losers: list[str]) -> None:
    """Losers go to the recycle bin and name the winner, who gets what belonged to them."""
    named = f"""
        update {table(work.org.schema, sobject)} set "MasterRecordId" = %s where "Id" = any(%s)
    """
    for child in work.org.sobjects.values():
        for field in child.stored_fields:
            if sobject.name in field.reference_to and field.name != "MasterRecordId":
                _reparent(work, child, field, parents=(winner, losers))
    work.connection.execute(named, (winner, losers))
    moved = _flag(work, sobject, losers, deleted=True)
    _log(work, sobject, moved, again=True)


def sweep(work: Transaction, *, purged_before: datetime) -> None:
    """Remove what was purged long enough ago to be shown nowhere any more."""
    query = f"""
        select sobject, array_agg(id) from {quote(work.org.state)}.delete_log
        where purged_at <= %s group by sobject
    """
    for name, record_ids in work.connection.execute(query, (purged_before,)).fetchall():
        statement = f'delete from {table(work.org.schema, work.sobject(name))} where "Id" = any(%s)'
        work.connection.execute(statement, (record_ids,))


def _reparent(
    work: Transaction, child: SObject, field: Field, *, parents: tuple[str, list[str]]
) -> None:
    winner, losers = parents
    has_stamp = child.field("SystemModstamp") is not None
    stamp = ', "SystemModstamp" = %s' if has_stamp else ""
    column = quote(field.name)
    statement = f"""
        update {table(work.org.schema, child)} set {column} = %s{stamp} where {column} = any(%s)
    """
    work.connection.execute(statement, (winner, *([work.at] if has_stamp else []), losers))


def _delete_with_parent(work: Transaction, child: SObject, record_ids: list[str]) -> None:
    """Children without a bin of their own lie in their parent's."""
    if not record_ids or child.field("IsDeleted") is None:
        return
    moved = _flag(work, child, record_ids, deleted=True)
    _log(work, child, moved, again=True)
    for grandchild, field in _children(work, child):
        found = _of_parents(work, grandchild, field, parents=moved)
        _delete_with_parent(work, grandchild, found)


def _flag(
    work: Transaction, sobject: SObject, record_ids: list[str], *, deleted: bool
) -> list[str]:
    bumps = deleted or work.org.options.on("undelete_bumps_stamp")
    has_stamp = sobject.field("SystemModstamp") is not None and bumps
    stamp = ', "SystemModstamp" = %s' if has_stamp else ""
    statement = f"""
        update {table(work.org.schema, sobject)} set "IsDeleted" = %s{stamp}
        where "Id" = any(%s) and "IsDeleted" is distinct from %s returning "Id"
    """
    stamps = [work.at] if has_stamp else []
    found = work.connection.execute(statement, (deleted, *stamps, record_ids, deleted))
    return [row[0] for row in found]


def _children(work: Transaction, parent: SObject) -> Iterator[tuple[SObject, Field]]:
    for child in work.org.sobjects.values():
        for field in child.stored_fields:
            if field.cascade_delete and parent.name in field.reference_to:
                yield child, field


def _of_parents(
    work: Transaction, child: SObject, field: Field, *, parents: list[str]
) -> list[str]:
    query = f"""
        select "Id" from {table(work.org.schema, child)} where {quote(field.name)} = any(%s)
    """
    return [row[0] for row in work.connection.execute(query, (parents,))]


def _log(
    work: Transaction, sobject: SObject, record_ids: list[str], *, again: bool = False
) -> None:
    """Remember a deletion; one that follows an undeletion replaces the earlier one."""
    action = "update set deleted_at = excluded.deleted_at" if again else "nothing"
    statement = f"""
        insert into {quote(work.org.state)}.delete_log (sobject, id, deleted_at)
        select %s, unnest(%s::text[]), %s on conflict (sobject, id) do {action}
    """
    work.connection.execute(statement, (sobject.name, record_ids, work.at))


def _logged(work: Transaction, sobject: SObject, record_ids: list[str]) -> dict[str, object]:
    query = f"""
        select id, deleted_at from {quote(work.org.state)}.delete_log
        where sobject = %s and id = any(%s)
    """
    return dict(work.connection.execute(query, (sobject.name, record_ids)).fetchall())


def _forget(work: Transaction, sobject: SObject, record_ids: list[str]) -> None:
    if not work.org.options.on("undelete_leaves_deleted_list"):
        return
    statement = f"""
        delete from {quote(work.org.state)}.delete_log where sobject = %s and id = any(%s)
    """
    work.connection.execute(statement, (sobject.name, record_ids))
