"""
Bulk API 2.0: a job is made, waited for, and its result pages stream as CSV.

Many records come in several pages, which Salesforce lists (`resultPages`) so that they can be
fetched at the same time; where it does not, each page names the next one. Source: "Get Parallel
Results for a Query Job" and "Get Results for a Query Job" in the Bulk API Developer Guide.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from salesforce_elt.errors import (
    AccessDenied,
    AnswerLost,
    Incomplete,
    RequestRefused,
    ServerUnavailable,
)
from salesforce_elt.parts import Done, KeptPage, Page
from salesforce_elt.salesforce.arrival import LARGEST_PAGE, arriving
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.json_answers import strange
from salesforce_elt.salesforce.refusals import bulk_refusal, job_failure, unreachable

ROWS, COUNT = "Sforce-NumberOfRecords", re.compile(r"[0-9]{1,12}")
STATES = ("UploadComplete", "InProgress", "JobComplete", "Failed", "Aborted")
END_OF_DATA = "null"  # the literal text of Sforce-Locator on the last page
FIRST_WAIT, LONGEST_WAIT, WAIT_GROWTH = 0.5, 30.0, 1.5  # seconds between looks at a job
LONGEST_JOB = 2 * 3600.0  # seconds that one try waits; Salesforce promises no time
PAGES_AT_ONCE = 4
LISTED_FROM = 20_000  # records; fewer come in one page as a rule, and a list is a call more


@dataclass(frozen=True)
class Question:
    """What a job is to answer; `asked` names it in errors; `job_id`: the job it has already."""

    soql: str
    asked: str
    job_id: str | None = None


class BulkSource:
    """The answer to a query, by the job that it has already, or by a new one.

    `note_job` keeps the job's id before anything else happens, `pause` waits between looks;
    `is_chained` has the pages come one after the other whatever their number.
    """

    def __init__(
        self,
        client: SalesforceClient,
        question: Question,
        *,
        note_job: Callable[[str], None],
        pause: Callable[[float], None],
        is_chained: bool = False,
    ) -> None:
        self._client = client
        self._question = question
        self._note_job = note_job
        self._pause = pause
        self._is_chained = is_chained
        self._job_id = question.job_id
        self._version = client.version
        self._processed: int | None = None
        self._locator: str | None = None  # of the page after the one that was opened last

    @property
    def ahead(self) -> int:
        """Listed pages are fetched several at once; of a chain, each has to be opened first."""
        return PAGES_AT_ONCE - 1 if self._is_listed else 0

    def pages(self, done: Done) -> Iterator[KeptPage]:
        """The result pages that are not here yet; waits for the job to complete first."""
        self._processed = self._wait()
        listed = self._listed() if self._is_listed else None
        if listed is None:
            yield from self._chain(done)
            return
        for number, path in enumerate(listed, start=1):
            if number not in done:
                yield KeptPage(number, partial(self._open, path))

    def expected(self) -> int:
        """`numberRecordsProcessed` of the completed job."""
        if self._processed is None:
            raise Incomplete(f"{self._question.asked}: no page was read.", expected=1, landed=0)
        return self._processed

    @property
    def _is_listed(self) -> bool:
        return not self._is_chained and (self._processed or 0) >= LISTED_FROM

    @property
    def _job_path(self) -> str:
        # Results are told to the API version that made the job alone; all others get a 409.
        return f"/services/data/v{self._version}/jobs/query/{self._job_id}"

    def _listed(self) -> list[str] | None:
        """The addresses of all pages; None where the org lists none."""
        asked = f"Result pages of {self._question.asked}"
        url, paths = f"{self._job_path}/resultPages", list[str]()
        try:
            while len(paths) <= (self._processed or 0):  # a page has a record at least
                answer = self._client.get(url, asked=asked)
                pages = [one["resultUrl"] or "" for one in answer["resultPages"]]
                paths += pages
                # The documentation's table and its example differ in the name.
                following = answer.get("nextRecordsUrl") or answer.get("nextRecordUrl")
                if answer.get("done", True) or not following:
                    return paths
                if not pages:
                    break
                url = following
            raise strange(asked, "more pages than there are records to fill them")
        except (AccessDenied, RequestRefused):
            self._is_chained = True
            return None

    def _chain(self, done: Done) -> Iterator[KeptPage]:
        """Page after page; one that is here already says where the next one is."""
        number, locator = 1, None
        while True:
            if number in done:
                locator = done[number].locator
            else:
                path = f"{self._job_path}/results"
                yield KeptPage(number, partial(self._open, path, locator))
                locator = self._locator
            if locator is None:
                return
            number += 1

    @contextmanager
    def _open(self, path: str, locator: str | None = None) -> Iterator[Page]:
        params = {"locator": locator} if locator else None
        asked = f"Result page of {self._question.asked}"
        with self._client.download(path, params=params, asked=asked) as response:
            following = _header(response, "Sforce-Locator", asked=asked)
            rows = _count(response, asked=asked)
            self._locator = None if following == END_OF_DATA else following
            yield Page(rows, self._locator, csv=_bytes(response, asked=asked))

    def _wait(self) -> int:
        if self._job_id is None:
            self._job_id = self._create()
            self._note_job(self._job_id)
        wait, waited = FIRST_WAIT, 0.0
        while True:
            job = self._look()
            if job["state"] not in STATES:
                raise strange(self._question.asked, "a Bulk job in a state that there is not")
            if job["state"] == "JobComplete":
                self._version = str(job.get("apiVersion") or self._version)
                return int(job["numberRecordsProcessed"])
            if job["state"] in ("Failed", "Aborted"):
                raise job_failure(job, asked=self._question.asked)
            if waited > LONGEST_JOB:
                raise ServerUnavailable(
                    f"{self._question.asked}: Bulk job {self._job_id} is {job['state']} after "
                    f"{waited / 3600:.0f} hours. It is kept, and looked at again at the next try."
                )
            self._pause(wait)
            waited += wait
            wait = min(wait * WAIT_GROWTH, LONGEST_WAIT)

    def _look(self) -> Any:
        try:
            return self._client.get(self._job_path, asked=f"Bulk job of {self._question.asked}")
        except AccessDenied as error:
            if error.error_code != "NOT_FOUND":
                raise
            raise AnswerLost(
                f"{self._question.asked}: Bulk job {self._job_id} is gone at Salesforce. A new "
                "one is made."
            ) from error

    def _create(self) -> str:
        body = {
            "operation": "queryAll",
            "query": self._question.soql,
            "contentType": "CSV",
            "columnDelimiter": "COMMA",
            "lineEnding": "LF",
        }
        path = f"{self._client.data_path}/jobs/query"
        asked = f"Create a Bulk job for {self._question.asked}"
        try:
            job = self._client.post(path, body, asked=asked)
        except RequestRefused as error:
            raise bulk_refusal(error) from error
        return str(job["id"])


def delete_job(client: SalesforceClient, job_id: str) -> None:
    """Frees the results that Salesforce else keeps for seven days."""
    client.delete(f"{client.data_path}/jobs/query/{job_id}", asked=f"Delete Bulk job {job_id}")


def _count(response: httpx.Response, *, asked: str) -> int:
    told = _header(response, ROWS, asked=asked)
    if not COUNT.fullmatch(told):
        raise strange(asked, f"a {ROWS} that is no number")
    return int(told)


def _header(response: httpx.Response, name: str, *, asked: str) -> str:
    value = response.headers.get(name)
    if value is None:
        raise ServerUnavailable(
            f"{asked}: the answer has no {name}, by which its rows are counted. A proxy may have "
            "taken it out; it is asked for again."
        )
    return str(value)


def _bytes(response: httpx.Response, *, asked: str) -> Iterator[bytes]:
    try:
        yield from arriving(response, asked=asked, at_most=LARGEST_PAGE)
    except httpx.HTTPError as error:
        raise unreachable(error, asked=asked) from error
