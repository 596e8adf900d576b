"""Every recording is replayed, or it is said here why not."""

from __future__ import annotations

import json
import re

from tests.simulator.recorded import (
    declared,
    exchanges,
    test_bulk_first_exchanges,
    test_headers,
    test_texts,
)
from tests.simulator.recorded.material import INTERACTIONS, every_piece, text_of
from tests.simulator_data import test_recorded_describes as describes

NOT_REPLAYED = {
    "restforce/recent_success_response.json": "what a user has looked at is not offered",
    "restforce/list_view_results_success_response.json": "list views are not offered",
    "restforce/search_error_response.json": "SOSL is not offered",
    "restforce/search_success_response.json": "SOSL is not offered",
    "swiftlysalesforce/MockSearchResults.json": "SOSL is not offered",
    "cumulusci/jobInfo_upsert_xml.tpl": "Bulk 1.0 for writing is refused",
    **exchanges.UNUSABLE,
}


def replayed() -> set[str]:
    """The pieces that some test of this folder, or of the describes, replays."""
    described = {*describes.RECORDED.values(), *describes.OTHERS, *describes.CUSTOM}
    return {
        *declared.ANSWERS,
        *test_headers.HELD,
        *test_texts.TEXTS,
        *test_bulk_first_exchanges.TEMPLATES,
        *described,
        describes.GLOBAL,
    }


def of_cassettes() -> tuple[set[str], set[str]]:
    """The cassettes' exchanges: those that are sent again, and those of what is not offered."""
    sent, not_offered = set(), set()
    for name in every_piece():
        if name.startswith(INTERACTIONS):
            file, _, number = name.partition("#")
            entry = json.loads(text_of(file))[int(number)]
            is_offered = exchanges.of_cassette(entry).reason() is None
            (sent if is_offered and name not in exchanges.UNUSABLE else not_offered).add(name)
    return sent, not_offered


def test_every_recording_is_replayed_or_has_a_reason() -> None:
    sent, not_offered = of_cassettes()
    unexplained = set(every_piece()) - replayed() - NOT_REPLAYED.keys() - sent - not_offered
    assert unexplained == set()


def test_nothing_is_declared_that_was_not_recorded() -> None:
    assert (replayed() | NOT_REPLAYED.keys()) - set(every_piece()) == set()


def test_nothing_is_both_replayed_and_left_out() -> None:
    sent, _ = of_cassettes()
    assert (replayed() | sent) & NOT_REPLAYED.keys() == set()


def test_most_exchanges_are_sent_again() -> None:
    """A pattern of what is not offered must not grow until it covers all."""
    sent, not_offered = of_cassettes()
    kinds = {pattern.pattern for pattern, _ in exchanges.NOT_OFFERED}
    assert kinds == {"/tooling/", "/connect/", "/services/async/"}
    assert len(sent) >= 100
    assert all(
        re.search("tooling|connect|async", _uri(n)) for n in not_offered - NOT_REPLAYED.keys()
    )


def _uri(name: str) -> str:
    file, _, number = name.partition("#")
    return str(json.loads(text_of(file))[int(number)]["request"]["uri"])
