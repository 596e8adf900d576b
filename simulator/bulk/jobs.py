"""All query jobs of an org: kept in the database, run by a few threads, gone after a week."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Lock
from time import monotonic
from typing import Any

from psycopg.types.json import Jsonb

from simulator import ids
from simulator.bulk.job import ABORTED, DONE, FAILED, LINE_ENDINGS, QUEUED, RUNNING, Job
from simulator.bulk.results import ResultFile, copy_statement, header
from simulator.errors import SalesforceError
from simulator.soql.plan import Plan
from simulator.soql.sql import quote
from simulator.store import Store
from simulator.usage import Usage

PREFIX, LIFETIME, THREADS = "750", timedelta(days=7), 2
MOMENTS = ("created_at", "changed_at")
Planner = Callable[[Job], Plan]
_log = logging.getLogger("simulator")


class _Stopped(Exception):
    """The job was aborted, or the org is shutting down."""


class BulkJobs:
    """Creates jobs, runs them, remembers them over a restart; safe between threads."""

    def __init__(self, store: Store, usage: Usage, folder: Path) -> None:
        self._store, self._usage, self._folder = store, usage, folder
        folder.mkdir(parents=True, exist_ok=True)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="bulk")
        self._lock, self._closing = Lock(), Event()
        self._jobs: dict[str, Job] = {}
        self._aborted: dict[str, Event] = {}

    def restore(self, planner: Planner) -> None:
        """Bring back the jobs of an earlier run; those that had not ended run again."""
        query = f"select job from {quote(self._store.state)}.bulk_job order by position"
        with self._store.connections.transaction() as connection:
            found = [_job(row[0]) for row in connection.execute(query)]
        for job in found:
            self._jobs[job.id] = job
            if not job.has_ended:
                self._start(replace(job, state=QUEUED, record_count=0), planner)

    def new_id(self) -> str:
        """The Id of the next job."""
        with self._store.connections.transaction() as connection:
            row = connection.execute(
                f"select nextval('{quote(self._store.state)}.id_number')"
            ).fetchone()
        return ids.new_id(PREFIX, int(row[0]) if row else 0)

    def create(self, job: Job, planner: Planner) -> Job:
        """Keep a job and run it, unless it has failed already."""
        self._keep(job)
        if not job.has_ended:
            self._start(job, planner)
        return job

    def find(self, job_id: str) -> Job | None:
        """The job of that Id, in either form, if it is younger than a week."""
        job = self._jobs.get(ids.to_18(job_id)) if ids.is_id(job_id) else None
        if job is not None and self._store.clock.now() - job.created_at > LIFETIME:
            self.remove(job)
            return None
        return job

    def listed(self) -> list[Job]:
        """All jobs, the oldest first."""
        with self._lock:
            return list(self._jobs.values())

    def abort(self, job: Job) -> Job:
        """Stop a job that has not ended."""
        with self._lock:
            self._aborted.setdefault(job.id, Event()).set()
        return self._move(job.id, state=ABORTED) or job

    def end_badly(self, job: Job, *, state: str, message: str | None) -> None:
        """Give a job another end than it would have, or has."""
        with self._lock:
            self._aborted.setdefault(job.id, Event()).set()
        self._keep(replace(job, state=state, error_message=message))

    def remove(self, job: Job) -> None:
        """Forget a job and delete its results."""
        with self._lock:
            self._jobs.pop(job.id, None)
        self.result_file(job.id).remove()
        statement = f"delete from {quote(self._store.state)}.bulk_job where id = %s"
        with self._store.connections.transaction() as connection:
            connection.execute(statement, (job.id,))

    def forget_all(self) -> None:
        """Abort and forget every job: the org is being replaced."""
        for job in self.listed():
            if not job.has_ended:
                self.abort(job)
            self.remove(job)

    def result_file(self, job_id: str) -> ResultFile:
        """Where the rows of a job lie."""
        name = self._folder / ids.to_18(job_id)
        return ResultFile(name.with_suffix(".csv"), name.with_suffix(".places"))

    def close(self) -> None:
        """Stop all jobs where they are; the next run begins them again."""
        self._closing.set()
        for event in list(self._aborted.values()):
            event.set()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _start(self, job: Job, planner: Planner) -> None:
        with self._lock:
            self._aborted[job.id] = Event()
        self._threads.submit(self._run, job, planner)

    def _run(self, job: Job, planner: Planner) -> None:
        try:
            self._rest(job, "bulk_queue_seconds", since=monotonic())
            began = monotonic()
            self._move(job.id, state=RUNNING)
            count = self._write(job, planner(job))
            self._rest(job, "bulk_run_seconds", since=began)
            spent = max(1, int((monotonic() - began) * 1000))
            self._usage.add("DailyBulkV2QueryFileStorageMB", self.result_file(job.id).size())
            self._move(job.id, state=DONE, record_count=count, milliseconds=spent)
        except _Stopped:
            self.result_file(job.id).remove()
        except SalesforceError as error:
            self._move(job.id, state=FAILED, error_message=failure_message(error))
        except Exception:
            # nobody waits for a thread: what is wrong is told by the log and by the job
            _log.exception("Bulk job %s failed", job.id)
            self._move(job.id, state=FAILED, error_message="InternalServerError : retry")

    def _write(self, job: Job, plan: Plan) -> int:
        def report(count: int) -> None:
            if self._aborted[job.id].is_set():
                raise _Stopped
            self._move(job.id, record_count=count)

        copy = copy_statement(plan, job.column_delimiter, state=self._store.state)
        self._move(job.id, header=header(plan, job.column_delimiter))
        ending = LINE_ENDINGS[job.line_ending]
        with self._store.connections.transaction() as connection:
            return self.result_file(job.id).write(connection, copy, ending=ending, report=report)

    def _rest(self, job: Job, option: str, *, since: float) -> None:
        left = self._store.options.number(option) - (monotonic() - since)
        if self._aborted[job.id].wait(max(0.0, left)):
            raise _Stopped

    def _move(self, job_id: str, **changes: Any) -> Job | None:
        """Change what is known of a job; one that has ended, or is gone, stays as it is."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.has_ended:
                return None
            job = replace(job, changed_at=self._store.clock.stamp(), **changes)
            self._jobs[job_id] = job
        if "state" in changes:
            self._keep(job)
        return job

    def _keep(self, job: Job) -> None:
        with self._lock:
            self._jobs[job.id] = job
        statement = f"""
            insert into {quote(self._store.state)}.bulk_job (id, job) values (%s, %s)
            on conflict (id) do update set job = excluded.job
        """
        row = {**asdict(job), **{name: getattr(job, name).isoformat() for name in MOMENTS}}
        with self._store.connections.transaction() as connection:
            connection.execute(statement, (job.id, Jsonb(row)))


def failure_message(error: SalesforceError) -> str:
    """How a failed job tells of a statement that cannot be run (api.md 3.6)."""
    return f"InvalidBatch : Failed to process query: {error.code}: {error.message}"


def _job(row: dict[str, Any]) -> Job:
    moments = {name: datetime.fromisoformat(row[name]).astimezone(UTC) for name in MOMENTS}
    return Job(**{**row, **moments})
