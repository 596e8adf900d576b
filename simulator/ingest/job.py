"""One ingest job: its states and how it shows itself (api.md 3.8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulator.formats import rest_datetime

OPEN, QUEUED, RUNNING, DONE = "Open", "UploadComplete", "InProgress", "JobComplete"
FAILED, ABORTED = "Failed", "Aborted"
ENDED = (DONE, FAILED, ABORTED)
INSERT, UPDATE, UPSERT, DELETE, HARD_DELETE = "insert", "update", "upsert", "delete", "hardDelete"
OPERATIONS = (INSERT, UPDATE, UPSERT, DELETE, HARD_DELETE)


@dataclass(frozen=True)
class IngestJob:
    """What is known of an ingest job."""

    id: str
    operation: str
    sobject: str
    created_by_id: str
    created_at: datetime
    changed_at: datetime
    api_version: str
    external_id_field: str | None = None
    state: str = OPEN
    line_ending: str = "LF"
    column_delimiter: str = "COMMA"
    processed: int = 0
    failed: int = 0
    milliseconds: int = 0
    error_message: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether the state is final."""
        return self.state in ENDED

    def created(self) -> dict[str, Any]:
        """The answer to its creation and to every change of its state."""
        body: dict[str, Any] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.sobject,
            "createdById": self.created_by_id,
            "createdDate": rest_datetime(self.created_at),
            "systemModstamp": rest_datetime(self.changed_at),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.api_version),
        }
        if self.external_id_field:
            body["externalIdFieldName"] = self.external_id_field
        if self.state == OPEN:
            # without a leading slash, as the real API writes it
            path = f"services/data/v{self.api_version}/jobs/ingest/{self.id}/batches"
            body["contentUrl"] = path
        return {**body, "lineEnding": self.line_ending, "columnDelimiter": self.column_delimiter}

    def info(self) -> dict[str, Any]:
        """The answer to a poll."""
        body = {
            **self.created(),
            "jobType": "V2Ingest",
            "numberRecordsProcessed": self.processed,
            "numberRecordsFailed": self.failed,
            "retries": 0,
            "totalProcessingTime": self.milliseconds,
            "apiActiveProcessingTime": self.milliseconds,
            "apexProcessingTime": 0,
        }
        if self.state == FAILED and self.error_message:
            body["errorMessage"] = self.error_message
        return body


@dataclass(frozen=True)
class Done:
    """What became of a row: its record, or the error that kept it out."""

    record_id: str
    created: bool = False
    error: str | None = None
