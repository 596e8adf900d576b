"""What an object says of itself to ``/sobjects`` and ``/sobjects/X/describe``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.catalog.describing_fields import describe_field
from simulator.catalog.types import SObject
from simulator.ids import MASTER_RECORD_TYPE_ID

MAX_BATCH_SIZE = 200

_SCOPE_LABELS = {
    "everything": "All {plural}",
    "mine": "My {plural}",
    "team": "My team's {plural}",
    "delegated": "My delegated {plural}",
    "queue_owned": "Queue owned {plural}",
    "user_owned": "User owned {plural}",
    "scopingRule": "Filter by scope",
}


@dataclass(frozen=True)
class RecordTypeInfo:
    """A record type as a describe lists it."""

    record_type_id: str
    name: str
    developer_name: str
    active: bool = True
    default: bool = False


def describe(
    sobject: SObject,
    *,
    catalog: Mapping[str, SObject],
    version: str,
    record_types: Sequence[RecordTypeInfo] = (),
) -> dict[str, Any]:
    """Everything that an object says of itself, fields and child relationships included.

    ``version`` is the number in the path, ``59.0``; ``record_types`` are the object's own, without
    the master one that every object has.
    """
    base = _base(version)
    return {
        **_traits(sobject),
        "actionOverrides": [],
        "childRelationships": list(_children(sobject, catalog.values())),
        "compactLayoutable": sobject.compact_layoutable,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [describe_field(field, sobject) for field in sobject.fields],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": _record_types(sobject, record_types, base),
        "searchLayoutable": sobject.search_layoutable,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [_scope(sobject, name) for name in sobject.scopes],
        "urls": _urls(sobject, base) | _ui_urls(sobject),
    }


def describe_global(catalog: Mapping[str, SObject], *, version: str) -> dict[str, Any]:
    """The list of all objects with what can be done to them."""
    base = _base(version)
    listed = [catalog[name] for name in sorted(catalog)]
    return {
        "encoding": "UTF-8",
        "maxBatchSize": MAX_BATCH_SIZE,
        "sobjects": [_traits(sobject) | {"urls": _urls(sobject, base)} for sobject in listed],
    }


def _base(version: str) -> str:
    return f"/services/data/v{version}/sobjects"


def _traits(sobject: SObject) -> dict[str, Any]:
    return {
        "activateable": sobject.activateable,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": sobject.createable,
        "custom": sobject.custom,
        "customSetting": False,
        "deepCloneable": sobject.deep_cloneable,
        "deletable": sobject.deletable,
        "deprecatedAndHidden": False,
        "feedEnabled": sobject.feed_enabled,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": sobject.key_prefix,
        "label": sobject.label,
        "labelPlural": sobject.label_plural,
        "layoutable": sobject.layoutable,
        "mergeable": sobject.mergeable,
        "mruEnabled": sobject.mru_enabled,
        "name": sobject.name,
        "queryable": sobject.queryable,
        "replicateable": sobject.replicateable,
        "retrieveable": sobject.retrieveable,
        "searchable": sobject.searchable,
        "triggerable": sobject.triggerable,
        "undeletable": sobject.undeletable,
        "updateable": sobject.updateable,
    }


def _urls(sobject: SObject, base: str) -> dict[str, str]:
    own = f"{base}/{sobject.name}"
    urls = {"rowTemplate": f"{own}/{{ID}}", "describe": f"{own}/describe", "sobject": own}
    if sobject.compact_layoutable:
        urls["compactLayouts"] = f"{own}/describe/compactLayouts"
    if sobject.layoutable:
        urls |= {"quickActions": f"{own}/quickActions", "layouts": f"{own}/describe/layouts"}
    if sobject.layoutable and sobject.search_layoutable:
        urls |= {"approvalLayouts": f"{own}/describe/approvalLayouts"}
        urls |= {"listviews": f"{own}/listviews"}
    return urls


def _ui_urls(sobject: SObject) -> dict[str, str]:
    return {
        "uiDetailTemplate": "/{ID}",
        "uiEditTemplate": "/{ID}/e",
        "uiNewRecord": f"/{sobject.key_prefix}/e",
    }


def _children(parent: SObject, catalog: Iterable[SObject]) -> Iterable[dict[str, Any]]:
    for child in catalog:
        for field in child.fields:
            if parent.name in field.reference_to:
                yield {
                    "cascadeDelete": field.cascade_delete,
                    "childSObject": child.name,
                    "deprecatedAndHidden": False,
                    "field": field.name,
                    "junctionIdListNames": [],
                    "junctionReferenceTo": [],
                    "relationshipName": field.child_relationship_name,
                    "restrictedDelete": field.restricted_delete,
                }


def _record_types(
    sobject: SObject, record_types: Sequence[RecordTypeInfo], base: str
) -> list[dict[str, Any]]:
    has_default = any(record_type.default for record_type in record_types)
    master = RecordTypeInfo(MASTER_RECORD_TYPE_ID, "Master", "Master", default=not has_default)
    layouts = f"{base}/{sobject.name}/describe/layouts"
    return [
        {
            "active": record_type.active,
            "available": True,
            "defaultRecordTypeMapping": record_type.default,
            "developerName": record_type.developer_name,
            "master": record_type is master,
            "name": record_type.name,
            "recordTypeId": record_type.record_type_id,
            "urls": {"layout": f"{layouts}/{record_type.record_type_id}"},
        }
        for record_type in (*record_types, master)
    ]


def _scope(sobject: SObject, name: str) -> dict[str, str]:
    return {"label": _SCOPE_LABELS[name].format(plural=sobject.label_plural.lower()), "name": name}
