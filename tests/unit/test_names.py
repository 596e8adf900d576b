"""What Salesforce's names become."""

import pytest

from salesforce_elt.warehouse.names import is_column_of, table_name, warehouse_name


@pytest.mark.parametrize(
    ("api_name", "expected"),
    [
        ("AccountId", "account_id"),
        ("TableEnumOrId", "table_enum_or_id"),
        ("OpportunityContactRole", "opportunity_contact_role"),
        ("LastCURequestDate", "last_cu_request_date"),
        ("Region__c", "region__c"),
        ("Foo_Bar__c", "foo_bar__c"),
        ("FooBar__c", "foobar__c"),
        ("ns__FooBar__c", "ns__foobar__c"),
        ("FirstName__pc", "firstname__pc"),
    ],
)
def test_standard_names_become_snake_case_and_custom_ones_lower_case(api_name, expected):
    assert warehouse_name(api_name) == expected


@pytest.mark.parametrize(
    ("api_name", "written"),
    [
        ("TableEnumOrId", "tableenumorid"),
        ("LastCURequestDate", "LASTCUREQUESTDATE"),
        ("Foo_Bar__c", "foo_bar__C"),
        ("ns__FooBar__c", "NS__foobar__c"),
        ("FirstName__pc", "firstname__PC"),
    ],
)
def test_a_field_finds_its_column_in_whatever_case_it_is_written(api_name, written):
    assert is_column_of(warehouse_name(api_name), written)


def test_custom_fields_that_differ_by_an_underscore_are_two():
    assert not is_column_of("foo_bar__c", "FooBar__c")
    assert not is_column_of("foobar__c", "Foo_Bar__c")


def test_a_long_name_leaves_room_for_the_tables_beside_it_and_stays_its_own():
    long, other = "ns__" + "A" * 40 + "_One__History", "ns__" + "A" * 40 + "_Two__History"
    names = {table_name(one, suffix) for one in (long, other) for suffix in ("", "__loading")}
    assert len(names) == 4
    assert max(map(len, names)) <= 63
    assert table_name("Account", "__before") == "account__before"
