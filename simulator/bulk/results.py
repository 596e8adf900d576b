"""The result file of a job: written once, when the job runs, served in pages (api.md 3.3).

Beside the rows lies a file with the place at which each row begins, eight bytes a row, so that a
page is two look-ups and one stretch of the file.
"""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from simulator.bulk.job import DELIMITERS, LINE_ENDINGS, Job
from simulator.formats import csv_expression
from simulator.soql.plan import Plan
from simulator.soql.sql import Sql, quote
from simulator.storage.connections import Connection

PLACE = struct.Struct("<Q")
# small enough to stay in a core's cache on its way from the file to the socket
CHUNK_BYTES = 128 * 1024
ROWS_A_REPORT = 10_000
Report = Callable[[int], None]


@dataclass(frozen=True)
class ResultFile:
    """Where a job's rows lie."""

    rows: Path
    places: Path

    def write(self, connection: Connection, copy: Sql, *, ending: bytes, report: Report) -> int:
        """Stream a COPY into the file, tell how far it is now and then, and count the rows."""
        count, place = 0, 0
        begins = array("Q", [0])
        with self.rows.open("wb") as rows, self.places.open("wb") as places:
            with connection.cursor() as cursor, cursor.copy(copy.text, copy.params) as stream:
                for row in stream:
                    place += rows.write(row if ending == b"\n" else bytes(row)[:-1] + ending)
                    begins.append(place)
                    count += 1
                    if count % ROWS_A_REPORT == 0:
                        _flush(begins, places)
                        report(count)
            _flush(begins, places)
        return count

    def page(self, first: int, count: int) -> Iterator[bytes]:
        """The bytes of some rows, in pieces."""
        return pieces(self.rows, self._place(first), self._place(first + count))

    def size(self) -> int:
        """How many bytes the rows take."""
        return self.rows.stat().st_size if self.rows.exists() else 0

    def remove(self) -> None:
        """Delete both files."""
        self.rows.unlink(missing_ok=True)
        self.places.unlink(missing_ok=True)

    def _place(self, row: int) -> int:
        with self.places.open("rb") as places:
            found = os.pread(places.fileno(), PLACE.size, row * PLACE.size)
        return int(PLACE.unpack(found)[0])


def copy_statement(plan: Plan, delimiter: str, *, state: str) -> Sql:
    """The COPY that writes a plan's rows in the CSV dialect of Bulk 2.0 (api.md 3.4)."""
    columns = tuple(
        csv_expression(column.field, column.sql[0], schema=quote(state)) for column in plan.columns
    )
    written = _escaped(DELIMITERS[delimiter])
    options = f"format csv, force_quote *, delimiter E'{written}'"
    select = plan.select(columns, is_stable=False)
    return select.wrapped("copy (", f") to stdout with ({options})")


def pieces(path: Path, begin: int, end: int) -> Iterator[bytes]:
    """A stretch of a file, piece by piece."""
    with path.open("rb") as file:
        file.seek(begin)
        while begin < end:
            piece = file.read(min(CHUNK_BYTES, end - begin))
            begin += len(piece)
            yield piece


def header(plan: Plan, delimiter: str) -> str:
    """The header line without its end: parents' fields have dotted names."""
    names = (".".join(column.path).replace('"', '""') for column in plan.columns)
    return DELIMITERS[delimiter].join(f'"{name}"' for name in names)


def with_header(job: Job, rows: Iterator[bytes]) -> Iterator[bytes]:
    """A page: the header line comes first on every one."""
    yield job.header.encode() + LINE_ENDINGS[job.line_ending]
    yield from rows


def _escaped(delimiter: str) -> str:
    return {"\t": "\\t"}.get(delimiter, delimiter)


def _flush(begins: array[int], places: BinaryIO) -> None:
    places.write(begins.tobytes())
    del begins[:]
