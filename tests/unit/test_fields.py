"""Which fields are read, by the describe alone."""

from salesforce_elt.fields import Column, missing_needs, owners, shape
from salesforce_elt.objects import SObject


def described(*fields: tuple[str, str], name: str = "Thing__c", **more: bool) -> dict:
    common = {"filterable": True, "calculated": False, **more}
    return {
        "name": name,
        "replicateable": True,
        "fields": [{"name": name, "type": kind, **common} for name, kind in fields],
    }


def test_compound_and_binary_fields_are_left_out_and_listed():
    found = shape(
        described(("Id", "id"), ("BillingAddress", "address"), ("Where__c", "location"),
                  ("Body", "base64"))
    )
    assert [column.field for column in found.columns] == ["Id"]
    assert found.left_out == ("BillingAddress", "Where__c", "Body")


def test_numbers_are_numeric_without_precision_and_text_has_no_length():
    found = shape(
        described(("Id", "id"), ("Amount", "currency"), ("N", "int"), ("Name", "string"),
                  ("Any", "anyType"), ("At", "datetime"), ("On", "date"), ("T", "time"))
    )
    assert [column.type for column in found.columns] == [
        "text", "numeric", "numeric", "text", "text", "timestamptz", "date", "time",
    ]


def test_the_cursor_is_the_best_stamp_that_the_object_has():
    assert shape(described(("CreatedDate", "datetime"),
                           ("SystemModstamp", "datetime"))).cursor == "SystemModstamp"
    assert shape(described(("LoginTime", "datetime"))).cursor == "LoginTime"
    assert shape(described(("Id", "id"))).cursor is None


def test_a_stamp_that_cannot_be_filtered_is_no_cursor():
    describe = described(("SystemModstamp", "datetime"), filterable=False)
    assert shape(describe).cursor is None


def test_excluded_fields_are_not_read():
    found = shape(described(("Id", "id"), ("SSN__c", "string")), exclude=("SSN__c",))
    assert [column.field for column in found.columns] == ["Id"]


def test_hashed_fields_become_text_and_their_own_types_are_kept():
    found = shape(described(("Id", "id"), ("Pay__c", "currency")), hashed=("PAY__C", "Other__c"))
    assert found.columns[1] == Column("Pay__c", "pay__c", "text")
    assert found.hashed == (Column("Pay__c", "pay__c", "numeric"),)


def test_what_marts_need_and_the_org_hides_is_known_by_name_and_type():
    sobject = SObject("Opportunity", {"Amount": "currency", "Name": "string"})
    found = shape(described(("Id", "id"), ("Name", "string")))
    assert missing_needs(sobject, found.columns) == (Column("Amount", "amount", "numeric"),)


def test_formulas_and_their_like_are_known_to_change_without_a_stamp():
    assert shape(described(("Days__c", "double"), calculated=True)).stampless == ("Days__c",)
    user = described(("LastLoginDate", "datetime"), ("LastViewedDate", "datetime"), name="User")
    assert shape(user).stampless == ("LastLoginDate",)


def test_the_settings_name_further_fields_that_change_without_a_stamp_in_any_case():
    found = shape(described(("Score__c", "double"), ("Name", "string")), refresh=("score__C",))
    assert found.stampless == ("Score__c",)


def test_parents_tell_whose_records_their_own_take_along():
    def related(child: str, field: str, *, cascade: bool) -> dict:
        return {"childSObject": child, "field": field, "cascadeDelete": cascade}

    account = {"name": "Account", "childRelationships": [
        related("Task", "WhatId", cascade=True), related("Contact", "AccountId", cascade=False)]}
    deal = {"name": "Opportunity", "childRelationships": [related("Task", "WhatId", cascade=True)]}
    assert owners([account, deal]) == {"Task": {"WhatId": ("Account", "Opportunity")}}
