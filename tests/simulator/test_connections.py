"""Connections that stay open between two requests."""

import http.client
from urllib.parse import urlsplit

import pytest

from simulator.server import RunningOrg

POLL_SECONDS = 5  # what simple-salesforce waits between two looks at a job


def test_a_connection_outlives_the_pause_between_two_polls(org: RunningOrg) -> None:
    connection = http.client.HTTPConnection(urlsplit(org.url).netloc, timeout=60)
    connection.request("GET", "/services/data/")
    connection.getresponse().read()
    connection.sock.settimeout(POLL_SECONDS + 1)
    with pytest.raises(TimeoutError):  # nothing comes, not even the end
        connection.sock.recv(1)
    connection.request("GET", "/services/data/")
    assert connection.getresponse().status == 200
    connection.close()
