"""Traps that need no org to be shown."""

from datetime import UTC, datetime

import httpx
import pytest

from salesforce_elt.errors import RequestRefused
from salesforce_elt.salesforce.describes import deleted_path
from tests.unit.test_client import Server, answer, client_of

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def test_the_plus_of_a_time_zone_is_no_space_in_an_address():
    path = deleted_path("Account", DAY, DAY.replace(hour=5))
    assert "+" not in path
    assert httpx.URL(path).params["start"] == "2026-03-01T00:00:00+00:00"


def test_a_refusal_in_plain_text_is_said_in_words_and_not_asked_again():
    """A bad token may be answered by 403 and the bare word, not by 401 and JSON."""
    server = Server(answer(403, content=b"Bad_OAuth_Token"))
    with pytest.raises(RequestRefused, match="Limits: Salesforce answered 403"):
        client_of(server).get("/services/data/v62.0/limits", asked="Limits")
    assert len(server.requests) == 1
