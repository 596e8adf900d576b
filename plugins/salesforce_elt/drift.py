"""What people should know of an org's schema: hidden, new, changed and unknown fields."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from salesforce_elt.errors import SchemaDrift, SettingsInvalid
from salesforce_elt.fields import UNREADABLE_TYPES, Column, Shape, missing_needs
from salesforce_elt.known_fields import KnownField
from salesforce_elt.objects import OPTIONAL_FIELDS, SObject
from salesforce_elt.results import Finding
from salesforce_elt.salesforce.composite import Answer
from salesforce_elt.settings import ObjectSettings, OrgSettings

EXCLUDE, HASH, REFRESH = "exclude_fields", "hash_fields", "refresh_fields"
MISSPELT = {EXCLUDE: "read as it is", HASH: "read as it is", REFRESH: "not refreshed"}

WITHOUT_REQUIRED = ", without which the marts would be wrong: nothing is published"


def objects_hidden(
    wanted: Sequence[SObject], describes: Mapping[str, Answer], *, loaded: Collection[str]
) -> list[Finding]:
    """Objects that the integration user cannot see; those in `loaded` were seen before.

    An error when the marts would be wrong without it: what comes of the others is not published.
    """
    hidden = (one for one in wanted if one.name in describes and describes[one.name].is_hidden)
    return [
        Finding(
            "error" if one.is_required else "warning",
            "object_hidden",
            f"{one.name} is not visible to the integration user, so its rows "
            f"{'stay as they were' if one.name in loaded else 'are missing from the warehouse'}"
            f"{WITHOUT_REQUIRED if one.is_required else ''}. Give the user's permission set Read "
            f"and View All on {one.name} (Setup > Permission Sets > Object Settings).",
            one.name,
        )
        for one in hidden
        if one.is_everywhere or one.name in loaded
    ]


def fields_hidden(
    wanted: Sequence[SObject],
    shapes: Mapping[str, Shape],
    known: Mapping[str, Sequence[KnownField]],
) -> list[Finding]:
    """Fields that the integration user cannot see: marts read them, or staging has them."""
    findings = []
    for sobject in (one for one in wanted if one.name in shapes):
        kept = {one.field for one in known[sobject.name] if one.hidden_since}
        findings += [_needed_is_hidden(sobject, field) for field in _missing(sobject, shapes, kept)]
        findings += [_kept(sobject, one) for one in known[sobject.name] if one.hidden_since]
    return findings


def _missing(sobject: SObject, shapes: Mapping[str, Shape], kept: Collection[str]) -> list[str]:
    return [
        column.field
        for column in missing_needs(sobject, shapes[sobject.name].columns)
        if (sobject.name, column.field) not in OPTIONAL_FIELDS
        and column.field not in shapes[sobject.name].excluded
        and column.field not in kept
    ]


def _needed_is_hidden(sobject: SObject, field: str) -> Finding:
    return Finding(
        "warning",
        "field_hidden",
        f"{sobject.name}.{field} is not visible to the integration user, so what the "
        "marts make of it is empty. Give its permission set read access to the field, or "
        "check that the org has it.",
        sobject.name,
        field,
    )


def _kept(sobject: SObject, known: KnownField) -> Finding:
    return Finding(
        "warning",
        "field_hidden",
        f"{sobject.name}.{known.field} is not visible to the integration user since "
        f"{known.hidden_since:%Y-%m-%d %H:%M} UTC. Its column keeps what it held then, and nothing "
        "newer. Give the user's permission set read access to the field (Setup > Permission Sets > "
        f"Object Settings > {sobject.name}); if the org has no such field any more, drop the "
        "column from staging.",
        sobject.name,
        known.field,
    )


def fields_unknown(settings: OrgSettings, shapes: Mapping[str, Shape]) -> list[Finding]:
    """Fields of the settings that the org does not show: such a name does nothing."""
    return [
        Finding(
            "warning",
            "field_unknown",
            f"orgs.{settings.key}.objects.{name}.{setting} names {field}, which {name} does not "
            f"show. Check the spelling: a field that is misspelt is {MISSPELT[setting]}.",
            name,
            field,
        )
        for name, setting, field in _named_fields(settings, EXCLUDE, HASH, REFRESH)
        if name in shapes and field.lower() not in _found(shapes[name], setting)
    ]


def names_shown(
    settings: OrgSettings, describes: Mapping[str, Answer], shapes: Mapping[str, Shape]
) -> list[Finding]:
    """Parts of a name that are hidden, while the whole name, which holds them, is read."""
    return [
        Finding(
            "warning",
            "field_in_another",
            f"{name}.{whole} is put together from {name}.{part}, which "
            f"orgs.{settings.key}.objects.{name} hides, so it shows there. Hide {whole} too.",
            name,
            part,
        )
        for name, chosen in settings.objects.items()
        if name in shapes
        for part, whole in _parts(describes, name)
        if part.lower() in _hidden(chosen)
        and whole.lower() not in _hidden(chosen)
        and whole in {one.field for one in shapes[name].columns} - {part}
    ]


def refuse_compounds(settings: OrgSettings, describes: Mapping[str, Answer]) -> None:
    """Raises SettingsInvalid for a hidden address: what is read are its parts, in the clear."""
    for name, setting, field in _named_fields(settings, EXCLUDE, HASH):
        wholes = {
            one["name"].lower()
            for one in _fields(describes, name)
            if one["type"] in UNREADABLE_TYPES
        }
        parts = [part for part, whole in _parts(describes, name) if whole.lower() == field.lower()]
        if parts and field.lower() in wholes:
            raise SettingsInvalid(
                f"orgs.{settings.key}.objects.{name}.{setting} names {field}, which Salesforce "
                "puts together from fields that are read by themselves, so nothing was read. Name "
                f"those of them instead: {', '.join(parts)}."
            )


def hashed_no_longer(sobject: str, columns: Sequence[str]) -> list[Finding]:
    """Hashes that the settings want no more."""
    return [
        Finding(
            "warning",
            "field_not_hashed",
            f"{sobject}: the column {column} is not to be hashed any more. Its hashes are removed, "
            "and the field is read again for all records; until then the column is empty.",
            sobject,
            column,
        )
        for column in columns
    ]


def hashed_retyped(sobject: str, columns: Sequence[Column]) -> list[Finding]:
    """Hashed fields that are of another type than before."""
    return [
        Finding(
            "warning",
            "field_retyped",
            f"{sobject}.{one.field} is of another type in Salesforce than before, so its old "
            "hashes do not match new ones. They are removed, and the field is read again for all "
            "records.",
            sobject,
            one.field,
        )
        for one in columns
    ]


def fields_added(sobject: str, fields: Sequence[str]) -> list[Finding]:
    """Fields that not every row of the object has yet."""
    if not fields:
        return []
    return [
        Finding(
            "info",
            "field_added",
            f"{sobject} has fields that its old rows do not have yet: {', '.join(fields)}. They "
            "are read for all of its records.",
            sobject,
        )
    ]


def fields_retyped(sobject: str, fields: Sequence[str]) -> list[Finding]:
    """Fields that are of another type than their column."""
    return [
        Finding(
            "warning",
            "field_retyped",
            f"{sobject}.{field} is of another type in Salesforce than before. Its column is text "
            "from now on, which holds both; models that calculate with it need a cast.",
            sobject,
            field,
        )
        for field in fields
    ]


def cannot_widen(sobject: str, reason: str) -> Finding:
    """A column that has to become text, and that something in the warehouse holds as it is."""
    return Finding(
        "error",
        SchemaDrift.__name__,
        f"{sobject} has a field of another type in Salesforce than before, and its staging column "
        f"cannot follow: {reason}. Drop what depends on the column (a view, a policy), then run "
        "the sync again; this object was not read.",
        sobject,
    )


def _named_fields(settings: OrgSettings, *lists: str) -> list[tuple[str, str, str]]:
    """The object, the setting and the field, for each field that one of these settings names."""
    return [
        (name, setting, field)
        for name, chosen in settings.objects.items()
        for setting in lists
        for field in getattr(chosen, setting)
    ]


def _found(shape: Shape, setting: str) -> set[str]:
    as_hashes = (*(one.field for one in shape.hashed), *shape.left_out)
    found = {EXCLUDE: shape.excluded, HASH: as_hashes, REFRESH: shape.stampless}
    return {one.lower() for one in found[setting]}


def _hidden(chosen: ObjectSettings) -> set[str]:
    return {one.lower() for one in (*chosen.exclude_fields, *chosen.hash_fields)}


def _parts(describes: Mapping[str, Answer], name: str) -> list[tuple[str, str]]:
    """Fields that are parts of compound ones, with these."""
    return [
        (one["name"], one["compoundFieldName"])
        for one in _fields(describes, name)
        if one.get("compoundFieldName")
    ]


def _fields(describes: Mapping[str, Answer], name: str) -> list[Mapping[str, Any]]:
    answer = describes.get(name)
    return answer.body["fields"] if answer and answer.is_success else []
