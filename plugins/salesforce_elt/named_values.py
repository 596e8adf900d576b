"""
Settings that name something of the org: opportunity types and sales processes.

A name that is new in the settings and that the org does not know is refused, for it would empty the
marts without a word. One that was known when a sync took it over stays with a warning, and a sales
process is followed by the Id that it had then. `sync.accepted_values` remembers both.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import psycopg

from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.org_values import all_types, known_types, present_processes
from salesforce_elt.results import Finding
from salesforce_elt.settings.models import OrgSettings
from salesforce_elt.settings.wording import nearest_names, setting_name, shown

TYPES, PROCESSES = "opportunity_types", "pipelines.sales_processes"
THINGS = {TYPES: "opportunity type", PROCESSES: "sales process"}
MOST_LISTED = 20  # of the names that the org has, where none is near

VALUE_GONE, PROCESS_RENAMED = "value_unknown", "sales_process_renamed"  # codes of findings


@dataclass(frozen=True)
class Named:
    """A name in the settings: at which place of which setting."""

    setting: str
    item: int
    name: str

    @property
    def key(self) -> str:
        """By what names are compared, as the models do: in any case."""
        return self.name.lower()


@dataclass(frozen=True)
class Meaning:
    """What a name stands for: nothing where the org does not know it; a type has no Id ('')."""

    named: Named
    ids: Sequence[str]
    findings: Sequence[Finding] = field(default=())


def accept_values(conn: psycopg.Connection, settings: OrgSettings) -> list[Finding]:
    """Takes over what the settings name, and says what of it is not as it was.

    Staging has to be as the org is. Raises SettingsInvalid, which lists every new name that the
    org does not know; nothing is taken over then.
    """
    remembered = _remembered(conn, settings.key)
    meanings = [
        *_types(conn, settings, remembered[TYPES]),
        *_processes(conn, settings, remembered[PROCESSES]),
    ]
    unknown = [one.named for one in meanings if not one.ids]
    if unknown:
        raise SettingsInvalid(_refusal(conn, settings.key, unknown))
    _remember(conn, settings.key, meanings)
    return [finding for one in meanings for finding in one.findings]


def accepted_processes(conn: psycopg.Connection, org: str) -> list[str]:
    """The Ids of the sales processes that the settings select."""
    return sorted(set().union(*_remembered(conn, org)[PROCESSES].values()))


def _types(
    conn: psycopg.Connection, settings: OrgSettings, remembered: Mapping[str, Sequence[str]]
) -> Iterator[Meaning]:
    named = _named(TYPES, settings.opportunity_types)
    known = known_types(conn, settings.key, [one.name for one in named]) if named else set()
    for one in named:
        if one.name in known:
            yield Meaning(one, [""])
        elif one.key in remembered:
            yield Meaning(one, [""], [_gone(settings.key, one)])
        else:
            yield Meaning(one, [])


def _processes(
    conn: psycopg.Connection, settings: OrgSettings, remembered: Mapping[str, Sequence[str]]
) -> Iterator[Meaning]:
    named = _named(PROCESSES, settings.pipelines.sales_processes)
    present = present_processes(conn, settings.key) if named else {}
    for one in named:
        others = {other.key for other in named} - {one.key}
        # A process that another name of the settings means is not followed under its old one.
        followed = [
            process
            for process in remembered.get(one.key, ())
            if present.get(process, "").lower() not in {"", *others}
        ]
        if followed:
            renamed = [each for each in followed if present[each].lower() != one.key]
            yield Meaning(
                one, followed, [_renamed(settings.key, one, present[each]) for each in renamed]
            )
        elif same := [key for key, name in present.items() if name.lower() == one.key]:
            yield Meaning(one, same)
        elif one.key in remembered:
            yield Meaning(one, remembered[one.key], [_gone(settings.key, one)])
        else:
            yield Meaning(one, [])


def _named(setting: str, names: Iterable[str] | None) -> list[Named]:
    return [Named(setting, item, name) for item, name in enumerate(names or ())]


def _remembered(conn: psycopg.Connection, org: str) -> dict[str, dict[str, Sequence[str]]]:
    """By setting and name in small letters: the Ids that the name had when it was accepted."""
    rows = conn.execute(
        "select setting, lower_name, ids from sync.accepted_values where org = %s", [org]
    )
    found: dict[str, dict[str, Sequence[str]]] = {TYPES: {}, PROCESSES: {}}
    for setting, name, ids in rows:
        found[setting][name] = ids
    return found


def _remember(conn: psycopg.Connection, org: str, meanings: Sequence[Meaning]) -> None:
    conn.execute("delete from sync.accepted_values where org = %s", [org])
    for one in meanings:
        # The settings may write one name twice, in another case.
        conn.execute(
            "insert into sync.accepted_values (org, setting, lower_name, ids)"
            " values (%s, %s, %s, %s) on conflict do nothing",
            [org, one.named.setting, one.named.key, list(one.ids)],
        )


def _refusal(conn: psycopg.Connection, org: str, unknown: Sequence[Named]) -> str:
    known = {
        TYPES: all_types(conn, org),
        PROCESSES: list(present_processes(conn, org).values()),
    }
    told = " ".join(
        f"{_place(org, one)} is {shown(one.name)}, but the org has no such {THINGS[one.setting]}: "
        f"{_what_there_is(one.name, known[one.setting])}"
        for one in unknown
    )
    return (
        f"{told} Correct the settings and sync again. Nothing is published until then: the marts "
        "stand as they were, and what was read waits in staging."
    )


def _what_there_is(name: str, known: Sequence[str]) -> str:
    if near := nearest_names(name, known):
        return f"the nearest it has: {', '.join(near)}."
    listed = ", ".join(shown(one) for one in known[:MOST_LISTED])
    more = f" and {len(known) - MOST_LISTED} more" if len(known) > MOST_LISTED else ""
    return f"it has {listed}{more}." if known else "the integration user is shown none at all."


def _gone(org: str, named: Named) -> Finding:
    return Finding(
        "warning",
        VALUE_GONE,
        f"{_place(org, named)} is {shown(named.name)}, and the org has no such "
        f"{THINGS[named.setting]} any more. The sync goes on without it; take it out of the "
        "settings, or write what stands in its place.",
    )


def _renamed(org: str, named: Named, name: str) -> Finding:
    return Finding(
        "warning",
        PROCESS_RENAMED,
        f"{_place(org, named)} is {shown(named.name)}, and that sales process is called "
        f"{shown(name)} now. It stays selected; write the new name into the settings.",
        "BusinessProcess",
    )


def _place(org: str, named: Named) -> str:
    return setting_name(("orgs", org, *named.setting.split("."), named.item))
