"""Faults in results: counts that are wrong, rows that are lost, doubled, moved or spoilt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from simulator.faults.work import Work
from simulator.web.calls import Answer

PIECE = 64 * 1024
SPOILT = b'\xff\xfe"'
_PLACE = re.compile(r"-\d+/?$")
Rows = list[Any]


def wrong_header_count(work: Work) -> Answer:
    """``Sforce-NumberOfRecords`` differs from the rows of the page."""
    answer = work.proceed()
    name = "Sforce-NumberOfRecords"
    if name not in answer.headers:
        raise work.in_vain()
    count = int(answer.headers[name]) + work.values["by"]
    return replace(answer, headers={**answer.headers, name: str(count)})


def wrong_total(work: Work) -> Answer:
    """``totalSize`` of a query differs from its records, inside composite too."""
    return _recounted(work, "totalSize")


def wrong_processed(work: Work) -> Answer:
    """``numberRecordsProcessed`` of a job differs from its result."""
    return _recounted(work, "numberRecordsProcessed")


def lost_rows(work: Work) -> Answer:
    """Rows are missing at the end of a page."""
    count = work.values["rows"]
    return _changed(work, lambda rows: rows[: max(0, len(rows) - count)])


def repeated_rows(work: Work) -> Answer:
    """Every row of a page comes twice."""
    return _changed(work, lambda rows: [*rows, *rows])


def reordered_rows(work: Work) -> Answer:
    """The rows of a page come in the opposite order."""
    return _changed(work, lambda rows: rows[::-1])


def corrupted_page(work: Work) -> Answer:
    """Bytes that are no text stand in the middle of a page."""
    answer = work.proceed()
    content = _content(work, answer)
    middle = len(content) // 2
    return _streamed(answer, content[:middle] + SPOILT + content[middle:])


def first_page_again(work: Work) -> Answer:
    """A later page has the headers and the locator of its own, and the first page's rows."""
    call, answer = work.call, work.proceed()
    first = {name: value for name, value in call.query.items() if name != "locator"}
    path = _PLACE.sub("-0", call.path)
    if first == call.query and path == call.path:
        raise work.in_vain()
    again = work.serve(replace(call, query=first, path=path))
    if isinstance(answer.body, dict) and isinstance(again.body, dict):
        return replace(answer, body={**answer.body, "records": again.body.get("records")})
    return _streamed(answer, _content(work, again))


def split_rows(content: bytes) -> list[bytes]:
    """The lines of a CSV text, each with its end; a line break between quotes is none."""
    rows, begin, is_quoted = [], 0, False
    for match in re.finditer(rb'"|\n', content):
        if match.group() == b'"':
            is_quoted = not is_quoted
        elif not is_quoted:
            rows.append(content[begin : match.end()])
            begin = match.end()
    return [*rows, content[begin:]] if begin < len(content) else rows


def _recounted(work: Work, key: str) -> Answer:
    answer, found = work.proceed(), []

    def change(value: Any) -> Any:
        if isinstance(value, list):
            return [change(item) for item in value]
        if not isinstance(value, dict):
            return value
        changed = {name: change(item) for name, item in value.items()}
        if isinstance(changed.get(key), int):
            found.append(key)
            changed[key] += work.values["by"]
        return changed

    body = change(answer.body)
    if not found:
        raise work.in_vain()
    return replace(answer, body=body)


def _changed(work: Work, change: Callable[[Rows], Rows]) -> Answer:
    """The rows of a page, JSON or CSV, put through a change; the header line stays."""
    answer = work.proceed()
    records = answer.body.get("records") if isinstance(answer.body, dict) else None
    if isinstance(answer.body, dict) and isinstance(records, list) and records:
        return replace(answer, body={**answer.body, "records": change(records)})
    head, *rows = split_rows(_content(work, answer)) or [b""]
    if not rows:
        raise work.in_vain()
    return _streamed(answer, b"".join([head, *change(rows)]))


def _content(work: Work, answer: Answer) -> bytes:
    if answer.stream is not None:
        return b"".join(answer.stream)
    if answer.text is None:
        raise work.in_vain()
    return answer.text.encode()


def _streamed(answer: Answer, content: bytes) -> Answer:
    def pieces() -> Iterator[bytes]:
        for begin in range(0, len(content), PIECE):
            yield content[begin : begin + PIECE]

    return replace(answer, text=None, stream=pieces())
