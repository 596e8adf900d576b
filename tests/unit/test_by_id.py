"""Records that are named by their Ids."""

import re
from urllib.parse import parse_qs

import httpx
import pytest

from salesforce_elt.salesforce.by_id import (
    IDS_AT_ONCE,
    ByIdSource,
    calls_by_id,
    read_by_id,
)
from salesforce_elt.salesforce.query import URL_BYTES
from tests.unit.test_client import client_of

STAMP = "2026-03-01T11:00:00.000+0000"
WIDE = ["Id", "SystemModstamp", *(f"A_rather_long_field_name_{number}__c" for number in range(400))]


class Org:
    """Answers queries by Id with a value for every field; remembers the queries."""

    def __init__(self, *gone: str, restless: bool = False) -> None:
        self.gone, self.restless = gone, restless
        self.asked: list[str] = []
        self.urls: list[int] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.urls.append(len(request.url.raw_path))
        (text,) = parse_qs(request.url.query.decode())["q"]
        self.asked.append(text)
        fields = re.search("SELECT (.*) FROM", text)[1].split(", ")
        ids = [one for one in re.findall("'(.*?)'", text) if one not in self.gone]
        stamp = f"2026-03-01T11:00:{len(self.asked):02d}.000+0000" if self.restless else STAMP
        records = [{**dict.fromkeys(fields, "x"), "Id": one, "SystemModstamp": stamp}
                   for one in ids]
        return httpx.Response(200, json={"done": True, "totalSize": len(ids), "records": records},
                              headers={"Date": "Sun, 01 Mar 2026 12:00:00 GMT"})


def ids(count: int) -> list[str]:
    return [f"001{number:015d}" for number in range(count)]


def test_ids_are_asked_for_in_as_many_queries_as_it_takes():
    org = Org()
    found = read_by_id(client_of(org), "Account", ids(450), fields=["Id", "SystemModstamp"])
    assert [one["Id"] for one in found] == ids(450)
    assert [text.count("'001") for text in org.asked] == [IDS_AT_ONCE, IDS_AT_ONCE, 50]


def test_a_wide_object_comes_in_several_answers_that_fit_an_address():
    org = Org()
    (record, *others) = read_by_id(client_of(org), "Account", ids(200), fields=WIDE)
    assert (set(record), len(others)) == (set(WIDE), 199)
    assert len(org.asked) > 1
    assert max(org.urls) < URL_BYTES + 100


def test_a_record_that_changes_between_two_answers_is_left_to_the_next_sync():
    assert read_by_id(client_of(Org(restless=True)), "Account", ids(200), fields=WIDE) == []


def test_what_is_gone_is_not_in_the_answer_and_that_is_a_whole_answer():
    source = ByIdSource(client_of(Org(ids(2)[1])), "Account", ids(2),
                        fields=["Id", "SystemModstamp", "Name"])
    (kept,) = source.pages({})
    with kept.open() as page:
        assert list(page.rows) == [[ids(2)[0], STAMP, "x"]]
    assert source.expected() == 1


@pytest.mark.parametrize("fields", [["Id", "SystemModstamp"], WIDE])
@pytest.mark.parametrize(
    "count", [0, 1, IDS_AT_ONCE, pytest.param(2 * IDS_AT_ONCE + 1, marks=pytest.mark.slow)])
def test_the_calls_that_it_takes_are_known_before(fields, count):
    org = Org()
    read_by_id(client_of(org), "Account", ids(count), fields=fields)
    assert calls_by_id("Account", count, fields=fields) == len(org.asked)
