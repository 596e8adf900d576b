"""Types and sales processes in the settings: refused when unknown, kept when gone, followed."""

from typing import Any

import pytest

from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.settings.models import Pipelines
from tests.warehouse.small_org import SmallOrg

NEW, RENEWALS = "019N", "019R"
RECORD_TYPES = ({"id": "012N", "business_process_id": NEW},
                {"id": "012R", "business_process_id": RENEWALS})


@pytest.fixture
def org(org_18: SmallOrg) -> SmallOrg:
    """An org with two sales processes and an opportunity in each."""
    name_process(org_18, NEW, "New Business")
    name_process(org_18, RENEWALS, "Renewals")
    org_18.stage("RecordType", *RECORD_TYPES)
    org_18.stage("Opportunity",
                 {"id": "006N", "record_type_id": "012N", "type": "New Customer"},
                 {"id": "006R", "record_type_id": "012R", "type": "Upgrade"})
    return org_18


def name_process(org: SmallOrg, process: str, name: str, **values: Any) -> None:
    org.stage("BusinessProcess",
              {"id": process, "name": name, "table_enum_or_id": "Opportunity", **values})


def split(*names: str) -> dict[str, Any]:
    return {"pipelines": Pipelines(mode="split", sales_processes=names)}


def synced(org: SmallOrg) -> dict[str, str]:
    return {row["opportunity_id"]: row["pipeline_id"] for row in org.mart("opportunities")}


def findings(org: SmallOrg) -> list[tuple[str, str]]:
    """What the last sync found: codes and messages."""
    return [(row["code"], row["message"]) for row in org.rows(
        f"select * from sync.findings where run_id = '{org.key}-{org.runs}' order by finding_id")]


@pytest.mark.parametrize(("settings", "says"), [
    (split("Renewals", "New Busines"),
     r"orgs\.acme\.pipelines\.sales_processes, item 2 is New Busines, but the org has no such"
     r" sales process: the nearest it has: New Business\. Correct the settings and sync again"),
    (split("Partners"), r"item 1 is Partners, .* no such sales process: it has New Business,"),
    ({"opportunity_types": ("Upgrades", "New Customer", "Custom")},
     r"orgs\.acme\.opportunity_types, item 1 is Upgrades, but the org has no such opportunity type:"
     r" the nearest it has: Upgrade\. .*types, item 3 is Custom, .*nearest it has: New Customer\."),
    ({**split("Gone"), "opportunity_types": ("Gone",)}, r"opportunity_types, .*sales_processes, "),
])
def test_a_name_that_the_org_does_not_know_is_refused_with_the_nearest_that_exist(
    org: SmallOrg, settings: dict[str, Any], says: str
) -> None:
    org.sync()
    before = org.mart("opportunities")
    with pytest.raises(SettingsInvalid, match=says):
        org.sync(**settings)
    assert org.mart("opportunities") == before
    assert org.rows("select * from sync.accepted_values") == []


def test_an_org_that_shows_no_sales_process_says_so(org_18: SmallOrg) -> None:
    with pytest.raises(SettingsInvalid, match="the integration user is shown none at all"):
        org_18.sync(**split("New Business"))


def test_of_many_names_that_are_not_near_twenty_are_told(org_18: SmallOrg) -> None:
    org_18.stage("Opportunity", *({"id": f"006{n}", "type": f"Type {n:02}"} for n in range(22)))
    with pytest.raises(SettingsInvalid, match=r"it has Type 00, .*, Type 19 and 2 more\."):
        org_18.sync(opportunity_types=("xxxxxxxxxxxx",))


def test_a_type_is_known_by_the_picklist_or_by_an_opportunity_in_any_case(org: SmallOrg) -> None:
    org.conn.execute("insert into sync.picklist_values values"
                     " ('acme', 'Opportunity', 'Type', 'Downgrade'),"
                     " ('other', 'Opportunity', 'Type', 'Elsewhere')")
    org.conn.commit()
    org.sync(opportunity_types=("DOWNGRADE", "upgrade"))
    assert (list(synced(org)), findings(org)) == (["006R"], [])
    with pytest.raises(SettingsInvalid, match="Elsewhere"):
        org.sync(opportunity_types=("Elsewhere",))


def test_a_type_of_a_deleted_opportunity_alone_is_not_known(org: SmallOrg) -> None:
    org.delete("Opportunity", "006R")
    with pytest.raises(SettingsInvalid, match="item 1 is Upgrade"):
        org.sync(opportunity_types=("Upgrade",))


def test_a_type_that_disappears_later_is_a_finding_and_the_sync_goes_on(org: SmallOrg) -> None:
    org.sync(opportunity_types=("Upgrade", "New Customer"))
    org.stage("Opportunity", {"id": "006R", "type": None})
    org.sync()
    (finding,) = findings(org)
    assert finding[0] == "value_unknown"
    assert finding[1].startswith("orgs.acme.opportunity_types, item 1 is Upgrade, and the org has")
    assert list(synced(org)) == ["006N"]


def test_a_name_that_left_the_settings_has_to_be_known_again(org: SmallOrg) -> None:
    org.sync(opportunity_types=("Upgrade",))
    org.stage("Opportunity", {"id": "006R", "type": None})
    org.sync(opportunity_types=None)
    with pytest.raises(SettingsInvalid, match="item 1 is Upgrade"):
        org.sync(opportunity_types=("Upgrade",))


def test_a_refused_sync_forgets_nothing_of_what_was_accepted(org: SmallOrg) -> None:
    org.sync(**split("Renewals"))
    name_process(org, RENEWALS, "Extensions")
    with pytest.raises(SettingsInvalid, match="Partners"):
        org.sync(**split("Renewals", "Partners"))
    org.sync(**split("Renewals"))
    assert synced(org) == {"006R": RENEWALS}


def test_a_sales_process_that_is_deleted_later_is_a_finding_and_comes_back(org: SmallOrg) -> None:
    org.sync(**split("Renewals", "New Business"))
    org.delete("BusinessProcess", RENEWALS)
    org.sync()
    (finding,) = findings(org)
    assert finding[0] == "value_unknown"
    assert "sales_processes, item 1 is Renewals, and the org has no such sales" in finding[1]
    assert synced(org) == {"006N": NEW, "006R": "default"}
    org.stage("BusinessProcess", {"id": RENEWALS, "_is_deleted": False})
    org.sync()
    assert (synced(org)["006R"], findings(org)) == (RENEWALS, [])


def test_a_renamed_sales_process_is_followed_and_the_new_name_asked_for(org: SmallOrg) -> None:
    org.sync(**split("renewals"))
    name_process(org, RENEWALS, "Extensions")
    org.sync()
    (finding,) = findings(org)
    assert finding[0] == "sales_process_renamed"
    assert finding[1].startswith("orgs.acme.pipelines.sales_processes, item 1 is renewals, and that"
                                 " sales process is called Extensions now.")
    assert [(row["pipeline_id"], row["pipeline_name"]) for row in org.mart("pipelines")] == [
        (RENEWALS, "Extensions")]
    assert synced(org) == {"006R": RENEWALS}
    org.sync(**split("Extensions"))
    assert (synced(org), findings(org)) == ({"006R": RENEWALS}, [])


def test_a_new_process_under_the_old_name_does_not_take_the_selection_over(org: SmallOrg) -> None:
    org.sync(**split("Renewals"))
    name_process(org, RENEWALS, "Extensions")
    name_process(org, NEW, "Renewals")
    org.sync()
    assert synced(org) == {"006R": RENEWALS}
    assert [code for code, _ in findings(org)] == ["sales_process_renamed"]


def test_both_names_are_taken_for_what_they_say_when_the_settings_have_both(org: SmallOrg) -> None:
    org.sync(**split("Renewals"))
    name_process(org, RENEWALS, "Extensions")
    name_process(org, NEW, "Renewals")
    org.sync(**split("Extensions", "Renewals"))
    assert synced(org) == {"006N": NEW, "006R": RENEWALS}
    assert findings(org) == []


def test_a_process_made_anew_under_the_name_of_a_deleted_one_is_selected(org: SmallOrg) -> None:
    org.sync(**split("Renewals"))
    org.delete("BusinessProcess", RENEWALS)
    name_process(org, "019Z", "Renewals")
    org.stage("RecordType", {"id": "012R", "business_process_id": "019Z"})
    org.sync()
    assert (synced(org), findings(org)) == ({"006R": "019Z"}, [])


def test_only_sales_processes_of_opportunities_are_known(org: SmallOrg) -> None:
    name_process(org, "019L", "Leads", table_enum_or_id="Lead")
    with pytest.raises(SettingsInvalid, match="item 1 is Leads"):
        org.sync(**split("Leads"))


def test_what_one_org_accepted_is_not_accepted_for_another(
    org: SmallOrg, other_org: SmallOrg
) -> None:
    org.sync(opportunity_types=("Upgrade",))
    with pytest.raises(SettingsInvalid, match=r"orgs\.other\.opportunity_types, item 1 is Upgrade"):
        other_org.sync(opportunity_types=("Upgrade",))


def test_settings_tables_of_an_earlier_version_are_made_anew(org: SmallOrg) -> None:
    org.sync()
    org.conn.execute("alter table staging_acme.sync_settings drop column sales_process_ids")
    org.conn.commit()
    org.sync(**split("Renewals"))
    assert synced(org) == {"006R": RENEWALS}
