"""Jobs, batches, result lists and refusals as Bulk 1.0 shows them (wire/cumulusci/*.tpl).

A batch answers in XML unless its job reads JSON; a job in the form in which it is spoken to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from xml.sax.saxutils import escape

from simulator.bulk_first.given import Refused
from simulator.bulk_first.job import DONE, FAILED, QUEUED, RUNNING, Batch, Job, Progress
from simulator.bulk_first.results import NAMESPACE
from simulator.formats import rest_datetime
from simulator.json_text import dumps
from simulator.web.calls import Answer

XML_TYPE, JSON_TYPE = "application/xml", "application/json"
XML_BEGIN = '<?xml version="1.0" encoding="UTF-8"?>'
Info = Mapping[str, object]


def job_info(job: Job, done: Progress) -> Info:
    """What a job shows of itself, in the order of the XML."""
    return {
        "id": job.id,
        "operation": job.operation,
        "object": job.sobject,
        "createdById": job.created_by_id,
        "createdDate": job.created_at,
        "systemModstamp": job.changed_at,
        "state": job.state,
        "concurrencyMode": job.concurrency,
        "contentType": job.content_type,
        "numberBatchesQueued": done.states[QUEUED],
        "numberBatchesInProgress": done.states[RUNNING],
        "numberBatchesCompleted": done.states[DONE],
        "numberBatchesFailed": done.states[FAILED],
        "numberBatchesTotal": done.total,
        "numberRecordsProcessed": done.record_count,
        "numberRetries": 0,
        "apiVersion": float(job.api_version),
        "numberRecordsFailed": 0,
        "totalProcessingTime": done.milliseconds,
        "apiActiveProcessingTime": done.milliseconds,
        "apexProcessingTime": 0,
    }


def batch_info(batch: Batch) -> Info:
    """What a batch shows of itself, in the order of the XML; JSON shows an empty message too."""
    return {
        "id": batch.id,
        "jobId": batch.job_id,
        "state": batch.state,
        "stateMessage": batch.message or None,
        "createdDate": batch.created_at,
        "systemModstamp": batch.changed_at,
        "numberRecordsProcessed": batch.record_count,
        "numberRecordsFailed": 0,
        "totalProcessingTime": batch.milliseconds,
        "apiActiveProcessingTime": batch.milliseconds,
        "apexProcessingTime": 0,
    }


def job_answer(info: Info, *, status: int, is_json: bool) -> Answer:
    """A job; JSON has what does not apply to a query as well."""
    if is_json:
        unset = {"assignmentRuleId": None, "externalIdFieldName": None, "fastPathEnabled": False}
        return _json(_for_json({**info, **unset}), status=status)
    return _xml(_tree("jobInfo", info), status=status)


def batch_answer(info: Info, *, status: int, is_json: bool) -> Answer:
    """A batch."""
    if is_json:
        return _json(_for_json(info), status=status)
    return _xml(_tree("batchInfo", info), status=status)


def batches_answer(infos: Sequence[Info], *, is_json: bool) -> Answer:
    """All batches of a job."""
    if is_json:
        return _json({"batchInfo": [_for_json(info) for info in infos]})
    inside = "".join(f"\n <batchInfo>{_entries(info, '  ')}\n </batchInfo>" for info in infos)
    return _xml(_root("batchInfoList", inside))


def result_list(result_ids: Sequence[str], *, is_json: bool) -> Answer:
    """The Ids of a batch's results."""
    if is_json:
        return _json(list(result_ids))
    return _xml(_root("result-list", "".join(f"<result>{one}</result>" for one in result_ids)))


def refusal(error: Refused, *, is_json: bool) -> Answer:
    """An error in the form of Bulk 1.0."""
    body = {"exceptionCode": error.code, "exceptionMessage": error.message}
    if is_json:
        return _json(body, status=error.status)
    return _xml(_tree("error", body), status=error.status)


def _json(body: object, *, status: int = 200) -> Answer:
    return Answer(status, text=dumps(body), content_type=JSON_TYPE)


def _xml(text: str, *, status: int = 200) -> Answer:
    return Answer(status, text=XML_BEGIN + text, content_type=XML_TYPE)


def _for_json(info: Info) -> dict[str, object]:
    """In alphabetical order, as recorded."""
    return {
        name: rest_datetime(value) if isinstance(value, datetime) else value
        for name, value in sorted(info.items())
    }


def _tree(name: str, info: Info) -> str:
    return _root(name, _entries(info, " "))


def _root(name: str, inside: str) -> str:
    return f'<{name}\n   xmlns="{NAMESPACE}">{inside}\n</{name}>'


def _entries(info: Info, indent: str) -> str:
    shown = ((name, value) for name, value in info.items() if value is not None)
    return "".join(f"\n{indent}<{name}>{_text(value)}</{name}>" for name, value in shown)


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return escape(str(value))
