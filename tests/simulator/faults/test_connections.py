"""Connections that are slow or break."""

from __future__ import annotations

import csv
import io
import time
from typing import Any

import pytest
import requests

from tests.simulator.conftest import Client
from tests.simulator.faults.conftest import MANY, NAMES, Arm


def results(client: Client, job_id: str, **params: Any) -> requests.Response:
    return client.get(f"/jobs/query/{job_id}/results", **params)


def names(text: str) -> list[str]:
    return [row["Name"] for row in csv.DictReader(io.StringIO(text))]


def test_an_answer_comes_late(client: Client, arm: Arm) -> None:
    arm("delay", seconds=0.3)
    began = time.monotonic()
    assert client.get("/limits").status_code == 200
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("after", [None, 0, 10])
def test_a_connection_is_reset(client: Client, arm: Arm, after: int | None) -> None:
    arm("reset", after_bytes=after)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.get("/limits")
    assert client.get("/limits").status_code == 200


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_streamed_page_is_cut_off(client: Client, arm: Arm, encoding: str) -> None:
    """api.md 8.7: a chunked body without its last chunk is no whole page."""
    job = client.bulk(NAMES)
    arm("truncation", after_bytes=3_000, match={"path": "/results"})
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.call("GET", f"/jobs/query/{job}/results", headers={"Accept-Encoding": encoding})
    assert len(names(results(client, job).text)) == MANY


def test_a_cut_page_has_brought_what_came_before_the_cut(client: Client, arm: Arm) -> None:
    job = client.bulk(NAMES)
    arm("truncation", after_bytes=500, match={"path": "/results"})
    url, headers = f"{client.data}/jobs/query/{job}/results", {"Accept-Encoding": "identity"}
    with client.http.get(url, headers=headers, stream=True, timeout=120) as answer:
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            list(answer.iter_content(100))
        assert answer.headers["Sforce-NumberOfRecords"] == str(MANY)
        assert answer.headers["Transfer-Encoding"] == "chunked"


def test_a_page_drips_and_arrives_whole(client: Client, arm: Arm) -> None:
    expected = client.get("/limits").json().keys()
    arm("slow_drip", bytes=100, seconds=0.05)
    began = time.monotonic()
    assert client.get("/limits").json().keys() == expected
    assert time.monotonic() - began > 0.05
