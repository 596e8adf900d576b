"""getUpdated and getDeleted (api.md 2.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulator.catalog.types import SObject
from simulator.errors import SalesforceError
from simulator.formats import rest_datetime
from simulator.org import Org
from simulator.rest.discovery import visible_object
from simulator.soql.sql import quote
from simulator.storage.rows import table
from simulator.web.calls import Answer, Call
from simulator.web.routing import Route

UPDATED_REACH, DELETED_REACH = timedelta(days=30), timedelta(days=15)
SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True)
class Window:
    """The span of a replication call, in whole minutes."""

    start: datetime
    end: datetime


def updated(org: Org, call: Call) -> Answer:
    """The Ids of records that were created or changed in a window."""
    sobject = _replicateable(org, call)
    window = _window(org, call, reach=UPDATED_REACH)
    field = next((n for n in ("SystemModstamp", "LastModifiedDate") if sobject.field(n)), None)
    stamp = quote(field or "CreatedDate")
    visible = "".join(f" and {c}" for c in org.reader().visible(sobject, "t"))
    query = f"""
        select "Id" from {table(org.store.schema, sobject)} t
        where {stamp} >= %s and {stamp} {_until(org)} %s{visible} order by "Id" limit %s
    """
    with org.store.connections.transaction() as connection:
        rows = connection.execute(query, (window.start, window.end, _most(org) + 1)).fetchall()
    _check_count(org, len(rows))
    covered = rest_datetime(_covered(org, window))
    return Answer(body={"ids": [row[0] for row in rows], "latestDateCovered": covered})


def deleted(org: Org, call: Call) -> Answer:
    """The records that were deleted in a window, those without a trace in queryAll too."""
    sobject = _replicateable(org, call)
    org.store.keep_up()
    window = _window(org, call, reach=DELETED_REACH)
    begins = org.store.delete_log_begins() or org.clock.now() - DELETED_REACH
    begins = begins.replace(second=0, microsecond=0)
    if window.start < begins:
        raise _invalid("startDate before org replication enabled date")
    query = f"""
        select id, deleted_at from {quote(org.store.state)}.delete_log
        where sobject = %s and deleted_at >= %s and deleted_at {_until(org)} %s
        order by deleted_at, id limit %s
    """
    values = (sobject.name, window.start, window.end, _most(org) + 1)
    with org.store.connections.transaction() as connection:
        rows = connection.execute(query, values).fetchall()
    _check_count(org, len(rows))
    return Answer(
        body={
            "deletedRecords": [{"id": i, "deletedDate": rest_datetime(at)} for i, at in rows],
            "earliestDateAvailable": rest_datetime(begins),
            "latestDateCovered": rest_datetime(_covered(org, window)),
        }
    )


def _replicateable(org: Org, call: Call) -> SObject:
    sobject = visible_object(org, call.params["sobject"])
    if not sobject.replicateable:
        message = f"object type '{sobject.name}' is not replicateable"
        raise SalesforceError("INVALID_REPLICATION_DATE", message)
    return sobject


def _window(org: Org, call: Call, *, reach: timedelta) -> Window:
    start, end = _minute(call, "start"), _minute(call, "end")
    if end - start < SHORTEST:
        raise _invalid("startDate must be at least one minute before endDate")
    if start < (org.clock.now() - reach).replace(second=0, microsecond=0):
        raise _invalid("startDate before org replication enabled date")
    return Window(start, end)


def _minute(call: Call, name: str) -> datetime:
    # a + that the client did not encode arrives as a blank; Salesforce refuses it as well
    text = call.query.get(name, "")
    try:
        moment = datetime.fromisoformat(text.upper())
        if moment.tzinfo is None:
            raise _invalid(f"{name} has no time zone: {text[:40]}")
        return moment.astimezone(UTC).replace(second=0, microsecond=0)
    except (ValueError, OverflowError) as error:
        # overflow: in UTC it lies before the year 1 or after 9999
        raise _invalid(f"{name} is not a valid date: {text[:40]}") from error


def _invalid(message: str) -> SalesforceError:
    return SalesforceError("INVALID_REPLICATION_DATE", message)


def _covered(org: Org, window: Window) -> datetime:
    return org.covered_until(window.end).replace(second=0, microsecond=0)


def _until(org: Org) -> str:
    return "<=" if org.options.on("replication_end_inclusive") else "<"


def _most(org: Org) -> int:
    return int(org.options.number("replication_most_ids"))


def _check_count(org: Org, count: int) -> None:
    if count > _most(org):
        message = f"more than {_most(org)} records in this window"
        raise SalesforceError("EXCEEDED_ID_LIMIT", message)


_DATA = "/services/data/v{version}/sobjects/{sobject}"
ROUTES = (
    Route("GET", f"{_DATA}/updated", updated),
    Route("GET", f"{_DATA}/deleted", deleted),
)
