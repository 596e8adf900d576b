"""
Where the member directory is: a CSV file, or a table or a query of the warehouse.

    directory: include/members.csv
    directory: {table: hr.people}
    directory: {query: "select ..."}
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import PlainSerializer, ValidationInfo, WithJsonSchema, WrapValidator
from pydantic_core import PydanticCustomError

from salesforce_elt.environment import PROJECT
from salesforce_elt.settings import reading
from salesforce_elt.settings.tree import Scalar
from salesforce_elt.settings.values import WRONG_VALUE
from salesforce_elt.settings.wording import did_you_mean, shown

RIGHT = (
    "a CSV file, its path from the project's folder, such as include/members.csv; or a table or a "
    'query of the warehouse: {table: hr.people} or {query: "select ..."}'
)
TABLE = re.compile(r"[^\s.\"]{1,63}\.[^\s.\"]{1,63}")


@dataclass(frozen=True)
class DirectoryTable:
    """A table or view of the warehouse, by its schema and name as PostgreSQL keeps them."""

    table: str


@dataclass(frozen=True)
class DirectoryQuery:
    """A query of the warehouse."""

    query: str


Source = Path | DirectoryTable | DirectoryQuery


def _validated(value: Any, _handler: Any, info: ValidationInfo) -> Source:
    try:
        return _source(value, root=(info.context or {}).get("root"))
    except reading.Unreadable as unreadable:
        hint = str(unreadable)
    raise PydanticCustomError(WRONG_VALUE, "{right}", {"right": RIGHT, "hint": hint})


def _source(value: Any, *, root: Path | None) -> Source:
    if isinstance(value, Source):
        return _in_the_project(value, root) if isinstance(value, Path) else value
    if isinstance(value, Mapping):
        return _in_the_warehouse(value)
    if isinstance(value, Scalar):
        return _in_the_project(reading.path(value), root)
    raise reading.Unreadable("")


def _in_the_project(path: Path, root: Path | None) -> Path:
    if root is None:
        return path
    found = root / path
    if found.is_file():
        return found
    reason = f"{found} is a folder" if found.is_dir() else f"There is no file {found}"
    raise reading.Unreadable(reason)


def _in_the_warehouse(value: Mapping[str, Any]) -> DirectoryTable | DirectoryQuery:
    if len(value) != 1:
        raise reading.Unreadable("Write one of the two, table or query")
    ((name, written),) = value.items()
    if name not in ("table", "query"):
        hint = did_you_mean(name, ("table", "query")).removesuffix(".")
        raise reading.Unreadable(f"{shown(name)} is neither. {hint}")
    text = _text(written)
    if name == "query":
        return DirectoryQuery(text)
    if not TABLE.fullmatch(text):
        raise reading.Unreadable("Write the table with its schema, as hr.people, without quotes")
    return DirectoryTable(text)


def _text(written: Any) -> str:
    if isinstance(written, str):
        return written
    if not isinstance(written, Scalar) or not written.text.strip():
        raise reading.Unreadable("The value is missing or no text")
    # A query may have several lines.
    one_line = " ".join(written.text.split())
    reading.text(Scalar(one_line, plain=written.plain, tag=written.tag))
    return written.text.strip()


def _as_written(source: Source) -> str | dict[str, str]:
    if not isinstance(source, Path):
        return asdict(source)
    return str(source.relative_to(PROJECT) if source.is_relative_to(PROJECT) else source)


def _one_of(name: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": "string", "minLength": 1}},
        "required": [name],
        "additionalProperties": False,
    }


Directory = Annotated[
    Source,
    WrapValidator(_validated),
    PlainSerializer(_as_written, when_used="json"),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "minLength": 1}, _one_of("table"), _one_of("query")]}
    ),
]
