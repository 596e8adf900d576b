"""Great Expectations over the deltas: what stops a publish, what is recorded."""

import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from salesforce_elt.audit import audit
from salesforce_elt.checks import load_checks, load_staging_checks
from salesforce_elt.deltas import Transformed
from salesforce_elt.errors import CheckFailed
from salesforce_elt.expectations import server_url
from tests.warehouse.small_org import NOON, SmallOrg

GOOD = {"is_closed": False, "is_won": False, "probability": 10, "stage_name": "Prospecting",
        "created_date": "2026-05-01"}
STAGE = {"id": "01J1", "api_name": "Prospecting", "master_label": "Prospecting", "sort_order": 1,
         "is_active": True, "is_closed": False, "is_won": False, "default_probability": 10}


def staged(org: SmallOrg, *opportunities: Mapping[str, Any]) -> SmallOrg:
    """The org with a stage, an owner and these opportunities."""
    org.stage("User", {"id": "0051", "name": "Ann", "email": "ann@acme.example"})
    org.stage("OpportunityStage", STAGE)
    org.stage("Opportunity", *({"owner_id": "0051", **GOOD, **one} for one in opportunities))
    return org


def failed(org: SmallOrg) -> list[dict[str, Any]]:
    """The checks that failed, as recorded."""
    return org.rows("select mart, check_name, severity, unexpected_count, unexpected_keys"
                    " from sync.checks where not is_passed order by mart, check_name")


def test_good_data_passes_every_check_of_every_mart(org: SmallOrg) -> None:
    staged(org, {"id": "006A"})
    org.stage("Account", {"id": "0011", "name": "Acme", "owner_id": "0051"})
    org.stage("Contact", {"id": "0031", "name": "Cy", "account_id": "0011", "owner_id": "0051"})
    org.stage("Task", {"id": "00T1", "what_id": "0011", "owner_id": "0051"})
    org.stage("CurrencyType", {"id": "01L1", "iso_code": "EUR", "conversion_rate": 1})
    org.stage("DatedConversionRate", {"id": "04w1", "iso_code": "EUR", "conversion_rate": 1})
    org.stage("Opportunity", {"id": "006A", "amount": 5, "currency_iso_code": "EUR"})
    org.stage("OpportunityHistory", {"id": "0081", "opportunity_id": "006A", "created_date": NOON,
                                     "stage_name": "Prospecting", "amount": 1})
    run = org.start_run()
    results = audit(org.conn, run, models=org.models, transformed=org.transform(run))
    assert [str(result) for result in results if not result.outcome.is_passed] == []
    looked_at = set(org.models.marts) | {f"staging.{one}" for one in staging_suites(org)}
    by_rows = {result.mart for result in results if not result.outcome.check.measure}
    assert by_rows == looked_at - {"opportunity_exclusions"}


def test_a_failed_critical_check_leaves_the_old_marts(org: SmallOrg) -> None:
    staged(org, {"id": "006A"}).sync()
    org.stage("Opportunity", {"id": "006A", "probability": Decimal("100.01")},
              {"id": "006B", **GOOD, "probability": -1})
    run = org.start_run()
    with pytest.raises(CheckFailed) as caught:
        audit(org.conn, run, models=org.models, transformed=org.transform(run))
    assert caught.value.checks == ("opportunities.probability_is_a_percentage",)
    assert [row["probability"] for row in org.mart("opportunities")] == [10]
    assert failed(org)[-1]["check_name"] == "probability_is_a_percentage"
    assert sorted(failed(org)[-1]["unexpected_keys"]) == ["006A", "006B"]


def test_the_message_names_the_check_ten_rows_and_what_to_do(org_18: SmallOrg) -> None:
    staged(org_18, *({"id": f"006{number:02}", "probability": 101} for number in range(12)))
    run = org_18.start_run()
    with pytest.raises(CheckFailed) as caught:
        audit(org_18.conn, run, models=org_18.models, transformed=org_18.transform(run))
    first, last = str(caught.value).split("\n")
    assert first.startswith("The check probability_is_a_percentage of marts.opportunities fails for"
                            " 12 rows (006")
    assert first.endswith(", ...). Correct the probability of these opportunities in Salesforce.")
    assert first.count("006") == 10
    assert last.startswith("acme: nothing was published")


def test_after_the_mend_everything_that_waited_is_published(org_18: SmallOrg) -> None:
    staged(org_18, {"id": "006A", "probability": 101}, {"id": "006B"})
    run = org_18.start_run()
    with pytest.raises(CheckFailed):
        audit(org_18.conn, run, models=org_18.models, transformed=org_18.transform(run))
    org_18.stage("Opportunity", {"id": "006A", "probability": 100})
    assert org_18.sync()["opportunities"].inserted == 2


def test_warnings_are_recorded_and_stop_nothing(org_18: SmallOrg) -> None:
    staged(org_18, {"id": "006A", "account_id": "0019", "close_date": "1899-12-31",
                    "stage_name": "Gone", "owner_id": "0059"})
    run = org_18.start_run()
    audit(org_18.conn, run, models=org_18.models, transformed=org_18.transform(run))
    assert [(row["check_name"], row["unexpected_keys"]) for row in failed(org_18)] == [
        ("close_date_is_in_reason", ["006A"]), ("company_is_synced", ["006A"]),
        ("owner_is_known", ["006A"]), ("stage_belongs_to_the_pipeline", ["006A"]),
        ("stage_is_known", ["006A"])]


def test_two_directory_rows_with_one_email_are_reported(org_18: SmallOrg, tmp_path: Path) -> None:
    file = tmp_path / "members.csv"
    file.write_text("member_id,member_name,email\nm1,Ann,ann@acme.example\nm2,A,ANN@acme.example\n")
    org_18.settings = org_18.settings.model_copy(
        update={"members": org_18.settings.members.model_copy(update={"directory": file})})
    run = org_18.start_run()
    audit(org_18.conn, run, models=org_18.models, transformed=org_18.transform(run))
    assert [row["check_name"] for row in failed(org_18)] == ["email_belongs_to_one_member"]
    assert sorted(failed(org_18)[0]["unexpected_keys"]) == ["m1", "m2"]


# What no model would make; each row breaks checks, and a row with a key is there twice.
BROKEN_ROWS: dict[str, list[dict[str, Any]]] = {
    "companies": [{"company_id": None}, {"company_id": "0011", "_parent_id": "0019"}],
    "contacts": [{"contact_id": None}, {"contact_id": "0031", "_account_id": "0019"}],
    "opportunities": [
        {"opportunity_id": None},
        {"opportunity_id": "006A", "probability": 101, "status": "lucky", "pipeline_id": "none",
         "close_date": "1899-12-31", "_account_id": "0019", "amount": 1},
        {"opportunity_id": "006B", "amount": 1, "currency": "XXX"},
    ],
    "opportunity_states": [
        {"history_id": None},
        {"history_id": "0081", "opportunity_id": "006X", "amount": 1,
         "began_at": "2026-01-02", "ended_at": "2026-01-01"},
        {"history_id": "0082", "opportunity_id": "006A"}],
    "opportunity_stage_history": [
        {"stay_id": None},
        {"stay_id": "0081", "opportunity_id": "006A", "stage_name": "Gone"},
        {"stay_id": "0082", "opportunity_id": "006B",
         "entered_at": "2026-01-02", "left_at": "2026-01-01"}],
    "opportunity_exclusions": [{"reason": "mood"}, {"opportunity_id": "006A", "reason": "mood"}],
    "activities": [{"activity_id": None},
                   {"activity_id": "00T1", "activity_type": "call",
                    "started_at": "2026-01-02", "ended_at": "2026-01-01"}],
    "pipelines": [{"pipeline_id": None}, {"pipeline_id": "019N"}],
    "pipeline_stages": [{"stage_id": None}, {"pipeline_id": "019N", "stage_id": "01J1",
                                             "probability": -1, "status": "lucky"}],
    "members": [{"member_id": None, "is_active": True, "is_imported": True},
                {"member_id": "m1", "email": "a@acme.example", "is_imported": False},
                {"member_id": "m2", "email": "A@acme.example", "is_imported": False}],
}
BROKEN_STAGING: dict[str, dict[str, Any]] = {
    "Opportunity": {"id": "006A", "probability": 101, "stage_name": "Gone"},
    "Account": {"id": "0011", "parent_id": "0011"},
    "Contact": {"id": "0031"},
    "User": {"id": "0051", "is_active": True, "user_type": "Standard", "email": " "},
    "CurrencyType": {"id": "01L1", "iso_code": "EUR", "conversion_rate": 0},
    "DatedConversionRate": {"id": "04w1", "iso_code": "EUR"},
}


def test_every_check_of_rows_can_fail(org_18: SmallOrg) -> None:
    for sobject, row in BROKEN_STAGING.items():
        org_18.stage(sobject, row)
    org_18.stage("OpportunityStage", {"id": "01J1", "is_won": True, "is_closed": False},
                 {"id": "01J2"})
    run = org_18.start_run()
    transformed = org_18.transform(run)
    for mart, rows in BROKEN_ROWS.items():
        for row in [*rows, *rows]:
            break_delta(org_18, mart, row)
    with pytest.raises(CheckFailed):
        audit(org_18.conn, run, models=org_18.models, transformed=with_rows(transformed))
    every = {(mart, check.name) for mart in org_18.models.marts
             for check in load_checks(org_18.models.root, mart) if not check.measure}
    every |= {(f"staging.{table}", name) for table, names in staging_suites(org_18).items()
              for name in names}
    assert {(row["mart"], row["check_name"]) for row in failed(org_18)} == every
    assert not [row for row in failed(org_18) if not row["unexpected_count"]]


def staging_suites(org: SmallOrg) -> dict[str, list[str]]:
    """The names of the checks of rows by staging table."""
    names = {table: [check.name for check in checks if not check.measure]
             for table, checks in load_staging_checks(org.models.root).items()}
    return {table: found for table, found in names.items() if found}


def break_delta(org: SmallOrg, mart: str, row: Mapping[str, Any]) -> None:
    """Puts a row into a delta that no model would make."""
    row = {"org": "acme", **row}
    names, values = ", ".join(row), ", ".join(["%s"] * len(row))
    org.conn.execute(f'insert into delta."acme__{mart}" ({names}) values ({values})',
                     list(row.values()))
    org.conn.commit()


def with_rows(transformed: Transformed) -> Transformed:
    """The same, as if every delta had rows."""
    told = transformed.to_json()
    return Transformed.from_json(
        {**told, "deltas": [{**delta, "row_count": 1} for delta in told["deltas"]]})


def test_a_check_that_cannot_be_run_does_not_pass(org_18: SmallOrg, tmp_path: Path) -> None:
    (tmp_path / "quality").mkdir()
    for mart in org_18.models.marts:
        (tmp_path / f"quality/{mart}.yaml").write_text(
            "checks:\n  - name: broken\n    severity: critical\n    to_do: Mend it.\n"
            "    unexpected_rows: select nothing from {batch}\n")
    models = type(org_18.models)(tmp_path, org_18.models.marts)
    run = org_18.start_run()
    with pytest.raises(CheckFailed, match="pipelines could not be run"):
        audit(org_18.conn, run, models=models, transformed=org_18.transform(run))


def test_nothing_to_publish_does_not_import_great_expectations(
    org_18: SmallOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "great_expectations", None)
    run = org_18.start_run()
    results = audit(org_18.conn, run, models=org_18.models, transformed=Transformed((), ()))
    assert {result.outcome.check.measure for result in results} == {"silence", "lag"}
    assert failed(org_18) == []


def test_an_audit_run_again_records_its_checks_once(org_18: SmallOrg) -> None:
    run = staged(org_18, {"id": "006A"}).start_run()
    transformed = org_18.transform(run)
    first = audit(org_18.conn, run, models=org_18.models, transformed=transformed)
    audit(org_18.conn, run, models=org_18.models, transformed=transformed)
    assert len(org_18.rows("select * from sync.checks")) == len(first)


def test_great_expectations_may_only_read(connection_18: psycopg.Connection) -> None:
    with psycopg.connect(server_url(connection_18).replace("+psycopg", "")) as reader, \
            pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        reader.execute("create table delta.anything ()")


def test_a_critical_check_of_staging_stops_the_publish_and_names_the_record(
    org_18: SmallOrg
) -> None:
    staged(org_18, {"id": "006A"}, {"id": "006B", "created_date": None})
    run = org_18.start_run()
    with pytest.raises(CheckFailed, match=r"created_date_is_present of staging\.opportunity fails"
                       r" for 1 row \(006B\)") as caught:
        audit(org_18.conn, run, models=org_18.models, transformed=org_18.transform(run))
    assert caught.value.checks == ("staging.opportunity.created_date_is_present",)
    org_18.stage("Opportunity", {"id": "006B", "created_date": "2026-05-01"})
    assert org_18.sync()["opportunities"].inserted == 2


def test_checks_of_staging_look_at_what_changed_and_exists_alone(org_18: SmallOrg) -> None:
    staged(org_18, {"id": "006A", "created_date": None}, {"id": "006B"}).sync()
    org_18.stage("Opportunity", {"id": "006B", "probability": 20})
    org_18.stage("Opportunity", {"id": "006C", "created_date": None, "_is_deleted": True})
    run = org_18.start_run()
    audit(org_18.conn, run, models=org_18.models, transformed=org_18.transform(run))
    assert failed(org_18) == []


def test_an_opportunity_that_is_synced_and_excluded_is_found_in_either_part_of_the_mart(
    org_18: SmallOrg
) -> None:
    staged(org_18, {"id": "006A"}, {"id": "006B"}).sync()
    org_18.stage("Opportunity", {"id": "006B", "probability": 20})
    run = org_18.start_run()
    transformed = org_18.transform(run)
    for one in ("006A", "006B", "006C"):
        break_delta(org_18, "opportunity_exclusions",
                    {"opportunity_id": one, "reason": "type_not_selected"})
    with pytest.raises(CheckFailed):
        audit(org_18.conn, run, models=org_18.models, transformed=with_rows(transformed))
    (found,) = failed(org_18)
    assert found["check_name"] == "opportunity_is_synced_or_excluded"
    assert sorted(found["unexpected_keys"]) == [
        "006A · type_not_selected", "006B · type_not_selected"]
