"""What a word in an object's declaration means: types, flags, the fields that all objects share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_READ_ONLY: dict[str, Any] = {"createable": False, "updateable": False}
_ALWAYS: dict[str, Any] = {"nillable": False, "permissionable": False}
_NOT_COMPARED: dict[str, Any] = {
    "filterable": False,
    "sortable": False,
    "groupable": False,
    "aggregatable": False,
}
_NUMBER: dict[str, Any] = {"groupable": False}

TYPES: Mapping[str, dict[str, Any]] = {
    "id": {"length": 18, "defaulted_on_create": True, "id_lookup": True, **_READ_ONLY, **_ALWAYS},
    "reference": {"length": 18},
    "boolean": {
        "nillable": False,
        "permissionable": False,
        "aggregatable": False,
        "default_value": False,
        "defaulted_on_create": True,
    },
    "textarea": {"length": 255, "extra_type_info": "plaintextarea"},
    "longtext": {"length": 32000, "extra_type_info": "plaintextarea", **_NOT_COMPARED},
    "picklist": {"length": 255},
    "multipicklist": {"length": 4099, "precision": 4, "sortable": False, "groupable": False},
    "combobox": {"length": 255, "groupable": False},
    "string": {"length": 255},
    "phone": {"length": 40},
    "email": {"length": 80},
    "url": {"length": 255},
    "int": {"digits": 8},
    "double": {"precision": 18, **_NUMBER},
    "currency": {"precision": 18, "scale": 2, **_NUMBER},
    "percent": {"precision": 3, **_NUMBER},
    "datetime": {"groupable": False},
    "date": {},
    "time": {"groupable": False},
    "html": {
        "length": 32768,
        "extra_type_info": "richtextarea",
        "html_formatted": True,
        **_NOT_COMPARED,
    },
    "encryptedstring": {"length": 175, **_NOT_COMPARED},
    "anyType": {"filterable": False, "groupable": False, "aggregatable": False},
    "base64": _NOT_COMPARED,
    "location": {
        "sortable": False,
        "groupable": False,
        "aggregatable": False,
        **_READ_ONLY,
    },
    "address": {
        "sortable": False,
        "groupable": False,
        "aggregatable": False,
        **_READ_ONLY,
    },
}

FLAGS: Mapping[str, dict[str, Any]] = {
    "required": _ALWAYS,
    "readonly": _READ_ONLY,
    "system": {**_READ_ONLY, **_ALWAYS, "defaulted_on_create": True},
    "unset": {**_READ_ONLY, "permissionable": False},
    "insertonly": {"updateable": False},
    "updateonly": {"createable": False},
    "always": {"permissionable": False},
    "hideable": {"permissionable": True},
    "nillable": {"nillable": True},
    "notnull": {"nillable": False},
    "defaulted": {"defaulted_on_create": True},
    "undefaulted": {"defaulted_on_create": False},
    "name": {"name_field": True},
    "idlookup": {"id_lookup": True},
    "restricted": {"restricted_picklist": True},
    "polymorphic": {"polymorphic_foreign_key": True, "name_pointing": True},
    "nofilter": {"filterable": False},
    "nosort": {"sortable": False},
    "nogroup": {"groupable": False},
    "noaggregate": {"aggregatable": False},
    "filter": {"filterable": True},
    "sort": {"sortable": True},
    "group": {"groupable": True},
    "aggregate": {"aggregatable": True},
    "person": {"extra_type_info": "personname"},
    "switchable": {"extra_type_info": "switchablepersonname"},
    "image": {"extra_type_info": "imageurl"},
    "plain": {"extra_type_info": None},
    "calculated": {"calculated": True},
    "unique": {"unique": True},
    "external": {"external_id": True},
    "prefilter": {"search_prefilterable": True},
    "tracked": {"tracked": True},
    "cascade": {"cascade_delete": True},
    "restrict": {"restricted_delete": True},
}

COMMON: Mapping[str, str] = {
    "Id": "id",
    "IsDeleted": "boolean system label=Deleted",
    "CreatedDate": "datetime system",
    "CreatedById": "reference system to=User as=CreatedBy",
    "LastModifiedDate": "datetime system",
    "LastModifiedById": "reference system to=User as=LastModifiedBy",
    "SystemModstamp": "datetime system",
    "LastActivityDate": "date unset label='Last Activity'",
    "LastViewedDate": "datetime unset",
    "LastReferencedDate": "datetime unset",
}

ADDRESS_PARTS: Mapping[str, str] = {
    "Street": "textarea 255",
    "City": "string 40",
    "State": "string 80",
    "PostalCode": "string 20",
    "Country": "string 80",
    "Latitude": "double 18,15",
    "Longitude": "double 18,15",
    "GeocodeAccuracy": "picklist 40 restricted values=@geocode_accuracies",
}
ADDRESS_LABELS = {"State": "State/Province", "PostalCode": "Zip/Postal Code"}

_SETUP_OBJECT: dict[str, Any] = {
    "undeletable": False,
    "has_recycle_bin": False,
    "layoutable": False,
    "triggerable": False,
    "mru_enabled": False,
    "search_layoutable": False,
    "compact_layoutable": False,
    "searchable": False,
}

OBJECT_FLAGS: Mapping[str, dict[str, Any]] = {
    "feed": {"feed_enabled": True},
    "clone": {"deep_cloneable": True},
    "merge": {"mergeable": True},
    "fixed": {"createable": False, "updateable": False, "deletable": False},
    "kept": {"deletable": False, "undeletable": False, "has_recycle_bin": False},
    "setup": _SETUP_OBJECT,
    "searchable": {"searchable": True},
    "compact": {"compact_layoutable": True},
    "layout": {"layoutable": True},
    "triggerable": {"triggerable": True},
    "updateable": {"updateable": True},
    "deletable": {"deletable": True},
    "nobin": {"undeletable": False, "has_recycle_bin": False},
    "unsearched": {"searchable": False, "search_layoutable": False, "mru_enabled": False},
    "nolayout": {"layoutable": False},
    "unreplicated": {"replicateable": False},
    "virtual": {"retrieveable": False},
}
