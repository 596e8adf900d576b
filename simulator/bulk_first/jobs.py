"""All Bulk 1.0 jobs of an org: kept in the database, their batches run by a few threads."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, RLock
from time import monotonic
from typing import Any

from psycopg.types.json import Jsonb

from simulator import ids
from simulator.bulk_first.job import (
    ABORTED,
    DONE,
    FAILED,
    NOT_PROCESSED,
    QUEUED,
    RUNNING,
    Batch,
    IdRange,
    Job,
)
from simulator.errors import SalesforceError
from simulator.soql.sql import quote
from simulator.store import Store

LIFETIME, THREADS = timedelta(days=7), 2
JOB_PREFIX, BATCH_PREFIX, RESULT_PREFIX = "750", "751", "752"
MOMENTS = ("created_at", "changed_at")
# writes the records of a batch and counts them, or says into which ranges it has to be cut
Work = Callable[[Job, Batch], int | list[IdRange]]
_log = logging.getLogger("simulator")


class Stopped(Exception):
    """The job was aborted, or the org is shutting down."""


class BatchJobs:
    """Creates jobs, runs their batches, remembers both over a restart; safe between threads."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store, self._folder = store, folder
        folder.mkdir(parents=True, exist_ok=True)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="batch")
        self._lock, self._closing = RLock(), Event()
        self._jobs: dict[str, Job] = {}
        self._batches: dict[str, dict[str, Batch]] = {}

    def restore(self, work: Work) -> None:
        """Bring back the jobs of an earlier run; batches that had not ended run again."""
        query = f"select job, batches from {quote(self._store.state)}.batch_job order by position"
        with self._store.connections.transaction() as connection:
            found = connection.execute(query).fetchall()
        for kept, batches in found:
            job = Job(**_with_moments(kept))
            self._jobs[job.id] = job
            self._batches[job.id] = {row["id"]: _batch(row) for row in batches}
            for batch in self.batches(job):
                if not batch.has_ended:
                    self._keep(job.id, replace(batch, state=QUEUED))
                    self._threads.submit(self._run, job, batch.id, work)

    def new_id(self, prefix: str) -> str:
        """The next Id of a kind."""
        statement = f"select nextval('{quote(self._store.state)}.id_number')"
        with self._store.connections.transaction() as connection:
            row = connection.execute(statement).fetchone()
        return ids.new_id(prefix, int(row[0]) if row else 0)

    def create(self, job: Job) -> Job:
        """Keep a new job."""
        with self._lock:
            self._jobs[job.id], self._batches[job.id] = job, {}
        self._save(job.id)
        return job

    def find(self, job_id: str) -> Job | None:
        """The job of that Id, in either form, if it is younger than a week."""
        job = self._jobs.get(ids.to_18(job_id)) if ids.is_id(job_id) else None
        if job is not None and self._store.clock.now() - job.created_at > LIFETIME:
            self._forget(job)
            return None
        return job

    def listed(self) -> list[Job]:
        """All jobs, the oldest first."""
        with self._lock:
            return list(self._jobs.values())

    def batches(self, job: Job) -> list[Batch]:
        """The batches of a job, the oldest first."""
        with self._lock:
            return list(self._batches.get(job.id, {}).values())

    def add(self, job: Job, query: str, *, work: Work, ranges: Iterable[IdRange | None]) -> Batch:
        """Run a query for a job: whole, or one batch for each range of Ids; return the last."""
        now = self._store.clock.stamp()
        for part in ranges:
            batch = Batch(
                id=self.new_id(BATCH_PREFIX),
                job_id=job.id,
                result_id=self.new_id(RESULT_PREFIX)[: ids.SHORT],
                query=query,
                created_at=now,
                changed_at=now,
                ids=part,
            )
            self._keep(job.id, batch)
            self._threads.submit(self._run, job, batch.id, work)
        return batch

    def set_state(self, job: Job, state: str) -> Job:
        """Close or abort a job; what has not run by then does not run when it is aborted."""
        with self._lock:
            changed = replace(job, state=state, changed_at=self._store.clock.stamp())
            self._jobs[job.id] = changed
        for batch in self.batches(job):
            if state == ABORTED and not batch.has_ended:
                self._keep(job.id, replace(batch, state=NOT_PROCESSED))
        self._save(job.id)
        return changed

    def result_path(self, batch: Batch) -> Path:
        """Where the records of a batch lie."""
        return self._folder / batch.result_id

    def forget_all(self) -> None:
        """Abort and forget every job: the org is being replaced."""
        for job in list(self._jobs.values()):
            self._forget(job)

    def report(self, batch: Batch, count: int) -> None:
        """Say how far a batch is; Stopped when nobody wants it any more."""
        current = self._batches.get(batch.job_id, {}).get(batch.id)
        if self._closing.is_set() or current is None or current.has_ended:
            raise Stopped
        self._keep(batch.job_id, replace(current, record_count=count), is_saved=False)

    def close(self) -> None:
        """Stop all batches where they are; the next run begins them again."""
        self._closing.set()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: Job, batch_id: str, work: Work) -> None:
        batch = self._batches.get(job.id, {}).get(batch_id)
        if batch is None or batch.has_ended or self._closing.is_set():
            return
        began = monotonic()
        running = replace(batch, state=RUNNING)
        self._keep(job.id, running)
        try:
            found = work(job, running)
        except Stopped:
            self.result_path(batch).unlink(missing_ok=True)
            return
        except SalesforceError as error:
            message = f"InvalidBatch : Failed to process query: {error.code}: {error.message}"
            self._keep(job.id, replace(running, state=FAILED, message=message))
            return
        except Exception:
            # nobody waits for a thread: what is wrong is told by the log and by the batch
            _log.exception("batch %s failed", batch.id)
            self._keep(job.id, replace(running, state=FAILED, message="InternalServerError"))
            return
        self._finish(job, running, found=found, work=work, seconds=monotonic() - began)

    def _finish(
        self, job: Job, batch: Batch, *, found: int | list[IdRange], work: Work, seconds: float
    ) -> None:
        if isinstance(found, list):
            if self._closing.is_set():
                return
            self.add(job, batch.query, work=work, ranges=found)
            self._keep(job.id, replace(batch, state=NOT_PROCESSED))
            return
        spent = max(1, int(seconds * 1000))
        done = replace(batch, state=DONE, record_count=found, milliseconds=spent)
        self._keep(job.id, done)

    def _keep(self, job_id: str, batch: Batch, *, is_saved: bool = True) -> None:
        with self._lock:
            batches = self._batches.get(job_id)
            if batches is None:
                return
            known = batches.get(batch.id)
            if known is not None and known.has_ended:
                return
            batches[batch.id] = replace(batch, changed_at=self._store.clock.stamp())
        if is_saved:
            self._save(job_id)

    def _save(self, job_id: str) -> None:
        with self._lock:
            job, batches = self._jobs.get(job_id), self._batches.get(job_id, {})
            if job is None:
                return
            row = (job.id, Jsonb(_plain(job)), Jsonb([_plain(b) for b in batches.values()]))
            statement = f"""
                insert into {quote(self._store.state)}.batch_job (id, job, batches)
                values (%s, %s, %s)
                on conflict (id) do update set job = excluded.job, batches = excluded.batches
            """
            with self._store.connections.transaction() as connection:
                connection.execute(statement, row)

    def _forget(self, job: Job) -> None:
        with self._lock:
            self._jobs.pop(job.id, None)
            batches = self._batches.pop(job.id, {})
        for batch in batches.values():
            self.result_path(batch).unlink(missing_ok=True)
        statement = f"delete from {quote(self._store.state)}.batch_job where id = %s"
        with self._store.connections.transaction() as connection:
            connection.execute(statement, (job.id,))


def _plain(kept: Job | Batch) -> dict[str, Any]:
    return {**asdict(kept), **{name: getattr(kept, name).isoformat() for name in MOMENTS}}


def _with_moments(row: dict[str, Any]) -> dict[str, Any]:
    moments = {name: datetime.fromisoformat(row[name]).astimezone(UTC) for name in MOMENTS}
    return {**row, **moments}


def _batch(row: dict[str, Any]) -> Batch:
    part = IdRange(**row["ids"]) if row["ids"] else None
    return Batch(**{**_with_moments(row), "ids": part})
