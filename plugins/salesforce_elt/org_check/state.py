"""Quotas, clocks, and how long ago the last sync was."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from salesforce_elt.org_check.facts import Facts
from salesforce_elt.results import Finding
from salesforce_elt.salesforce.describes import REACH
from salesforce_elt.settings import OrgSettings

QUOTA_USED, CLOCKS_DIFFER, PAUSED = "quota_used", "clocks_differ", "paused_for_long"
CLOSE_TO_SHARE = 0.9  # of what a sync may use
# A JWT lives three minutes; windows go by Salesforce's clock, whatever ours says.
NOTABLE_DIFFERENCE = timedelta(seconds=60)


def state_findings(
    facts: Facts,
    settings: OrgSettings,
    *,
    deletes_known_until: Mapping[str, datetime],
    now: datetime,
) -> Iterator[Finding]:
    """What is scarce, wrong or too long ago."""
    yield from facts.remarks
    yield from _quotas(facts, settings)
    yield from _clock(facts)
    shown = {one.name for one in facts.objects if facts.is_shown(one.name)}
    marks = {name: mark for name, mark in deletes_known_until.items() if name in shown}
    yield from _pause(settings, marks, now=now)


def _quotas(facts: Facts, settings: OrgSettings) -> Iterator[Finding]:
    for told in facts.quotas.values():
        quota = replace(told, share=settings.quota.share)
        if quota.used >= quota.ours * CLOSE_TO_SHARE:
            what = "defers at once" if quota.is_reached else "may have to defer"
            yield Finding(
                "warning",
                QUOTA_USED,
                f"{quota.used:,} of the org's {quota.allowed:,} {quota.words} are used, and a sync "
                f"stops at {quota.ours:,} (quota.share {settings.quota.share}), so the next one "
                f"{what}. See who uses them (Setup > Company Information; System Overview).",
                missing="whatever the deferred sync has not read, until it goes on",
            )


def _clock(facts: Facts) -> Iterator[Finding]:
    if abs(facts.clock) >= NOTABLE_DIFFERENCE:
        ahead = "ahead of" if facts.clock > timedelta(0) else "behind"
        yield Finding(
            "warning",
            CLOCKS_DIFFER,
            f"This machine's clock is {abs(facts.clock).total_seconds():.0f} s {ahead} "
            "Salesforce's. Windows go by Salesforce's clock, so no record is lost, but JWT logins "
            "are refused and schedules are early or late. Set the clock (NTP).",
        )


def _pause(
    settings: OrgSettings, deletes_known_until: Mapping[str, datetime], *, now: datetime
) -> Iterator[Finding]:
    late = sorted(name for name, mark in deletes_known_until.items() if now - mark > REACH)
    if late:
        yield Finding(
            "info",
            PAUSED,
            f"{settings.key} has not been synced for more than {REACH.days} days, further back "
            f"than Salesforce tells deletes. The next sync compares all Ids of {', '.join(late)} "
            "instead, which takes longer and costs more API calls.",
        )
