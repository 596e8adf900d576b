"""The UI API's picklist values: which stages a record type's sales process offers (api.md 5.6)."""

from __future__ import annotations

from typing import Any

from simulator import ids
from simulator.catalog.types import Field, PicklistValue
from simulator.errors import SalesforceError, not_found
from simulator.formats import JavaDouble
from simulator.org import Org
from simulator.processes import stages_of_process
from simulator.rest.discovery import visible_object
from simulator.storage.rows import Record
from simulator.web.calls import Answer, Call
from simulator.web.routing import Route

STAGE_FIELD = ("Opportunity", "StageName")


def picklist_values(org: Org, call: Call) -> Answer:
    """The values of a picklist that records of a record type may have."""
    if not org.options.on("ui_api_enabled"):
        message = "You do not have access to the User Interface API."
        raise SalesforceError("INSUFFICIENT_ACCESS", message, status=403)
    sobject = visible_object(org, call.params["sobject"])
    field = sobject.field(call.params["field"])
    if field is None or not field.picklist:
        raise not_found()
    record_type = _record_type(org, sobject.name, call.params["record_type"])
    if (sobject.name, field.name) == STAGE_FIELD:
        values = _stages(org, record_type)
    else:
        values = [_plain(value) for value in field.picklist if value.active]
    return Answer(body=_answer(call, field, values))


def _record_type(org: Org, sobject: str, record_type_id: str) -> Record | None:
    """The record type, or None for the master one, which every object has."""
    if not ids.is_id(record_type_id):
        raise not_found()
    wanted = ids.to_18(record_type_id)
    if wanted == ids.MASTER_RECORD_TYPE_ID:
        return None
    found = org.store.get("RecordType", wanted)
    if found is None or found.get("SobjectType") != sobject:
        raise not_found()
    return found


def _stages(org: Org, record_type: Record | None) -> list[dict[str, Any]]:
    rows = [row for row in org.store.records("OpportunityStage") if row.get("IsActive")]
    rows.sort(key=lambda row: (row.get("SortOrder") or 0, row["Id"]))
    process_id = record_type.get("BusinessProcessId") if record_type else None
    process = org.store.get("BusinessProcess", process_id) if process_id else None
    if process is not None:
        names = [row["ApiName"] for row in rows]
        offered = set(stages_of_process(process["Name"], names))
        rows = [row for row in rows if row["ApiName"] in offered]
    return [_stage(row) for row in rows]


def _stage(row: Record) -> dict[str, Any]:
    attributes = {
        "closed": bool(row["IsClosed"]),
        "defaultProbability": JavaDouble(row.get("DefaultProbability") or 0),
        "forecastCategoryName": row.get("ForecastCategoryName"),
        "picklistAtrributesValueType": "OpportunityStage",
        "won": bool(row["IsWon"]),
    }
    label = row.get("MasterLabel") or row["ApiName"]
    return {"attributes": attributes, "label": label, "validFor": [], "value": row["ApiName"]}


def _plain(value: PicklistValue) -> dict[str, Any]:
    return {"attributes": None, "label": value.label, "validFor": [], "value": value.value}


def _answer(call: Call, field: Field, values: list[dict[str, Any]]) -> dict[str, Any]:
    chosen = next((value.value for value in field.picklist if value.default_value), None)
    default = next((value for value in values if value["value"] == chosen), None)
    return {
        "controllerValues": {},
        "defaultValue": default,
        "url": call.path,
        "values": values,
    }


ROUTES = (
    Route(
        "GET",
        "/services/data/v{version}/ui-api/object-info/{sobject}/picklist-values/{record_type}/{field}",
        picklist_values,
    ),
)
