"""One record and many: saved, read, deleted, brought back, merged (api.md 2.6, 2.7, 5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from simulator.clock import Clock
from simulator.ids import is_id
from tests.simulator.conftest import Client

Options = Callable[..., None]
DEAL = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-05-01"}


def test_a_creation_answers_as_recorded(client: Client, recording: Callable[[str], Any]) -> None:
    """wire/grouparoo/exchanges.json, POST: 201, Location, id, success, errors."""
    answer = client.call("POST", "/sobjects/Account", json={"Name": "Smith Corp."})
    recorded = recording("restforce/create_success_response.json")
    assert (answer.status_code, set(answer.json())) == (201, set(recorded))
    assert answer.headers["Location"].endswith(answer.json()["id"])
    assert is_id(answer.json()["id"])


def test_a_row_shows_all_fields_in_the_order_of_the_describe(client: Client) -> None:
    record_id = client.create("Account", Name="Row")
    row = client.get(f"/sobjects/Account/{record_id}").json()
    fields = client.get("/sobjects/Account/describe").json()["fields"]
    assert list(row) == ["attributes", *(field["name"] for field in fields)]


def test_a_row_shows_the_fields_that_were_asked_for(client: Client) -> None:
    record_id = client.create("Account", Name="Row", AnnualRevenue=1.5)
    row = client.get(f"/sobjects/Account/{record_id}", fields="Name,AnnualRevenue").json()
    assert {k: v for k, v in row.items() if k != "attributes"} == {
        "Name": "Row",
        "AnnualRevenue": 1.5,
        "Id": record_id,
    }


def test_an_unknown_row_answers_as_recorded(client: Client) -> None:
    """wire/grouparoo/exchanges.json: 404 NOT_FOUND, code first."""
    answer = client.get("/sobjects/Account/001SimAAAAAAAAA")
    expected = '[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]'
    assert (answer.status_code, answer.text) == (404, expected)


def test_an_id_of_another_object_is_malformed(client: Client) -> None:
    """wire/docs_examples/rest_errors.json."""
    body = client.get("/sobjects/Account/003SimAAAAAAAAA").json()[0]
    assert (body["errorCode"], body["fields"]) == ("MALFORMED_ID", ["Id"])
    assert body["message"].startswith("Account ID: id value of incorrect type")


def test_saving_sets_what_the_stage_means(client: Client) -> None:
    """api.md 5.7."""
    record_id = client.create("Opportunity", **{**DEAL, "StageName": "Closed Won", "Amount": 200})
    row = client.get(f"/sobjects/Opportunity/{record_id}").json()
    derived = (row["IsClosed"], row["IsWon"], row["Probability"], row["ForecastCategory"])
    assert derived == (True, True, 100.0, "Closed")
    assert (row["ExpectedRevenue"], row["FiscalYear"]) == (200.0, 2026)


def test_a_change_moves_the_stamps(client: Client, clock: Clock) -> None:
    """api.md 5.1: even a change to the same value."""
    record_id = client.create("Account", Name="Stamps")
    clock.advance(timedelta(seconds=5))
    changed = client.call("PATCH", f"/sobjects/Account/{record_id}", json={"Name": "Stamps"})
    row = client.get(f"/sobjects/Account/{record_id}").json()
    assert changed.status_code == 204
    assert row["CreatedDate"] == "2026-03-02T12:00:30.000+0000"
    assert row["SystemModstamp"] == row["LastModifiedDate"] == "2026-03-02T12:00:35.000+0000"


def test_a_change_of_amount_or_stage_writes_history(client: Client) -> None:
    """api.md 5.9: a row at creation, and each time one of four fields changes."""
    record_id = client.create("Opportunity", **DEAL)
    for values in ({"Amount": 5}, {"NextStep": "call"}, {"StageName": "Closed Lost"}):
        client.call("PATCH", f"/sobjects/Opportunity/{record_id}", json=values)
    soql = f"SELECT StageName, Amount FROM OpportunityHistory WHERE OpportunityId = '{record_id}'"
    assert [tuple(row.values()) for row in client.records(f"{soql} ORDER BY Id")] == [
        ("Prospecting", None),
        ("Prospecting", 5.0),
        ("Closed Lost", 5.0),
    ]


@pytest.mark.parametrize(
    ("sobject", "values", "code", "part"),
    [
        ("Account", {}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]"),
        ("Account", {"Name": None}, "REQUIRED_FIELD_MISSING", "[Name]"),
        (
            "Account",
            {"Name": "x", "Foo": 1},
            "INVALID_FIELD",
            "No such column 'Foo' on sobject of type Account",
        ),
        ("Account", {"Name": "x" * 256}, "STRING_TOO_LONG", "max length=255"),
        ("Account", {"Name": "x", "AnnualRevenue": "much"}, "JSON_PARSER_ERROR", "currency"),
        ("Account", {"Name": "x", "NumberOfEmployees": 1.5}, "JSON_PARSER_ERROR", "int"),
        (
            "Account",
            {"Name": "x", "SystemModstamp": "2020-01-01T00:00:00Z"},
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "SystemModstamp",
        ),
        ("Account", {"Name": "x", "ParentId": "nothing"}, "MALFORMED_ID", "incorrect type"),
        (
            "Account",
            {"Name": "x", "ParentId": "001SimAAAAAAAAA"},
            "INVALID_CROSS_REFERENCE_KEY",
            "invalid cross reference id",
        ),
        (
            "Account",
            {"Name": "x", "ParentId": "003SimAAAAAAAAA"},
            "FIELD_INTEGRITY_EXCEPTION",
            "incorrect type",
        ),
        ("Account", {"Name": "a\x00b"}, "JSON_PARSER_ERROR", "string"),
        ("Opportunity", {**DEAL, "CloseDate": "tomorrow"}, "JSON_PARSER_ERROR", "date"),
        (
            "OpportunityStage",
            {"MasterLabel": "x"},
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "Opportunity Stage",
        ),
    ],
)
def test_a_record_that_breaks_a_rule_is_refused(
    client: Client, sobject: str, values: dict[str, Any], code: str, part: str
) -> None:
    """api.md 2.8."""
    answer = client.call("POST", f"/sobjects/{sobject}", json=values)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)
    assert part in answer.json()[0]["message"]


def test_a_method_that_a_resource_lacks_is_named(client: Client) -> None:
    answer = client.call("DELETE", "/limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")


def test_a_patch_may_come_as_a_post(client: Client) -> None:
    """api.md 2.7: ?_HttpMethod=PATCH."""
    record_id = client.create("Account", Name="Before")
    path = f"/sobjects/Account/{record_id}?_HttpMethod=PATCH"
    assert client.call("POST", path, json={"Name": "After"}).status_code == 204


def test_a_deleted_record_is_gone_for_query_and_there_for_query_all(client: Client) -> None:
    """api.md 5.2: IsDeleted, stamped at the deletion."""
    record_id = client.create("Account", Name="Gone")
    assert client.call("DELETE", f"/sobjects/Account/{record_id}").status_code == 204
    soql = f"SELECT IsDeleted FROM Account WHERE Id = '{record_id}'"
    assert client.records(soql) == []
    assert client.records(soql, all_rows=True) == [{"IsDeleted": True}]


def test_a_deleted_row_says_so(client: Client) -> None:
    """api.md 2.7."""
    record_id = client.create("Account", Name="Gone")
    client.call("DELETE", f"/sobjects/Account/{record_id}")
    answer = client.get(f"/sobjects/Account/{record_id}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")


def test_children_go_and_come_back_with_their_parent(client: Client) -> None:
    """api.md 5.2: cascades."""
    account = client.create("Account", Name="Parent")
    deal = client.create("Opportunity", **DEAL, AccountId=account)
    client.call("DELETE", f"/sobjects/Account/{account}")
    histories = f"SELECT IsDeleted FROM OpportunityHistory WHERE OpportunityId = '{deal}'"
    went = client.records(f"SELECT Id FROM Opportunity WHERE Id = '{deal}'")
    followed = client.records(histories, all_rows=True)
    client.admin("POST", "records/Account/undelete", json={"ids": [account]})
    back = client.records(f"SELECT Id FROM Opportunity WHERE Id = '{deal}'")
    assert (went, followed, back) == ([], [{"IsDeleted": True}], [{"Id": deal}])


def test_a_contact_role_leaves_no_trace_but_in_get_deleted(client: Client) -> None:
    """api.md 5.2: directly deleted roles do not reach the bin."""
    person, deal = client.create("Contact", LastName="Ng"), client.create("Opportunity", **DEAL)
    role = client.create("OpportunityContactRole", ContactId=person, OpportunityId=deal)
    client.call("DELETE", f"/sobjects/OpportunityContactRole/{role}")
    window = {"start": "2026-03-02T11:00:00Z", "end": "2026-03-02T12:02:00Z"}
    listed = client.get("/sobjects/OpportunityContactRole/deleted", **window).json()
    soql = f"SELECT Id FROM OpportunityContactRole WHERE Id = '{role}'"
    assert client.records(soql, all_rows=True) == []
    assert role in [row["id"] for row in listed["deletedRecords"]]


def test_a_merge_deletes_the_losers_and_moves_their_children(client: Client) -> None:
    """api.md 5.2."""
    winner, loser = client.create("Account", Name="A"), client.create("Account", Name="B")
    person = client.create("Contact", LastName="Ng", AccountId=loser)
    client.admin("POST", "records/Account/merge", json={"winner": winner, "losers": [loser]})
    lost = client.records(
        f"SELECT IsDeleted, MasterRecordId FROM Account WHERE Id = '{loser}'", all_rows=True
    )
    moved = client.records(f"SELECT AccountId FROM Contact WHERE Id = '{person}'")
    assert lost == [{"IsDeleted": True, "MasterRecordId": winner}]
    assert moved == [{"AccountId": winner}]


def test_a_purged_record_is_nowhere(client: Client) -> None:
    record_id = client.create("Account", Name="Purged")
    client.admin("POST", "records/Account/purge", json={"ids": [record_id]})
    assert client.records(f"SELECT Id FROM Account WHERE Id = '{record_id}'", all_rows=True) == []


def test_a_purged_record_can_linger_for_a_day(
    client: Client, options: Options, clock: Clock
) -> None:
    """api.md 5.2: queryable with queryAll for some time, typically 24 hours."""
    options(purged_rows_linger=True)
    record_id = client.create("Account", Name="Purged")
    client.admin("POST", "records/Account/purge", json={"ids": [record_id]})
    soql = f"SELECT IsDeleted FROM Account WHERE Id = '{record_id}'"
    lingering = client.records(soql, all_rows=True)
    clock.advance(timedelta(hours=25))
    client.login()
    assert (lingering, client.records(soql, all_rows=True)) == ([{"IsDeleted": True}], [])


@pytest.mark.parametrize(("bumps", "stamp"), [(True, "12:00:40"), (False, "12:00:30")])
def test_an_undeletion_moves_the_stamp_or_not(
    client: Client, options: Options, clock: Clock, bumps: bool, stamp: str
) -> None:
    """api.md 5.2 (U)."""
    options(undelete_bumps_stamp=bumps)
    record_id = client.create("Account", Name="Back")
    client.call("DELETE", f"/sobjects/Account/{record_id}")
    clock.advance(timedelta(seconds=10))
    client.admin("POST", "records/Account/undelete", json={"ids": [record_id]})
    row = client.get(f"/sobjects/Account/{record_id}").json()
    assert row["SystemModstamp"] == f"2026-03-02T{stamp}.000+0000"


def test_old_activities_leave_the_query_for_the_archive(client: Client) -> None:
    """api.md 5.2: closed tasks 365 days old are archived, and seen only by queryAll."""
    task = client.create("Task", Subject="Old", Status="Completed", ActivityDate="2020-01-01")
    soql = f"SELECT IsArchived FROM Task WHERE Id = '{task}'"
    assert client.records(soql) == []
    assert client.records(soql, all_rows=True) == [{"IsArchived": True}]


def test_a_collection_reports_each_row_as_recorded(
    client: Client, recording: Callable[[str], Any]
) -> None:
    """wire/grouparoo/exchanges.json: statusCode instead of errorCode, no id on failure."""
    records = [{"attributes": {"type": "Account"}, "Name": name} for name in ("A", None)]
    body = {"allOrNone": False, "records": records}
    done, failed = client.call("POST", "/composite/sobjects", json=body).json()
    error = {
        "statusCode": "REQUIRED_FIELD_MISSING",
        "message": "Required fields are missing: [Name]",
        "fields": ["Name"],
    }
    assert set(done) == {"id", "success", "errors"}
    assert failed == {"success": False, "errors": [error]}


def test_all_or_none_takes_a_collection_back(client: Client) -> None:
    records = [{"attributes": {"type": "Account"}, "Name": name} for name in ("Taken back", None)]
    client.call("POST", "/composite/sobjects", json={"allOrNone": True, "records": records})
    assert client.records("SELECT Id FROM Account WHERE Name = 'Taken back'") == []


def test_a_collection_changes_reads_and_deletes(client: Client) -> None:
    ids = [client.create("Account", Name=name) for name in "AB"]
    records = [{"attributes": {"type": "Account"}, "id": i, "Name": "C"} for i in ids]
    changed = client.call("PATCH", "/composite/sobjects", json={"records": records}).json()
    unknown = "001SimAAAAAAAAA"
    read = client.get("/composite/sobjects/Account", ids=",".join([*ids, unknown]), fields="Name")
    deleted = client.call("DELETE", "/composite/sobjects", params={"ids": ",".join(ids)}).json()
    assert [row["success"] for row in changed + deleted] == [True] * 4
    assert [row and row["Name"] for row in read.json()] == ["C", "C", None]


def test_a_collection_has_two_hundred_records_at_most(client: Client) -> None:
    records = [{"attributes": {"type": "Account"}, "Name": "x"}] * 201
    answer = client.call("POST", "/composite/sobjects", json={"records": records})
    assert answer.json()[0]["errorCode"] == "EXCEEDED_ID_LIMIT"
