"""The HTTP resources of the simulator's administrator, under /simulator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from simulator.admin.bodies import body_of
from simulator.admin.filling import replace_by_empty, replace_by_folder, replace_by_generated
from simulator.auth.history import keep_audit
from simulator.catalog.types import NUMBER_TYPES, Field
from simulator.changes import change_org
from simulator.errors import RowError, SalesforceError, not_found
from simulator.folders import OrgFolderInvalid
from simulator.formats import rest_datetime
from simulator.options import DECLARED, UnknownOption
from simulator.org import Org, Quota
from simulator.storage.rows import Record
from simulator.web.calls import Answer, Call
from simulator.web.routing import Access, Route

KINDS_OF_CHANGE = ("inserts", "updates", "deletes", "owner_changes", "record_type_changes")


def state(org: Org, call: Call) -> Answer:
    """What the org holds and what was used of it."""
    counts = {name: org.store.count(name) for name in org.store.sobjects}
    return Answer(
        body={
            "now": org.clock.now().isoformat(),
            "records": {name: count for name, count in counts.items() if count},
            "used": {quota.value: org.quota(quota)[1] for quota in Quota},
            "hidden_objects": sorted(org.permissions.objects),
            "hidden_fields": sorted(f"{o}.{f}" for o, f in org.permissions.fields),
            "bulk_jobs": {job.id: job.state for job in org.bulk.listed()},
        }
    )


def options(org: Org, call: Call) -> Answer:
    """All switches, with what each means and where api.md speaks of it."""
    values = dict(org.options)
    listed = [
        {
            "name": option.name,
            "value": values[option.name],
            "choices": list(option.choices),
            "api.md": option.reference,
            "meaning": option.meaning,
        }
        for option in DECLARED
    ]
    return Answer(body=listed)


def set_options(org: Org, call: Call) -> Answer:
    """Set the switches that the body names."""
    changes = call.json_object()
    try:
        org.options.update(changes)
    except UnknownOption as error:
        raise _refused(str(error)) from error
    keep_audit(org, "changedOrgSettings", section="Company Information", display=str(changes))
    return Answer(body=dict(org.options))


def reset_options(org: Org, call: Call) -> Answer:
    """All switches as declared."""
    org.options.reset()
    return Answer(204)


def clock(org: Org, call: Call) -> Answer:
    """Stop the clock at ``set``, move it by ``advance_seconds``, or, with neither, let it run."""
    body = body_of(call, "set", "advance_seconds")
    try:
        if "set" in body:
            org.clock.set(_datetime(str(body["set"])))
        if "advance_seconds" in body:
            org.clock.advance(timedelta(seconds=float(body["advance_seconds"])))
    except (TypeError, ValueError, OverflowError) as error:
        raise _refused(f"the clock cannot be moved so: {error}") from error
    if not body:
        org.clock.follow()
    return Answer(body={"now": org.clock.now().isoformat()})


def load(org: Org, call: Call) -> Answer:
    """Make this an org with a folder's data."""
    folder = Path(str(body_of(call, "folder").get("folder", "")))
    try:
        return Answer(body={"loaded": replace_by_folder(org, folder)})
    except OrgFolderInvalid as error:
        raise _refused(str(error)) from error


def generate(org: Org, call: Call) -> Answer:
    """Make this a generated org."""
    body = body_of(call, "size", "seed")
    size, seed = _int(body, "size"), _int(body, "seed")
    return Answer(body={"generated": replace_by_generated(org, size, seed)})


def empty(org: Org, call: Call) -> Answer:
    """Make this an org on its first day."""
    replace_by_empty(org)
    return Answer(204)


def change(org: Org, call: Call) -> Answer:
    """Change records at random, the same way for the same seed."""
    body = body_of(call, "seed", *KINDS_OF_CHANGE)
    counts: Any = {kind: _int(body, kind) for kind in KINDS_OF_CHANGE if kind in body}
    return Answer(body=change_org(org.store, _int(body, "seed"), **counts))


def hide(org: Org, call: Call) -> Answer:
    """Hide an object, or one of its fields, from the integration user."""
    return _visibility(org, call, org.permissions.hide)


def show(org: Org, call: Call) -> Answer:
    """Show again what was hidden."""
    return _visibility(org, call, org.permissions.show)


def records(org: Org, call: Call) -> Answer:
    """Every record of an object, deleted ones too, with all stored fields."""
    name = _known_object(org, call.params["sobject"])
    rows = org.store.records(name)
    return Answer(body=[{key: _plain(value) for key, value in row.items()} for row in rows])


def put_records(org: Org, call: Call) -> Answer:
    """Load complete records as they are, stamps included, over those with the same Ids."""
    name = _known_object(org, call.params["sobject"])
    body = call.json()
    if not isinstance(body, list) or not all(isinstance(r, dict) and "Id" in r for r in body):
        raise _refused("send a list of records, each with its Id")
    return Answer(body={"loaded": org.store.replace(name, [_record(org, name, r) for r in body])})


def delete(org: Org, call: Call) -> Answer:
    """Move records to the recycle bin: ``{"ids": […]}``."""
    return _act(org, call, org.store.delete)


def undelete(org: Org, call: Call) -> Answer:
    """Bring records back from the recycle bin."""
    return _act(org, call, org.store.undelete)


def purge(org: Org, call: Call) -> Answer:
    """Remove records for good."""
    return _act(org, call, org.store.hard_delete)


def automate(org: Org, call: Call) -> Answer:
    """Change records as an automated process does: only SystemModstamp moves."""
    name, body = _known_object(org, call.params["sobject"]), body_of(call, "ids", "values")
    values = _record(org, name, dict(body.get("values") or {}))
    with org.store.transaction() as work:
        for record_id in _ids(body, "ids"):
            work.automate(name, str(record_id), values)
    return Answer(body={"done": body["ids"]})


def merge(org: Org, call: Call) -> Answer:
    """Make one record of several: ``{"winner": …, "losers": […]}``."""
    name, body = _known_object(org, call.params["sobject"]), body_of(call, "winner", "losers")
    losers = [str(loser) for loser in _ids(body, "losers")]
    org.store.merge(name, str(body.get("winner", "")), losers=losers)
    return Answer(body={"done": losers})


def expire_sessions(org: Org, call: Call) -> Answer:
    """End every session, as if nobody had called for hours."""
    return Answer(body={"ended": org.sessions.end_all()})


def _act(org: Org, call: Call, action: Callable[[str, str], None]) -> Answer:
    name, wanted = _known_object(org, call.params["sobject"]), body_of(call, "ids").get("ids")
    if not isinstance(wanted, list):
        raise _refused('send the Ids of the records: {"ids": [...]}')
    for record_id in wanted:
        action(name, str(record_id))
    return Answer(body={"done": wanted})


def _ids(body: dict[str, Any], name: str) -> list[Any]:
    wanted = body.get(name)
    if not isinstance(wanted, list):
        raise _refused(f"{name} is the list of the records' Ids")
    return wanted


def _visibility(org: Org, call: Call, action: Callable[[str, str | None], None]) -> Answer:
    body = body_of(call, "object", "field")
    name, field = _known_object(org, str(body.get("object", ""))), body.get("field")
    if field is not None and org.store.sobjects[name].field(str(field)) is None:
        raise _refused(f"{name} has no field {field!r}")
    action(name, None if field is None else str(field))
    return Answer(204)


def _known_object(org: Org, name: str) -> str:
    if name not in org.store.sobjects:
        raise not_found(f"this org has no object {name!r}")
    return name


def _record(org: Org, sobject: str, values: dict[str, Any]) -> Record:
    known = org.store.sobjects[sobject]
    record: Record = {}
    for name, value in values.items():
        field = known.field(name)
        if field is None or field.compound:
            raise RowError("INVALID_FIELD", f"No such column '{name}' on {sobject}")
        record[field.name] = _value(field, value)
    return record


def _value(field: Field, value: Any) -> Any:
    if value is None:
        return None
    try:
        return _read(field, value)
    except (ValueError, InvalidOperation, OverflowError) as error:
        raise _refused(f"{field.name} cannot be {value!r}"[:200]) from error


def _read(field: Field, value: Any) -> Any:
    if field.type in NUMBER_TYPES:
        return Decimal(str(value))
    readers: dict[str, Callable[[str], Any]] = {
        "date": date.fromisoformat,
        "datetime": _datetime,
        "time": time.fromisoformat,
    }
    reader = readers.get(field.type)
    return reader(str(value)) if reader else value


def _plain(value: Any) -> object:
    if isinstance(value, datetime):
        return rest_datetime(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date | time) else value


def _datetime(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _refused(f"{text!r} is not a time") from error
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _int(body: dict[str, Any], name: str) -> int:
    value = body.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _refused(f"{name} is a whole number, zero or more, not {value!r}")
    return value


def _refused(message: str) -> SalesforceError:
    return SalesforceError("INVALID_REQUEST", message)


ROUTES = tuple(
    Route(method, f"/simulator/{path}", handler, Access.ADMIN)
    for method, path, handler in (
        ("GET", "state", state),
        ("GET", "options", options),
        ("PATCH", "options", set_options),
        ("DELETE", "options", reset_options),
        ("POST", "clock", clock),
        ("POST", "load", load),
        ("POST", "generate", generate),
        ("POST", "empty", empty),
        ("POST", "change", change),
        ("POST", "hide", hide),
        ("POST", "show", show),
        ("POST", "sessions/expire", expire_sessions),
        ("GET", "records/{sobject}", records),
        ("PUT", "records/{sobject}", put_records),
        ("POST", "records/{sobject}/delete", delete),
        ("POST", "records/{sobject}/undelete", undelete),
        ("POST", "records/{sobject}/purge", purge),
        ("POST", "records/{sobject}/merge", merge),
        ("POST", "records/{sobject}/automate", automate),
    )
)
