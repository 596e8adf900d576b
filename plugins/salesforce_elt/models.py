"""The SQL files of `include/sql`: what they inline, what they ask, what they run as."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from salesforce_elt.errors import StopError
from salesforce_elt.headers import Header, read_header
from salesforce_elt.warehouse.names import staging_schema

_INTERMEDIATE_IMPORT = re.compile(r"\bfrom intermediate\.(\w+)")
_STAGING_IMPORT = re.compile(r'\bstaging\.("?)(\w+)\1')
_UPCOMING_IMPORT = re.compile(r"\bupcoming\.(\w+)")
_COMMENT_LINE = re.compile(r"^\s*--.*\n?", re.MULTILINE)
_MART_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


@dataclass(frozen=True)
class Model:
    """A mart: one SQL file, what its header says, and the select with all it inlines."""

    name: str
    header: Header
    sql: str

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of its key, without the org."""
        return self.header.key

    @cached_property
    def staging_tables(self) -> frozenset[str]:
        """The staging tables that it reads, those of its intermediate models too."""
        return frozenset(name for _, name in _STAGING_IMPORT.findall(self.sql))

    @cached_property
    def upcoming(self) -> frozenset[str]:
        """The marts that it asks: what they will be once the same publish is done."""
        return frozenset(_UPCOMING_IMPORT.findall(self.sql))

    @property
    def fingerprint(self) -> str:
        """Another one means that the mart has to be computed anew; comments do not count."""
        return hashlib.sha256(repr((self.key, self.sql)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Models:
    """All marts by name, those that others ask before them; `root` holds `sql` and `quality`."""

    root: Path
    marts: Mapping[str, Model]

    @cached_property
    def staging_tables(self) -> frozenset[str]:
        """The staging tables that some mart reads."""
        return frozenset().union(*(model.staging_tables for model in self.marts.values()))


def load_models(root: Path) -> Models:
    """Reads the marts and the intermediate models under `root` (the folder `include`).

    Raises StopError, naming file and line, when a header is not as it must be, or lacks a table
    that the select reads.
    """
    intermediates = {
        path.stem: path.read_text("utf-8")
        for path in sorted((root / "sql/intermediate").glob("*.sql"))
    }
    paths = sorted((root / "sql/marts").glob("*.sql"))
    models = {path.stem: _load(path, intermediates) for path in paths}
    for path in paths:
        _check_tables(path, models[path.stem], marts=models)
    return Models(root, {name: models[name] for name in _in_order(root, models)})


def compiled(
    model: Model, org: str, *, upcoming: Mapping[str, str], restricted: Iterable[str] = ()
) -> str:
    """The select that computes the mart of one org, without the column `org`.

    `upcoming` holds what each mart that it asks will be, as SQL after `from`. For the
    `restricted` staging tables it reads `scope_<table>`, which the caller declares.
    """
    scoped, schema = frozenset(restricted), staging_schema(org)

    def table(found: re.Match[str]) -> str:
        return f'"scope_{found[2]}"' if found[2] in scoped else f'"{schema}"."{found[2]}"'

    select = _STAGING_IMPORT.sub(table, model.sql)
    return _UPCOMING_IMPORT.sub(lambda found: f"{upcoming[found[1]]} as {found[1]}", select)


def _in_order(root: Path, models: Mapping[str, Model]) -> list[str]:
    try:
        graph = {name: sorted(model.upcoming) for name, model in models.items()}
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise StopError(
            f"{root / 'sql/marts'}: marts ask each other in a circle: {circle}."
        ) from None


def _check_tables(path: Path, model: Model, *, marts: Mapping[str, Model]) -> None:
    """The tables that the select reads are those that the header names."""
    if unknown := sorted(model.upcoming - set(marts)):
        raise StopError(
            f"{path}: it asks upcoming.{unknown[0]}, and there is no such mart. There are: "
            f"{', '.join(marts)}."
        )
    read = model.staging_tables | model.upcoming
    named = {one.table for one in model.header.affected_by}
    if missing := sorted(read - named):
        raise StopError(
            f"{path}: the select reads {missing[0]}, and 'affected by' does not say how a change "
            f"there reaches the mart. Add '{missing[0]} (...)'; docs/adding-a-mart.md says how."
        )
    steps = {one.next_table for one in model.header.affected_by} - {""}
    if surplus := sorted((named | steps) - read):
        raise StopError(
            f"{path}: 'affected by' names {surplus[0]}, which the select does not read. Take the "
            "entry out."
        )


def _load(path: Path, intermediates: Mapping[str, str]) -> Model:
    if not _MART_NAME.fullmatch(path.stem):
        raise StopError(f"{path}: a mart is named in lower case with single underscores.")
    text = path.read_text("utf-8")
    return Model(
        name=path.stem,
        header=read_header(path, text),
        sql=_inlined(text, intermediates, trail=(path.stem,)),
    )


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
