"""What an administrator adds to an org: objects, fields, formulas, in the catalog's language."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from simulator.admin.bodies import body_of
from simulator.catalog.custom import custom_object, custom_prefix, head_of
from simulator.catalog.reading import read_field
from simulator.catalog.types import Field, SObject
from simulator.errors import SalesforceError, SoqlError
from simulator.formulas.typed import FormulaInvalid
from simulator.org import Org
from simulator.soql.scope import Scope
from simulator.storage.rollups import RollupInvalid, check_rollup
from simulator.web.calls import Answer, Call
from simulator.web.routing import Access, Route

_NAME = re.compile(r"[A-Za-z]\w{0,39}__c")
_BAD = (KeyError, ValueError, TypeError)


def add_object(org: Org, call: Call) -> Answer:
    """A custom object: ``{"name": "Invoice__c", "fields": ["Amount__c currency", …]}``."""
    body = body_of(call, "name", "fields", "label", "plural")
    name, lines = str(body.get("name", "")), body.get("fields", [])
    if not _NAME.fullmatch(name) or name in org.store.sobjects:
        raise _refused(f"{name!r} is not the name of a new custom object, such as Invoice__c")
    if not isinstance(lines, list):
        raise _refused("fields is a list of declarations, one line a field")
    head = _head(org, name, body)
    try:
        sobject = custom_object("\n".join([head, *map(str, lines)]))
    except _BAD as error:
        raise _refused(f"the declaration cannot be read: {error}") from error
    _check_formulas(org, sobject)
    org.store.add_sobject(sobject)
    return Answer(201, {"name": sobject.name, "keyPrefix": sobject.key_prefix})


def add_field(org: Org, call: Call) -> Answer:
    """A field more: ``{"object": …, "field": "Days__c double 18,0", "formula": …}``."""
    body = body_of(call, "object", "field", "formula", "null_is_zero")
    sobject = org.store.sobjects.get(str(body.get("object", "")))
    if sobject is None:
        raise _refused(f"this org has no object {body.get('object')!r}")
    try:
        added = _fields(body)
    except _BAD as error:
        raise _refused(f"the declaration cannot be read: {error}") from error
    for field in added:
        _check_formulas(org, sobject.with_field(field))
        org.store.add_field(sobject.name, field)
        sobject = org.store.sobjects[sobject.name]
    return Answer(201, {"object": sobject.name, "fields": [field.name for field in added]})


def _head(org: Org, name: str, body: dict[str, Any]) -> str:
    label, plural = str(body.get("label") or ""), str(body.get("plural") or "")
    return head_of(name, custom_prefix(org.store.sobjects.values()), label=label, plural=plural)


def _fields(body: dict[str, Any]) -> list[Field]:
    line = str(body.get("field", ""))
    if line.startswith("location "):
        fields = custom_object(f"object X__c prefix=x\n{line}").fields
        return [field for field in fields if field.name.startswith(line.split()[1][:-1])]
    field = read_field(line, {})
    if "formula" in body:
        field = replace(
            field,
            formula=str(body["formula"]),
            null_is_zero=bool(body.get("null_is_zero")),
            calculated=True,
            createable=False,
            updateable=False,
        )
    return [field]


def _check_formulas(org: Org, sobject: SObject) -> None:
    """A formula that does not compile is refused when it is declared, as Salesforce does."""
    catalog = {**org.store.sobjects, sobject.name: sobject}
    scope = Scope(replace(org.reader(), catalog=catalog, everything=catalog), sobject)
    try:
        for field in sobject.computed_fields:
            scope.formulas.sql(field, scope.root)
        for field in sobject.fields:
            if field.rollup:
                check_rollup(sobject.name, field, catalog)
    except (FormulaInvalid, SoqlError, RollupInvalid) as error:
        raise _refused(str(error)) from error


def _refused(message: str) -> SalesforceError:
    return SalesforceError("INVALID_REQUEST", message)


ROUTES = (
    Route("POST", "/simulator/objects", add_object, Access.ADMIN),
    Route("POST", "/simulator/fields", add_field, Access.ADMIN),
)
