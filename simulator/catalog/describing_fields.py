"""A field as a describe shows it: 57 keys, most of them implied by the type."""

from __future__ import annotations

import base64
from typing import Any

from simulator.catalog.types import TEXT_TYPES, Field, PicklistValue, SObject

BYTES_PER_CHARACTER, BITS = 3, 8

_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "time": "xsd:time",
    "address": "urn:address",
    "location": "urn:location",
    "anyType": "xsd:anyType",
    "base64": "xsd:base64Binary",
}


def describe_field(field: Field, sobject: SObject) -> dict[str, Any]:
    """One entry of a describe's ``fields``."""
    return {
        **_identity(field),
        **_size(field),
        **_abilities(field),
        **_reference(field),
        **_picklist(field, sobject),
        **_formula(field),
        **_never(field),
    }


def _identity(field: Field) -> dict[str, Any]:
    return {
        "autoNumber": field.auto_number,
        "compoundFieldName": field.compound_field_name,
        "custom": field.custom,
        "defaultValue": field.default_value,
        "defaultedOnCreate": field.defaulted_on_create,
        "externalId": field.external_id,
        "extraTypeInfo": field.extra_type_info,
        "htmlFormatted": field.html_formatted,
        "idLookup": field.id_lookup,
        "label": field.label,
        "name": field.name,
        "nameField": field.name_field,
        "soapType": _SOAP_TYPES.get(field.type, "xsd:string"),
        "type": field.type,
        "unique": field.unique,
    }


def _size(field: Field) -> dict[str, Any]:
    return {
        "byteLength": _byte_length(field),
        "digits": field.digits,
        "length": field.length,
        "precision": field.precision,
        "scale": field.scale,
    }


def _byte_length(field: Field) -> int:
    if field.type == "multipicklist" or field.type not in TEXT_TYPES:
        return field.length
    return field.length * BYTES_PER_CHARACTER


def _abilities(field: Field) -> dict[str, Any]:
    return {
        "aggregatable": field.aggregatable,
        "caseSensitive": field.case_sensitive,
        "createable": field.createable,
        "filterable": field.filterable,
        "groupable": field.groupable,
        "nillable": field.nillable,
        "permissionable": field.permissionable,
        "queryByDistance": field.compound,
        "searchPrefilterable": field.search_prefilterable,
        "sortable": field.sortable,
        "updateable": field.updateable,
    }


def _reference(field: Field) -> dict[str, Any]:
    return {
        "cascadeDelete": field.custom and field.cascade_delete,
        "namePointing": field.name_pointing,
        "polymorphicForeignKey": field.polymorphic_foreign_key,
        "referenceTargetField": None,
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship_name,
        "relationshipOrder": field.relationship_order,
        "restrictedDelete": field.custom and field.restricted_delete,
        "writeRequiresMasterRead": field.write_requires_master_read,
    }


def controlling_values(field: Field, sobject: SObject) -> list[str]:
    """The values of the field that controls a dependent picklist, in the order of their bits."""
    controller = sobject.field(field.controller) if field.controller else None
    if controller is None:
        return []
    if controller.type == "boolean":
        return ["false", "true"]
    return [value.value for value in controller.picklist if value.active]


def _picklist(field: Field, sobject: SObject) -> dict[str, Any]:
    controlling = controlling_values(field, sobject)
    return {
        "controllerName": field.controller,
        "dependentPicklist": field.controller is not None,
        "picklistValues": [_value(v, controlling) for v in field.picklist if v.active],
        "restrictedPicklist": field.restricted_picklist,
    }


def _bits(value: PicklistValue, controlling: list[str]) -> str | None:
    """For which controlling values this one is offered: a bit each, the first one highest."""
    if not controlling:
        return None
    bits = bytearray((len(controlling) + BITS - 1) // BITS)
    for number, name in enumerate(controlling):
        if name in value.valid_for:
            bits[number // BITS] |= 0x80 >> number % BITS
    return base64.b64encode(bytes(bits)).decode("ascii")


def _value(value: PicklistValue, controlling: list[str]) -> dict[str, Any]:
    return {
        "active": value.active,
        "defaultValue": value.default_value,
        "label": value.label,
        "validFor": _bits(value, controlling),
        "value": value.value,
    }


def _formula(field: Field) -> dict[str, Any]:
    return {
        "calculated": field.calculated,
        "calculatedFormula": field.formula,
        "defaultValueFormula": None,
        "formulaTreatNullNumberAsZero": field.null_is_zero,
    }


def _never(field: Field) -> dict[str, Any]:
    return {
        "aiPredictionField": False,
        "deprecatedAndHidden": False,
        "displayLocationInDecimal": False,
        "encrypted": field.type == "encryptedstring",
        "filteredLookupInfo": None,
        "highScaleNumber": False,
        "inlineHelpText": None,
        "mask": None,
        "maskType": None,
    }
