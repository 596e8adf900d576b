"""Ids: their checksums, their counting, their two forms."""

import pytest

from simulator.ids import MASTER_RECORD_TYPE_ID, is_id, new_id, pod_of, to_18

REAL = [
    "0016g000007WEfsAAG",
    "0066g00000mEB4yAAG",
    "00K6g000001zzmLEAQ",
    "00Q6g000001B1mFEAS",
    "7016g000000gmWNAAY",
    MASTER_RECORD_TYPE_ID,
]


@pytest.mark.parametrize("real", REAL)
def test_a_real_id_has_the_checksum_that_salesforce_gave_it(real: str) -> None:
    assert to_18(real[:15]) == real


@pytest.mark.parametrize("real", REAL[:-1])
def test_a_letter_in_the_wrong_case_breaks_an_id(real: str) -> None:
    assert is_id(real)
    assert not is_id(real[:15].swapcase() + real[15:])


def test_what_is_no_id_has_no_long_form() -> None:
    with pytest.raises(ValueError, match="not a Salesforce Id"):
        to_18("acct-001")


def test_new_ids_are_real_ids_in_the_order_of_their_numbers() -> None:
    ids = [new_id("006", number) for number in (0, 1, 61, 62, 10**10)]
    assert all(is_id(record_id) and record_id.startswith("006") for record_id in ids)
    assert len({record_id.lower() for record_id in ids}) == len(ids)


def test_sources_of_records_never_share_an_id() -> None:
    assert new_id("001", 1, pod_of("crm")) != new_id("001", 1, pod_of("recipes"))


def test_a_number_that_no_id_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        new_id("001", 62**9)
