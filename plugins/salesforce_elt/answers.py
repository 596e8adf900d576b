"""
The whole answer to an extract, whatever Salesforce makes of the question.

    an answer that is not whole      fetched again, page after page
    a job that failed or is gone     asked for anew
    a query that timed out           asked for by Bulk, then in halves: by time, then by Id
    an object that Bulk refuses      asked for by REST

Each has an end: what does not help within a few tries is given up and reported.
"""

import logging
from collections.abc import Callable
from functools import partial

import psycopg

from salesforce_elt import extracts, parts, quota_results, results
from salesforce_elt.errors import (
    AccessDenied,
    AnswerLost,
    Incomplete,
    NotForBulk,
    QueryTimedOut,
    RequestRefused,
    SchemaDrift,
)
from salesforce_elt.hashed import hashing_of
from salesforce_elt.hashing import canonical_cell
from salesforce_elt.known_fields import kept_as_text
from salesforce_elt.loading import Tools, load_part
from salesforce_elt.parts import Cell, Part, Source
from salesforce_elt.results import Finding
from salesforce_elt.row_path import RewrittenSource
from salesforce_elt.salesforce import soql
from salesforce_elt.salesforce.bulk import BulkSource, Question
from salesforce_elt.salesforce.query import RestSource, fits_an_url
from salesforce_elt.slices import Slice, cut_by_id, cut_by_time
from salesforce_elt.warehouse.landing import (
    Landing,
    drop_landing,
    empty_landing,
    open_landing,
    seal_landing,
)

log = logging.getLogger(__name__)

RE_ASKS = 2  # within one try of the task; Airflow tries the task again after that

SourceOf = Callable[[Part, bool], Source]  # the part, and whether its pages come one by one


def land_answer(tools: Tools, landing: Landing, *, source_of: SourceOf | None = None) -> int:
    """Lands every record that the extract asks for, once; returns how many there are.

    Raises Incomplete, AnswerLost, RequestRefused, AccessDenied or SchemaDrift when it cannot be
    had: the extract is given up then, and the next try asks anew. Other errors leave it to be gone
    on with. A `source_of` of the caller's own asks for what cannot be split.
    """
    try:
        return _land_with_tries(tools, landing, source_of)
    except (AnswerLost, Incomplete, RequestRefused, AccessDenied, SchemaDrift):
        give_up(tools.conn, landing)
        raise


def give_up(conn: psycopg.Connection, landing: Landing) -> None:
    """Ends the extract without an answer; what landed of it is dropped."""
    log.warning(
        "%s: the extract until %s is given up.", landing.extract.sobject, landing.extract.until
    )
    with conn.transaction():
        extracts.hold(conn, landing.run, landing.extract)
        extracts.close(conn, landing.extract, state="abandoned")
        drop_landing(conn, landing)


def _land_with_tries(tools: Tools, landing: Landing, source_of: SourceOf | None) -> int:
    for number in range(RE_ASKS):
        try:
            return _Answer(tools, landing, source_of, is_chained=number > 0).land()
        except (AnswerLost, Incomplete) as error:
            log.warning("%s", error)
            with tools.conn.transaction():
                empty_landing(tools.conn, landing)
    return _Answer(tools, landing, source_of, is_chained=True).land()


class _Answer:
    """One try to land an extract's answer, part by part."""

    def __init__(
        self, tools: Tools, landing: Landing, source_of: SourceOf | None, *, is_chained: bool
    ) -> None:
        self._tools = tools
        self._conn = tools.conn
        self._landing = landing
        self._given = source_of
        self._is_chained = is_chained
        self._is_refused_by_bulk = False
        self._expected: dict[int, int] = {}  # by the number of the part

    def land(self) -> int:
        extract = self._landing.extract
        open_landing(self._conn, self._landing)
        while part := self._next_part():
            self._land_part(part)
        landed, expected = (
            parts.landed(self._conn, extract.extract_id),
            sum(self._expected.values()),
        )
        if landed != expected:
            raise Incomplete(
                f"{extract.sobject}: {landed:,} records landed, and Salesforce says that it sent "
                f"{expected:,}. Nothing was merged; the answer is fetched again.",
                expected=expected,
                landed=landed,
            )
        seal_landing(self._conn, self._landing)
        self._tell_of_nuls()
        return landed

    def _next_part(self) -> Part | None:
        waiting = (
            part
            for part in parts.open_parts(self._conn, self._landing.extract.extract_id)
            if part.number not in self._expected
        )
        return next(waiting, None)

    def _land_part(self, part: Part) -> None:
        source = self._rewritten(self._source_of(part))
        try:
            load_part(self._tools, self._landing, part, source=source)
            self._expected[part.number] = source.expected()
        except QueryTimedOut as error:
            log.warning("%s", error)
            self._ask_for_less(part, error)
        except NotForBulk as error:
            log.warning("%s It is asked for by REST.", error)
            self._is_refused_by_bulk = True
            self._ask_by(part, "rest", error)
        except AnswerLost:
            with self._conn.transaction():
                parts.replace_by(self._conn, part, [part.asked])
            raise

    def _source_of(self, part: Part) -> Source:
        if self._given:
            return self._given(part, self._is_chained)
        return _source(self._tools, self._landing, part, self._is_chained)

    def _rewritten(self, source: Source) -> Source:
        """Hashed fields are hashed before they are written; what a text column keeps of numbers and
        times is written in one way, by REST and by Bulk."""
        extract, columns = self._landing.extract, self._landing.columns
        kinds = kept_as_text(self._conn, extract.org, extract.sobject, columns)
        rewriting: dict[str, Callable[[Cell], Cell]] = {
            name: partial(canonical_cell, kind=kind) for name, kind in kinds.items()
        }
        hashing = hashing_of(
            self._conn, extract.org, extract.sobject, read_salt=self._tools.read_salt
        )
        if hashing:
            rewriting |= {name: partial(hashing.cell, name) for name in hashing.kinds}
        return RewrittenSource(source, columns, rewriting) if rewriting else source

    def _ask_for_less(self, part: Part, error: QueryTimedOut) -> None:
        if self._given:
            raise error
        if part.way == "rest" and not self._is_refused_by_bulk:
            self._ask_by(part, "bulk", error)
            return
        halves = cut_by_time(part.asked) or self._cut_by_id(part)
        if halves is None:
            raise error
        with self._conn.transaction():
            self._forget_pages_of(part)
            parts.replace_by(self._conn, part, halves)

    def _cut_by_id(self, part: Part) -> tuple[Slice, Slice] | None:
        lowest, highest = (self._outermost_id(part, is_highest=side) for side in (False, True))
        if not (lowest and highest):
            return None
        return cut_by_id(part.asked, lowest=lowest, highest=highest)

    def _outermost_id(self, part: Part, *, is_highest: bool) -> str | None:
        extract, client = self._landing.extract, self._tools.client
        text = soql.outermost_id(extract.sobject, part=part.asked, is_highest=is_highest)
        answer = client.get(
            f"{client.data_path}/queryAll",
            params={"q": text},
            asked=f"The {'highest' if is_highest else 'lowest'} Id of {extract.sobject}",
        )
        return str(answer["records"][0]["Id"]) if answer["records"] else None

    def _ask_by(self, part: Part, way: str, error: Exception) -> None:
        if way == "rest" and not fits_an_url(_soql(self._landing, part)):
            raise error
        with self._conn.transaction():
            self._forget_pages_of(part)
            parts.replace_by(self._conn, part, [part.asked], way=way)

    def _forget_pages_of(self, part: Part) -> None:
        """Rows do not say of which part they are, so all go; finished jobs are read again."""
        if parts.done_pages(self._conn, part):
            empty_landing(self._conn, self._landing)
            self._expected.clear()

    def _tell_of_nuls(self) -> None:
        extract = self._landing.extract
        if count := parts.nuls(self._conn, extract.extract_id):
            results.note_findings(
                self._conn,
                self._landing.run,
                [_nuls_replaced(extract.sobject, count)],
                station="extract",
            )


def _source(tools: Tools, landing: Landing, part: Part, is_chained: bool) -> Source:
    extract, text = landing.extract, _soql(landing, part)
    log.info("%s by %s: %s", extract.sobject, part.way, text)
    if part.way == "rest":
        return RestSource(
            tools.client, soql=text, fields=extract.fields, asked=f"Query {extract.sobject}"
        )
    if part.job_id is None:
        asked = f"Create a Bulk job for {extract.sobject}"
        quota_results.watch_bulk(tools.conn, landing.run, tools.client, asked=asked)
    return BulkSource(
        tools.client,
        Question(text, extract.sobject, part.job_id),
        note_job=lambda job_id: parts.note_job(tools.conn, part, job_id),
        pause=tools.pause,
        is_chained=is_chained,
    )


def _soql(landing: Landing, part: Part) -> str:
    extract = landing.extract
    return soql.select(
        extract.sobject, extract.fields, cursor=extract.cursor_field, part=part.asked
    )


def _nuls_replaced(sobject: str, count: int) -> Finding:
    return Finding(
        "warning",
        "nul_replaced",
        f"{count:,} NUL characters in texts of {sobject} became U+FFFD, since PostgreSQL stores "
        "none. Remove them in Salesforce to have the texts as they were meant.",
        sobject,
    )
