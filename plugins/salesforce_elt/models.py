"""The SQL files of `include/sql`: what their headers say, what they inline, what they run as."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from salesforce_elt.errors import StopError
from salesforce_elt.warehouse.names import staging_schema

HEADER_FIELDS = ("key", "recomputed by", "affected by")

_FIELD = re.compile(r"-- (?P<name>[a-z ]+): (?P<value>.+)")
_AFFECTED = re.compile(r"(?P<table>\w+)(?:\.(?P<column>\w+))? \((?P<path>\w+(?:\.\w+)?)\)")
_INTERMEDIATE_IMPORT = re.compile(r"\bfrom intermediate\.(\w+)")
_STAGING_IMPORT = re.compile(r'\bstaging\.("?)(\w+)\1')
_COMMENT_LINE = re.compile(r"^\s*--.*\n?", re.MULTILINE)
_MART_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


@dataclass(frozen=True)
class Affected:
    """How a change in a staging table reaches a mart.

    `path` is a column of the changed row that holds the key (`id`), a column of another table
    that equals the changed row's `column` (`opportunity.account_id`), or `all`.
    """

    table: str
    column: str
    path: str


@dataclass(frozen=True)
class Model:
    """A mart: one SQL file with all it inlines; `key` is without the org."""

    name: str
    grain: str
    key: tuple[str, ...]
    recomputed_by: str
    affected_by: tuple[Affected, ...]
    sql: str

    @property
    def staging_tables(self) -> frozenset[str]:
        """The staging tables that it reads, those of its intermediate models too."""
        return frozenset(name for _, name in _STAGING_IMPORT.findall(self.sql))

    @property
    def fingerprint(self) -> str:
        """Another one means that the mart has to be computed anew; comments do not count."""
        return hashlib.sha256(repr((self.key, self.sql)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Models:
    """All marts by name, in alphabetical order; `root` holds `sql` and `quality`."""

    root: Path
    marts: Mapping[str, Model]

    @property
    def staging_tables(self) -> frozenset[str]:
        """The staging tables that some mart reads."""
        return frozenset().union(*(model.staging_tables for model in self.marts.values()))


def load_models(root: Path) -> Models:
    """Reads the marts and the intermediate models under `root` (the folder `include`).

    Raises StopError, naming file and line, when a header is not as it must be.
    """
    intermediates = {
        path.stem: path.read_text("utf-8")
        for path in sorted((root / "sql/intermediate").glob("*.sql"))
    }
    paths = sorted((root / "sql/marts").glob("*.sql"))
    return Models(root, {path.stem: _load(path, intermediates) for path in paths})


def compiled(model: Model, org: str) -> str:
    """The select that computes the mart of one org, without the column `org`."""
    return _STAGING_IMPORT.sub(rf'"{staging_schema(org)}"."\2"', model.sql)


def _load(path: Path, intermediates: Mapping[str, str]) -> Model:
    if not _MART_NAME.fullmatch(path.stem):
        raise StopError(f"{path}: a mart is named in lower case with single underscores.")
    text = path.read_text("utf-8")
    header = _header(path, text)
    return Model(
        name=path.stem,
        grain=_grain(path, text),
        key=tuple(name.strip() for name in header["key"].split(",")),
        recomputed_by=header["recomputed by"],
        affected_by=_affected_by(path, header["affected by"]),
        sql=_inlined(text, intermediates, trail=(path.stem,)),
    )


def _grain(path: Path, text: str) -> str:
    first = text.split("\n", 1)[0]
    if not (first.startswith("-- One row per ") and first.endswith(".")):
        raise StopError(f"{path}, line 1: it must say the grain, as '-- One row per <thing>.'")
    return first.removeprefix("-- ")


def _header(path: Path, text: str) -> dict[str, str]:
    """The named lines of the header; a line that begins with three spaces continues the last."""
    fields: dict[str, str] = {}
    for number, line in enumerate(text.splitlines()[1:], start=2):
        if not line.startswith("--"):
            break
        if found := _FIELD.fullmatch(line):
            fields[found["name"]] = found["value"]
        elif line.startswith("--   ") and fields:
            fields[list(fields)[-1]] += " " + line.removeprefix("--").strip()
        else:
            raise StopError(
                f"{path}, line {number}: '{line}' is not a line of a header. Known "
                f"are {', '.join(HEADER_FIELDS)}; '--   ' continues a line."
            )
        if (last := list(fields)[-1]) not in HEADER_FIELDS:
            raise StopError(
                f"{path}, line {number}: the header has no field '{last}'. Known are "
                f"{', '.join(HEADER_FIELDS)}."
            )
    if missing := [name for name in HEADER_FIELDS if name not in fields]:
        raise StopError(f"{path}, line 1: the header lacks '-- {missing[0]}: ...'.")
    return fields


def _affected_by(path: Path, value: str) -> tuple[Affected, ...]:
    entries = [entry.strip() for entry in value.split("·")]
    matches = [(entry, _AFFECTED.fullmatch(entry)) for entry in entries]
    if wrong := [entry for entry, match in matches if match is None]:
        line = _line_of(path, wrong[0])
        raise StopError(
            f"{path}, line {line}: 'affected by' has '{wrong[0]}'. Write it as "
            "'table (key column)', 'table (other_table.column)' or 'table (all)', "
            "with ' · ' between the entries."
        )
    return tuple(
        Affected(match["table"], match["column"] or "id", match["path"])
        for _, match in matches
        if match
    )


def _line_of(path: Path, text: str) -> int:
    lines = path.read_text("utf-8").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if text in line), 1)


def _inlined(text: str, intermediates: Mapping[str, str], *, trail: tuple[str, ...]) -> str:
    """The select without comments, each intermediate import replaced by that model's select."""

    def subquery(found: re.Match[str]) -> str:
        name = found[1]
        if name not in intermediates:
            raise StopError(
                f"The model {trail[-1]} imports intermediate.{name}, and there is no "
                f"such file. There are: {', '.join(intermediates)}."
            )
        if name in trail:
            circle = " -> ".join((*trail, name))
            raise StopError(f"Models import each other in a circle: {circle}.")
        select = _inlined(intermediates[name], intermediates, trail=(*trail, name))
        return f"from (\n{select}) as {name}"

    return _INTERMEDIATE_IMPORT.sub(subquery, _COMMENT_LINE.sub("", text))
