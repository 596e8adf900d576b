"""What background processes do to an org: archive activities, empty the bin (api.md 2.4, 5.2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from simulator.derived import ARCHIVED_AFTER
from simulator.soql.sql import quote
from simulator.storage import cascades
from simulator.storage.licenses import count_licenses
from simulator.storage.rows import table

if TYPE_CHECKING:
    from simulator.storage.transaction import Transaction

DAYS_IN_BIN = timedelta(days=15)
SPARED = timedelta(hours=2)
DELETE_LOG = "delete log begins"
_OLD = {"Task": '"IsClosed" and "ActivityDate" <= %s', "Event": '"ActivityDate" <= %s'}


def keep_up(work: Transaction) -> None:
    """Everything that is due."""
    _archive(work)
    count_licenses(work)
    _empty_bin(work)
    _shorten_delete_log(work)


def delete_log_begins(work: Transaction) -> datetime | None:
    """The moment before which deletions are no longer known; None while all are."""
    query = f"select at from {quote(work.org.state)}.upkeep where name = %s"
    row = work.connection.execute(query, (DELETE_LOG,)).fetchone()
    return None if row is None else row[0]


def _archive(work: Transaction) -> None:
    """Closed tasks and events of a year ago and older leave ``query``."""
    latest = (work.at - ARCHIVED_AFTER).date()
    bumps = work.org.options.on("archiving_bumps_stamp")
    stamp = ', "SystemModstamp" = %s' if bumps else ""
    for name, is_old in _OLD.items():
        if name in work.org.sobjects:
            statement = f"""
                update {table(work.org.schema, work.sobject(name))} set "IsArchived" = true{stamp}
                where not "IsArchived" and {is_old}
            """
            work.connection.execute(statement, (*([work.at] if bumps else []), latest))


def _empty_bin(work: Transaction) -> None:
    """What has lain there for 15 days leaves, and the oldest of what is too much."""
    capacity = int(work.org.options.number("recycle_bin_capacity"))
    query = f"""
        select sobject, array_agg(id) from (
            select sobject, id, deleted_at,
                row_number() over (order by deleted_at desc, id) as place
            from {quote(work.org.state)}.delete_log where purged_at is null
        ) as bin
        where deleted_at <= %s or (place > %s and deleted_at <= %s) group by sobject
    """
    values = (work.at - DAYS_IN_BIN, capacity, work.at - SPARED)
    for name, ids in work.connection.execute(query, values).fetchall():
        cascades.purge(work, work.sobject(name), ids)


def _shorten_delete_log(work: Transaction) -> None:
    """getDeleted forgets the oldest deletions when there are too many (api.md 2.4)."""
    state = quote(work.org.state)
    capacity = int(work.org.options.number("delete_log_capacity"))
    query = f"select deleted_at from {state}.delete_log order by deleted_at desc offset %s limit 1"
    row = work.connection.execute(query, (capacity,)).fetchone()
    if row is not None:
        statement = f"""
            insert into {state}.upkeep (name, at) values (%s, %s)
            on conflict (name) do update set at = greatest(upkeep.at, excluded.at)
        """
        work.connection.execute(statement, (DELETE_LOG, row[0]))
