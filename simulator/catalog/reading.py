"""Reads an object's declaration: one line a field, only what its type does not already imply.

    object Opportunity prefix=006 plural=Opportunities clone feed
    Id
    AccountId    reference to=Account as=Account children=Opportunities cascade
    Name         string 120 required name idlookup
    StageName    picklist required values=@opportunity_stages

A line that holds a name alone is a field that every object has in the same shape (``Id``,
``SystemModstamp`` and the like); ``address Billing`` stands for the nine fields of an address,
``switches UserPermissions ...`` for as many booleans with that prefix, ``permissions Maximum`` for
one of every permission that a user can have.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from simulator.catalog.types import Field, PicklistValue, SObject
from simulator.catalog.vocabulary import (
    ADDRESS_LABELS,
    ADDRESS_PARTS,
    COMMON,
    FLAGS,
    OBJECT_FLAGS,
    TYPES,
)

Picklists = Mapping[str, tuple[PicklistValue, ...]]
USER_PERMISSIONS = Path(__file__).parent / "user_permissions.txt"
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_SIZE = re.compile(r"\d+(,\d+)?")


def read_object(text: str, picklists: Picklists) -> SObject:
    """The object that a declaration describes."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    head, *body = lines
    fields = tuple(field for line in body for field in _fields(line, picklists))
    _, name, *words = shlex.split(head)
    settings = dict(word.split("=", 1) for word in words if "=" in word)
    options: dict[str, Any] = {}
    for word in words:
        if "=" not in word:
            options |= OBJECT_FLAGS[word]
    label = settings.get("label", label_of(name))
    return SObject(
        name=name,
        label=label,
        label_plural=settings.get("plural", label + "s"),
        key_prefix=settings["prefix"],
        scopes=tuple(settings.get("scopes", "everything").split(",")),
        fields=fields,
        **options,
    )


def read_picklists(text: str) -> dict[str, tuple[PicklistValue, ...]]:
    """The named picklists of a file of ``name = value; value; *default value``."""
    lines = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {name.strip(): picklist_of(values) for name, values in lines}


def picklist_of(values: str) -> tuple[PicklistValue, ...]:
    """The picklist of values between semicolons.

    A star marks the default, an exclamation mark one that is no longer active, a colon a label;
    ``Munich @Germany`` depends on the value of the controlling field.
    """
    return tuple(_value(value.strip()) for value in values.split(";") if value.strip())


def read_field(line: str, picklists: Picklists) -> Field:
    """The field that one line declares."""
    name, type_name, *words = shlex.split(line)
    settings = dict(word.split("=", 1) for word in words if "=" in word)
    attributes: dict[str, Any] = {"label": label_of(name), **TYPES[type_name]}
    for word in words:
        if "=" in word:
            continue
        attributes |= _size(type_name, word) if _SIZE.fullmatch(word) else FLAGS[word]
    attributes |= _settings(settings, picklists)
    is_custom = name.endswith(("__c", "__s"))
    attributes |= _worked_out(settings, is_custom=is_custom)
    if is_custom:
        attributes["custom"] = True
        attributes.setdefault("relationship_name", _custom_relationship(name, settings))
    type_name = "textarea" if type_name in ("longtext", "html") else type_name
    return Field(name=name, type=type_name, **attributes)


def label_of(name: str) -> str:
    """The label that a name suggests: ``ParentRoleId`` gives ``Parent Role ID``."""
    words = _WORD.findall(name.removesuffix("__c"))
    return " ".join("ID" if word == "Id" else word[:1].upper() + word[1:] for word in words)


def _fields(line: str, picklists: Picklists) -> Iterator[Field]:
    first, *rest = line.split()
    if first == "address":
        yield from _address(rest[0] if rest else "", picklists)
    elif first == "location":
        yield from _location(rest[0])
    elif first == "switches":
        yield from _switches(rest[0], rest[1:])
    elif first == "permissions":
        yield from _switches(f"{''.join(rest)}Permissions", user_permissions())
    elif first in COMMON and (not rest or "=" in rest[0]):
        yield read_field(f"{first} {COMMON[first]} {line.strip()[len(first) :]}", picklists)
    else:
        yield read_field(line, picklists)


def _switches(prefix: str, names: Iterable[str]) -> Iterator[Field]:
    one = read_field(f"{prefix} boolean nosort nogroup always", {})
    names = (prefix + name for name in names)
    yield from (replace(one, name=name, label=label_of(name)) for name in names)


@cache
def user_permissions() -> tuple[str, ...]:
    """The permissions that profiles, permission sets and their licences know."""
    lines = USER_PERMISSIONS.read_text("utf-8").splitlines()
    return tuple(name for line in lines if not line.startswith("#") for name in line.split())


def _location(name: str) -> Iterator[Field]:
    stem = name.removesuffix("__c")
    for part in ("Latitude", "Longitude"):
        yield read_field(f"{stem}__{part}__s double 18,15 part={name}", {})
    yield read_field(f"{name} location", {})


def _address(prefix: str, picklists: Picklists) -> Iterator[Field]:
    compound = prefix + "Address"
    for part, declared in ADDRESS_PARTS.items():
        label = f"{label_of(prefix)} {ADDRESS_LABELS.get(part, label_of(part))}".strip()
        field = read_field(f"{prefix}{part} {declared}", picklists)
        yield replace(field, label=label, compound_field_name=compound)
    yield read_field(f"{compound} address", picklists)


def _size(type_name: str, size: str) -> dict[str, Any]:
    first, _, scale = size.partition(",")
    match type_name:
        case "double" | "currency" | "percent":
            return {"precision": int(first), "scale": int(scale or 0)}
        case "int":
            return {"digits": int(first)}
        case _:
            return {"length": int(first)}


def _settings(settings: Mapping[str, str], picklists: Picklists) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "to" in settings:
        found["reference_to"] = tuple(settings["to"].split(","))
    if "values" in settings:
        values = settings["values"]
        found["picklist"] = picklists[values[1:]] if values[:1] == "@" else picklist_of(values)
    names = {
        "as": "relationship_name",
        "children": "child_relationship_name",
        "part": "compound_field_name",
        "default": "default_value",
        "label": "label",
        "formula": "formula",
        "auto": "auto_format",
        "rollup": "rollup",
        "controller": "controller",
    }
    return found | {names[key]: value for key, value in settings.items() if key in names}


def _worked_out(settings: Mapping[str, str], *, is_custom: bool) -> dict[str, Any]:
    """What follows for a field whose value the org works out: formula, roll-up, number."""
    read_only = {"createable": False, "updateable": False}
    if "formula" in settings or "rollup" in settings:
        return {**read_only, "calculated": is_custom}
    if "auto" in settings:
        always = {"nillable": False, "permissionable": False, "defaulted_on_create": True}
        return {**read_only, **always, "auto_number": True}
    return {}


def _custom_relationship(name: str, settings: Mapping[str, str]) -> str | None:
    return name.removesuffix("__c") + "__r" if "to" in settings else None


def _value(text: str) -> PicklistValue:
    text, _, valid_for = text.partition(" @")
    value, _, label = text.lstrip("*!").partition(":")
    return PicklistValue(
        value,
        label or value,
        active=not text.startswith("!"),
        default_value=text.startswith("*"),
        valid_for=tuple(name.strip() for name in valid_for.split(",") if name.strip()),
    )
