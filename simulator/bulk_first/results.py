"""A batch's records as CSV, JSON or XML: written once, when the batch runs, then only served.

JSON differs from the REST resources: it is printed with line ends, and dates are milliseconds
since 1970 (wire/cumulusci, TestSelect...bulk).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO
from xml.sax.saxutils import escape

from simulator.bulk.results import copy_statement, header
from simulator.formats import JavaDouble
from simulator.json_text import dumps
from simulator.soql.plan import Plan
from simulator.soql.rows import Record, Render
from simulator.storage.connections import Connection

NO_RECORDS = b"Records not found for this query"
ROWS_A_FETCH, ROWS_A_REPORT = 2_000, 10_000
NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
XML_BEGIN = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    f'<queryResult xmlns="{NAMESPACE}" xmlns:xsi="{INSTANCE}">'
)
XML_END = "</queryResult>"
# what no XML document can hold, not even escaped
_NOT_IN_XML = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])
Report = Callable[[int], None]


@dataclass(frozen=True)
class Result:
    """What is written where: the plan, how its rows become records, and who is told how far."""

    plan: Plan
    render: Render
    state: str
    path: Path
    report: Report


def write(result: Result, connection: Connection, *, content_type: str) -> int:
    """Write the file and count the records."""
    with result.path.open("wb") as file:
        return _WRITERS[content_type](result, connection, file)


def _csv(result: Result, connection: Connection, file: BinaryIO) -> int:
    copy = copy_statement(result.plan, "COMMA", state=result.state)
    count = 0
    file.write(header(result.plan, "COMMA").encode() + b"\n")
    with connection.cursor() as cursor, cursor.copy(copy.text, copy.params) as stream:
        for row in stream:
            file.write(row)
            count += 1
            if count % ROWS_A_REPORT == 0:
                result.report(count)
    if count == 0:
        file.seek(0)
        file.truncate()
        file.write(NO_RECORDS)
    return count


def _json(result: Result, connection: Connection, file: BinaryIO) -> int:
    count = 0
    for count, record in _records(result, connection, _milliseconds):
        file.write(b"[ " if count == 1 else b", ")
        file.write(dumps(record, pretty=True).encode("utf-8", "surrogatepass"))
    file.write(b" ]" if count else b"[ ]")
    return count


def _xml(result: Result, connection: Connection, file: BinaryIO) -> int:
    written = 0
    file.write(XML_BEGIN.encode())
    for count, record in _records(result, connection, _xml_moment):
        file.write(_element("records", record).encode("utf-8", "surrogatepass"))
        written = count
    file.write(XML_END.encode())
    return written


def _records(
    result: Result, connection: Connection, moment: Callable[[Any], object]
) -> Iterator[tuple[int, Record]]:
    select = result.plan.select(result.plan.expressions(), is_stable=False)
    with connection.cursor(name="batch") as cursor:
        cursor.itersize = ROWS_A_FETCH
        cursor.execute(select.text, select.params)
        for count, row in enumerate(cursor, start=1):
            if count % ROWS_A_REPORT == 0:
                result.report(count)
            yield count, _with_moments(result.plan, result.render(row), row=row, moment=moment)


def _with_moments(
    plan: Plan, record: Record, *, row: Sequence[Any], moment: Callable[[Any], object]
) -> Record:
    """The record with its dates and times as this content type writes them."""
    place = 1
    for column in plan.columns:
        value = row[place]
        place += len(column.sql)
        if not column.components and isinstance(value, date | datetime | time):
            owner: Any = record
            for step in column.path[:-1]:
                owner = owner[step]
            owner[column.path[-1]] = moment(value)
    return record


def _milliseconds(value: date | datetime | time) -> object:
    if isinstance(value, time):
        return value.strftime("%H:%M:%S.000Z")
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    return int(value.timestamp()) * 1000


def _xml_moment(value: date | datetime | time) -> object:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return value.strftime("%H:%M:%S.000Z") if isinstance(value, time) else value.isoformat()


def _element(name: str, value: object) -> str:
    if value is None:
        return f'<{name} xsi:nil="true"/>'
    if isinstance(value, dict):
        inside = [
            _element("type", item["type"]) if key == "attributes" else _element(key, item)
            for key, item in value.items()
        ]
        return f'<{name} xsi:type="sObject">{"".join(inside)}</{name}>'
    if isinstance(value, bool):
        text = "true" if value else "false"
    else:
        text = value.text if isinstance(value, JavaDouble) else escape(str(value))
        text = text.translate(_NOT_IN_XML)
    return f"<{name}>{text}</{name}>"


_WRITERS: dict[str, Callable[[Result, Connection, BinaryIO], int]] = {
    "CSV": _csv,
    "JSON": _json,
    "XML": _xml,
}
