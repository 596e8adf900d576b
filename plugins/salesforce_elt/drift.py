"""What people should know of an org's schema: hidden, new, changed and unknown fields."""

from collections.abc import Mapping, Sequence

from salesforce_elt.errors import AccessDenied, SettingsInvalid
from salesforce_elt.fields import Shape, missing_needs
from salesforce_elt.objects import OPTIONAL_FIELDS, SObject
from salesforce_elt.results import Finding
from salesforce_elt.salesforce.composite import Answer
from salesforce_elt.settings import OrgSettings


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
    """Excluded fields that the org does not show: nothing is left out by such a name."""
    return [
        Finding(
            "warning",
            "field_unknown",
            f"orgs.{settings.key}.objects.{name}.exclude_fields names {field}, which {name} does "
            "not show. Check the spelling: a field that is misspelt is read.",
            name,
            field,
        )
        for name, chosen in settings.objects.items()
        if name in shapes
        for field in chosen.exclude_fields
        if field.lower() not in {one.lower() for one in shapes[name].excluded}
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


def refuse_hashing(settings: OrgSettings) -> None:
    """Raises SettingsInvalid when fields are to be hashed, which no way of reading does yet."""
    hashed = [name for name, chosen in settings.objects.items() if chosen.hash_fields]
    if hashed:
        raise SettingsInvalid(
            f"orgs.{settings.key}.objects.{hashed[0]}.hash_fields: fields cannot be hashed yet, "
            "and reading them in the clear is not what you asked for, so nothing was read. Name "
            "them under exclude_fields, which never reads them."
        )
