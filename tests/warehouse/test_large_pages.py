"""A page of any size passes in bounded memory: from the socket to COPY, never as a whole."""

import tracemalloc
from collections.abc import Iterator

from salesforce_elt.parts import Page
from tests.warehouse.test_merge import THING, conn, land, run

__all__ = ["conn", "run"]

ROWS, TEXT = 2_000, "a line\n" * 2_600  # 18 KB a record, as one user's whose tool broke on them


def chunks() -> Iterator[bytes]:
    """The page as it would come from the socket."""
    yield b'"Id","Name","Amount","IsDeleted","SystemModstamp"\n'
    for number in range(ROWS):
        yield f'"a00{number:015d}","{TEXT}","1","false","2026-03-01T11:00:00.000Z"\n'.encode()


def test_a_page_far_larger_than_the_memory_it_takes_arrives_whole(conn, run):
    tracemalloc.start()
    try:
        land(conn, run, Page(ROWS, None, csv=chunks()))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    query = f"select count(*), min(length(name)) from {THING.loading.as_string(conn)}"
    assert conn.execute(query).fetchone() == (ROWS, len(TEXT))
    assert most < ROWS * len(TEXT) / 10
