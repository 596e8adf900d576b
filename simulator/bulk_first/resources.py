"""The HTTP resources of Bulk 1.0, for queries (clients.md 9, wire/cumulusci).

The session comes in ``X-SFDC-Session``; refusals are 400 with a code in camel case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from simulator.auth.admission import admitted
from simulator.bulk.checks import check_bulk
from simulator.bulk.results import pieces
from simulator.bulk_first.chunks import ranges, within
from simulator.bulk_first.given import Refused, chunk_size, description
from simulator.bulk_first.job import (
    ABORTED,
    CLOSED,
    CONTENT_TYPES,
    DONE,
    OPEN,
    QUERIES,
    Batch,
    IdRange,
    Job,
    progress,
)
from simulator.bulk_first.jobs import JOB_PREFIX
from simulator.bulk_first.results import Result, write
from simulator.bulk_first.shapes import (
    batch_answer,
    batch_info,
    batches_answer,
    job_answer,
    job_info,
    refusal,
    result_list,
)
from simulator.errors import SalesforceError
from simulator.org import Org, Quota
from simulator.soql.plan import Plan, plan
from simulator.soql.rows import renderer
from simulator.web.calls import Answer, Call
from simulator.web.routing import Access, Handler, Route

FIRST_VERSION, LAST_VERSION = 31.0, 67.0
SERIAL = ("1", "serial")
REFUSED = {
    "INVALID_SESSION_ID": ("InvalidSessionId", "Invalid session id"),
    "API_DISABLED_FOR_ORG": ("FeatureNotEnabled", "Async API not enabled"),
    "API_CURRENTLY_DISABLED": ("FeatureNotEnabled", "Async API not enabled"),
}
RESULT_TYPES = {"CSV": "text/csv", "JSON": "application/json", "XML": "application/xml"}


def create_job(org: Org, call: Call) -> Answer:
    """A new job, open for batches."""
    given = description(call.body, is_json=_is_json(call))
    operation = given.get("operation", "")
    if operation not in QUERIES:
        raise Refused("FeatureNotEnabled", f"Operation '{operation[:40]}' is not enabled")
    content_type = given.get("contentType", "XML").upper()
    if content_type not in CONTENT_TYPES:
        raise Refused("InvalidJob", f"Unsupported content type {content_type[:40]}")
    sobject = org.catalog.get(given.get("object", ""))
    if sobject is None:
        raise Refused("InvalidJob", f"Unable to find object: {given.get('object', '')[:80]}")
    now = org.clock.stamp()
    job = Job(
        id=org.batches.new_id(JOB_PREFIX),
        operation=operation,
        sobject=sobject.name,
        content_type=content_type,
        concurrency="Serial" if given.get("concurrencyMode", "").lower() in SERIAL else "Parallel",
        created_by_id=call.user_id,
        created_at=now,
        changed_at=now,
        api_version=call.version,
        chunk_size=chunk_size(call.headers.get("sforce-enable-pkchunking", "")),
    )
    return _shown(org, call, org.batches.create(job), status=201)


def show_job(org: Org, call: Call) -> Answer:
    """How far a job is."""
    return _shown(org, call, _job(org, call))


def change_job(org: Org, call: Call) -> Answer:
    """Close or abort a job."""
    job = _job(org, call)
    state = description(call.body, is_json=_is_json(call)).get("state", "")
    if state not in (CLOSED, ABORTED):
        raise Refused("InvalidJob", f"A job cannot be set to state '{state[:40]}'")
    if job.state == ABORTED or (job.state == CLOSED and state == CLOSED):
        raise Refused("InvalidJobState", f"Job is already {job.state}")
    return _shown(org, call, org.batches.set_state(job, state))


def add_batch(org: Org, call: Call) -> Answer:
    """A query to run; what is wrong with it fails the batch, not this call."""
    job = _job(org, call)
    if job.state != OPEN:
        raise Refused("InvalidJobState", f"Job is {job.state} and takes no more batches")
    query = call.body.decode("utf-8", "replace").strip()
    if not query:
        raise Refused("InvalidBatch", "The batch is empty")
    most, used = org.quota(Quota.BATCHES)
    if used >= most:
        raise Refused("ExceededQuota", "ApiBatchItems Limit exceeded.")
    org.usage.add(Quota.BATCHES.value)
    batch = org.batches.add(job, query, work=worker(org), ranges=[None])
    return batch_answer(batch_info(batch), status=201, is_json=job.content_type == "JSON")


def list_batches(org: Org, call: Call) -> Answer:
    """All batches of a job."""
    job = _job(org, call)
    infos = [batch_info(batch) for batch in org.batches.batches(job)]
    return batches_answer(infos, is_json=job.content_type == "JSON")


def show_batch(org: Org, call: Call) -> Answer:
    """How far a batch is."""
    job = _job(org, call)
    info = batch_info(_batch(org, call, job))
    return batch_answer(info, status=200, is_json=job.content_type == "JSON")


def show_query(org: Org, call: Call) -> Answer:
    """What a batch was asked."""
    batch = _batch(org, call, _job(org, call))
    return Answer(text=batch.query, content_type="text/csv")


def list_results(org: Org, call: Call) -> Answer:
    """The Ids of a batch's results."""
    job = _job(org, call)
    batch = _finished(_batch(org, call, job))
    return result_list([batch.result_id], is_json=job.content_type == "JSON")


def show_result(org: Org, call: Call) -> Answer:
    """The records of a batch."""
    job = _job(org, call)
    batch = _finished(_batch(org, call, job))
    if call.params["result"][: len(batch.result_id)] != batch.result_id:
        raise Refused("InvalidBatch", "There is no such result")
    path = org.batches.result_path(batch)
    stream = pieces(path, 0, path.stat().st_size)
    return Answer(stream=stream, content_type=RESULT_TYPES[job.content_type])


def worker(org: Org) -> Callable[[Job, Batch], int | list[IdRange]]:
    """Runs batches of an org."""

    def run(job: Job, batch: Batch) -> int | list[IdRange]:
        found = _planned(org, job, batch)
        with org.store.connections.transaction() as connection:
            is_whole = batch.ids is None and found.limit is None and not found.order
            if job.chunk_size and is_whole:
                return ranges(connection, found, schema=org.store.schema, size=job.chunk_size)
            result = Result(
                plan=within(found, batch.ids or IdRange()),
                render=renderer(found, version=job.api_version, catalog=org.catalog),
                state=org.store.state,
                path=org.batches.result_path(batch),
                report=lambda count: org.batches.report(batch, count),
            )
            return write(result, connection, content_type=job.content_type)

    return run


def _planned(org: Org, job: Job, batch: Batch) -> Plan:
    found = plan(batch.query, org.reader(all_rows=job.all_rows))
    check_bulk(found, org.options)
    if found.sobject.name != job.sobject:
        message = f"The query reads {found.sobject.name}, the job {job.sobject}"
        raise SalesforceError("INVALID_TYPE", message)
    return found


def _shown(org: Org, call: Call, job: Job, *, status: int = 200) -> Answer:
    info = job_info(job, progress(org.batches.batches(job)))
    has_form = bool(call.headers.get("content-type"))
    is_json = _is_json(call) if has_form else job.content_type == "JSON"
    return job_answer(info, status=status, is_json=is_json)


def _is_json(call: Call) -> bool:
    return "json" in call.headers.get("content-type", "").lower()


def _job(org: Org, call: Call) -> Job:
    job = org.batches.find(call.params["job"])
    if job is None:
        raise Refused("InvalidJob", "Unable to find the job")
    return job


def _batch(org: Org, call: Call, job: Job) -> Batch:
    wanted = call.params["batch"]
    for batch in org.batches.batches(job):
        if wanted in (batch.id, batch.id[: len(batch.result_id)]):
            return batch
    raise Refused("InvalidBatch", "Unable to find the batch")


def _finished(batch: Batch) -> Batch:
    if batch.state != DONE:
        raise Refused("InvalidBatch", f"Batch is {batch.state}: it has no results")
    return batch


def _admitted(org: Org, call: Call) -> Call:
    """The call with its session, counted (api.md 3.7); Refused otherwise."""
    if not org.options.on("bulk_first"):
        raise Refused("FeatureNotEnabled", "Async API not enabled")
    try:
        version = float(call.version)
    except ValueError:
        version = 0.0
    if not FIRST_VERSION <= version <= LAST_VERSION:
        raise Refused("InvalidVersion", f"Api version {call.version[:10]} is not offered")
    kind, _, bearer = call.headers.get("authorization", "").partition(" ")
    token = call.headers.get("x-sfdc-session") or (bearer if kind.lower() == "bearer" else "")
    try:
        session = admitted(org, token.strip())
    except SalesforceError as error:
        raise Refused(*REFUSED.get(error.code, (error.code, error.message))) from error
    most, used = org.quota(Quota.API_CALLS)
    if used >= most:
        raise Refused("ExceededQuota", "TotalRequests Limit exceeded.")
    org.usage.add(Quota.API_CALLS.value)
    return replace(call, session=session)


def _guarded(handler: Handler) -> Handler:
    """The handler behind the door of Bulk 1.0, which refuses in its own form."""

    def answer(org: Org, call: Call) -> Answer:
        try:
            return handler(org, _admitted(org, call))
        except Refused as error:
            return refusal(error, is_json=_is_json(call))

    return answer


_JOBS = "/services/async/{version}/job"
_BATCHES = f"{_JOBS}/{{job}}/batch"
_BATCH = f"{_BATCHES}/{{batch}}"
_TABLE = (
    ("POST", _JOBS, create_job),
    ("GET", f"{_JOBS}/{{job}}", show_job),
    ("POST", f"{_JOBS}/{{job}}", change_job),
    ("POST", _BATCHES, add_batch),
    ("GET", _BATCHES, list_batches),
    ("GET", _BATCH, show_batch),
    ("GET", f"{_BATCH}/request", show_query),
    ("GET", f"{_BATCH}/result", list_results),
    ("GET", f"{_BATCH}/result/{{result}}", show_result),
)
ROUTES = tuple(
    Route(method, path, _guarded(handler), Access.OPEN) for method, path, handler in _TABLE
)
