"""What the integration user cannot see, what the marts will lack, and where it is granted."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from salesforce_elt.consequences import what_is_missing
from salesforce_elt.drift import fields_hidden, fields_unknown, names_shown, objects_hidden
from salesforce_elt.fields import Shape, shape
from salesforce_elt.known_fields import KnownField
from salesforce_elt.models import Models
from salesforce_elt.objects import OPTIONAL_FIELDS
from salesforce_elt.org_check.facts import Facts
from salesforce_elt.permission_gaps import READ, SEES_LOGINS, Lack
from salesforce_elt.permissionable import ACTIVITIES, LOGIN_HISTORY, ROLES, SYSTEM_PERMISSIONS
from salesforce_elt.results import Finding
from salesforce_elt.settings import ObjectSettings, OrgSettings

PERMISSION_MISSING, RECORDS_HIDDEN = "permission_missing", "records_hidden"
LICENCE_LIMITS, MAY_WRITE = "licence_limits", "may_write"
INTEGRATION_LICENCE = "Salesforce Integration"
OWN_LOGINS, ARCHIVED_HIDDEN = "only_own_logins", "archived_hidden"

USES = {one.label: one.needed_for for one in (*SYSTEM_PERMISSIONS, LOGIN_HISTORY)}
# Rights whose lack hides whole objects, which are found as such.
SHOWS_OBJECTS = {ACTIVITIES.label: ("Task", "Event"), ROLES.label: ("UserRole",)}

# Salesforce's own count is taken now and then, so a few records more or less say nothing.
NOTABLE_SHARE, NOTABLE_COUNT = 0.02, 5


def access_findings(
    facts: Facts, settings: OrgSettings, *, models: Models, loaded: Mapping[str, list[KnownField]]
) -> Iterator[Finding]:
    """Objects, fields, records and rights; `loaded` has what staging knows of each object that a
    sync has read before."""
    found = _hidden(facts, settings, loaded)
    for one in found:
        yield replace(one, missing=_missing(one, settings, models=models, loaded=loaded))
    names = {one.sobject for one in found if one.field is None}
    fields = {(one.sobject, one.field) for one in found}
    for lack in facts.lacks:
        is_told = lack.right in (READ, LOGIN_HISTORY.label)
        is_told = is_told or (lack.sobject, lack.field) in fields
        if not is_told and not _is_shown_by(lack, names):
            yield _lack(lack, settings, models)
    yield from _shared(facts, settings, models)
    yield from _archived(facts)
    yield from _licence(facts, names)
    yield from _may_write(facts)
    yield from _own_logins(facts, settings)


def _hidden(
    facts: Facts, settings: OrgSettings, loaded: Mapping[str, list[KnownField]]
) -> list[Finding]:
    shapes = {
        one.name: _shape(facts, settings, one.name)
        for one in facts.objects
        if facts.is_shown(one.name)
    }
    known = {name: loaded.get(name, []) for name in shapes}
    return [
        *objects_hidden(facts.objects, facts.describes, loaded=loaded),
        *fields_hidden(facts.objects, shapes, known),
        *fields_unknown(settings, shapes),
        *names_shown(settings, facts.describes, shapes),
    ]


def _shape(facts: Facts, settings: OrgSettings, name: str) -> Shape:
    chosen = settings.objects.get(name, ObjectSettings())
    return shape(
        facts.describes[name].body,
        exclude=chosen.exclude_fields,
        hashed=chosen.hash_fields,
        refresh=chosen.refresh_fields,
    )


def _missing(
    one: Finding,
    settings: OrgSettings,
    *,
    models: Models,
    loaded: Mapping[str, list[KnownField]],
) -> str | None:
    if one.sobject is None or one.code not in ("object_hidden", "field_hidden"):
        return None
    known = loaded.get(one.sobject, [])
    is_kept = bool(known) if one.field is None else any(k.field == one.field for k in known)
    return what_is_missing(models, settings.key, one.sobject, one.field, is_kept=is_kept)


def _is_shown_by(lack: Lack, hidden: set[str | None]) -> bool:
    """Whether the lack is that of an object that is found to be hidden already."""
    return any(name in hidden for name in SHOWS_OBJECTS.get(lack.right, ()))


def _lack(lack: Lack, settings: OrgSettings, models: Models) -> Finding:
    where = f" on {lack.sobject}" if lack.sobject else ""
    message = f"The integration user lacks {lack.right}{where}. {lack.cure}."
    if lack.field:
        message = f"The integration user cannot read {lack.sobject}.{lack.field}. {lack.cure}."
        missing = what_is_missing(models, settings.key, lack.sobject or "", lack.field)
    elif lack.sobject:
        missing = f"records of {lack.sobject} that sharing hides, and what marts make of them"
    else:
        missing = f"what it is needed for: {USES[lack.right]}"
    is_expected = (lack.sobject, lack.field) in OPTIONAL_FIELDS
    severity = "info" if is_expected else "warning"
    return Finding(severity, PERMISSION_MISSING, message, lack.sobject, lack.field, missing)


def _shared(facts: Facts, settings: OrgSettings, models: Models) -> Iterator[Finding]:
    """Objects of which far fewer records are shown than there are."""
    for name, shown in facts.shown.items():
        stored = facts.stored.get(name, 0)
        hidden = stored - shown
        if hidden > max(NOTABLE_COUNT, stored * NOTABLE_SHARE) or (stored and not shown):
            yield Finding(
                "warning",
                RECORDS_HIDDEN,
                f"Of about {stored:,} records of {name} the integration user is shown {shown:,}; "
                "sharing, or a restriction rule, hides the others. Give its permission set View "
                f"All Records on {name} (Setup > Permission Sets > Object Settings > {name}).",
                name,
                missing=f"about {hidden:,} records of {name}; "
                f"{what_is_missing(models, settings.key, name, None)}",
            )


def _archived(facts: Facts) -> Iterator[Finding]:
    for name, answer in facts.archived.items():
        if not answer.is_success:
            yield Finding(
                "warning",
                ARCHIVED_HIDDEN,
                f"Archived records of {name} could not be counted ({answer.code}), so they may not "
                f"be readable. The user needs {ACTIVITIES.label} and Read Access to their fields.",
                name,
                missing=f"{name} records that are older than a year, in marts.activities",
            )


def _own_logins(facts: Facts, settings: OrgSettings) -> Iterator[Finding]:
    """Who may not monitor logins is shown their own alone, without a word from Salesforce."""
    rights = [facts.held.system.get(name) for name in SEES_LOGINS]
    if "LoginHistory" in settings.objects and all(right is False for right in rights):
        yield Finding(
            "warning",
            OWN_LOGINS,
            "The integration user is shown its own logins only, and Salesforce does not say so. "
            f"Give its permission set {LOGIN_HISTORY.label} (Setup > Permission Sets > System "
            "Permissions).",
            "LoginHistory",
            missing=f"the logins of all other users, in staging_{settings.key}.login_history",
        )


def _licence(facts: Facts, hidden: set[str | None]) -> Iterator[Finding]:
    names = sorted(name for name in hidden if name)
    if facts.licence == INTEGRATION_LICENCE and names:
        yield Finding(
            "info",
            LICENCE_LIMITS,
            f"The integration user has the licence {facts.licence}, which does not include every "
            f"object. Where a permission set cannot grant {', '.join(names)}, the user needs "
            "another licence: docs/connecting-salesforce.md has a table.",
        )


def _may_write(facts: Facts) -> Iterator[Finding]:
    """More than reading is nothing that a sync needs, and what a security review asks for."""
    if facts.held.system.get("ModifyAllData"):
        yield Finding(
            "info",
            MAY_WRITE,
            "The integration user has Modify All Data: it may change and delete every record, "
            "which no sync needs. Give it the permission set of `make permission-set` and a "
            "profile without that right.",
        )
