"""Generated orgs: the same for the same seed, plausible, whole."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from simulator import seeds
from simulator.catalog import Field, SObject, standard_catalog
from simulator.generate import generate_org
from simulator.ids import is_id
from simulator.processes import PROCESS_STAGES, stages_of_process
from simulator.stages import DEFAULT_STAGES
from simulator.store import Store

from .conftest import NOW

SIZE, SEED = 300, 7
STAMPS = ("CreatedDate", "LastModifiedDate", "SystemModstamp")


class Stopped:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW


class RowsOnly:
    """An org that keeps its records in lists."""

    def __init__(self) -> None:
        self.clock = Stopped()
        self.sobjects: dict[str, SObject] = standard_catalog()
        self.rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)

    def add_field(self, sobject: str, field: Field) -> None:
        self.sobjects[sobject] = self.sobjects[sobject].with_field(field)

    def load(self, sobject: str, records: Iterable[Mapping[str, Any]]) -> int:
        before = len(self.rows[sobject])
        self.rows[sobject] += [dict(record) for record in records]
        return len(self.rows[sobject]) - before

    def records(
        self, sobject: str, *, ids: Iterable[str] | None = None
    ) -> Iterable[Mapping[str, Any]]:
        wanted = None if ids is None else set(ids)
        return [row for row in self.rows[sobject] if wanted is None or row["Id"] in wanted]


def generated(size: int = SIZE, seed: int = SEED) -> RowsOnly:
    org = RowsOnly()
    generate_org(org, size, seed)
    return org


@pytest.fixture(scope="module")
def org() -> RowsOnly:
    return generated()


def test_the_same_seed_gives_the_same_org(org: RowsOnly) -> None:
    assert generated().rows == org.rows


def test_another_seed_gives_another_org(org: RowsOnly) -> None:
    names = {row["Name"] for row in org.rows["Account"]}
    assert {row["Name"] for row in generated(seed=8).rows["Account"]} != names


def test_the_size_is_the_number_of_opportunities(org: RowsOnly) -> None:
    counts = {name: len(rows) for name, rows in org.rows.items()}
    assert (counts["Opportunity"], counts["Account"], counts["Contact"]) == (SIZE, 60, 150)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_the_smallest_org_is_whole(size: int) -> None:
    assert len(generated(size).rows["Opportunity"]) == size


def test_every_reference_points_to_a_record(org: RowsOnly) -> None:
    ids = {row["Id"] for rows in org.rows.values() for row in rows}
    dangling = {
        (name, field.name)
        for name, rows in org.rows.items()
        for field in org.sobjects[name].stored_fields
        if field.type == "reference" and field.name != "UserLicenseId"
        for row in rows
        if row.get(field.name) is not None and row[field.name] not in ids
    }
    assert dangling == set()


def test_every_record_fits_its_object(org: RowsOnly) -> None:
    for name, rows in org.rows.items():
        fields = {field.name: field for field in org.sobjects[name].stored_fields}
        for row in rows:
            assert row.keys() <= fields.keys()
            assert is_id(row["Id"])
            for field in fields.values():
                value = row.get(field.name)
                assert field.nillable or value is not None
                assert not isinstance(value, str) or len(value) <= field.length


def test_no_two_records_share_an_id(org: RowsOnly) -> None:
    ids = Counter(row["Id"] for rows in org.rows.values() for row in rows)
    assert ids.most_common(1)[0][1] == 1


def test_nothing_is_younger_than_a_day(org: RowsOnly) -> None:
    for rows in org.rows.values():
        for row in rows:
            stamps = [row[name] for name in STAMPS if name in row]
            assert stamps == sorted(stamps)
            assert stamps[-1] <= NOW - timedelta(days=1)


def test_an_opportunity_is_in_a_stage_of_its_sales_process(org: RowsOnly) -> None:
    processes = {row["Id"]: row["Name"] for row in org.rows["BusinessProcess"]}
    through = {row["Id"]: processes[row["BusinessProcessId"]] for row in org.rows["RecordType"]}
    for row in org.rows["Opportunity"]:
        if row["RecordTypeId"]:
            assert row["StageName"] in PROCESS_STAGES[through[row["RecordTypeId"]]]


def test_opportunities_are_open_won_and_lost_with_and_without_a_record_type(org: RowsOnly) -> None:
    rows = org.rows["Opportunity"]
    assert {(row["IsClosed"], row["IsWon"]) for row in rows} == {
        (False, False),
        (True, True),
        (True, False),
    }
    assert len({row["RecordTypeId"] for row in rows}) == 4
    assert any(row["Amount"] is None for row in rows)
    assert any(row["AccountId"] is None for row in rows)


def test_the_last_history_row_shows_the_opportunity_as_it_is(org: RowsOnly) -> None:
    last = {row["OpportunityId"]: row for row in org.rows["OpportunityHistory"]}
    for row in org.rows["Opportunity"]:
        for name in ("StageName", "Amount", "Probability", "CloseDate", "ExpectedRevenue"):
            assert last[row["Id"]][name] == row[name]


def test_the_first_history_row_is_as_old_as_the_opportunity(org: RowsOnly) -> None:
    first = {row["OpportunityId"]: row for row in reversed(org.rows["OpportunityHistory"])}
    for row in org.rows["Opportunity"]:
        assert first[row["Id"]]["CreatedDate"] == row["CreatedDate"]
        assert first[row["Id"]]["PrevAmount"] is None


def test_an_opportunity_has_at_most_one_primary_contact(org: RowsOnly) -> None:
    primaries = Counter(
        row["OpportunityId"] for row in org.rows["OpportunityContactRole"] if row["IsPrimary"]
    )
    assert set(primaries.values()) == {1}


def test_some_activities_are_archived_overdue_and_in_a_queue(org: RowsOnly) -> None:
    queues = {row["Id"] for row in org.rows["Group"] if row["Type"] == "Queue"}
    tasks = org.rows["Task"]
    assert {row["IsArchived"] for row in tasks} == {True, False}
    assert any(row["OwnerId"] in queues for row in tasks)
    assert any(
        not row["IsClosed"] and row["ActivityDate"] and row["ActivityDate"] < NOW.date()
        for row in tasks
    )


def test_people_have_managers_roles_and_leave(org: RowsOnly) -> None:
    users = generated(3000).rows["User"]
    assert any(not user["IsActive"] for user in users)
    bosses = [user for user in users if user.get("ManagerId") is None]
    assert len(bosses) == 2
    assert seeds.RUNNING_USER_ID in {boss["Id"] for boss in bosses}
    assert len({user["Email"] for user in users}) == len(users)


def test_a_campaign_counts_its_opportunities(org: RowsOnly) -> None:
    counted = Counter(row["CampaignId"] for row in org.rows["Opportunity"])
    for campaign in org.rows["Campaign"]:
        assert campaign["NumberOfOpportunities"] == counted[campaign["Id"]]


def test_amounts_are_exact_and_plausible(org: RowsOnly) -> None:
    amounts = [row["Amount"] for row in org.rows["Opportunity"] if row["Amount"] is not None]
    assert all(isinstance(amount, Decimal) and amount > 0 for amount in amounts)
    assert Decimal(1_000) < sorted(amounts)[len(amounts) // 2] < Decimal(100_000)


def test_a_process_that_nobody_knows_offers_every_stage() -> None:
    names = [stage.api_name for stage in DEFAULT_STAGES]
    assert stages_of_process("GTX Sales", names) == tuple(names)
    assert len(stages_of_process("Renewals", names)) == 5


def test_a_generated_org_loads_into_a_real_one(store: Store, org: RowsOnly) -> None:
    counts = generate_org(store, SIZE, SEED)
    assert counts == {name: len(rows) for name, rows in org.rows.items()}
    for name, rows in org.rows.items():
        got = {row["Id"]: row for row in store.records(name)}
        assert all(got[row["Id"]][key] == row[key] for row in rows for key in row)
