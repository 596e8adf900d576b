"""What people should know of an org's schema: hidden, new, changed and unknown fields."""

from collections.abc import Collection, Mapping, Sequence

from salesforce_elt.errors import SchemaDrift, SettingsInvalid
from salesforce_elt.fields import Shape, missing_needs
from salesforce_elt.known_fields import KnownField
from salesforce_elt.objects import OPTIONAL_FIELDS, SObject
from salesforce_elt.results import Finding
from salesforce_elt.salesforce.composite import Answer
from salesforce_elt.settings import OrgSettings

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
            f"show. Check the spelling: a field that is misspelt is {does}.",
            name,
            field,
        )
        for name, chosen in settings.objects.items()
        if name in shapes
        for setting, fields, found, does in (
            ("exclude_fields", chosen.exclude_fields, shapes[name].excluded, "read"),
            ("refresh_fields", chosen.refresh_fields, shapes[name].stampless, "not refreshed"),
        )
        for field in fields
        if field.lower() not in {one.lower() for one in found}
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


def refuse_hashing(settings: OrgSettings) -> None:
    """Raises SettingsInvalid when fields are to be hashed, which no way of reading does yet."""
    hashed = [name for name, chosen in settings.objects.items() if chosen.hash_fields]
    if hashed:
        raise SettingsInvalid(
            f"orgs.{settings.key}.objects.{hashed[0]}.hash_fields: fields cannot be hashed yet, "
            "and reading them in the clear is not what you asked for, so nothing was read. Name "
            "them under exclude_fields, which never reads them."
        )
