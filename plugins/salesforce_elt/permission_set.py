"""
The permission set that an integration user needs, and nothing beside it: rights to read.

What it grants comes from the settings and from what a connection is shown of the org. A field that
is hidden from that connection is in no describe, so an administrator's connection gives the
complete set; the fields that marts need are in it in any case. No part of it can express a right
to change something.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from salesforce_elt.objects import objects_to_sync
from salesforce_elt.permissionable import (
    ALWAYS_GRANTED,
    SEEN_WHOLE,
    SYSTEM_PERMISSION_OF,
    SYSTEM_PERMISSIONS,
    SystemPermission,
    governing,
    has_field_permissions,
)
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.composite import Answer
from salesforce_elt.salesforce.describes import read_schema
from salesforce_elt.settings import ObjectSettings, OrgSettings

NAME, LABEL = "Salesforce_ELT", "Salesforce ELT"
WHOLE_TYPES = frozenset({"address", "location"})  # their parts are granted with them

Describes = Mapping[str, Answer]


@dataclass(frozen=True)
class ObjectRight:
    """Read on an object; with `sees_all` on all its records, whatever sharing says."""

    sobject: str
    sees_all: bool = False


@dataclass(frozen=True)
class PermissionSet:
    """What is granted, each in order and once; fields as `Account.Industry`."""

    objects: tuple[ObjectRight, ...]
    fields: tuple[str, ...]
    system: tuple[SystemPermission, ...]


def read_describes(client: SalesforceClient, settings: OrgSettings) -> dict[str, Answer]:
    """Describes of all objects of the settings, and of the masters of their detail objects.

    Fields that are hidden are in no describe. FieldDefinition and EntityParticle are said to list
    them all the same, to who may view setup (U): no documentation says so, so they are not asked.

    Raises what the client raises; an object that is hidden is an answer that says so.
    """
    describes: dict[str, Answer] = {}
    wanted = {*synced_objects(settings), *governing_objects(synced_objects(settings))}
    while missing := tuple(sorted(wanted - describes.keys())):
        describes |= read_schema(client, missing, deleted={}).describes
        for name in missing:
            if not (describes[name].is_success or describes[name].is_hidden):
                raise describes[name].error(asked=f"Describe {name}")
        wanted |= {master for name in missing for master in _masters(describes[name])}
    return describes


def permission_set(settings: OrgSettings, describes: Describes) -> PermissionSet:
    """The rights to read what the settings sync, as far as the describes show it."""
    synced = synced_objects(settings)
    objects = _with_masters(governing_objects(synced), describes)
    fields = {one for name in synced for one in _fields(name, settings, describes)}
    special = [SYSTEM_PERMISSION_OF[name] for name in synced if name in SYSTEM_PERMISSION_OF]
    return PermissionSet(
        objects=tuple(ObjectRight(name, name in SEEN_WHOLE) for name in sorted(objects)),
        fields=tuple(sorted(fields)),
        system=tuple(sorted((*SYSTEM_PERMISSIONS, *special), key=lambda one: one.name)),
    )


def excluded_fields(settings: OrgSettings, sobject: str) -> set[str]:
    """The fields that are never read, in small letters: Salesforce's names have no case."""
    chosen = settings.objects.get(sobject, ObjectSettings())
    return {name.lower() for name in chosen.exclude_fields}


def whole_field(fields: Mapping[str, Mapping[str, Any]], name: str) -> str:
    """The name by which a field is granted: a part of an address goes with the address."""
    whole = str(fields[name].get("compoundFieldName"))
    return whole if whole in fields and fields[whole]["type"] in WHOLE_TYPES else name


def fields_by_name(answer: Answer) -> dict[str, Mapping[str, Any]]:
    """The described fields by their API names; none of an object that is hidden."""
    return {one["name"]: one for one in answer.body["fields"]} if answer.is_success else {}


def synced_objects(settings: OrgSettings) -> list[str]:
    """The API names of the SObjects that a sync reads."""
    wanted = objects_to_sync(tuple(settings.objects))
    return [one.name for one in wanted if one.source == "sobject"]


def governing_objects(names: Sequence[str]) -> set[str]:
    """The objects whose object permissions decide about these."""
    return {owner for name in names if (owner := governing(name))}


def _with_masters(names: set[str], describes: Describes) -> set[str]:
    """Without Read on its master, a deployment that grants a detail object is refused."""
    known: set[str] = set()
    found = {name for name in names if not is_custom_setting(name, describes)}
    while new := found - known:
        known |= new
        masters = {one for name in new if name in describes for one in _masters(describes[name])}
        found |= governing_objects(sorted(masters))
    return found


def _masters(answer: Answer) -> set[str]:
    """Only a reference to a master has a `relationshipOrder`."""
    fields = fields_by_name(answer).values()
    return {
        master
        for one in fields
        if one.get("relationshipOrder") is not None
        for master in one["referenceTo"]
    }


def _fields(sobject: str, settings: OrgSettings, describes: Describes) -> Iterator[str]:
    if not has_field_permissions(sobject) or is_custom_setting(sobject, describes):
        return
    excluded = excluded_fields(settings, sobject)
    shown = fields_by_name(describes[sobject])
    for name, field in shown.items():
        granted = whole_field(shown, name)
        is_whole = field["type"] in WHOLE_TYPES  # granted for the sake of its parts
        if shown[granted]["permissionable"] and not is_whole and name.lower() not in excluded:
            yield f"{sobject}.{granted}"
    hidden = [name for name in ALWAYS_GRANTED.get(sobject, ()) if name not in shown]
    yield from (f"{sobject}.{name}" for name in hidden if name.lower() not in excluded)


def is_custom_setting(sobject: str, describes: Describes) -> bool:
    """Custom settings are described like objects, and granted elsewhere."""
    answer = describes.get(sobject)
    return bool(answer and answer.is_success and answer.body.get("customSetting"))
