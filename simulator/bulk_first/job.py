"""Jobs and batches of Bulk 1.0: what is known of them, and how they count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulator.formats import rest_datetime

OPEN, CLOSED, ABORTED = "Open", "Closed", "Aborted"
QUEUED, RUNNING, DONE = "Queued", "InProgress", "Completed"
FAILED, NOT_PROCESSED = "Failed", "NotProcessed"
ENDED = (DONE, FAILED, NOT_PROCESSED)
CONTENT_TYPES = ("CSV", "JSON", "XML")
QUERIES = ("query", "queryAll")


@dataclass(frozen=True)
class Job:
    """A job: how its batches are read. A chunk size of 0 means no PK chunking."""

    id: str
    operation: str
    sobject: str
    content_type: str
    concurrency: str
    created_by_id: str
    created_at: datetime
    changed_at: datetime
    api_version: str
    state: str = OPEN
    chunk_size: int = 0

    @property
    def all_rows(self) -> bool:
        """Whether deleted and archived records are read too."""
        return self.operation == "queryAll"

    def info(self) -> dict[str, Any]:
        """How Bulk 2.0 lists it beside its own jobs (api.md 3.2)."""
        return {
            "id": self.id,
            "operation": self.operation,
            "object": self.sobject,
            "createdById": self.created_by_id,
            "createdDate": rest_datetime(self.created_at),
            "systemModstamp": rest_datetime(self.changed_at),
            "state": self.state,
            "concurrencyMode": self.concurrency,
            "contentType": self.content_type,
            "apiVersion": float(self.api_version),
            "jobType": "Classic",
        }


@dataclass(frozen=True)
class IdRange:
    """Records from one Id up to, and without, another; an empty Id leaves that side open."""

    first: str = ""
    end: str = ""


@dataclass(frozen=True)
class Batch:
    """One query of a job, whole or a range of its Ids."""

    id: str
    job_id: str
    result_id: str
    query: str
    created_at: datetime
    changed_at: datetime
    ids: IdRange | None = None
    state: str = QUEUED
    message: str = ""
    record_count: int = 0
    milliseconds: int = 0

    @property
    def has_ended(self) -> bool:
        """Whether the state is final."""
        return self.state in ENDED


@dataclass(frozen=True)
class Progress:
    """How far the batches of a job are."""

    states: Counter[str]
    total: int
    record_count: int
    milliseconds: int


def progress(batches: Sequence[Batch]) -> Progress:
    """The counts that a job shows; a batch that was cut into ranges counts as completed."""
    states = Counter(DONE if batch.state == NOT_PROCESSED else batch.state for batch in batches)
    return Progress(
        states,
        total=len(batches),
        record_count=sum(batch.record_count for batch in batches),
        milliseconds=sum(batch.milliseconds for batch in batches),
    )
