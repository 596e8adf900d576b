"""All ingest jobs of an org: files in a folder, worked on by one thread, gone after a week."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any, TextIO

from simulator import ids
from simulator.bulk.job import DELIMITERS, LINE_ENDINGS
from simulator.clock import Clock
from simulator.ingest.job import ABORTED, DONE, FAILED, QUEUED, RUNNING, Done, IngestJob
from simulator.ingest.table import Table, TableInvalid

LIFETIME, ROWS_TOGETHER = timedelta(days=7), 200
SUCCESSFUL, REFUSED, UNPROCESSED = "successfulResults", "failedResults", "unprocessedrecords"
RESULTS = (SUCCESSFUL, REFUSED, UNPROCESSED)
_FIRST = {SUCCESSFUL: ("sf__Id", "sf__Created"), REFUSED: ("sf__Id", "sf__Error"), UNPROCESSED: ()}
_MOMENTS = ("created_at", "changed_at")
_log = logging.getLogger("simulator")


@dataclass(frozen=True)
class Work:
    """What a job does with its rows: check the header, load a row, commit some together."""

    check: Callable[[Sequence[str]], None]
    load: Callable[[Sequence[str], Sequence[str]], Done]
    together: Callable[[], AbstractContextManager[None]]


class IngestJobs:
    """Keeps jobs and their files, works on what was uploaded; safe between threads."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._clock = folder, clock
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="ingest")
        self._lock, self._closing = Lock(), False
        read = (_read(file) for file in sorted(folder.glob("*.json")))
        self._jobs = {job.id: job for job in read}

    def add(self, job: IngestJob) -> IngestJob:
        """Keep a new job."""
        # the Ids of a new database begin again, in a folder that may hold files of an old one
        self.remove(job)
        self._keep(job)
        return job

    def find(self, job_id: str) -> IngestJob | None:
        """The job of that Id, in either form, if it is younger than a week."""
        job = self._jobs.get(ids.to_18(job_id)) if ids.is_id(job_id) else None
        if job is not None and self._clock.now() - job.created_at > LIFETIME:
            self.remove(job)
            return None
        return job

    def listed(self) -> list[IngestJob]:
        """All jobs, the oldest first."""
        return list(self._jobs.values())

    def upload(self, job: IngestJob, data: bytes) -> None:
        """Keep the file of a job; FileExistsError when it has one."""
        with self._file(job, "data").open("xb") as file:
            file.write(data)

    def result(self, job: IngestJob, kind: str) -> bytes:
        """One of the three result files; a header alone where there are no such rows."""
        file = self._file(job, kind)
        return file.read_bytes() if file.exists() else b""

    def start(self, job: IngestJob, work: Work) -> IngestJob:
        """Put a job into the queue."""
        queued = self._move(job.id, state=QUEUED) or job
        self._threads.submit(self._run, job.id, work)
        return queued

    def abort(self, job: IngestJob) -> IngestJob:
        """Stop a job; rows not yet worked on stay unprocessed."""
        return self._move(job.id, state=ABORTED) or job

    def remove(self, job: IngestJob) -> None:
        """Forget a job and delete its files."""
        with self._lock:
            self._jobs.pop(job.id, None)
        for file in self._folder.glob(f"{job.id}.*"):
            file.unlink(missing_ok=True)

    def forget_all(self) -> None:
        """Forget every job: the org is being replaced."""
        for job in self.listed():
            self.abort(job)
            self.remove(job)

    def close(self) -> None:
        """Stop where the work is."""
        self._closing = True
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _run(self, job_id: str, work: Work) -> None:
        began = monotonic()
        try:
            job = self._move(job_id, state=RUNNING)
            if job is None:
                return
            changes = self._work(job, work)
        except TableInvalid as error:
            changes = {"state": FAILED, "error_message": str(error)}
        except Exception:
            # nobody waits for a thread: what is wrong is told by the log and by the job
            _log.exception("ingest job %s failed", job_id)
            changes = {"state": FAILED, "error_message": "InternalServerError : retry"}
        spent = max(1, int((monotonic() - began) * 1000))
        self._move(job_id, milliseconds=spent, **changes)

    def _work(self, job: IngestJob, work: Work) -> dict[str, Any]:
        table = Table(self._file(job, "data"), job)
        work.check(table.columns)
        rows, failed, processed = table.rows(), 0, 0
        with self._results(job, table.columns) as write:
            while chunk := list(islice(rows, ROWS_TOGETHER)):
                if not self._is_running(job.id):
                    break
                with work.together():
                    done = [work.load(table.columns, cells) for cells in chunk]
                for result, cells in zip(done, chunk, strict=True):
                    write(result, cells)
                failed += sum(result.error is not None for result in done)
                processed += len(done)
                self._move(job.id, processed=processed, failed=failed)
                chunk = []
            for cells in (*chunk, *rows):
                write(None, cells)
        return {"state": DONE, "processed": processed, "failed": failed}

    def _is_running(self, job_id: str) -> bool:
        job = self._jobs.get(job_id)
        return job is not None and job.state == RUNNING and not self._closing

    def _results(self, job: IngestJob, columns: Sequence[str]) -> _Results:
        files = {kind: self._file(job, kind) for kind in RESULTS}
        return _Results(files, job, columns)

    def _file(self, job: IngestJob, kind: str) -> Path:
        return self._folder / f"{job.id}.{kind}"

    def _move(self, job_id: str, **changes: Any) -> IngestJob | None:
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None or job.has_ended:
            return None
        return self._keep(replace(job, changed_at=self._clock.stamp(), **changes))

    def _keep(self, job: IngestJob) -> IngestJob:
        row = {**asdict(job), **{name: getattr(job, name).isoformat() for name in _MOMENTS}}
        with self._lock:
            self._jobs[job.id] = job
            self._file(job, "json").write_text(json.dumps(row), "utf-8")
        return job


class _Results:
    """The three result files of a job, while it is worked on."""

    def __init__(self, files: dict[str, Path], job: IngestJob, columns: Sequence[str]) -> None:
        self._files, self._columns = files, columns
        self._dialect: dict[str, Any] = {
            "delimiter": DELIMITERS[job.column_delimiter],
            "lineterminator": LINE_ENDINGS[job.line_ending].decode(),
            "quoting": csv.QUOTE_ALL,
        }

    def __enter__(self) -> Callable[[Done | None, Sequence[str]], None]:
        self._open: dict[str, TextIO] = {
            kind: file.open("w", encoding="utf-8", newline="") for kind, file in self._files.items()
        }
        writers = {kind: csv.writer(file, **self._dialect) for kind, file in self._open.items()}
        for kind, writer in writers.items():
            writer.writerow((*_FIRST[kind], *self._columns))

        def write(done: Done | None, cells: Sequence[str]) -> None:
            if done is None:
                writers[UNPROCESSED].writerow(cells)
            elif done.error is None:
                writers[SUCCESSFUL].writerow((done.record_id, str(done.created).lower(), *cells))
            else:
                writers[REFUSED].writerow((done.record_id, done.error, *cells))

        return write

    def __exit__(self, *_: object) -> None:
        for file in self._open.values():
            file.close()


def _read(file: Path) -> IngestJob:
    row = json.loads(file.read_text("utf-8"))
    moments = {name: datetime.fromisoformat(row[name]).astimezone(UTC) for name in _MOMENTS}
    job = IngestJob(**{**row, **moments})
    return job if job.has_ended else replace(job, state=ABORTED)
