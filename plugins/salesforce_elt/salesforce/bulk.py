"""Bulk API 2.0: a job is made, waited for, and its result pages stream as CSV."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx

from salesforce_elt.errors import AccessDenied, AnswerLost, Incomplete, ServerUnavailable
from salesforce_elt.extracts import Checkpoint, Extract, Page
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.refusals import unreachable

END_OF_DATA = "null"  # the literal text of Sforce-Locator on the last page
FIRST_WAIT, LONGEST_WAIT, WAIT_GROWTH = 0.5, 30.0, 1.5  # seconds between looks at a job
LONGEST_JOB = 2 * 3600.0  # seconds that one try waits; Salesforce promises no time


class BulkSource:
    """A query job of an extract: the one it has already, or a new one.

    `note_job` keeps the job's id before anything else happens, `pause` waits between looks.
    """

    def __init__(
        self,
        client: SalesforceClient,
        extract: Extract,
        *,
        note_job: Callable[[str], None],
        pause: Callable[[float], None],
    ) -> None:
        self._client = client
        self._extract = extract
        self._note_job = note_job
        self._pause = pause
        self._job_id = extract.job_id
        self._processed: int | None = None

    def pages(self, *, after: Checkpoint) -> Iterator[Page]:
        """The result pages that follow the checkpoint; waits for the job to complete first."""
        self._processed = self._wait()
        locator = after.locator
        if after.pages and locator is None:
            return
        while True:
            with self._open_page(locator) as response:
                locator = response.headers["Sforce-Locator"]
                locator = None if locator == END_OF_DATA else locator
                rows = int(response.headers["Sforce-NumberOfRecords"])
                yield Page(rows, locator, csv=self._bytes(response))
            if locator is None:
                return

    def expected(self) -> int:
        """`numberRecordsProcessed` of the completed job."""
        if self._processed is None:
            raise Incomplete(f"{self._extract.sobject}: no page was read.", expected=1, landed=0)
        return self._processed

    @property
    def _job_path(self) -> str:
        return f"{self._client.data_path}/jobs/query/{self._job_id}"

    def _open_page(self, locator: str | None) -> Any:
        params = {"locator": locator} if locator else None
        return self._client.download(
            f"{self._job_path}/results",
            params=params,
            asked=f"Result page of {self._extract.sobject}",
        )

    def _bytes(self, response: httpx.Response) -> Iterator[bytes]:
        try:
            yield from response.iter_bytes()
        except httpx.HTTPError as error:
            raise unreachable(error, asked=f"Result page of {self._extract.sobject}") from error

    def _look(self) -> Any:
        try:
            return self._client.get(self._job_path, asked=f"Bulk job of {self._extract.sobject}")
        except AccessDenied as error:
            if error.error_code != "NOT_FOUND":
                raise
            raise AnswerLost(
                f"{self._extract.sobject}: Bulk job {self._job_id} is gone at "
                "Salesforce. A new one is made at the next try."
            ) from error

    def _wait(self) -> int:
        if self._job_id is None:
            self._job_id = self._create()
            self._note_job(self._job_id)
        wait, waited = FIRST_WAIT, 0.0
        while True:
            job = self._look()
            if job["state"] == "JobComplete":
                return int(job["numberRecordsProcessed"])
            if job["state"] in ("Failed", "Aborted"):
                raise _job_failure(self._extract, job)
            if waited > LONGEST_JOB:
                raise ServerUnavailable(
                    f"{self._extract.sobject}: Bulk job {self._job_id} is {job['state']} after "
                    f"{waited / 3600:.0f} hours. It is kept, and looked at again at the next try."
                )
            self._pause(wait)
            waited += wait
            wait = min(wait * WAIT_GROWTH, LONGEST_WAIT)

    def _create(self) -> str:
        body = {
            "operation": "queryAll",
            "query": self._extract.soql,
            "contentType": "CSV",
            "columnDelimiter": "COMMA",
            "lineEnding": "LF",
        }
        job = self._client.post(
            f"{self._client.data_path}/jobs/query",
            body,
            asked=f"Create a Bulk job for {self._extract.sobject}",
        )
        return str(job["id"])


def _job_failure(extract: Extract, job: dict[str, Any]) -> AnswerLost:
    reason = job.get("errorMessage") or "Salesforce gives no reason"
    return AnswerLost(
        f"{extract.sobject}: Bulk job {job['id']} ended as {job['state']}: {reason[:200]}. A new "
        "job is made at the next try; QUERY_TIMEOUT means that the window holds too much."
    )


def delete_job(client: SalesforceClient, job_id: str) -> None:
    """Frees the results that Salesforce else keeps for seven days."""
    client.delete(f"{client.data_path}/jobs/query/{job_id}", asked=f"Delete Bulk job {job_id}")
