"""What a check says of an org: what is wrong, what it will cost, and how it is mended."""

from datetime import timedelta

import pytest

from salesforce_elt.errors import ConnectionInvalid
from salesforce_elt.models import Models, load_models
from salesforce_elt.org_check import Checked, check_org
from salesforce_elt.permission_files import permission_set_xml
from salesforce_elt.permission_set import NAME, permission_set, read_describes
from salesforce_elt.results import Finding
from salesforce_elt.warehouse.connection import connect
from simulator.access.granting import profile_named, set_named, unassign
from simulator.access.granting import set_profile as set_profile_of_user
from tests.desks import borrowed
from tests.driver import INCLUDE, Desk
from tests.sync.test_permission_set import deploy

MODELS: Models = load_models(INCLUDE)
MOST_CALLS = 15


@pytest.fixture(scope="module")
def shared(generated_desk) -> Desk:
    return generated_desk(size=12)


@pytest.fixture
def desk(shared: Desk):
    """An org that is as it should be, and an empty warehouse."""
    with borrowed(shared) as made:
        yield made
        made.org.org.permissions.clear()
        set_profile(made, "System Administrator")
        store = made.org.org.store
        unassign(store, set_named(store, NAME))


def set_profile(desk: Desk, name: str) -> None:
    """Gives the integration user a profile, with what it grants."""
    store = desk.org.org.store
    set_profile_of_user(store, profile_named(store, name) or name)


def checked(desk: Desk, **changes) -> Checked:
    ahead = changes.pop("ahead", timedelta(0))
    desk = desk.configured(**changes) if changes else desk
    whole = desk.configured(quota={"share": 1})
    with connect(desk.warehouse_url) as conn:
        return check_org(conn, desk.settings, open_client=whole.client, models=MODELS,
                         now=lambda: desk.org.org.clock.now() + ahead)


def warnings(desk: Desk, **changes) -> list[Finding]:
    """All but remarks."""
    return [one for one in checked(desk, **changes).findings if one.severity != "info"]


def found(desk: Desk, code: str, **changes) -> Finding:
    (one,) = [one for one in checked(desk, **changes).findings if one.code == code]
    return one


def test_an_org_that_is_as_it_should_be_gives_one_calm_line(desk: Desk) -> None:
    deploy(desk, permission_set_xml(permission_set(
        desk.settings, read_describes(desk.client(), desk.settings))))
    result = checked(desk)
    assert [str(one) for one in result.findings] == []
    assert list(result.lines())[-1] == "demo: nothing to mend."
    assert result.who
    assert result.who.org_id in next(result.lines())
    assert result.api_calls <= MOST_CALLS


def test_a_user_who_may_change_everything_is_told(desk: Desk) -> None:
    assert [(one.severity, one.code) for one in checked(desk).findings] == [("info", "may_write")]


def test_a_hidden_field_says_which_columns_will_be_empty_and_how_to_grant_it(desk: Desk) -> None:
    desk.org.org.permissions.hide("Opportunity", "Amount")
    one = found(desk, "field_hidden")
    assert one.missing == (
        "marts.opportunities.amount, corporate_amount, weighted_amount will be empty")
    assert "read access to the field" in one.message


def test_a_hidden_object_without_which_marts_are_wrong_is_an_error(desk: Desk) -> None:
    desk.org.org.permissions.hide("Account")
    one = found(desk, "object_hidden")
    assert (one.severity, one.sobject) == ("error", "Account")
    assert "marts.companies" in (one.missing or "")
    assert checked(desk).worst == "error"


def test_hidden_activities_are_found_once_with_their_permission(desk: Desk) -> None:
    desk.org.org.permissions.hide("Task")
    assert [one.code for one in warnings(desk)] == ["object_hidden"]


def test_records_that_sharing_hides_are_told_by_number(desk: Desk) -> None:
    set_profile(desk, "Standard User")
    desk.org.org.permissions.share("Opportunity", private=True)
    hidden = {one.sobject: one for one in checked(desk).findings if one.code == "records_hidden"}
    assert "about 12 records of Opportunity" in (hidden["Opportunity"].missing or "")


def test_a_quota_whose_share_is_used_up_is_a_warning_and_all_else_is_checked(desk: Desk) -> None:
    desk.org.org.options.update({"daily_api_requests": 1000, "used_api_requests": 800})
    desk.org.org.permissions.hide("Opportunity", "Amount")
    codes = {one.code: one for one in warnings(desk)}
    assert codes.keys() == {"quota_used", "field_hidden"}
    assert "defers at once" in codes["quota_used"].message


def test_a_quota_that_is_gone_is_a_warning(desk: Desk) -> None:
    desk.org.org.options.update({"daily_api_requests": 1})
    assert [one.code for one in warnings(desk)] == ["QuotaReached"]


def test_an_org_that_does_not_answer_now_may_be_checked_later(desk: Desk) -> None:
    desk.administer("faults", {"kind": "html", "status": 503, "title": "Down", "times": None,
                               "match": {"path": "/limits"}})
    result = checked(desk)
    assert (result.worst, result.may_pass) == ("error", True)


def test_what_salesforce_refuses_to_answer_is_said_to_be_unchecked(desk: Desk) -> None:
    desk.org.org.permissions.hide("User", "Email")
    assert "who matches no member" in found(desk, "not_checked").message


def test_a_clock_that_is_wrong_is_told(desk: Desk) -> None:
    one = found(desk, "clocks_differ", ahead=timedelta(minutes=5))
    assert "ahead of Salesforce's" in one.message


@pytest.mark.parametrize(("settings", "place"), [
    ({"opportunity_types": ["New Custommer"]}, "orgs.demo.opportunity_types, item 1"),
    ({"pipelines": {"mode": "split", "sales_processes": ["Renewls"]}},
     "orgs.demo.pipelines.sales_processes, item 1"),
])
def test_a_name_that_the_org_does_not_have_is_told_with_the_nearest(
    desk: Desk, settings, place: str
) -> None:
    one = found(desk, "value_unknown", **settings)
    assert one.message.startswith(place)
    assert "the nearest it has" in one.message


def test_a_name_in_another_case_or_taken_over_by_a_sync_is_no_finding(desk: Desk) -> None:
    checked(desk)  # makes the tables
    desk.execute("insert into sync.accepted_values values"
                 " ('demo', 'opportunity_types', 'was there once', '{}')")
    assert warnings(desk, opportunity_types=["Was there once", "NEW CUSTOMER"]) == []


def test_people_whom_the_directory_does_not_match_are_named(desk: Desk, tmp_path) -> None:
    people = tmp_path / "members.csv"
    people.write_text("member_id,member_name,email\nm1,One,x@acme.com\nm2,Two,x@acme.com\n")
    members = {"directory": people, "overrides": {"a@acme.com": "nobody@acme.com"}}
    codes = {one.code: one for one in checked(desk, members=members).findings}
    assert {"members_unmatched", "email_shared", "override_leads_nowhere"} <= codes.keys()
    assert "One, Two" in codes["email_shared"].message
    assert "@" not in "".join(one.message for one in codes.values())


def test_a_directory_that_cannot_be_read_is_an_error(desk: Desk, tmp_path) -> None:
    one = found(desk, "SettingsInvalid", members={"directory": tmp_path / "none.csv"})
    assert one.severity == "error"


def test_without_a_connection_the_cause_is_the_finding(desk: Desk) -> None:
    def refused():
        raise ConnectionInvalid("The consumer secret is wrong.")

    with connect(desk.warehouse_url) as conn:
        result = check_org(conn, desk.settings, open_client=refused, models=MODELS,
                           now=desk.org.org.clock.now)
    assert result.who is None
    assert [(one.code, one.missing) for one in result.findings] == [
        ("ConnectionInvalid", "every sync")]


def test_another_org_behind_the_connection_is_an_error(desk: Desk) -> None:
    checked(desk)  # makes the tables
    desk.execute("insert into sync.orgs values ('demo', '00D0000000other', now())")
    desk.execute("insert into sync.watermarks values ('demo', 'Account', 'changes', now())")
    assert "Full synchronization" in found(desk, "OrgReplaced").message


def test_the_findings_of_the_newest_check_are_kept(desk: Desk) -> None:
    desk.org.org.permissions.hide("Opportunity", "Amount")
    checked(desk)
    checked(desk)
    rows = desk.rows("select run_id, station, severity from sync.findings where field = 'Amount'")
    assert [(one["run_id"], one["station"], one["severity"]) for one in rows] == [
        (None, "check", "warning")]


def test_a_field_that_a_sync_has_read_before_says_that_it_grows_old(desk: Desk) -> None:
    assert desk.sync("full").status == "success"
    desk.org.org.permissions.hide("Opportunity", "Amount")
    assert desk.sync().status == "success"
    assert "grows old" in (found(desk, "field_hidden").missing or "")


def test_after_a_long_pause_it_says_that_ids_will_be_compared(desk: Desk) -> None:
    assert desk.sync("full").status == "success"
    desk.org.org.clock.advance(timedelta(days=20))
    assert "compares all Ids" in found(desk, "paused_for_long").message


def test_logins_that_salesforce_keeps_to_itself_are_told(desk: Desk) -> None:
    set_profile(desk, "Standard User")
    objects = {"LoginHistory": {}}
    one = found(desk, "only_own_logins", objects=objects)
    assert "Monitor Login History" in one.message
    told = [each for each in checked(desk, objects=objects).findings
            if "Login History" in each.message]
    assert told == [one]  # once
