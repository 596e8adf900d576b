"""A part's pages into landing, several at once; what does not come whole is fetched again."""

import logging
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta

import psycopg

from salesforce_elt import parts
from salesforce_elt.errors import Incomplete, SchemaDrift, ServerUnavailable
from salesforce_elt.hashing import Salt
from salesforce_elt.parts import KeptPage, Part, Source
from salesforce_elt.salesforce.bulk import PAGES_AT_ONCE
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.warehouse.connection import Connect
from salesforce_elt.warehouse.landing import Landing, load_page

log = logging.getLogger(__name__)

# Seconds before a page is fetched again. A value that a column cannot hold is fetched again as
# well: a byte that was bent on its way looks the same.
PAGE_WAITS = (1.0, 5.0)
WORTH_FETCHING_AGAIN = (Incomplete, ServerUnavailable, SchemaDrift)


@dataclass(frozen=True)
class Tools:
    """What an extract works with: the warehouse (a connection, and a way to open more), the org,
    a way to wait so many seconds, the settings' overlap, the salt of hashed fields (read only for
    an object that has some)."""

    conn: psycopg.Connection
    connect: Connect
    client: SalesforceClient
    pause: Callable[[float], None]
    overlap: timedelta
    read_salt: Callable[[], Salt]


def load_part(tools: Tools, landing: Landing, part: Part, *, source: Source) -> None:
    """Loads the pages that are not here yet, each in a transaction of its own.

    Raises what the client raises, and what a page still is after it was fetched again.
    """
    under_way: set[Future[None]] = set()
    with ThreadPoolExecutor(PAGES_AT_ONCE, thread_name_prefix="page") as pool:
        for page in source.pages(parts.done_pages(tools.conn, part)):
            under_way.add(pool.submit(_load, tools, landing, part, page))
            _settle(under_way, at_most=source.ahead)
        _settle(under_way, at_most=0)


def _settle(under_way: set[Future[None]], *, at_most: int) -> None:
    while len(under_way) > at_most:
        finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
        for one in finished:
            under_way.remove(one)
            one.result()


def _load(tools: Tools, landing: Landing, part: Part, page: KeptPage) -> None:
    for seconds in PAGE_WAITS:
        try:
            _load_once(tools, landing, part, page)
        except WORTH_FETCHING_AGAIN as error:
            log.warning("%s", error)
            tools.pause(seconds)
        else:
            return
    _load_once(tools, landing, part, page)


def _load_once(tools: Tools, landing: Landing, part: Part, page: KeptPage) -> None:
    with tools.connect() as conn, page.open() as opened:
        load_page(conn, landing, part, number=page.number, page=opened)
    log.info(
        "%s: page %s, %s records", landing.extract.sobject, page.number, f"{opened.row_count:,}"
    )
