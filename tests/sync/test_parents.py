"""References to records that staging does not have: read once by Id, or remembered as missing."""

import pytest

from tests.driver import Desk
from tests.sync.test_reconcile import forget, found, ids, later


@pytest.fixture
def desk(generated_desk) -> Desk:
    made = generated_desk(size=5)
    later(made)
    assert made.sync("full").status == "success"
    return made


def touch_a_child(desk: Desk) -> str:
    """A contact changes whose account staging has lost; the account's Id."""
    contact = next(one for one in desk.org.org.store.records("Contact") if one["AccountId"])
    desk.execute(f"delete from staging_demo.account where id = '{contact['AccountId']}'")
    later(desk)
    desk.org.org.store.update("Contact", contact["Id"], {"Title": "Changed"})
    later(desk)
    return contact["AccountId"]


def test_a_parent_that_staging_lacks_is_read_by_its_id_with_the_next_sync(desk):
    account = touch_a_child(desk)
    desk.sync()
    later(desk)
    report = desk.sync()
    assert report.status == "success", report.run["message"]
    assert found(report, "parents_missing") == []
    assert desk.differences() == []
    assert desk.value(f"select count(*) from marts.companies where company_id = '{account}'") == 1
    later(desk)
    assert desk.sync().run["api_calls"] <= 6


def test_a_parent_that_cannot_be_had_is_asked_for_once_and_reported(desk):
    account = touch_a_child(desk)
    forget(desk, "Account", account)
    assert desk.sync().status == "success"
    later(desk)
    report = desk.sync()
    assert report.status == "success", report.run["message"]
    assert found(report, "parents_missing") == ["Account"]
    later(desk)
    report = desk.sync()
    assert found(report, "parents_missing") == []
    assert report.run["api_calls"] <= 6


def test_references_of_a_whole_org_are_whole(desk):
    assert ids(desk, "Contact") != []
    assert desk.rows("select sobject, id from sync.wanted_records") == []
