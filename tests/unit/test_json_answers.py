"""Answers in JSON that are not what was asked for are answers that did not arrive."""

import pytest

from salesforce_elt.errors import ServerUnavailable
from salesforce_elt.salesforce.composite import ask
from salesforce_elt.salesforce.json_answers import parsed
from tests.unit.test_client import Server, answer, client_of

STRANGE = {
    "no JSON": "<html>",
    "no text": b"\xff\xfe",
    "nothing": "",
    "a list": "[]",
    "null": "null",
    "a number that is none": '{"totalSize": NaN}',
    "more depth than Python has": "[" * 100_000,
    "a count in words": '{"totalSize": "2"}',
    "a count that is a flag": '{"totalSize": true}',
    "a count with a fraction": '{"totalSize": 2.0}',
    "no records": '{"records": null}',
    "records that are none": '{"records": [1]}',
    "an address elsewhere": '{"nextRecordsUrl": "@evil.example"}',
    "an address by another scheme": '{"nextRecordsUrl": "https://evil.example/"}',
    "an address at another host": '{"resultUrl": "//evil.example/"}',
    "a day that is none": '{"latestDateCovered": "yesterday"}',
    "a time without its zone": '{"deletedRecords": [{"deletedDate": "2026-03-01T12:00:00"}]}',
    "a user whose Id ends a text": "{\"identity\": \"https://x/id/00D/' OR Id != '\"}",
    "something deep inside": '{"compositeResponse": [{"body": {"fields": {"a": 1}}}]}',
}


@pytest.mark.parametrize("content", STRANGE.values(), ids=STRANGE)
def test_an_answer_of_another_shape_is_told_and_tried_again(content):
    with pytest.raises(ServerUnavailable, match=r"^Query Account: Salesforce answered with"):
        parsed(content, asked="Query Account")


def test_the_fields_of_a_record_may_have_any_name():
    found = parsed('{"records": [{"attributes": {}, "records": 5, "done": "x"}]}', asked="Count")
    assert found["records"][0]["records"] == 5


def test_a_name_that_an_answer_lacks_is_told():
    found = parsed('{"records": []}', asked="Query Account")
    with pytest.raises(ServerUnavailable, match=r"Query Account: .*an answer without 'totalSize'"):
        found["totalSize"]
    assert (found.get("totalSize"), "totalSize" in found) == (None, False)


@pytest.mark.parametrize("answers", [
    [], [{"referenceId": "r1", "httpStatusCode": 200, "body": {}}],
    [{"referenceId": "r0", "httpStatusCode": 200, "body": None}],
    [{"referenceId": name, "httpStatusCode": 200, "body": {}} for name in ("r0", "r1")],
])
def test_answers_to_other_questions_are_no_answer(answers):
    client = client_of(Server(answer(json={"compositeResponse": answers})))
    with pytest.raises(ServerUnavailable, match=r"^Count: Salesforce answered with"):
        ask(client, {"Account": "/query?q=x"}, asked="Count")
