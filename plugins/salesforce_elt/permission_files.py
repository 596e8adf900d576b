"""
A permission set as files in Salesforce DX source format, as `sf project deploy start` takes them.

Elements are in the order in which Salesforce writes them when it is asked for the permission set
(alphabetical), so that a later retrieve shows differences and nothing else. A deployment replaces
the permission set as a whole: what is not in the file is not granted.
"""

import json
from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape

from salesforce_elt.permission_set import LABEL, NAME, ObjectRight, PermissionSet

PROJECT_FILE = "sfdx-project.json"
SOURCE_FOLDER = "force-app"
SET_FILE = f"{SOURCE_FOLDER}/main/default/permissionsets/{NAME}.permissionset-meta.xml"
SOURCE_API_VERSION = "62.0"
NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
DESCRIPTION = (
    "Read access of the integration user that keeps the data warehouse in step. "
    "No right to change anything. Generated: make permission-set."
)

Entry = Mapping[str, str | bool]


def files(granted: PermissionSet) -> dict[str, str]:
    """The texts of the folder's files by their paths in it."""
    return {PROJECT_FILE: _project(), SET_FILE: permission_set_xml(granted)}


def permission_set_xml(granted: PermissionSet) -> str:
    """The permission set's metadata. It names no licence, so that users of any can have it."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<PermissionSet xmlns="{NAMESPACE}">',
        f"    <description>{escape(DESCRIPTION)}</description>",
        *_entries("fieldPermissions", (_field(name) for name in granted.fields)),
        "    <hasActivationRequired>false</hasActivationRequired>",
        f"    <label>{escape(LABEL)}</label>",
        *_entries("objectPermissions", (_object(one) for one in granted.objects)),
        *_entries(
            "userPermissions", ({"enabled": True, "name": one.name} for one in granted.system)
        ),
        "</PermissionSet>",
    ]
    return "\n".join(lines) + "\n"


def _field(name: str) -> Entry:
    return {"editable": False, "field": name, "readable": True}


def _object(right: ObjectRight) -> Entry:
    return {
        "allowCreate": False,
        "allowDelete": False,
        "allowEdit": False,
        "allowRead": True,
        "modifyAllRecords": False,
        "object": right.sobject,
        "viewAllRecords": right.sees_all,
    }


def _entries(element: str, entries: Iterator[Entry]) -> Iterator[str]:
    for entry in entries:
        yield f"    <{element}>"
        for name, value in entry.items():
            text = str(value).lower() if isinstance(value, bool) else escape(value)
            yield f"        <{name}>{text}</{name}>"
        yield f"    </{element}>"


def _project() -> str:
    project = {
        "packageDirectories": [{"path": SOURCE_FOLDER, "default": True}],
        "name": "salesforce-elt-permissions",
        "namespace": "",
        "sfdcLoginUrl": "https://login.salesforce.com",
        "sourceApiVersion": SOURCE_API_VERSION,
    }
    return json.dumps(project, indent=2) + "\n"
