"""One row of an ingest job becomes an insert, an update, an upsert or a delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.catalog.types import SObject
from simulator.errors import RowError, SalesforceError
from simulator.ids import is_id, to_18
from simulator.ingest.job import DELETE, HARD_DELETE, INSERT, UPDATE, Done, IngestJob
from simulator.ingest.table import named_field, values_of
from simulator.org import Org
from simulator.rest.external_ids import ids_with, upserted
from simulator.rest.rows import delete_record, found, insert_json, update_json


def load_row(org: Org, job: IngestJob, *, columns: Sequence[str], cells: Sequence[str]) -> Done:
    """Work on one row; its error is part of the answer."""
    record_id = ""
    try:
        sobject = org.catalog[job.sobject]
        values = values_of(columns, cells, sobject)
        record_id = _given_id(values)
        return _loaded(org, job, sobject, _linked(org, sobject, values))
    except SalesforceError as error:
        return Done(record_id, error=shown_error(error))


def shown_error(error: SalesforceError) -> str:
    """An error as ``sf__Error`` shows it: code, message, fields."""
    fields = ",".join(error.fields) if isinstance(error, RowError) else ""
    return f"{error.code}:{error.message}:{fields} --"


def _loaded(org: Org, job: IngestJob, sobject: SObject, values: dict[str, Any]) -> Done:
    if job.operation == INSERT:
        return Done(insert_json(org, sobject, values), created=True)
    if job.operation not in (UPDATE, DELETE, HARD_DELETE):
        return _upsert(org, job, sobject, values)
    record_id = _given_id(values)
    if not is_id(record_id):
        raise RowError("MISSING_ARGUMENT", "Id not specified in an update call", fields=("Id",))
    if job.operation == UPDATE:
        update_json(org, sobject, record_id, values=values)
    elif job.operation == DELETE:
        delete_record(org, sobject, record_id)
    else:
        found(org, sobject, record_id)
        org.store.hard_delete(sobject.name, to_18(record_id))
    return Done(to_18(record_id))


def _upsert(org: Org, job: IngestJob, sobject: SObject, values: dict[str, Any]) -> Done:
    field = sobject.field(job.external_id_field or "Id")
    assert field is not None, "the job was refused without its external Id"
    result = upserted(org, sobject, field, values=values)
    return Done(str(result["id"]), created=bool(result["created"]))


def _given_id(values: dict[str, Any]) -> str:
    return next((str(value) for name, value in values.items() if name.lower() == "id"), "")


def _linked(org: Org, sobject: SObject, values: dict[str, Any]) -> dict[str, Any]:
    """The row with the Ids of the parents that it names by their external Ids."""
    return {
        named_field(name, sobject) or name: (
            _parent_id(org, sobject, name, value) if "." in name and value is not None else value
        )
        for name, value in values.items()
    }


def _parent_id(org: Org, sobject: SObject, column: str, value: Any) -> str:
    foreign = column.partition(".")[2]
    link = sobject.field(named_field(column, sobject) or "")
    names = link.reference_to if link else ()
    for target in (org.catalog[name] for name in names if name in org.catalog):
        field = target.field(foreign)
        if field is not None and (field.external_id or field.id_lookup):
            ids = ids_with(org, target, field, value=str(value))
            if len(ids) == 1:
                return ids[0]
    message = f"Foreign key external ID: {str(value).lower()} not found for field {foreign}"
    raise RowError("INVALID_FIELD", f"{message} in entity {sobject.name}")
