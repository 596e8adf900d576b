"""The HTTP resources of query jobs (api.md 3.1 to 3.3)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from simulator import ids
from simulator.bulk.checks import check_bulk
from simulator.bulk.job import DELIMITERS, DONE, FAILED, LINE_ENDINGS, Job
from simulator.bulk.jobs import failure_message
from simulator.bulk.results import with_header
from simulator.errors import SalesforceError, not_found
from simulator.org import Org, Quota
from simulator.soql import timeouts
from simulator.soql.plan import Plan, plan
from simulator.web.calls import Answer, Call
from simulator.web.routing import Route

FIRST_VERSION, FIRST_WITH_PAGES = 47, 58
PAGES_A_LIST, JOBS_A_LIST = 5, 1_000
CSV, LIST_LOCATOR = "text/csv", "01g"
_SOURCE = re.compile(r"\bfrom\s+(\w+)", re.IGNORECASE)
_FORBIDDEN_FIELDS = re.compile(r"\bfields\s*\(\s*(all|custom)\s*\)", re.IGNORECASE)


def create(org: Org, call: Call) -> Answer:
    """A new query job; what cannot be read is refused at once, or fails later, by option."""
    _check_version(call, FIRST_VERSION)
    body = call.json_object()
    _check_quotas(org)
    job = _requested(org, call, body)
    try:
        found = planned(org, job)
        job = Job(**{**vars(job), "sobject": found.sobject.name})
    except SalesforceError as error:
        if org.options.text("bulk_validation") == "synchronous":
            raise
        job = Job(**{**vars(job), "state": FAILED, "error_message": failure_message(error)})
    org.usage.add(Quota.BULK_JOBS.value)
    shown = Job(**{**vars(job), "state": "UploadComplete"})
    org.bulk.create(job, lambda job: runnable(org, job))
    return Answer(body=shown.created())


def planned(org: Org, job: Job) -> Plan:
    """What a job reads; SalesforceError when Bulk cannot read it."""
    if _FORBIDDEN_FIELDS.search(job.query):
        message = "FIELDS(ALL) and FIELDS(CUSTOM) are not supported in Bulk Query"
        raise SalesforceError("API_ERROR", message)
    found = plan(job.query, org.reader(all_rows=job.all_rows))
    check_bulk(found, org.options)
    return found


def runnable(org: Org, job: Job) -> Plan:
    """What a job reads when it runs; SalesforceError when that takes too long."""
    found = planned(org, job)
    timeouts.check_bulk(found, org.store)
    return found


def poll(org: Org, call: Call) -> Answer:
    """How far a job is."""
    return Answer(body=_info(org, _found(org, call)))


def list_jobs(org: Org, call: Call) -> Answer:
    """All jobs of every kind, or of the one that is asked for, a thousand at a time."""
    wanted = call.query.get("jobType")
    jobs = [job for job in _every_job(org) if wanted in (None, job["jobType"])]
    first = _list_place(call.query.get("queryLocator", ""))
    reached = first + JOBS_A_LIST
    done = reached >= len(jobs)
    more = f"{call.version_path}/jobs/query?queryLocator={ids.new_id(LIST_LOCATOR, 0)}-{reached}"
    if wanted is not None:
        more += f"&jobType={quote(wanted)}"
    return Answer(
        body={
            "done": done,
            "records": jobs[first:reached],
            "nextRecordsUrl": None if done else more,
        }
    )


def change(org: Org, call: Call) -> Answer:
    """Abort a job: the one change there is."""
    job = _found(org, call)
    if call.json_object().get("state") != "Aborted":
        raise SalesforceError("API_ERROR", "Only state Aborted can be set on a query job")
    if job.has_ended:
        message = "Aborting already Completed Job not allowed"
        raise SalesforceError("INVALIDJOBSTATE", message)
    return Answer(body=org.bulk.abort(job).created())


def remove(org: Org, call: Call) -> Answer:
    """Delete a job that has ended, and its results."""
    job = _found(org, call)
    if not job.has_ended:
        message = "Error encountered when deleting the job because the job is not terminated"
        raise SalesforceError("API_ERROR", message)
    org.bulk.remove(job)
    return Answer(204)


def results(org: Org, call: Call) -> Answer:
    """One page of the records, with the header line and the locator of the next page."""
    job = _finished(org, call)
    page = _page(org, call, job)
    rows = org.bulk.result_file(job.id).page(page.first, page.count)
    reached = page.first + page.count
    locator = "null" if reached >= job.record_count else _locator(reached, page.size)
    headers = {"Sforce-Locator": locator, "Sforce-NumberOfRecords": str(page.count)}
    if job.record_count == 0 and org.options.text("bulk_empty_result") == "nothing":
        return Answer(headers=headers, text="", content_type=CSV)
    return Answer(headers=headers, stream=with_header(job, rows), content_type=CSV)


def result_pages(org: Org, call: Call) -> Answer:
    """The URLs of the next five pages, to be fetched in parallel."""
    _check_version(call, FIRST_WITH_PAGES)
    job = _finished(org, call)
    page = _page(org, call, job)
    base = f"{call.version_path}/jobs/query/{job.id}"
    starts = range(page.first, max(job.record_count, page.first + 1), page.size)
    shown = starts[:PAGES_A_LIST]
    urls = [f"{base}/results?locator={_locator(start, page.size)}" for start in shown]
    done = len(starts) <= PAGES_A_LIST
    body: dict[str, Any] = {"resultPages": [{"resultUrl": url} for url in urls]}
    if not done:
        after = _locator(starts[PAGES_A_LIST], page.size)
        body["nextRecordsUrl"] = f"{base}/resultpages?locator={after}"
    return Answer(body={**body, "done": done})


@dataclass(frozen=True)
class _Page:
    """Some records of a result: where they begin, how many there are, how many were asked for."""

    first: int
    count: int
    size: int


def _page(org: Org, call: Call, job: Job) -> _Page:
    first, size = 0, max(1, int(org.options.number("bulk_page_records")))
    if "locator" in call.query:
        first, size = _place(call.query["locator"], size)
    asked = call.query.get("maxRecords")
    if asked is not None:
        if not asked.isdigit() or not int(asked[:10]) > 0:
            raise SalesforceError("API_ERROR", f"maxRecords is not a positive number: {asked[:20]}")
        size = int(asked[:10])
    if first > job.record_count:
        raise SalesforceError("API_ERROR", "The locator is not valid for this job")
    return _Page(first, min(size, job.record_count - first), size)


def _locator(first: int, size: int) -> str:
    return base64.urlsafe_b64encode(f"{first}.{size}".encode()).decode().rstrip("=")


def _place(locator: str, size: int) -> tuple[int, int]:
    try:
        text = base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)).decode("ascii")
        first, _, given = text.partition(".")
        place, size = int(first), int(given or size)
        if place < 0 or size < 1:
            raise ValueError(locator)
        return place, size
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise SalesforceError("API_ERROR", "The locator is not valid for this job") from error


def _found(org: Org, call: Call) -> Job:
    _check_version(call, FIRST_VERSION)
    job = org.bulk.find(call.params["job"])
    if job is None:
        raise not_found()
    return job


def _finished(org: Org, call: Call) -> Job:
    job = _found(org, call)
    if job.api_version != call.version:
        message = f"The job was created with API version {job.api_version}, not {call.version}"
        raise SalesforceError("API_ERROR", message, status=409)
    if job.state != DONE:
        status = int(org.options.text("bulk_results_too_early"))
        message = f"The job has no results in state {job.state}"
        raise SalesforceError("INVALIDJOBSTATE", message, status=status)
    return job


def _every_job(org: Org) -> list[dict[str, Any]]:
    return [
        *(_info(org, job) for job in org.bulk.listed()),
        *(job.info() for job in org.ingest.listed()),
        *(job.info() for job in org.batches.listed()),
    ]


def _info(org: Org, job: Job) -> dict[str, Any]:
    options = org.options
    return job.info(
        tells_why=options.on("bulk_failure_message"),
        shows_chunking=options.on("bulk_pk_chunking_shown"),
    )


def _requested(org: Org, call: Call, body: dict[str, Any]) -> Job:
    allowed = {
        "operation": ("query", "queryAll"),
        "contentType": ("CSV",),
        "lineEnding": tuple(LINE_ENDINGS),
        "columnDelimiter": tuple(DELIMITERS),
    }
    defaults = {"contentType": "CSV", "lineEnding": "LF", "columnDelimiter": "COMMA"}
    chosen = {name: body.get(name, defaults.get(name)) for name in allowed}
    for name, value in chosen.items():
        if value not in allowed[name]:
            raise SalesforceError("API_ERROR", f"InvalidJob : Invalid {name}: {str(value)[:60]}")
    query = body.get("query")
    if not isinstance(query, str) or not query.strip():
        raise SalesforceError("API_ERROR", "InvalidJob : query is required")
    source, now = _SOURCE.search(query), org.clock.stamp()
    return Job(
        id=org.bulk.new_id(),
        operation=str(chosen["operation"]),
        query=query,
        sobject=source.group(1) if source else "",
        created_by_id=call.user_id,
        created_at=now,
        changed_at=now,
        api_version=call.version,
        line_ending=str(chosen["lineEnding"]),
        column_delimiter=str(chosen["columnDelimiter"]),
    )


def _check_quotas(org: Org) -> None:
    most, used = org.quota(Quota.BULK_JOBS)
    if used >= most:
        message = f"Max bulk v2 query jobs ({most}) per 24 hrs has been reached ({used + 1})"
        raise SalesforceError("LIMIT_EXCEEDED", message)
    most, used = org.quota(Quota.BULK_RESULTS)
    if used >= most:
        size = f"({most * 1024}) kb per 24 hrs"
        message = f"Max bulk v2 query result size stored {size} has been exceeded"
        raise SalesforceError("LIMIT_EXCEEDED", message)


def _check_version(call: Call, first: int) -> None:
    if float(call.version) < first:
        raise not_found()


def _list_place(locator: str) -> int:
    _, _, place = locator.partition("-")
    return int(place) if place.isdigit() and len(place) < 10 else 0


_JOBS = "/services/data/v{version}/jobs/query"
_JOB = f"{_JOBS}/{{job}}"
ROUTES = (
    Route("POST", _JOBS, create),
    Route("GET", _JOBS, list_jobs),
    Route("GET", _JOB, poll),
    Route("PATCH", _JOB, change),
    Route("DELETE", _JOB, remove),
    Route("GET", f"{_JOB}/results", results),
    Route("GET", f"{_JOB}/resultPages", result_pages),
)
