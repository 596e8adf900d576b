"""Records that fail a critical check about single rows, kept out of the marts while they do."""

from collections.abc import Mapping
from typing import Any

import pytest

from salesforce_elt.audit import CheckResult, audit
from salesforce_elt.errors import CheckFailed
from salesforce_elt.models import Models
from salesforce_elt.settings.models import Quality
from tests.warehouse.small_org import SmallOrg

STAGE = {"id": "01J1", "api_name": "Prospecting", "master_label": "Prospecting", "sort_order": 1,
         "is_active": True, "is_closed": False, "is_won": False, "default_probability": 10}
GOOD = {"is_closed": False, "is_won": False, "probability": 10, "stage_name": "Prospecting",
        "created_date": "2026-05-01", "owner_id": "0051"}
BAD = {**GOOD, "probability": 101}


@pytest.fixture
def lenient(org_18: SmallOrg) -> SmallOrg:
    """An org with a stage and two users that lets two records of a mart be set aside."""
    org_18.settings = org_18.settings.model_copy(update={"quality": Quality(set_aside=2)})
    org_18.stage("User", {"id": "0051", "name": "Ann"}, {"id": "0052", "name": "Ben"})
    org_18.stage("OpportunityStage", STAGE)
    return org_18


def sync(org: SmallOrg, **settings: Any) -> list[CheckResult]:
    """A run from transform to publish, audited; the checks that do not hold."""
    org.settings = org.settings.model_copy(update=settings)
    run = org.start_run()
    transformed = org.transform(run)
    results = audit(org.conn, run, models=org.models, transformed=transformed)
    org.publish(run, transformed)
    return [one for one in results if not one.outcome.is_passed]


def ids(org: SmallOrg) -> list[str]:
    """The opportunities that analysts see."""
    return [row["opportunity_id"] for row in org.mart("opportunities")]


def quarantine(org: SmallOrg) -> list[tuple[str, str, str]]:
    """Who is set aside, and why."""
    rows = org.rows("select mart, key, reason from sync.quarantine order by 1, 2, 3")
    return [(row["mart"], row["key"], row["reason"]) for row in rows]


ASIDE = ("opportunities", "006B", "probability_is_a_percentage")


def test_a_bad_record_is_set_aside_and_the_rest_is_published(lenient: SmallOrg) -> None:
    lenient.stage("Opportunity", {"id": "006A", **GOOD}, {"id": "006B", **BAD})
    sync(lenient)
    assert (ids(lenient), quarantine(lenient)) == (["006A"], [ASIDE])


def test_what_is_set_aside_is_in_the_results_with_its_check(lenient: SmallOrg) -> None:
    lenient.stage("Opportunity", {"id": "006A", **GOOD}, {"id": "006B", **BAD})
    (told,) = [one for one in sync(lenient) if one.outcome.check.severity == "critical"]
    assert str(told).startswith("The check probability_is_a_percentage of marts.opportunities fails"
                                " for 1 row, set aside (006B). Correct the probability")
    assert lenient.rows("select set_aside_count, row_count from sync.run_marts"
                        " where mart = 'opportunities'") == [
        {"set_aside_count": 1, "row_count": 1}]
    assert lenient.rows("select set_aside_count from sync.checks where not is_passed"
                        " and severity = 'critical'") == [{"set_aside_count": 1}]


def test_later_syncs_go_on_telling_who_is_set_aside(lenient: SmallOrg) -> None:
    lenient.stage("Opportunity", {"id": "006B", **BAD})
    sync(lenient)
    sync(lenient)
    assert [row["set_aside_count"] for row in lenient.rows(
        "select set_aside_count from sync.run_marts where mart = 'opportunities'")] == [1, 1]


def test_without_the_setting_a_bad_record_stops_the_publish(lenient: SmallOrg) -> None:
    lenient.stage("Opportunity", {"id": "006A", **GOOD}, {"id": "006B", **BAD})
    with pytest.raises(CheckFailed):
        sync(lenient, quality=Quality())
    assert quarantine(lenient) == []


def test_a_record_that_turns_bad_leaves_the_mart_and_returns_when_it_is_good(
    lenient: SmallOrg
) -> None:
    lenient.stage("Opportunity", {"id": "006B", **GOOD})
    sync(lenient)
    lenient.stage("Opportunity", {"id": "006B", **BAD})
    sync(lenient)
    assert (ids(lenient), quarantine(lenient)) == ([], [ASIDE])
    lenient.stage("Opportunity", {"id": "006B", **GOOD})
    sync(lenient)
    assert (ids(lenient), quarantine(lenient)) == (["006B"], [])


def test_a_record_that_is_deleted_is_not_set_aside_any_more(lenient: SmallOrg) -> None:
    lenient.stage("Opportunity", {"id": "006B", **BAD})
    sync(lenient)
    lenient.delete("Opportunity", "006B")
    sync(lenient)
    assert quarantine(lenient) == []


def test_who_stays_bad_is_set_aside_since_the_first_time(lenient: SmallOrg) -> None:
    lenient.stage("Opportunity", {"id": "006B", **BAD})
    sync(lenient)
    (first,) = lenient.rows("select since, run_id from sync.quarantine")
    lenient.stage("Opportunity", {"id": "006B", **BAD, "probability": 102})
    sync(lenient)
    assert lenient.rows("select since, run_id from sync.quarantine") == [first]


def test_a_record_with_two_reasons_is_one_record(lenient: SmallOrg) -> None:
    lenient.stage("Opportunity", {"id": "006B", **BAD, "is_won": None})
    sync(lenient, quality=Quality(set_aside=1))
    assert quarantine(lenient) == [ASIDE, ("opportunities", "006B", "status_is_present")]


def test_more_than_the_setting_allows_stop_the_publish(lenient: SmallOrg) -> None:
    lenient.stage("Opportunity", *({"id": f"006{one}", **BAD} for one in "ABC"))
    with pytest.raises(CheckFailed, match=r"fails for 3 rows"):
        sync(lenient)
    assert quarantine(lenient) == []


def test_those_who_are_set_aside_already_count(lenient: SmallOrg) -> None:
    lenient.stage("Opportunity", *({"id": f"006{one}", **BAD} for one in "AB"))
    sync(lenient)
    lenient.stage("Opportunity", {"id": "006C", **BAD})
    with pytest.raises(CheckFailed, match=r"fails for 1 row \(006C\)"):
        sync(lenient)
    assert [key for _, key, _ in quarantine(lenient)] == ["006A", "006B"]


def test_a_lower_setting_counts_those_who_are_set_aside_already(lenient: SmallOrg) -> None:
    lenient.stage("Opportunity", *({"id": f"006{one}", **BAD} for one in "AB"))
    sync(lenient)
    with pytest.raises(CheckFailed, match=r"fails for 2 rows"):
        sync(lenient, quality=Quality(set_aside=1))


def test_when_the_setting_goes_the_bad_records_stop_the_publish(lenient: SmallOrg) -> None:
    lenient.stage("Opportunity", {"id": "006B", **BAD})
    sync(lenient)
    with pytest.raises(CheckFailed):
        sync(lenient, quality=Quality())
    assert quarantine(lenient) == [ASIDE]


def test_the_setting_lets_published_marts_be_without_change(lenient: SmallOrg) -> None:
    lenient.stage("Opportunity", {"id": "006A", **GOOD})
    sync(lenient, quality=Quality())
    run = lenient.start_run()
    lenient.settings = lenient.settings.model_copy(update={"quality": Quality(set_aside=5)})
    counts = lenient.publish(run, lenient.transform(run))["opportunities"]
    assert (counts.inserted, counts.updated, counts.deleted) == (0, 0, 0)
    assert counts.reason == "what is set aside changed"


def test_a_check_that_is_changed_releases_the_records_that_hold_it(
    lenient: SmallOrg, tmp_path: Any
) -> None:
    lenient.stage("Opportunity", {"id": "006B", **BAD})
    sync(lenient)
    for path in (lenient.models.root / "quality").rglob("*.yaml"):
        copy = tmp_path / path.relative_to(lenient.models.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text().replace("max_value: 100}", "max_value: 200}"))
    lenient.models = Models(tmp_path, lenient.models.marts)
    sync(lenient)
    assert (ids(lenient), quarantine(lenient)) == (["006B"], [])


def test_marts_that_ask_are_right_without_the_record(lenient: SmallOrg) -> None:
    lenient.stage("Opportunity", {"id": "006A", **GOOD}, {"id": "006B", **BAD, "owner_id": "0052"})
    sync(lenient)
    assert [row["member_id"] for row in lenient.mart("members")] == ["0051"]
    lenient.stage("Opportunity", {"id": "006B", **GOOD, "owner_id": "0052"})
    sync(lenient)
    assert [row["member_id"] for row in lenient.mart("members")] == ["0051", "0052"]


def test_rows_of_other_marts_keep_the_id_of_a_record_that_is_set_aside(lenient: SmallOrg) -> None:
    lenient.stage("Opportunity", {"id": "006B", **BAD})
    lenient.stage("Task", {"id": "00T1", "what_id": "006B", "owner_id": "0051"})
    sync(lenient)
    assert [row["opportunity_id"] for row in lenient.mart("activities")] == ["006B"]


def test_a_check_about_several_rows_stops_whatever_may_be_set_aside(
    lenient: SmallOrg
) -> None:
    lenient.stage("Opportunity", {"id": "006A", **GOOD}, {"id": "006B", **GOOD})
    run = lenient.start_run()
    transformed = lenient.transform(run)
    lenient.conn.execute('insert into delta."acme__opportunities"'
                         ' select * from delta."acme__opportunities"')
    lenient.conn.commit()
    with pytest.raises(CheckFailed, match="opportunity_id_occurs_once"):
        audit(lenient.conn, run, models=lenient.models, transformed=transformed)


def test_a_key_of_several_columns_is_set_aside_too(lenient: SmallOrg) -> None:
    lenient.stage("OpportunityStage", {**STAGE, "id": "01J2", "api_name": "Odd",
                                       "master_label": "Odd", "default_probability": 101})
    sync(lenient)
    assert [row["stage_id"] for row in lenient.mart("pipeline_stages")] == ["01J1"]
    assert quarantine(lenient) == [
        ("pipeline_stages", "default · 01J2", "probability_is_a_percentage")]
    lenient.stage("OpportunityStage", {**STAGE, "id": "01J2", "api_name": "Odd",
                                       "master_label": "Odd", "default_probability": 100})
    sync(lenient)
    assert quarantine(lenient) == []


def test_an_attempt_that_is_killed_before_the_publish_sets_nobody_aside(lenient: SmallOrg) -> None:
    lenient.stage("Opportunity", {"id": "006B", **BAD})
    lenient.transform(lenient.start_run())
    assert quarantine(lenient) == []
    sync(lenient)
    assert quarantine(lenient) == [ASIDE]
    assert lenient.rows("select tablename from pg_tables where schemaname = 'delta'") == []


@pytest.mark.parametrize("row", [GOOD, BAD])
def test_two_orgs_set_their_own_records_aside(
    lenient: SmallOrg, other_org: SmallOrg, row: Mapping[str, Any]
) -> None:
    other_org.settings = other_org.settings.model_copy(update={"quality": Quality(set_aside=2)})
    other_org.stage("OpportunityStage", STAGE)
    other_org.stage("Opportunity", {"id": "006B", **row})
    lenient.stage("Opportunity", {"id": "006B", **BAD})
    sync(lenient)
    sync(other_org)
    found = lenient.rows("select org from sync.quarantine order by org")
    assert [one["org"] for one in found] == (["acme"] if row is GOOD else ["acme", "other"])
