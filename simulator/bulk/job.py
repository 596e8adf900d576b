"""One query job: its states and how it shows itself (api.md 3.1, 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulator.formats import rest_datetime

QUEUED, RUNNING, DONE = "UploadComplete", "InProgress", "JobComplete"
FAILED, ABORTED = "Failed", "Aborted"
ENDED = (DONE, FAILED, ABORTED)
DELIMITERS = {
    "COMMA": ",",
    "TAB": "\t",
    "PIPE": "|",
    "SEMICOLON": ";",
    "CARET": "^",
    "BACKQUOTE": "`",
}
LINE_ENDINGS = {"LF": b"\n", "CRLF": b"\r\n"}


@dataclass(frozen=True)
class Job:
    """What is known of a query job."""

    id: str
    operation: str
    query: str
    sobject: str
    created_by_id: str
    created_at: datetime
    changed_at: datetime
    api_version: str
    state: str = QUEUED
    line_ending: str = "LF"
    column_delimiter: str = "COMMA"
    header: str = ""
    record_count: int = 0
    milliseconds: int = 0
    error_message: str | None = None

    @property
    def all_rows(self) -> bool:
        """Whether deleted and archived records are read too."""
        return self.operation == "queryAll"

    @property
    def has_ended(self) -> bool:
        """Whether the state is final."""
        return self.state in ENDED

    def created(self) -> dict[str, Any]:
        """The answer to its creation and to its abortion."""
        return {
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
            "lineEnding": self.line_ending,
            "columnDelimiter": self.column_delimiter,
        }

    def info(self, *, tells_why: bool, shows_chunking: bool) -> dict[str, Any]:
        """The answer to a poll."""
        shown = self.created()
        order = list(shown)
        order.insert(order.index("apiVersion") + 1, "jobType")
        body: dict[str, Any] = {key: shown.get(key, "V2Query") for key in order}
        body["numberRecordsProcessed"] = self.record_count
        body |= {"retries": 0, "totalProcessingTime": self.milliseconds}
        if shows_chunking:
            body["isPkChunkingSupported"] = True
        if self.state in (FAILED, ABORTED) and tells_why and self.error_message:
            body["errorMessage"] = self.error_message
        return body
