"""All kinds of fault, as data: what each does and which values it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.errors import SalesforceError
from simulator.faults import jobs, pages, refusals, wire
from simulator.faults.armed import Fault
from simulator.faults.work import Work
from simulator.org import Org
from simulator.web.calls import Answer, Call


@dataclass(frozen=True)
class Value:
    """A value that a kind of fault takes: its default, its types, the least it may be."""

    default: Any
    types: tuple[type, ...]
    least: float | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of fault."""

    name: str
    act: Callable[[Work], Answer]
    meaning: str
    values: Mapping[str, Value] = field(default_factory=dict)


_BY = {"by": Value(1, (int,))}
_MESSAGE = {"message": Value(None, (str, type(None)))}
_BODY = Value([], (list, dict, str, int, type(None)))

DECLARED: tuple[Kind, ...] = (
    Kind("status", refusals.status, "answers with this status, body and headers",
         {"status": Value(500, (int,), 200), "body": _BODY, "headers": Value({}, (dict,))}),
    Kind("html", refusals.html, "answers with a page for people",
         {"status": Value(503, (int,), 200), "title": Value("We are down", (str,))}),
    Kind("delay", refusals.delay, "answers later",
         {"seconds": Value(1.0, (int, float), 0)}),
    Kind("reset", wire.reset, "resets the connection, at once or after so much of the body",
         {"after_bytes": Value(None, (int, type(None)), 0)}),
    Kind("truncation", wire.truncation, "closes the connection after so much of the body",
         {"after_bytes": Value(0, (int,), 0)}),
    Kind("slow_drip", wire.slow_drip, "sends the body in small pieces with pauses",
         {"bytes": Value(1024, (int,), 1), "seconds": Value(0.1, (int, float), 0)}),
    Kind("wrong_header_count", pages.wrong_header_count, "Sforce-NumberOfRecords is wrong", _BY),
    Kind("wrong_processed", pages.wrong_processed, "numberRecordsProcessed is wrong", _BY),
    Kind("wrong_total", pages.wrong_total, "totalSize is wrong", _BY),
    Kind("lost_rows", pages.lost_rows, "rows are missing at the end of a page",
         {"rows": Value(1, (int,), 1)}),
    Kind("repeated_rows", pages.repeated_rows, "all rows of a page come twice"),
    Kind("reordered_rows", pages.reordered_rows, "the rows of a page come backwards"),
    Kind("first_page_again", pages.first_page_again, "a later page has the first page's rows"),
    Kind("corrupted_page", pages.corrupted_page, "bytes that are no text stand in a page"),
    Kind("expired_session", refusals.expired_session, "the session ends before the request"),
    Kind("daily_quota", refusals.daily_quota, "the calls of the day are used up"),
    Kind("concurrent_quota", refusals.concurrent_quota, "too many long calls run at once"),
    Kind("bulk_quota", refusals.bulk_quota, "the query jobs of the day are used up"),
    Kind("vanished_job", jobs.vanished_job, "the job is gone"),
    Kind("failed_job", jobs.failed_job, "the job has failed, and says why or not", _MESSAGE),
    Kind("aborted_job", jobs.aborted_job, "somebody has aborted the job", _MESSAGE),
)  # fmt: skip

BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in DECLARED}


def suffer(org: Org, call: Call, fault: Fault, serve: Callable[[Call], Answer]) -> Answer:
    """The answer to a request that is hit."""
    kind = BY_NAME[fault.kind]
    defaults = {name: value.default for name, value in kind.values.items()}
    work = Work(org, call, kind.name, {**defaults, **fault.values}, serve)
    try:
        return kind.act(work)
    except SalesforceError as error:
        return Answer(error.status, error.body())
