"""Reaching the warehouse: errors show no password."""

import pytest

from salesforce_elt.errors import SettingsInvalid, WarehouseUnavailable
from salesforce_elt.warehouse.connection import connect


def test_a_url_that_cannot_be_read_says_how_to_write_it_without_showing_the_password():
    with pytest.raises(SettingsInvalid, match="percent-encoded") as caught:
        connect("postgresql://etl:s3cr%zzet@127.0.0.1:9/warehouse")
    assert "s3cr" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_server_that_does_not_answer_is_said_without_the_password():
    with pytest.raises(WarehouseUnavailable, match="does not answer") as caught:
        connect("postgresql://etl:s3cret@127.0.0.1:9/warehouse")
    assert "s3cret" not in str(caught.value)
