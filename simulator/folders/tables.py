"""Reads the CSV files of an org folder, as text, keeping the line of every row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from simulator.folders.problems import OrgFolderInvalid, Place, shown


@dataclass(frozen=True)
class Row:
    """A row of a file: the line it begins on, and its text by column; empty is left out."""

    line: int
    texts: dict[str, str]


@dataclass(frozen=True)
class Table:
    """A file of an org folder: the records of one object."""

    sobject: str
    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def place(self, row: Row | None = None, column: str | None = None) -> Place:
        """Where a value of this table stands."""
        return Place(self.file, row.line if row else None, column)


def read_tables(folder: Path) -> list[Table]:
    """The tables of all CSV files of a folder, by name."""
    if not folder.is_dir():
        raise OrgFolderInvalid(
            f"{folder} is not a folder. Give the path of a folder with one CSV file an object."
        )
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise OrgFolderInvalid(
            f"{folder} has no CSV file. An org folder has one file an object, such as Account.csv."
        )
    return [_read(file) for file in files]


def _read(file: Path) -> Table:
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, strict=True)
            columns = _header(file, reader)
            rows = tuple(_rows(file, reader, columns))
    except UnicodeDecodeError as error:
        what = f"the file is not UTF-8 at byte {error.start}"
        raise Place(file.name).problem(what, do="Save it as UTF-8.") from error
    except csv.Error as error:
        raise Place(file.name, reader.line_num).problem(
            f"the file is not valid CSV ({error})", do="Quote the values as RFC 4180 says."
        ) from error
    return Table(file.stem, file.name, tuple(columns), rows)


def _header(file: Path, reader: Iterator[list[str]]) -> list[str]:
    columns = next(reader, [])
    twice = {column for column in columns if columns.count(column) > 1}
    if not columns or "" in columns or twice:
        what = f"the header names {shown(min(twice))} twice" if twice else "a column has no name"
        raise Place(file.name, 1).problem(what, do="Name every column once, by its field.")
    return columns


def _rows(file: Path, reader: Iterator[list[str]], columns: list[str]) -> Iterator[Row]:
    line = 2
    for values in reader:
        if values:
            if len(values) != len(columns):
                raise Place(file.name, line).problem(
                    f"the row has {len(values)} values where the header has {len(columns)}",
                    do="Give one value a column, quoted where it holds a comma or a line break.",
                )
            yield Row(line, {c: v for c, v in zip(columns, values, strict=True) if v})
        line = getattr(reader, "line_num", line) + 1
