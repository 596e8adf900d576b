"""The CSV of an ingest job, as rows of values."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from simulator.bulk.job import DELIMITERS
from simulator.catalog.types import SObject
from simulator.errors import RowError
from simulator.ingest.job import IngestJob

NOTHING, MOST_CHARACTERS = "#N/A", 131_072
_BITS = {"1": "true", "0": "false"}


class TableInvalid(Exception):
    """A file that no row of can be worked on."""


class Table:
    """The header and the rows of one uploaded file."""

    def __init__(self, file: Path, job: IngestJob) -> None:
        self._file, self._delimiter = file, DELIMITERS[job.column_delimiter]
        csv.field_size_limit(MOST_CHARACTERS)
        self.columns = next(self._lines(), [])

    def rows(self) -> Iterator[list[str]]:
        """The rows below the header; TableInvalid where the file is not CSV."""
        lines = self._lines()
        next(lines, None)
        yield from (line for line in lines if line)

    def _lines(self) -> Iterator[list[str]]:
        try:
            with self._file.open(encoding="utf-8-sig", newline="") as text:
                yield from csv.reader(text, delimiter=self._delimiter, strict=True)
        except FileNotFoundError:
            # the job was closed without an upload: as empty as an empty file
            return
        except (csv.Error, UnicodeDecodeError) as error:
            raise TableInvalid(f"InvalidBatch : Failed to parse CSV: {error}") from error


def check_columns(columns: Sequence[str], sobject: SObject) -> None:
    """TableInvalid when a column is no field of the object."""
    if not columns:
        raise TableInvalid("InvalidBatch : The file has no header")
    for column in columns:
        if named_field(column, sobject) is None:
            raise TableInvalid(f"InvalidBatch : Field name not found : {column}")


def named_field(column: str, sobject: SObject) -> str | None:
    """The field that a column fills: its own name, or the reference of ``Account.Number__c``."""
    relationship, _, foreign = column.partition(".")
    if not foreign:
        field = sobject.field(column)
        return None if field is None or field.compound else field.name
    wanted = relationship.lower()
    links = (f for f in sobject.fields if (f.relationship_name or "").lower() == wanted)
    return next((field.name for field in links), None)


def values_of(columns: Sequence[str], cells: Sequence[str], sobject: SObject) -> dict[str, object]:
    """What a row says: empty cells say nothing, ``#N/A`` empties a field."""
    if len(cells) != len(columns):
        message = f"the row has {len(cells)} values where the header has {len(columns)}"
        raise RowError("INVALID_CSV_ROW", message)
    return {
        column: _value(column, cell, sobject)
        for column, cell in zip(columns, cells, strict=True)
        if cell
    }


def _value(column: str, cell: str, sobject: SObject) -> object:
    if cell == NOTHING:
        return None
    field = sobject.field(column)
    is_bit = field is not None and field.type == "boolean"
    return _BITS.get(cell, cell) if is_bit else cell
