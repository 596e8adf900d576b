"""Records by an external Id: read, created or changed, one or many (api.md 2.6, 2.7)."""

from __future__ import annotations

from typing import Any

from simulator.catalog.types import Field, SObject
from simulator.errors import RowError, SalesforceError, not_found
from simulator.org import Org
from simulator.rest.collections import given_records, in_collection
from simulator.rest.computed_values import with_formulas
from simulator.rest.discovery import visible_object
from simulator.rest.rows import as_json, found, insert_json, update_json
from simulator.soql.sql import quote
from simulator.storage.rows import table
from simulator.web.calls import Answer, Call
from simulator.web.routing import Route

ALWAYS_ANSWERS_FROM = 46.0
FEW = 10


def read(org: Org, call: Call) -> Answer:
    """The record with this external Id; 300 with all of them when there are several."""
    sobject, field = _asked(org, call)
    ids = ids_with(org, sobject, field, value=call.params["value"])
    if len(ids) > 1:
        return _several(call, sobject, ids)
    if not ids:
        raise not_found()
    record = next(with_formulas(org, sobject, [found(org, sobject, ids[0])]))
    return Answer(body=as_json(sobject, record, fields=sobject.fields, version=call.version))


def upsert(org: Org, call: Call) -> Answer:
    """Create the record with this external Id, or change it."""
    sobject, field = _asked(org, call)
    value, values = call.params["value"], call.json_object()
    ids = ids_with(org, sobject, field, value=value)
    if len(ids) > 1:
        return _several(call, sobject, ids)
    record_id, is_new = _saved(org, sobject, ids, values={**values, field.name: value})
    if not is_new and float(call.version) < ALWAYS_ANSWERS_FROM:
        return Answer(204)
    body = {"id": record_id, "success": True, "errors": [], "created": is_new}
    return Answer(201 if is_new else 200, body)


def upsert_many(org: Org, call: Call) -> Answer:
    """Create or change up to 200 records by an external Id, or by their own."""
    sobject, field = _asked(org, call)
    results = []
    for values in given_records(call.json_object()):
        try:
            results.append(upserted(org, sobject, field, values=values))
        except SalesforceError as error:
            results.append({"success": False, "errors": [in_collection(error)]})
    return Answer(body=results)


def upserted(org: Org, sobject: SObject, field: Field, *, values: dict[str, Any]) -> dict[str, Any]:
    """Create or change one record; its result as a collection shows it."""
    value = next((v for k, v in values.items() if k.lower() == field.name.lower()), None)
    ids = [] if value is None else ids_with(org, sobject, field, value=str(value))
    if len(ids) > 1:
        raise RowError("DUPLICATE_EXTERNAL_ID", f"{field.name}: more than one record found")
    if field.name == "Id":
        values = {k: v for k, v in values.items() if k.lower() != "id"}
        if value is not None and not ids:
            raise RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    record_id, is_new = _saved(org, sobject, ids, values=values)
    return {"id": record_id, "success": True, "errors": [], "created": is_new}


def _saved(
    org: Org, sobject: SObject, ids: list[str], *, values: dict[str, Any]
) -> tuple[str, bool]:
    if not ids:
        return insert_json(org, sobject, values), True
    update_json(org, sobject, ids[0], values=values)
    return ids[0], False


def _asked(org: Org, call: Call) -> tuple[SObject, Field]:
    sobject, name = visible_object(org, call.params["sobject"]), call.params["field"]
    field = sobject.field(name)
    if field is None or not (field.external_id or field.id_lookup):
        message = f"Provided external ID field does not exist or is not accessible: {name}"
        raise not_found(message)
    return sobject, field


def ids_with(org: Org, sobject: SObject, field: Field, *, value: str) -> list[str]:
    """The Ids of the living records with this value, a few at most."""
    conditions = "".join(f" and {c}" for c in org.reader().visible(sobject, "t"))
    query = f"""
        select "Id" from {table(org.store.schema, sobject)} t
        where {quote(field.name)}::text = %s{conditions} order by "Id" limit {FEW}
    """
    with org.store.connections.transaction() as connection:
        return [row[0] for row in connection.execute(query, (value,))]


def _several(call: Call, sobject: SObject, ids: list[str]) -> Answer:
    urls = [f"{call.version_path}/sobjects/{sobject.name}/{record_id}" for record_id in ids]
    return Answer(300, urls)


_DATA = "/services/data/v{version}"
ROUTES = (
    Route("PATCH", f"{_DATA}/sobjects/{{sobject}}/{{field}}/{{value}}", upsert),
    Route("PATCH", f"{_DATA}/composite/sobjects/{{sobject}}/{{field}}", upsert_many),
)
