"""What a polymorphic parent shows of itself: Owner, Who and What are a ``Name`` (api.md 4)."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.catalog.types import Field, SObject
from simulator.soql.sql import quote

_STRINGS = ("Name", "Type", "FirstName", "LastName", "Email", "Phone", "Title", "Username", "Alias")
_REFERENCES = ("ProfileId", "UserRoleId")

NAME_OBJECT = SObject(
    name="Name",
    label="Name",
    label_plural="Name",
    key_prefix="",
    fields=(
        Field(name="Id", label="Name ID", type="id", length=18, nillable=False),
        *(Field(name=name, label=name, type="string", length=255) for name in _STRINGS),
        *(Field(name=name, label=name, type="reference", length=18) for name in _REFERENCES),
        Field(name="IsActive", label="Active", type="boolean"),
    ),
)


def name_table(schema: str, catalog: Mapping[str, SObject], targets: list[str]) -> str:
    """A derived table of the records that such a parent can be, with the fields of ``Name``."""
    selects = [_select(schema, catalog[target]) for target in targets]
    return "(" + " union all ".join(selects) + ")"


def _select(schema: str, sobject: SObject) -> str:
    columns = ", ".join(f"{_shown(sobject, f)} as {quote(f.name)}" for f in NAME_OBJECT.fields)
    return f"select {columns} from {quote(schema)}.{quote(sobject.name)}"


def _shown(sobject: SObject, field: Field) -> str:
    if field.name == "Type":
        return f"'{sobject.name}'::text"
    own = sobject.field(sobject.name_field or "Name" if field.name == "Name" else field.name)
    if own is None or own.compound:
        return "null::boolean" if field.type == "boolean" else "null::text"
    return quote(own.name)
