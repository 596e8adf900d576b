"""The HTTP resources of Bulk 2.0 ingest (api.md 3.8)."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.message import Message
from typing import Any

from simulator.bulk.job import DELIMITERS, LINE_ENDINGS
from simulator.errors import SalesforceError, no_such_object, not_found
from simulator.ingest.job import (
    ABORTED,
    OPEN,
    OPERATIONS,
    QUEUED,
    UPSERT,
    IngestJob,
)
from simulator.ingest.jobs import RESULTS, Work
from simulator.ingest.loading import load_row
from simulator.ingest.table import check_columns
from simulator.org import Org
from simulator.web.calls import Answer, Call
from simulator.web.routing import Route

CSV = "text/csv"
FIRST_VERSION = 41
JOBS_A_LIST = 1_000


def create(org: Org, call: Call) -> Answer:
    """A new job; with a multipart body its data too, and the work begins at once."""
    if float(call.version) < FIRST_VERSION:
        raise not_found()
    if call.headers.get("content-type", "").lower().startswith("multipart/"):
        body, data = _parts(call)
        job = org.ingest.add(_requested(org, call, body))
        org.ingest.upload(job, data)
        return Answer(body=_start(org, job).created())
    return Answer(body=org.ingest.add(_requested(org, call, call.json_object())).created())


def upload(org: Org, call: Call) -> Answer:
    """The CSV of an open job, which takes one and no more."""
    job = _found(org, call)
    many = f"Found multiple contents for job: <{job.id}>, please 'Close' / 'Abort'"
    if job.state != OPEN:
        raise _wrong_state(many)
    try:
        org.ingest.upload(job, call.body)
    except FileExistsError as error:
        raise _wrong_state(many) from error
    return Answer(201)


def change(org: Org, call: Call) -> Answer:
    """Close the upload, or abort the job."""
    job, wanted = _found(org, call), call.json_object().get("state")
    if wanted == QUEUED and job.state == OPEN:
        return Answer(body=_start(org, job).created())
    if wanted == ABORTED and not job.has_ended:
        return Answer(body=org.ingest.abort(job).created())
    raise _wrong_state(f"Job {job.id} in state {job.state} cannot become {str(wanted)[:40]}")


def poll(org: Org, call: Call) -> Answer:
    """How far a job is."""
    return Answer(body=_found(org, call).info())


def list_jobs(org: Org, call: Call) -> Answer:
    """All ingest jobs."""
    jobs = [job.info() for job in org.ingest.listed()[:JOBS_A_LIST]]
    return Answer(body={"done": True, "records": jobs, "nextRecordsUrl": None})


def remove(org: Org, call: Call) -> Answer:
    """Delete a job that has ended, and its files."""
    job = _found(org, call)
    if not job.has_ended:
        message = "Error encountered when deleting the job because the job is not terminated"
        raise SalesforceError("API_ERROR", message)
    org.ingest.remove(job)
    return Answer(204)


def results(org: Org, call: Call) -> Answer:
    """One of the three result files."""
    job = _found(org, call)
    kind = next((k for k in RESULTS if k.lower() == call.params["kind"].lower()), None)
    if kind is None:
        raise not_found()
    if not job.has_ended:
        raise _wrong_state(f"The job has no results in state {job.state}")
    data = org.ingest.result(job, kind).decode("utf-8")
    return Answer(text=data, content_type=CSV)


def _requested(org: Org, call: Call, body: dict[str, Any]) -> IngestJob:
    operation, name = body.get("operation"), str(body.get("object", ""))
    if operation not in OPERATIONS:
        raise SalesforceError("API_ERROR", f"InvalidJob : Invalid operation: {str(operation)[:40]}")
    sobject = next((s for s in org.catalog.values() if s.name.lower() == name.lower()), None)
    if sobject is None:
        raise SalesforceError("INVALIDENTITY", no_such_object(name))
    external = body.get("externalIdFieldName")
    field = sobject.field(str(external)) if external else None
    if operation == UPSERT and (field is None or not (field.external_id or field.id_lookup)):
        message = f"Field name provided, {external} is not an External ID or indexed field"
        raise SalesforceError("INVALIDJOB", f"InvalidJob : {message} for {sobject.name}")
    now = org.clock.stamp()
    return IngestJob(
        id=org.bulk.new_id(),
        operation=str(operation),
        sobject=sobject.name,
        created_by_id=call.user_id,
        created_at=now,
        changed_at=now,
        api_version=call.version,
        external_id_field=field.name if field and operation == UPSERT else None,
        line_ending=_chosen(body, "lineEnding", tuple(LINE_ENDINGS)),
        column_delimiter=_chosen(body, "columnDelimiter", ("COMMA", *DELIMITERS)),
    )


def _chosen(body: dict[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = body.get(name, allowed[0])
    if value not in allowed:
        raise SalesforceError("API_ERROR", f"InvalidJob : Invalid {name}: {str(value)[:40]}")
    return str(value)


def _start(org: Org, job: IngestJob) -> IngestJob:
    work = Work(
        check=lambda columns: check_columns(columns, org.catalog[job.sobject]),
        load=lambda columns, cells: load_row(org, job, columns=columns, cells=cells),
        together=org.store.connections.pinned,
    )
    return org.ingest.start(job, work)


def _parts(call: Call) -> tuple[dict[str, Any], bytes]:
    """The job and its data out of a multipart body."""
    head = f"Content-Type: {call.headers['content-type']}\r\n\r\n".encode("latin-1", "replace")
    parts = message_from_bytes(head + call.body).get_payload()
    named: dict[str, bytes] = {}
    found = [p for p in parts if isinstance(p, Message)] if isinstance(parts, list) else []
    for part in found:
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        named[str(name)] = payload if isinstance(payload, bytes) else b""
    try:
        body = json.loads(named["job"])
        data = named["content"]
    except (KeyError, ValueError) as error:
        message = "The multipart body needs the parts job and content"
        raise SalesforceError("API_ERROR", message) from error
    if not isinstance(body, dict):
        raise SalesforceError("JSON_PARSER_ERROR", "The job is required to be a JSON object")
    return body, data.removesuffix(b"\r\n") + b"\n"


def _found(org: Org, call: Call) -> IngestJob:
    job = org.ingest.find(call.params["job"])
    if job is None:
        raise not_found()
    return job


def _wrong_state(message: str) -> SalesforceError:
    return SalesforceError("INVALIDJOBSTATE", message)


_JOBS = "/services/data/v{version}/jobs/ingest"
_JOB = f"{_JOBS}/{{job}}"
ROUTES = (
    Route("POST", _JOBS, create),
    Route("GET", _JOBS, list_jobs),
    Route("GET", _JOB, poll),
    Route("PATCH", _JOB, change),
    Route("DELETE", _JOB, remove),
    Route("PUT", f"{_JOB}/batches", upload),
    Route("GET", f"{_JOB}/{{kind}}", results),
)
