"""Which fields of an SObject are read, and the columns that they become: by its describe alone."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from salesforce_elt.objects import STAMPLESS_EVERYWHERE, STAMPLESS_FIELDS, SObject
from salesforce_elt.warehouse.names import warehouse_name

# Numbers without precision, text without length (rule 14): Salesforce's scale and length
# are display metadata, and PostgreSQL would round or refuse.
COLUMN_TYPES = {
    "boolean": "boolean",
    "int": "numeric",
    "long": "numeric",
    "double": "numeric",
    "currency": "numeric",
    "percent": "numeric",
    "date": "date",
    "datetime": "timestamptz",
    "time": "time",
}

# Compound fields come as their components, which Bulk can read; binary ones are not extracted.
UNREADABLE_TYPES = frozenset({"address", "location", "base64", "complexvalue"})

CURSOR_FIELDS = ("SystemModstamp", "LastModifiedDate", "CreatedDate", "LoginTime")

References = Mapping[str, tuple[str, ...]]  # objects by the field that refers to them


@dataclass(frozen=True)
class Column:
    """A field and the staging column that holds it."""

    field: str
    name: str
    type: str


@dataclass(frozen=True)
class Shape:
    """What is read of an SObject: its columns, the cursor field, and the fields that are not read,
    because they cannot be (compound, binary) or because the settings exclude them.

    `stampless` fields change without touching the cursor field; of an object that is not
    `is_replicateable` Salesforce tells no deletes. `references` name the objects that fields
    refer to, and `deleted_with` those of them whose deleted records take theirs along. A hashed
    field's column is text; `hashed` has it with the type that the field has by itself.
    """

    columns: tuple[Column, ...]
    cursor: str | None
    left_out: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    stampless: tuple[str, ...] = ()
    is_replicateable: bool = True
    references: References = field(default_factory=dict)
    deleted_with: References = field(default_factory=dict)
    hashed: tuple[Column, ...] = ()

    @property
    def cursor_column(self) -> str | None:
        """The staging column of the cursor field."""
        return warehouse_name(self.cursor) if self.cursor else None


def column(field: str, describe_type: str) -> Column:
    """The staging column of a field: `Amount`, `currency` -> `amount numeric`."""
    return Column(field, warehouse_name(field), COLUMN_TYPES.get(describe_type, "text"))


def shape(
    describe: Mapping[str, Any],
    *,
    exclude: Collection[str] = (),
    hashed: Collection[str] = (),
    refresh: Collection[str] = (),
) -> Shape:
    """The shape of an SObject from its describe answer, without the excluded fields.

    `refresh` names fields that are stampless beside those known to be. Salesforce's names have
    no case, so those of the settings have none either. Its parents tell `deleted_with` (`owners`).
    """
    fields = describe["fields"]
    excluded, as_hashes = ({name.lower() for name in names} for names in (exclude, hashed))
    wanted = [one for one in fields if one["name"].lower() not in excluded]
    readable = [one for one in wanted if one["type"] not in UNREADABLE_TYPES]
    stampless = {name.lower() for name in refresh} | _known_stampless(describe["name"])
    columns = [column(one["name"], one["type"]) for one in readable]
    kept_as_hashes = tuple(one for one in columns if one.field.lower() in as_hashes)
    return Shape(
        columns=tuple(
            replace(one, type="text") if one in kept_as_hashes else one for one in columns
        ),
        cursor=_cursor(readable),
        left_out=tuple(one["name"] for one in wanted if one["type"] in UNREADABLE_TYPES),
        excluded=tuple(one["name"] for one in fields if one["name"].lower() in excluded),
        stampless=tuple(
            one["name"] for one in readable if one["calculated"] or one["name"].lower() in stampless
        ),
        is_replicateable=describe["replicateable"],
        references={
            one["name"]: tuple(one["referenceTo"])
            for one in readable
            if one["type"] == "reference" and one["name"].lower() not in as_hashes
        },
        hashed=kept_as_hashes,
    )


def owners(describes: Iterable[Mapping[str, Any]]) -> Mapping[str, References]:
    """By the child object and its field: whose deleted records take the child's along.

    The describes of the parents tell; that of a standard child says nothing of it.
    """
    found: dict[str, dict[str, tuple[str, ...]]] = defaultdict(lambda: defaultdict(tuple))
    for parent in describes:
        for one in parent["childRelationships"]:
            if one["cascadeDelete"]:
                found[one["childSObject"]][one["field"]] += (parent["name"],)
    return found


def picklist_shape(sobject: SObject) -> Shape:
    """The shape of what is not an SObject: stages per record type, from the UI API."""
    needs = {"Id": "id", **sobject.needs}
    return Shape(tuple(column(field, kind) for field, kind in needs.items()), cursor=None)


def missing_needs(sobject: SObject, found: Sequence[Column]) -> tuple[Column, ...]:
    """The columns that marts read and the describe does not show."""
    names = {one.field for one in found}
    return tuple(column(field, kind) for field, kind in sobject.needs.items() if field not in names)


def _known_stampless(sobject: str) -> set[str]:
    names = (*STAMPLESS_EVERYWHERE, *STAMPLESS_FIELDS.get(sobject, ()))
    return {name.lower() for name in names}


def _cursor(fields: Sequence[Mapping[str, Any]]) -> str | None:
    usable = {one["name"] for one in fields if one["type"] == "datetime" and one["filterable"]}
    return next((name for name in CURSOR_FIELDS if name in usable), None)
