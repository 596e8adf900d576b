"""CumulusCI's exchanges with Bulk 1.0: queries as recorded, writing refused (clients.md 9)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.simulator.conftest import PATIENCE_SECONDS, WIRE
from tests.simulator.recorded.comparing import differences
from tests.simulator.recorded.exchanges import of_cassette
from tests.simulator.recorded.material import INTERACTIONS, text_of
from tests.simulator.recorded.world import World
from tests.simulator.test_bulk_first import Bulk
from tests.simulator.test_bulk_first import text_of as entry_of

TYPEOF = "TestSelect.test_select_similarity_select_and_insert_strategy_bulk.json"
TEMPLATES = (
    "cumulusci/batchInfo_xml.tpl",
    "cumulusci/batchInfoList_xml.tpl",
    "cumulusci/jobInfo_insert_xml.tpl",
)
FOLDER = WIRE / INTERACTIONS
CASSETTES = sorted(path.name for path in FOLDER.glob("*.json")) if FOLDER.is_dir() else []


def created_jobs(file: str) -> Iterator[str]:
    """The bodies by which jobs were created."""
    for entry in json.loads(text_of(f"{INTERACTIONS}/{file}")):
        if "request" in entry:
            exchange = of_cassette(entry)
            if re.search(r"/services/async/[^/]+/job$", exchange.uri) and exchange.method == "POST":
                yield exchange.body or ""


def tags(xml: str) -> list[str]:
    return re.findall(r"<(\w+)", xml)


def answered(file: str, path: str) -> str:
    """The recorded answer of the first exchange with such a path."""
    for entry in json.loads(text_of(f"{INTERACTIONS}/{file}")):
        if "request" in entry and re.search(path, of_cassette(entry).uri):
            return of_cassette(entry).answer
    raise AssertionError(f"{file} has no exchange with {path}")


@pytest.mark.parametrize("cassette", CASSETTES)
def test_a_job_that_writes_is_refused_so_that_clients_fall_back(
    world: World, cassette: str
) -> None:
    xml = Bulk(world.client, "application/xml")
    for body in created_jobs(cassette):
        answer = xml.send("POST", data=body)
        if "<operation>query</operation>" in body:
            assert answer.status_code == 201
        else:
            assert answer.status_code == 400
            assert entry_of(answer, "exceptionCode") == "FeatureNotEnabled"


def test_jobs_and_batches_have_the_elements_of_the_templates(world: World) -> None:
    """wire/cumulusci/*.tpl."""
    xml = Bulk(world.client, "application/xml")
    created = xml.send("POST", data=next(created_jobs(TYPEOF)).replace("insert", "query"))
    job = entry_of(created, "id")
    # a query is a text, so the batch is asked for without a content type of its own
    batch = entry_of(xml.send("POST", f"/{job}/batch", data="SELECT Id FROM Event"), "id")
    info, listed = xml.ended(job, batch), xml.send("GET", f"/{job}/batch")
    shown = {
        "cumulusci/jobInfo_insert_xml.tpl": created.text,
        "cumulusci/batchInfo_xml.tpl": info.text,
        "cumulusci/batchInfoList_xml.tpl": listed.text,
    }
    for name in TEMPLATES:
        assert tags(shown[name]) == tags(text_of(name)), name


def test_a_query_batch_is_answered_as_recorded(world: World) -> None:
    bulk = Bulk(world.client)
    job = bulk.job("JSON", object="Event")
    batch = bulk.batch(job, "SELECT Id, Subject, DurationInMinutes, ActivityDateTime FROM Event")
    info = bulk.ended(job, batch).json()
    assert list(differences(json.loads(answered(TYPEOF, r"/batch/\w+$")), info)) == []
    names = json.loads(answered(TYPEOF, r"/result$"))
    listed = bulk.send("GET", f"/{job}/batch/{batch}/result").json()
    assert list(differences(names, listed)) == []
    recorded = _without_type_of(json.loads(answered(TYPEOF, r"/result/\w+")))
    assert list(differences(recorded, bulk.result(job, batch).json())) == []


def test_a_second_slash_before_the_path_is_tolerated(world: World) -> None:
    """…bulk.json asks for a result by //services/async/…"""
    bulk = Bulk(world.client)
    job = bulk.job("JSON")
    doubled = bulk.base.replace("/services", "//services")
    answer = requests.get(f"{doubled}/{job}", headers=bulk.headers, timeout=PATIENCE_SECONDS)
    assert answer.json()["id"] == job


def _without_type_of(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: v for key, v in row.items() if key not in ("Who", "What")} for row in records]
