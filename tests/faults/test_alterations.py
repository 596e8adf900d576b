"""
Tables of a sync that somebody altered or dropped.

The next sync makes them again, or says what is missing.
"""

from dataclasses import replace

import pytest

from tests.driver import Desk
from tests.faults.conftest import Verdict, compare, sampled, told, wrong
from tests.faults.scene import Scene, found, sync

pytestmark = [pytest.mark.faults, pytest.mark.slow]

ALTERATIONS = {
    "a mart is gone": "drop table marts.opportunities cascade",
    "a mart lacks a column": "alter table marts.companies drop column company_name cascade",
    "a mart has a column more": "alter table marts.companies add column mine text",
    "every mart is gone": "drop schema marts cascade; create schema marts",
    "staging lacks a column": "alter table staging_demo.opportunity drop column next_step cascade",
    "a mart has a column of another type": "alter table marts.companies alter company_name type"
                                           " varchar(300)",
    "staging has an index more": "create index on staging_demo.opportunity (name)",
    "a staging table is gone": "drop table staging_demo.task cascade",
    "staging is gone": "drop schema staging_demo cascade",
    "the watermarks are gone": "truncate sync.watermarks",
    "the results are gone": "truncate sync.runs cascade",
}


@pytest.mark.parametrize("alteration", sampled([(one,) for one in ALTERATIONS], step=6))
def test_a_table_that_somebody_altered(changed: Scene, verdict: Verdict, alteration: str) -> None:
    """The next sync makes it again. What was purged in the org is not there to be read again."""
    with changed.trial() as desk:
        desk.execute(ALTERATIONS[alteration])
        _compare_with_the_org(changed, desk, verdict, wrong(sync(desk), survives=True))


def test_a_column_that_somebody_gave_another_type(changed: Scene, verdict: Verdict) -> None:
    """The sync says so, and what it says to do helps: the table is dropped, and is made again."""
    with changed.trial() as desk:
        desk.execute("alter table staging_demo.opportunity alter amount type double precision")
        report = sync(desk, tries=2)
        said = "" if report.status != "success" else "a success"
        said = said or ("" if "that is dropped is made again" in told(report) else told(report))
        desk.execute("drop table staging_demo.opportunity cascade")
        said = said or wrong(sync(desk), survives=True)
        _compare_with_the_org(changed, desk, verdict, said)


def _compare_with_the_org(scene: Scene, desk: Desk, verdict: Verdict, said: str) -> None:
    """What was purged is nowhere any more, once a table of staging is read anew."""
    result = found(desk)
    marts = replace(result, staging=scene.expected.staging)
    lost = scene.lost(marts) + len(desk.differences())
    verdict(lost=lost, doubled=scene.doubled(marts), wrong=said)


# Rules that people add to tables of a sync, and how they are undone.
RULES = {
    "not null": ("alter table staging_demo.account add constraint theirs not null site not valid",
                 "alter table staging_demo.account drop constraint theirs"),
    "check": ("alter table staging_demo.opportunity add constraint theirs"
              " check (next_step is null)",
              "alter table staging_demo.opportunity drop constraint theirs"),
    "unique": ("create unique index theirs on staging_demo.opportunity (next_step)",
               "drop index staging_demo.theirs"),
}  # fmt: skip


@pytest.mark.parametrize("rule", sampled([(one,) for one in RULES], step=3))
def test_a_rule_that_somebody_added(changed: Scene, verdict: Verdict, rule: str) -> None:
    """Rows that come break it: the sync says so, and has everything when it is gone."""
    add, drop = RULES[rule]
    with changed.trial() as desk:
        marts = found(desk).marts
        desk.execute(add)
        report = sync(desk, tries=2)
        said = "" if found(desk).marts == marts else "the marts changed"
        if report.status == "success" or "a rule that no sync made" not in told(report):
            said = said or f"{report.status}: {told(report)}"
        desk.execute(drop)
        compare(changed, desk, verdict, said or wrong(sync(desk), survives=True))


def test_a_schema_that_somebody_dropped(changed: Scene, verdict: Verdict) -> None:
    """The sync says so, and has everything when the schema is there again."""
    with changed.trial() as desk:
        desk.execute("drop schema landing, delta cascade")
        report = sync(desk)
        told = [row["message"] for row in report.errors]
        assert any("a schema that a sync made is gone" in text for text in told), told
        desk.execute("create schema landing; create schema delta")
        compare(changed, desk, verdict, wrong(sync(desk), survives=True))
