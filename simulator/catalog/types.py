"""What an org knows of its objects and fields.

A record is a ``dict`` from a field's API name to its value. Values are plain Python: ``str`` for
every text, Id and picklist, ``bool``, ``int`` for ``int``, ``Decimal`` for ``double``, ``currency``
and ``percent``, ``date``, ``time``, an aware UTC ``datetime``, and ``None``. Compound fields are
not part of a record.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

COMPOUND_TYPES = frozenset({"address", "location"})
TEXT_TYPES = frozenset(
    {
        "string",
        "textarea",
        "phone",
        "email",
        "url",
        "picklist",
        "multipicklist",
        "combobox",
        "encryptedstring",
    }
)
NUMBER_TYPES = frozenset({"double", "currency", "percent"})


@dataclass(frozen=True)
class PicklistValue:
    """A value that a picklist offers; ``valid_for`` names values of the controlling field."""

    value: str
    label: str
    active: bool = True
    default_value: bool = False
    valid_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """A field of an object, with everything a describe says of it that its type does not imply."""

    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    digits: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    filterable: bool = True
    sortable: bool = True
    groupable: bool = True
    aggregatable: bool = True
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    child_relationship_name: str | None = None
    cascade_delete: bool = False
    restricted_delete: bool = False
    relationship_order: int | None = None
    write_requires_master_read: bool = False
    name_pointing: bool = False
    polymorphic_foreign_key: bool = False
    picklist: tuple[PicklistValue, ...] = ()
    restricted_picklist: bool = False
    calculated: bool = False
    formula: str | None = None
    compound_field_name: str | None = None
    extra_type_info: str | None = None
    custom: bool = False
    unique: bool = False
    case_sensitive: bool = False
    external_id: bool = False
    id_lookup: bool = False
    name_field: bool = False
    auto_number: bool = False
    default_value: str | bool | None = None
    defaulted_on_create: bool = False
    permissionable: bool = True
    html_formatted: bool = False
    search_prefilterable: bool = False
    null_is_zero: bool = False
    auto_format: str = ""
    rollup: str | None = None
    tracked: bool = False
    controller: str | None = None

    @property
    def computed(self) -> bool:
        """Whether the value is a formula's, worked out anew whenever it is read."""
        return self.formula is not None

    @property
    def compound(self) -> bool:
        """Whether the value is put together from other fields and stored nowhere."""
        return self.type in COMPOUND_TYPES


@dataclass(frozen=True)
class SObject:
    """An object of an org, with what can be done to its records."""

    name: str
    label: str
    label_plural: str
    key_prefix: str
    fields: tuple[Field, ...]
    custom: bool = False
    activateable: bool = False
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    undeletable: bool = True
    mergeable: bool = False
    queryable: bool = True
    replicateable: bool = True
    retrieveable: bool = True
    searchable: bool = True
    layoutable: bool = True
    triggerable: bool = True
    mru_enabled: bool = True
    feed_enabled: bool = False
    deep_cloneable: bool = False
    search_layoutable: bool = True
    compact_layoutable: bool = True
    has_recycle_bin: bool = True
    scopes: tuple[str, ...] = ("everything",)

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {field.name.lower(): field for field in self.fields}

    def field(self, name: str) -> Field | None:
        """The field of that API name, in any case, or None."""
        return self._by_name.get(name.lower())

    @property
    def stored_fields(self) -> tuple[Field, ...]:
        """The fields that a record holds: all but compound and computed ones."""
        return tuple(field for field in self.fields if not (field.compound or field.computed))

    @property
    def computed_fields(self) -> tuple[Field, ...]:
        """The formula fields."""
        return tuple(field for field in self.fields if field.computed)

    @property
    def name_field(self) -> str | None:
        """The field that names a record, where the object has one."""
        return next((field.name for field in self.fields if field.name_field), None)

    def with_field(self, field: Field) -> SObject:
        """The same object with one field more, or with that field replaced."""
        kept = tuple(have for have in self.fields if have.name != field.name)
        return replace(self, fields=(*kept, field))
