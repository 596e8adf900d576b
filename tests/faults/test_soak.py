"""
A year of a busy org, in minutes: it changes between syncs, and one sync in three meets a fault.

The syncs are days apart instead of an hour, so that each of them reads what many would have;
housekeeping follows each, as in the DAG. In the end staging is the org, the marts are those of a
rebuild, and nothing has grown but the data.
"""

import resource
from random import Random

import pytest

from salesforce_elt import stations
from salesforce_elt.report import Report
from tests.driver import Desk
from tests.faults.conftest import Verdict, arm, told
from tests.faults.matrix import FAULTS, fitting
from tests.faults.scene import found, leftovers, sync
from tests.sync.test_random_histories import ALL_CHANGES

pytestmark = [pytest.mark.faults, pytest.mark.slow]

HOURS = 365 * 24 // 150  # between two syncs, on average: within the reach of getDeleted
CALLS_A_SYNC = 60  # on average, faults and their tries included; an undisturbed one spends 5 to 15
GROWTH = 250 * 1024  # KiB of this process, which is the org as well
RESULTS = 30 * 2**20  # bytes of sync's tables, whatever the year was
BLOAT = 3  # times the size of what a rebuild makes of the same data
SIZES = """
select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname ~ '{schema}' and c.relkind = 'r'
"""
DATA = "^(staging_demo|marts|landing|delta)$"
WAYS = ("rest", "bulk")
TRANSIENT = [
    (place, fault)
    for fault in FAULTS for way in WAYS for place in fitting(fault, way=way)
    if fault.once == "success"
]  # fmt: skip


@pytest.mark.parametrize(
    "syncs", [6, pytest.param(150, marks=pytest.mark.exhaustive)], ids="{} syncs".format
)
def test_a_year(generated_desk, verdict: Verdict, read_by, syncs: int) -> None:
    desk: Desk = generated_desk(size=20)
    random, met, whole, wrong = Random(syncs), 0, 0, []
    assert sync(desk, "full").status == "success"
    memory = 0
    for number in range(syncs):
        _a_while(desk, random, hours=HOURS)
        report = _sync(desk, random, read_by, is_disturbed=number % 3 == 1)
        is_met = bool(desk.org.org.faults.fired())
        met += is_met
        whole += report.status == "success"
        if not is_met and report.status != "success":
            wrong.append(f"sync {number} met nothing: {told(report)}")
        if number == syncs // 4:
            memory = _memory()
    desk.org.org.faults.clear()
    desk.wait(3600)
    if (report := sync(desk, is_audited=True)).status != "success":
        wrong.append(f"the last sync: {told(report)}")
    spent = desk.value("select sum(api_calls) from sync.runs") / (syncs + 2)
    assert spent < CALLS_A_SYNC
    assert _memory() - memory < GROWTH
    assert desk.value(SIZES.format(schema="^sync$")) < RESULTS
    assert met >= syncs // 6
    assert whole > syncs / 2
    assert leftovers(desk) == 0
    lost = len(desk.differences())
    rebuilt = desk.with_an_empty_warehouse()
    assert sync(rebuilt, "full").status == "success"
    size, least = (one.value(SIZES.format(schema=DATA)) for one in (desk, rebuilt))
    assert size < BLOAT * least, f"{size:,} bytes instead of {least:,}"
    ours, theirs = found(desk).marts, found(rebuilt).marts
    lost += sum(len(theirs[name] - ours[name]) for name in theirs)
    verdict(
        syncs, lost=lost, doubled=sum(len(ours[one] - theirs[one]) for one in ours),
        wrong="; ".join(wrong),
    )  # fmt: skip


def _a_while(desk: Desk, random: Random, *, hours: int) -> None:
    """Work at the org, then hours without a sync: as many as there are, on average."""
    for change in random.choices(ALL_CHANGES, k=random.randint(0, 6)):
        change(desk, random)
        desk.wait(random.randint(1, 600))
    desk.wait(3600 * random.randint(1, 2 * hours - 1))


def _sync(desk: Desk, random: Random, read_by, *, is_disturbed: bool) -> Report:
    """A sync of any kind by any way, and a fault at any place of that way, if it is disturbed."""
    way = random.choice(WAYS)
    place, fault = random.choice([one for one in TRANSIENT if one[0].way == way])
    read_by(way)
    desk.org.org.faults.clear()
    if is_disturbed:
        arm(desk, place, fault, times=random.choice([1, 2, None]))
    kind = random.choices(["incremental", "reconcile", "full"], weights=[20, 2, 1])[0]
    report = sync(desk, kind, is_audited=random.random() < 1 / 4)
    return stations.tidy(desk.site, report)


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
