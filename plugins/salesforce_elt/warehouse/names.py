"""What an SObject and a field are called in the warehouse."""

import re

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CUSTOM = re.compile(r"__[A-Za-z]+$")


def warehouse_name(api_name: str) -> str:
    """`AccountId` -> `account_id`; custom names (`Region__c`) are only lower-cased.

    Salesforce's names are unique whatever their case, but two custom names may differ by an
    underscore alone (`Foo_Bar__c`, `FooBar__c`), so those get none added.
    """
    if _CUSTOM.search(api_name):
        return api_name.lower()
    return _WORD_START.sub("_", api_name).lower()


def is_column_of(column: str, api_name: str) -> bool:
    """Whether a column is the field's, in whatever case the settings write the field's name."""
    if _CUSTOM.search(api_name):
        return column == api_name.lower()
    return column.replace("_", "") == api_name.lower().replace("_", "")


def staging_schema(org: str) -> str:
    """The schema of an org's staging tables."""
    return f"staging_{org}"
