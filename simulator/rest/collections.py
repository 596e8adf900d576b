"""Many records in one call: created, changed, deleted, read (api.md 2.6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from simulator import ids
from simulator.catalog.types import SObject
from simulator.errors import RowError, SalesforceError
from simulator.org import Org
from simulator.rest.computed_values import with_formulas
from simulator.rest.discovery import visible_object
from simulator.rest.rows import (
    as_json,
    asked_fields,
    delete_record,
    insert_json,
    update_json,
)
from simulator.storage.rows import Record
from simulator.web.calls import Answer, Call
from simulator.web.routing import Route

MOST_RECORDS, MOST_READ = 200, 2_000
PREFIX_LENGTH = 3
Result = dict[str, Any]
Work = Callable[[], str]
Show = Callable[[Record], Result]


class _RolledBack(Exception):
    """Takes back a collection of which one record failed."""


def create(org: Org, call: Call) -> Answer:
    """Up to 200 new records."""
    body = call.json_object()
    work = [_creation(org, record) for record in given_records(body)]
    return Answer(body=_done(org, work, all_or_none=bool(body.get("allOrNone"))))


def change(org: Org, call: Call) -> Answer:
    """Up to 200 records changed; each carries its Id."""
    body = call.json_object()
    work = [_change(org, record) for record in given_records(body)]
    return Answer(body=_done(org, work, all_or_none=bool(body.get("allOrNone"))))


def remove(org: Org, call: Call) -> Answer:
    """Up to 200 records deleted."""
    wanted = [part.strip() for part in call.query.get("ids", "").split(",") if part.strip()]
    _check_size(wanted, MOST_RECORDS)
    work = [_removal(org, record_id) for record_id in wanted]
    return Answer(body=_done(org, work, all_or_none=call.query.get("allOrNone") == "true"))


def read(org: Org, call: Call) -> Answer:
    """Records by Id, in the order asked; null where there is none."""
    if call.method == "POST":
        body = call.json_object()
        wanted, names = _texts(body.get("ids")), _texts(body.get("fields"))
    else:
        wanted = call.query.get("ids", "").split(",")
        names = call.query.get("fields", "").split(",")
    _check_size(wanted, MOST_READ)
    sobject = visible_object(org, call.params["sobject"])
    fields = asked_fields(sobject, names)
    return Answer(
        body=_found(
            org,
            sobject,
            wanted=wanted,
            show=lambda record: as_json(sobject, record, fields=fields, version=call.version),
        )
    )


def _found(org: Org, sobject: SObject, *, wanted: list[str], show: Show) -> list[Result | None]:
    known = [ids.to_18(record_id) for record_id in wanted if ids.is_id(record_id)]
    records = {
        record["Id"]: show(record)
        for record in with_formulas(org, sobject, org.store.records(sobject.name, ids=known))
        if not record.get("IsDeleted") and org.is_shared(sobject, record["Id"])
    }
    return [records.get(ids.to_18(i)) if ids.is_id(i) else None for i in wanted]


def _texts(value: Any) -> list[str]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise SalesforceError("JSON_PARSER_ERROR", "ids and fields are required to be lists")


def given_records(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of a collection's body; SalesforceError if there are none or too many."""
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise SalesforceError("JSON_PARSER_ERROR", "records is required to be a list of objects")
    _check_size(records, MOST_RECORDS)
    return records


def _check_size(records: Sequence[Any], most: int) -> None:
    if len(records) > most:
        message = f"record limit reached. cannot submit more than {most} records in this operation"
        raise SalesforceError("EXCEEDED_ID_LIMIT", message)


def _done(org: Org, work: list[Work], *, all_or_none: bool) -> list[Result]:
    if not all_or_none:
        return [_result(one) for one in work]
    results: list[Result] = []
    try:
        with org.store.connections.pinned():
            results = [_result(one) for one in work]
            if not all(result["success"] for result in results):
                raise _RolledBack
    except _RolledBack:
        return [_halted(result) for result in results]
    return results


def _result(work: Work) -> Result:
    try:
        return {"id": work(), "success": True, "errors": []}
    except SalesforceError as error:
        return {"success": False, "errors": [in_collection(error)]}


def in_collection(error: SalesforceError) -> Result:
    """An error as a collection shows it: its key is statusCode."""
    fields = list(error.fields) if isinstance(error, RowError) else []
    return {"statusCode": error.code, "message": error.message, "fields": fields}


def _halted(result: Result) -> Result:
    if not result["success"]:
        return result
    message = (
        "Record rolled back because not all records were valid and the request was using "
        "AllOrNone header"
    )
    error = {"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": message, "fields": []}
    return {"success": False, "errors": [error]}


def _creation(org: Org, record: dict[str, Any]) -> Work:
    return lambda: insert_json(org, _object_of(org, record), record)


def _change(org: Org, record: dict[str, Any]) -> Work:
    def work() -> str:
        record_id = next((str(v) for k, v in record.items() if k.lower() == "id"), "")
        update_json(org, _object_of(org, record), record_id, values=record)
        return ids.to_18(record_id)

    return work


def _removal(org: Org, record_id: str) -> Work:
    def work() -> str:
        prefix = record_id[:PREFIX_LENGTH]
        sobject = next((s for s in org.catalog.values() if s.key_prefix == prefix), None)
        if sobject is None or not ids.is_id(record_id):
            raise RowError("MALFORMED_ID", f"malformed id {record_id[:60]}")
        delete_record(org, sobject, record_id)
        return ids.to_18(record_id)

    return work


def _object_of(org: Org, record: dict[str, Any]) -> SObject:
    attributes = record.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    if not isinstance(name, str):
        message = "Bad Request: the attributes of a record must name its type"
        raise SalesforceError("INVALID_INPUT", message)
    return visible_object(org, name)


_DATA = "/services/data/v{version}/composite/sobjects"
ROUTES = (
    Route("POST", _DATA, create),
    Route("PATCH", _DATA, change),
    Route("DELETE", _DATA, remove),
    Route("GET", f"{_DATA}/{{sobject}}", read),
    Route("POST", f"{_DATA}/{{sobject}}", read),
)
