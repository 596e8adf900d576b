"""What an SObject and a field are called in the warehouse."""

import re
from hashlib import sha256

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
LONGEST_TABLE, DIGEST = 50, 8  # leaves room for what is appended, also in names of keys

_CUSTOM = re.compile(r"__[A-Za-z]+$")


def warehouse_name(api_name: str) -> str:
    """`AccountId` -> `account_id`; custom names (`Region__c`) are only lower-cased.

    Salesforce's names are unique whatever their case, but two custom names may differ by an
    underscore alone (`Foo_Bar__c`, `FooBar__c`), so those get none added.
    """
    if _CUSTOM.search(api_name):
        return api_name.lower()
    return _WORD_START.sub("_", api_name).lower()


def table_name(sobject: str, suffix: str = "") -> str:
    """The name of an object's table, or of one of those beside it.

    PostgreSQL cuts names after 63 bytes, in silence; a longer one keeps its beginning and gets a
    hash, so that the tables beside it still differ from it and from those of other objects.
    """
    name = warehouse_name(sobject)
    if len(name) > LONGEST_TABLE:
        digest = sha256(name.encode()).hexdigest()[:DIGEST]
        name = f"{name[: LONGEST_TABLE - DIGEST - 1]}_{digest}"
    return name + suffix


def is_column_of(column: str, api_name: str) -> bool:
    """Whether a column is the field's, in whatever case the settings write the field's name."""
    if _CUSTOM.search(api_name):
        return column == api_name.lower()
    return column.replace("_", "") == api_name.lower().replace("_", "")


def staging_schema(org: str) -> str:
    """The schema of an org's staging tables."""
    return f"staging_{org}"
