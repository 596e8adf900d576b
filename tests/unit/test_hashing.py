"""What becomes of the cells of hashed fields, before a row reaches the warehouse."""

import hmac

import pytest

from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.hashing import Hashing, Salt, canonical

LONG = "123456789012345678901234567890"
SALT = Salt.of("a salt of the tests, long enough to be one")
HASHING = Hashing(SALT, {"email": "text", "amount__c": "numeric", "at__c": "timestamptz"})


def test_a_hash_is_the_hmac_of_the_value_under_the_salt_in_hexadecimal():
    expected = hmac.new(SALT.secret, b"ada@acme.com", "sha256").hexdigest()
    assert HASHING.cell("email", "ada@acme.com") == expected
    assert len(expected) == 64


def test_another_salt_gives_another_hash():
    other = Salt.of("another salt of the tests, long enough")
    assert other.hash("ada@acme.com") != SALT.hash("ada@acme.com")
    assert other.check_value != SALT.check_value


def test_one_value_has_one_hash_in_every_field():
    other = Hashing(SALT, {"personal__c": "text"})
    assert other.cell("personal__c", "ada@acme.com") == HASHING.cell("email", "ada@acme.com")


def test_empty_stays_empty_and_other_fields_stay_as_they_are():
    assert HASHING.cell("email", None) is None
    assert HASHING.cell("last_name", "Lovelace") == "Lovelace"


@pytest.mark.parametrize(
    ("column", "ways"),
    [
        ("amount__c", ("90000000.0", "9.0E7", "90000000", "90000000.00")),
        ("amount__c", ("0", "-0", "0.00", "0E-10")),
        ("at__c", ("2026-03-02T09:30:00.000+0000", "2026-03-02T09:30:00.000Z",
                   "2026-03-02 09:30:00+00")),
    ],
)  # fmt: skip
def test_a_value_has_one_hash_however_it_is_written(column, ways):
    """api.md: REST and Bulk write numbers and stamps in different forms; PostgreSQL in a third."""
    assert len({HASHING.cell(column, way) for way in ways}) == 1


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("numeric", f"{LONG}.1234567890", f"{LONG}.123456789"),
        ("numeric", "100", "100"),
        ("numeric", "-0.50", "-0.5"),
        ("time", "09:30:00.000Z", "09:30:00"),
        ("time", "09:30:00.500Z", "09:30:00.500000"),
        ("boolean", "True", "true"),
        ("timestamptz", "2026-03-02 09:30:00.5+00", "2026-03-02T09:30:00.500000+00:00"),
        ("date", "2026-03-02", "2026-03-02"),
        ("text", "0012.0", "0012.0"),
        ("numeric", "twelve", "twelve"),
        ("timestamptz", "soon", "soon"),
    ],
)  # fmt: skip
def test_the_text_that_is_hashed_is_exact_and_one_for_each_value(kind, text, expected):
    assert canonical(text, kind) == expected


def test_a_nul_is_hashed_as_what_the_warehouse_would_have_kept_of_it():
    assert HASHING.cell("email", "a\x00b") == HASHING.cell("email", "a\ufffdb")


def test_a_salt_that_can_be_guessed_is_refused_without_showing_it():
    with pytest.raises(SettingsInvalid, match=r"has 6 characters.*ELT_HASH_SALT_FILE.*32") as info:
        Salt.of("pepper")
    assert "pepper" not in str(info.value)


def test_the_salt_is_not_shown_when_it_is_printed():
    assert "long enough" not in repr(HASHING)
