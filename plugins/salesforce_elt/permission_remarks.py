"""What people should know of a permission set: what is not in it, what is more, and why."""

from collections.abc import Iterator

from salesforce_elt.permission_set import (
    LABEL,
    Describes,
    PermissionSet,
    excluded_fields,
    fields_by_name,
    governing_objects,
    is_custom_setting,
    synced_objects,
    whole_field,
)
from salesforce_elt.permissionable import NEVER_GRANTED, OPEN, OWN, SHOWN_BY, governing
from salesforce_elt.settings import OrgSettings


def remarks(
    granted: PermissionSet, settings: OrgSettings, *, describes: Describes
) -> tuple[str, ...]:
    """One sentence or two for each thing that the file alone would not tell."""
    return (
        *_left_out(settings, describes),
        *_masters(granted, settings),
        *_unseen(granted, describes),
        *_granted_whole(granted, settings, describes),
    )


def _left_out(settings: OrgSettings, describes: Describes) -> Iterator[str]:
    for name in synced_objects(settings):
        if is_custom_setting(name, describes):
            yield f"{name} is a custom setting: it is granted under Custom Setting Definitions."
        elif name in NEVER_GRANTED:
            yield f"{name} is shown only to who may manage users, so it is not granted."
        elif not (governing(name) or name in SHOWN_BY or name in OPEN):
            yield (
                f"{name} is not known to have object permissions, so it is not in the file. If "
                f"Setup > Permission Sets > {LABEL} > Object Settings lists it, give Read there."
            )


def _masters(granted: PermissionSet, settings: OrgSettings) -> Iterator[str]:
    asked = governing_objects(synced_objects(settings))
    for one in granted.objects:
        if one.sobject not in asked:
            yield f"{one.sobject} is not synced; Salesforce grants what depends on it only with it."


def _unseen(granted: PermissionSet, describes: Describes) -> Iterator[str]:
    for one in granted.objects:
        if describes[one.sobject].is_hidden:
            yield (
                f"{one.sobject} is hidden from this connection, so of its fields only those that "
                "marts need are in the file."
            )
            if one.sobject not in OWN:
                yield (
                    f"If the org has no object {one.sobject}, Salesforce refuses the file: correct "
                    "the settings."
                )


def _granted_whole(
    granted: PermissionSet, settings: OrgSettings, describes: Describes
) -> Iterator[str]:
    for name in settings.objects:
        shown = fields_by_name(describes[name])
        excluded = excluded_fields(settings, name)
        for field in (one for one in shown if one.lower() in excluded):
            whole = whole_field(shown, field)
            if whole != field and f"{name}.{whole}" in granted.fields:
                yield (
                    f"{name}.{field} is excluded and never read, but Salesforce grants "
                    f"{name}.{whole} only as a whole."
                )
