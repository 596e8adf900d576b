"""
Tables of a sync that somebody altered or dropped.

The next sync makes them again, or says what is missing.
"""

from dataclasses import replace

import pytest

from tests.faults.conftest import Verdict, compare, sampled, wrong
from tests.faults.scene import Scene, found, sync

pytestmark = [pytest.mark.faults, pytest.mark.slow]

ALTERATIONS = {
    "a mart is gone": "drop table marts.opportunities cascade",
    "a mart lacks a column": "alter table marts.companies drop column company_name cascade",
    "a mart has a column more": "alter table marts.companies add column mine text",
    "every mart is gone": "drop schema marts cascade; create schema marts",
    "staging lacks a column": "alter table staging_demo.opportunity drop column next_step cascade",
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
        said = wrong(sync(desk), survives=True)
        result = found(desk)
        marts = replace(result, staging=changed.expected.staging)
        lost = changed.lost(marts) + len(desk.differences())
        verdict(lost=lost, doubled=changed.doubled(marts), wrong=said)


def test_a_schema_that_somebody_dropped(changed: Scene, verdict: Verdict) -> None:
    """The sync says so, and has everything when the schema is there again."""
    with changed.trial() as desk:
        desk.execute("drop schema landing, delta cascade")
        report = sync(desk)
        told = [row["message"] for row in report.errors]
        assert any("a schema that a sync made is gone" in text for text in told), told
        desk.execute("create schema landing; create schema delta")
        compare(changed, desk, verdict, wrong(sync(desk), survives=True))
