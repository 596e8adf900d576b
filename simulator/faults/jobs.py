"""Faults of Bulk 2.0 query jobs: they fail, are aborted, or vanish (api.md 3.2)."""

from __future__ import annotations

import re

from simulator.bulk.job import ABORTED, FAILED, Job
from simulator.faults.work import Work
from simulator.web.calls import Answer

_JOB_ID = re.compile(r"/(750\w{12,15})\b")


def failed_job(work: Work) -> Answer:
    """The job of the request is in state Failed from now on."""
    return _ended(work, FAILED)


def aborted_job(work: Work) -> Answer:
    """The job of the request is in state Aborted from now on."""
    return _ended(work, ABORTED)


def vanished_job(work: Work) -> Answer:
    """The job of the request is gone, as after a week."""
    job = _named(work)
    if job is None:
        raise work.in_vain()
    if not job.has_ended:
        work.org.bulk.abort(job)
    work.org.bulk.remove(job)
    return work.proceed()


def _ended(work: Work, state: str) -> Answer:
    job = _named(work)
    if job is not None:
        work.org.bulk.end_badly(job, state=state, message=work.values["message"])
        return work.proceed()
    answer = work.proceed()
    created = answer.body.get("id") if isinstance(answer.body, dict) else None
    job = work.org.bulk.find(str(created))
    if job is None:
        raise work.in_vain()
    work.org.bulk.end_badly(job, state=state, message=work.values["message"])
    return answer


def _named(work: Work) -> Job | None:
    match = _JOB_ID.search(work.call.path)
    return work.org.bulk.find(match.group(1)) if match else None
