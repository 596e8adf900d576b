"""What people should know of an org's schema: hidden, new, changed and unknown fields."""

from collections.abc import Mapping, Sequence
from typing import Any

from salesforce_elt.errors import AccessDenied, SettingsInvalid
from salesforce_elt.fields import UNREADABLE_TYPES, Column, Shape, missing_needs
from salesforce_elt.objects import OPTIONAL_FIELDS, SObject
from salesforce_elt.results import Finding
from salesforce_elt.salesforce.composite import Answer
from salesforce_elt.settings import ObjectSettings, OrgSettings

EXCLUDE, HASH = "exclude_fields", "hash_fields"


def objects_hidden(wanted: Sequence[SObject], describes: Mapping[str, Answer]) -> list[Finding]:
    """Objects that the integration user cannot see."""
    hidden = (one for one in wanted if one.name in describes and describes[one.name].is_hidden)
    return [
        Finding(
            "warning",
            "object_hidden",
            f"{one.name} is not visible to the integration user, so its rows are missing from "
            f"the warehouse. Give the user's permission set Read and View All on {one.name}.",
            one.name,
        )
        for one in hidden
        if one.is_everywhere
    ]


def fields_hidden(wanted: Sequence[SObject], shapes: Mapping[str, Shape]) -> list[Finding]:
    """Fields that marts read and the integration user cannot see."""
    return [
        Finding(
            "warning",
            "field_hidden",
            f"{sobject.name}.{column.field} is not visible to the integration user, so what the "
            "marts make of it is empty. Give its permission set read access to the field, or "
            "check that the org has it.",
            sobject.name,
            column.field,
        )
        for sobject in wanted
        if sobject.name in shapes
        for column in missing_needs(sobject, shapes[sobject.name].columns)
        if (sobject.name, column.field) not in OPTIONAL_FIELDS
        and column.field not in shapes[sobject.name].excluded
    ]


def fields_unknown(settings: OrgSettings, shapes: Mapping[str, Shape]) -> list[Finding]:
    """Excluded and hashed fields that the org does not show: nothing is hidden by such a name."""
    return [
        Finding(
            "warning",
            "field_unknown",
            f"orgs.{settings.key}.objects.{name}.{setting} names {field}, which {name} does not "
            "show. Check the spelling: a field that is misspelt is read as it is.",
            name,
            field,
        )
        for name, setting, field in _hidden_fields(settings)
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
    for name, setting, field in _hidden_fields(settings):
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
    """Fields that the last sync did not have."""
    if not fields:
        return []
    return [
        Finding(
            "info",
            "field_added",
            f"{sobject} has fields that were not there before: {', '.join(fields)}. All of its "
            "records are read again, so that old ones have them too.",
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


def stop_on_required(org: str, wanted: Sequence[SObject], shapes: Mapping[str, Shape]) -> None:
    """Raises AccessDenied when an object without which the marts would be wrong is hidden."""
    hidden = ", ".join(one.name for one in wanted if one.is_required and one.name not in shapes)
    if hidden:
        raise AccessDenied(
            f"{org}: the integration user cannot see {hidden}, without which the marts would be "
            f"wrong. Give its permission set Read and View All on {hidden} (Setup > Permission "
            "Sets > Object Settings), then run the sync again. Nothing was changed."
        )


def _hidden_fields(settings: OrgSettings) -> list[tuple[str, str, str]]:
    """The object, the setting and the field, for each that is excluded or hashed."""
    return [
        (name, setting, field)
        for name, chosen in settings.objects.items()
        for setting in (EXCLUDE, HASH)
        for field in getattr(chosen, setting)
    ]


def _found(shape: Shape, setting: str) -> set[str]:
    as_hashes = (*(one.field for one in shape.hashed), *shape.left_out)
    return {one.lower() for one in (shape.excluded if setting == EXCLUDE else as_hashes)}


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
