"""What Salesforce's names become."""

import pytest

from salesforce_elt.warehouse.names import warehouse_name


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
