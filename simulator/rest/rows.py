"""One record: read, create, change, delete (api.md 2.7)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from simulator import ids
from simulator.catalog.types import Field, SObject
from simulator.errors import RowError, SalesforceError, not_found
from simulator.formats import shown
from simulator.org import Org
from simulator.rest.computed_values import with_formulas
from simulator.rest.discovery import visible_object
from simulator.rest.records import check_references, readable
from simulator.rest.validators import (
    WITH_ROW_ETAGS,
    Validator,
    check_unchanged,
    conditional,
    row_etag,
)
from simulator.soql.selection import compound_components
from simulator.storage.rows import Record
from simulator.web.calls import Answer, Call
from simulator.web.routing import Route

_LIKE_AN_ID = re.compile(r"[0-9A-Za-z]{18}")


def create(org: Org, call: Call) -> Answer:
    """A new record."""
    sobject = visible_object(org, call.params["sobject"])
    with org.store.saving_duplicates(_allows_duplicates(call)):
        record_id = insert_json(org, sobject, call.json_object())
    location = f"{call.version_path}/sobjects/{sobject.name}/{record_id}"
    return Answer(201, {"id": record_id, "success": True, "errors": []}, {"Location": location})


def read(org: Org, call: Call) -> Answer:
    """A record, all its fields in the order of the describe or those asked for."""
    sobject = visible_object(org, call.params["sobject"])
    record = next(with_formulas(org, sobject, [found(org, sobject, call.params["id"])]))
    names = call.query.get("fields", "")
    fields = _with_id(sobject, names) if names else sobject.fields
    body = as_json(sobject, record, fields=fields, version=call.version)
    return conditional(body, _validator(sobject, record), call.headers)


def change(org: Org, call: Call) -> Answer:
    """New values for some fields of a record."""
    sobject = visible_object(org, call.params["sobject"])
    record = found(org, sobject, call.params["id"])
    check_unchanged(_validator(sobject, record), call.headers)
    with org.store.saving_duplicates(_allows_duplicates(call)):
        update_json(org, sobject, call.params["id"], values=call.json_object())
    return Answer(204)


def remove(org: Org, call: Call) -> Answer:
    """A record moves to the recycle bin."""
    sobject = visible_object(org, call.params["sobject"])
    record = found(org, sobject, call.params["id"])
    check_unchanged(_validator(sobject, record), call.headers)
    delete_record(org, sobject, call.params["id"])
    return Answer(204)


def _validator(sobject: SObject, record: Record) -> Validator:
    stamp = record.get("LastModifiedDate") or record.get("SystemModstamp")
    has_etag = sobject.name in WITH_ROW_ETAGS
    return Validator(stamp, row_etag(f"{record['Id']}{stamp}") if has_etag else None)


def insert_json(org: Org, sobject: SObject, values: dict[str, Any]) -> str:
    """Create a record from JSON and return its Id."""
    _check_allowed(sobject.createable, sobject, "insert")
    record = readable(sobject, values, creating=True)
    with org.store.transaction() as work:
        check_references(org, sobject, record, work=work)
        return work.insert(sobject.name, record)


def update_json(org: Org, sobject: SObject, record_id: str, *, values: dict[str, Any]) -> None:
    """Change a record from JSON."""
    _check_allowed(sobject.updateable, sobject, "update")
    found(org, sobject, record_id)
    record = readable(sobject, values, creating=False)
    with org.store.transaction() as work:
        check_references(org, sobject, record, work=work)
        work.update(sobject.name, record_id, record)


def delete_record(org: Org, sobject: SObject, record_id: str) -> None:
    """Delete a record that exists."""
    _check_allowed(sobject.deletable, sobject, "delete")
    found(org, sobject, record_id)
    org.delete(sobject, ids.to_18(record_id))


def found(org: Org, sobject: SObject, record_id: str) -> Record:
    """A living record; the errors of one that is unknown, of another object, or deleted."""
    if _LIKE_AN_ID.fullmatch(record_id) and not ids.is_id(record_id):
        # a letter in the wrong case: the checksum tells (api.md 5.3)
        raise _wrong_id(sobject, record_id)
    if not ids.is_id(record_id):
        message = f"Provided external ID field does not exist or is not accessible: {record_id}"
        raise not_found(message)
    if not record_id.startswith(sobject.key_prefix):
        raise _wrong_id(sobject, record_id)
    record = org.record(sobject, ids.to_18(record_id))
    # what is not shared is as if it were not there (api.md 6.2)
    if record is None or not org.is_shared(sobject, record["Id"]):
        raise not_found()
    if record.get("IsDeleted"):
        raise RowError("ENTITY_IS_DELETED", "entity is deleted", status=404)
    return record


def _wrong_id(sobject: SObject, record_id: str) -> RowError:
    message = f"{sobject.label} ID: id value of incorrect type: {record_id}"
    return RowError("MALFORMED_ID", message, fields=("Id",))


def as_json(
    sobject: SObject, record: Record, *, fields: tuple[Field, ...], version: str
) -> dict[str, Any]:
    """A record as a row GET shows it."""
    url = f"/services/data/v{version}/sobjects/{sobject.name}/{record['Id']}"
    body: dict[str, Any] = {"attributes": {"type": sobject.name, "url": url}}
    for field in fields:
        value = _json_value(sobject, field, record)
        # a body is fetched from a place of its own
        body[field.name] = f"{url}/{field.name}" if field.type == "base64" and value else value
    return body


def _json_value(sobject: SObject, field: Field, record: Record) -> object:
    if not field.compound:
        return shown(field, record[field.name])
    parts = compound_components(sobject, field)
    values = {
        name: None if part is None else shown(part, record[part.name])
        for name, part in parts.items()
    }
    return values if any(value is not None for value in values.values()) else None


def _with_id(sobject: SObject, names: str) -> tuple[Field, ...]:
    """The fields asked for, and the Id, which a row always tells."""
    asked = asked_fields(sobject, names.split(","))
    has_id = any(field.name == "Id" for field in asked)
    return asked if has_id else (*asked, *asked_fields(sobject, ["Id"]))


def asked_fields(sobject: SObject, names: Iterable[str]) -> tuple[Field, ...]:
    """The fields of these names; INVALID_FIELD when there is none."""
    fields = []
    for name in (part.strip() for part in names):
        field = sobject.field(name)
        if field is None:
            message = f"No such column '{name}' on sobject of type {sobject.name}"
            raise SalesforceError("INVALID_FIELD", message)
        fields.append(field)
    return tuple(fields)


def _allows_duplicates(call: Call) -> bool:
    header = call.headers.get("sforce-duplicate-rule-header", "")
    return "allowsave=true" in header.lower().replace(" ", "")


def _check_allowed(allowed: bool, sobject: SObject, verb: str) -> None:
    if not allowed:
        message = f"entity type cannot be {verb}ed: {sobject.label}".replace("eed", "ed")
        raise RowError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message)


_DATA = "/services/data/v{version}/sobjects/{sobject}"
ROUTES = (
    Route("POST", _DATA, create),
    Route("GET", f"{_DATA}/{{id}}", read),
    Route("PATCH", f"{_DATA}/{{id}}", change),
    Route("DELETE", f"{_DATA}/{{id}}", remove),
)
