"""Custom objects: the fields that every one has, its key prefix, what a folder's columns show."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace

from simulator.catalog.reading import label_of, read_object
from simulator.catalog.types import SObject

FIRST_CUSTOM, DIGITS = "a", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BEFORE = ("Id label='Record ID'", "IsDeleted")
_OWNER = "OwnerId reference required defaulted polymorphic to=Group,User as=Owner"
_NAME = "Name string 80 name idlookup"
_AFTER = (
    "CreatedDate",
    "CreatedById",
    "LastModifiedDate",
    "LastModifiedById",
    "SystemModstamp",
    "LastViewedDate",
    "LastReferencedDate",
)


def custom_object(text: str) -> SObject:
    """The custom object of a declaration; what every custom object has need not be declared."""
    head, *lines = [line for line in text.splitlines() if line.strip()]
    names = {line.split()[0] for line in lines}
    is_detail = any(" cascade" in line for line in lines)
    implied = [*_BEFORE, *([] if is_detail else [_OWNER]), *([] if "Name" in names else [_NAME])]
    declared = [*(line for line in implied if line.split()[0] not in names), *lines]
    whole = read_object("\n".join([head, *declared, *_AFTER]), {})
    return replace(whole, custom=True)


def head_of(name: str, prefix: str, *, label: str = "", plural: str = "") -> str:
    """The first line of a custom object's declaration."""
    label = label or label_of(name)
    words = f"label={shlex.quote(label)} plural={shlex.quote(plural or label + 's')}"
    return f"object {name} prefix={prefix} {words}"


def custom_prefix(known: Iterable[SObject]) -> str:
    """The next free key prefix of custom objects: a00, a01, …"""
    used = {sobject.key_prefix for sobject in known}
    prefixes = (FIRST_CUSTOM + tens + ones for tens in DIGITS for ones in DIGITS)
    return next(prefix for prefix in prefixes if prefix not in used)
