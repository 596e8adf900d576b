"""What the settings and the member directory name, and the org or the directory does not have."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from salesforce_elt.members import Member
from salesforce_elt.org_check.facts import MOST_USERS, Facts
from salesforce_elt.results import Finding
from salesforce_elt.settings import OrgSettings
from salesforce_elt.settings.wording import nearest_names, setting_name, shown

NOT_KNOWN, UNMATCHED = "value_unknown", "members_unmatched"
SHARED_EMAIL, LOST_OVERRIDE = "email_shared", "override_leads_nowhere"
MOST_NAMED = 10
SANDBOX_SUFFIX = ".invalid"  # which sandboxes append to e-mail addresses


def value_findings(
    facts: Facts, settings: OrgSettings, *, accepted: Collection[str]
) -> Iterator[Finding]:
    """Opportunity types and sales processes that the org does not have.

    `accepted` are names in small letters that a sync took over once: it goes on with those.
    """
    place = ("orgs", settings.key)
    named: Sequence[tuple[tuple[str, ...], Sequence[str], str, Sequence[str] | None]] = (
        (
            ("opportunity_types",),
            settings.opportunity_types or (),
            "opportunity type",
            _types(facts),
        ),
        (
            ("pipelines", "sales_processes"),
            settings.pipelines.sales_processes or (),
            "sales process",
            facts.processes,
        ),
    )
    for setting, names, thing, known in named:
        for item, name in enumerate(names):
            there = {one.lower() for one in known or ()} | set(accepted)
            if known is not None and name.lower() not in there:
                yield _unknown((*place, *setting, item), name, thing, known)


def member_findings(
    facts: Facts, settings: OrgSettings, members: Sequence[Member]
) -> Iterator[Finding]:
    """People whom the directory does not match, in whole or in part."""
    if settings.members.directory is None:
        return
    by_email = Counter(one.email.lower() for one in members if one.email)
    yield from _shared_addresses(members, by_email)
    yield from _lost_overrides(by_email, settings)
    ids = {one.member_id for one in members}
    unmatched = [
        one
        for one in facts.users
        if one["Id"] not in ids and not _is_matched(one, settings, by_email)
    ]
    if unmatched:
        more = ", ..." if len(unmatched) > MOST_NAMED else ""
        of = f"the first {MOST_USERS:,}" if len(facts.users) == MOST_USERS else len(facts.users)
        yield Finding(
            "info",
            UNMATCHED,
            f"{len(unmatched):,} of {of} active users match no member of the directory: "
            f"{', '.join(one['Name'] for one in unmatched[:MOST_NAMED])}{more}. Who of them owns "
            "something is imported as an inactive member; add them to the directory, or map them "
            f"in {setting_name(('orgs', settings.key, 'members', 'overrides'))}.",
            "User",
        )


def _types(facts: Facts) -> list[str] | None:
    """The values of Opportunity.Type; None where the field is not shown."""
    if not facts.is_shown("Opportunity"):
        return None
    fields = facts.describes["Opportunity"].body["fields"]
    found = [one for one in fields if one["name"] == "Type"]
    if not found:
        return None
    values = [value["value"] for one in found for value in one["picklistValues"]]
    return list(dict.fromkeys([*values, *facts.types]))


def _unknown(
    setting: tuple[str | int, ...], name: str, thing: str, known: Sequence[str]
) -> Finding:
    near = nearest_names(name, known)
    there = f"the nearest it has: {', '.join(near)}" if near else f"it has {', '.join(known)}"
    return Finding(
        "warning",
        NOT_KNOWN,
        f"{setting_name(setting)} is {shown(name)}, but the org has no such {thing}: {there}. The "
        "first sync after the settings changed refuses a name that it has never seen.",
        missing="every publish, until the settings are corrected",
    )


def _shared_addresses(members: Sequence[Member], by_email: Mapping[str, int]) -> Iterator[Finding]:
    names = [one.member_name for one in members if one.email and by_email[one.email.lower()] > 1]
    if names:
        more = ", ..." if len(names) > MOST_NAMED else ""
        yield Finding(
            "warning",
            SHARED_EMAIL,
            f"{len(names)} members of the directory share an e-mail address with another one, so "
            f"they match nobody: {', '.join(names[:MOST_NAMED])}{more}. Give each an address of "
            "their own.",
            missing="the members of what these people own: each is imported beside the directory",
        )


def _lost_overrides(by_email: Mapping[str, int], settings: OrgSettings) -> Iterator[Finding]:
    """By their place in the settings: addresses belong to people, and findings are kept."""
    setting = setting_name(("orgs", settings.key, "members", "overrides"))
    for number, ours in enumerate(settings.members.overrides.values(), start=1):
        if by_email.get(ours.lower(), 0) == 0:
            yield Finding(
                "warning",
                LOST_OVERRIDE,
                f"{setting}, entry {number}, leads to an address that no member of the directory "
                "has. Correct it, or add the member.",
                missing="the member of what this user owns: one is imported beside the directory",
            )


def _is_matched(
    user: Mapping[str, Any], settings: OrgSettings, by_email: Mapping[str, int]
) -> bool:
    email = (user["Email"] or "").lower().removesuffix(SANDBOX_SUFFIX)
    overrides = {one.lower(): ours.lower() for one, ours in settings.members.overrides.items()}
    return by_email.get(overrides.get(email, email), 0) == 1
