"""After any history of changes and syncs, the marts equal a rebuild from scratch."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from salesforce_elt.settings.models import ImportedMembers, Minimums, Pipelines, Quality
from tests.warehouse.small_org import NOON, SmallOrg

ACCOUNTS, CONTACTS, OPPORTUNITIES = ("0011", "0012"), ("0031", "0032"), ("006A", "006B", "006C")
OWNERS, PROCESSES, RECORD_TYPES = ("0051", "0052", "00G1"), ("019N", "019R"), ("012N", "012R")
SELECTED = {"id": "019S", "name": "New", "table_enum_or_id": "Opportunity"}
STAGE_NAMES, STAGES = ("Prospecting", "Closed Won"), ("01J1", "01J2")


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    """One of the values, or none."""
    return st.sampled_from([*values, None])


FIELDS: Mapping[str, tuple[tuple[str, ...], Mapping[str, st.SearchStrategy[Any]]]] = {
    "Account": (ACCOUNTS, {"parent_id": one_of(*ACCOUNTS), "owner_id": one_of(*OWNERS)}),
    "Contact": (CONTACTS, {"account_id": one_of(*ACCOUNTS), "owner_id": one_of(*OWNERS)}),
    "Opportunity": (OPPORTUNITIES, {
        "account_id": one_of(*ACCOUNTS), "owner_id": one_of(*OWNERS),
        "record_type_id": one_of(*RECORD_TYPES), "stage_name": one_of(*STAGE_NAMES),
        "amount": one_of(5, 50), "probability": one_of(10, 101),
        "currency_iso_code": one_of("EUR"),
        "is_closed": st.booleans(), "is_won": st.booleans()}),
    "OpportunityHistory": (("0081", "0082", "0083"), {
        "opportunity_id": one_of(*OPPORTUNITIES), "stage_name": one_of(*STAGE_NAMES, "Renamed"),
        "amount": one_of(5, 50), "currency_iso_code": one_of("EUR"),
        "close_date": one_of("2026-01-01", "2026-06-01"), "created_date": one_of(NOON)}),
    "CurrencyType": (("01L1",), {"iso_code": one_of("EUR"), "conversion_rate": one_of(0, 2)}),
    "DatedConversionRate": (("04w1", "04w2"), {
        "iso_code": one_of("EUR"), "conversion_rate": one_of(4, 8),
        "start_date": one_of("2026-01-01", "2026-05-01")}),
    "OpportunityContactRole": (("00K1", "00K2"), {
        "opportunity_id": one_of(*OPPORTUNITIES), "contact_id": one_of(*CONTACTS),
        "is_primary": st.booleans()}),
    "Task": (("00T1", "00T2"), {
        "what_id": one_of(*ACCOUNTS, *OPPORTUNITIES), "who_id": one_of(*CONTACTS),
        "owner_id": one_of(*OWNERS)}),
    "User": (OWNERS[:2], {"name": one_of("Ann", "Ben")}),
    "Group": (OWNERS[2:], {"name": one_of("Sales", "Service")}),
    "RecordType": (RECORD_TYPES, {"business_process_id": one_of(SELECTED["id"], *PROCESSES)}),
    "BusinessProcess": (PROCESSES, {
        "name": one_of("Other", "Renewals"), "table_enum_or_id": one_of("Opportunity", "Lead")}),
    "OpportunityStage": (STAGES, {
        "api_name": one_of(*STAGE_NAMES), "master_label": one_of(*STAGE_NAMES, "Renamed"),
        "is_active": st.booleans(), "default_probability": one_of(10, 101)}),
    "RecordTypeStage": (("1", "2"), {
        "record_type_id": one_of(*RECORD_TYPES), "stage_name": one_of(*STAGE_NAMES)}),
}


@st.composite
def staged_rows(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """An SObject, and a new version of one of its records."""
    sobject = draw(st.sampled_from(sorted(FIELDS)))
    ids, fields = FIELDS[sobject]
    row = draw(st.fixed_dictionaries({"id": st.sampled_from(ids)}, optional=dict(fields)))
    return sobject, {**row, "_is_deleted": draw(st.sampled_from([False, False, False, True]))}


CHANGED_SETTINGS = st.fixed_dictionaries({}, optional={
    "opportunity_minimums": st.sampled_from([Minimums(), Minimums(amount=Decimal(10))]),
    "pipelines": st.sampled_from([
        Pipelines(), Pipelines(mode="split"), Pipelines(mode="split", sales_processes=("New",)),
        Pipelines(mode="split", without_record_type="exclude")]),
    "imported_members": st.sampled_from([
        ImportedMembers(), ImportedMembers(availability="no_availability")]),
})
SYNCS = st.tuples(st.lists(staged_rows(), max_size=8), CHANGED_SETTINGS,
                  st.sampled_from(["published", "published", "killed before the publish"]))


@pytest.mark.slow
@settings(max_examples=15, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(SYNCS, min_size=1, max_size=5))
def test_incremental_equals_full(org_18: SmallOrg, history: list[Any]) -> None:
    empty(org_18)
    org_18.stage("BusinessProcess", SELECTED)
    for rows, changed, end in history:
        for sobject, row in rows:
            org_18.stage(sobject, row)
        if end == "published":
            org_18.sync(**changed)
        else:
            org_18.transform(org_18.start_run())
    org_18.sync()
    assert org_18.published() == org_18.computed()
    assert org_18.published() == rebuilt(org_18)


@pytest.mark.slow
@settings(max_examples=15, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(
    st.tuples(st.lists(staged_rows(), max_size=8), CHANGED_SETTINGS, st.sampled_from([0, 1, 100])),
    min_size=1, max_size=5))
def test_incremental_equals_full_while_records_are_set_aside(
    org_18: SmallOrg, history: list[Any]
) -> None:
    empty(org_18)
    org_18.stage("BusinessProcess", SELECTED)
    for rows, changed, at_most in history:
        for sobject, row in rows:
            org_18.stage(sobject, row)
        org_18.sync(**changed, quality=Quality(set_aside=at_most))
    org_18.sync(quality=Quality(set_aside=100))
    before = org_18.published(), set_aside(org_18)
    assert (rebuilt(org_18), set_aside(org_18)) == before


def set_aside(org: SmallOrg) -> list[dict[str, Any]]:
    """Who is set aside, and why."""
    return org.rows("select mart, key, recomputed_by, reason from sync.quarantine order by 1, 2, 4")


def empty(org: SmallOrg) -> None:
    """As if nothing had ever been synced."""
    tables = org.rows("select format('%I.%I', schemaname, tablename) as name from pg_tables"
                      " where schemaname in ('staging_acme', 'sync', 'marts')")
    org.conn.execute("truncate " + ", ".join(row["name"] for row in tables))
    org.conn.commit()


def rebuilt(org: SmallOrg) -> dict[str, list[dict[str, Any]]]:
    """Every mart after it was dropped and published anew."""
    for name in org.models.marts:
        org.conn.execute(f"drop table marts.{name} cascade")
    org.conn.commit()
    org.sync()
    return org.published()
