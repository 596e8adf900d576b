"""A SOQL statement, as the grammar sees it: names are not resolved, values not typed."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.errors import Place


@dataclass(frozen=True)
class Path:
    """A field, or a field of a parent: ``Name``, ``Owner.Name``."""

    parts: tuple[str, ...]
    place: Place

    @property
    def text(self) -> str:
        """As it was written."""
        return ".".join(self.parts)


@dataclass(frozen=True)
class Function:
    """``COUNT()``, ``MAX(Amount)``, ``CALENDAR_YEAR(CloseDate)``, ``FIELDS(ALL)``."""

    name: str
    arguments: tuple[Operand, ...]
    place: Place


Operand = Path | Function


@dataclass(frozen=True)
class Selected:
    """One entry of the field list, with its alias."""

    operand: Operand
    alias: str | None = None


@dataclass(frozen=True)
class ChildQuery:
    """``(SELECT Id FROM Contacts)``."""

    query: Query


@dataclass(frozen=True)
class TypeOf:
    """``TYPEOF What WHEN Account THEN Phone ELSE Name END``."""

    name: str
    whens: tuple[tuple[str, tuple[Path, ...]], ...]
    otherwise: tuple[Path, ...]
    place: Place


@dataclass(frozen=True)
class Value:
    """A literal: its kind is the grammar's name for it, its text is as written."""

    kind: str
    text: str
    place: Place


@dataclass(frozen=True)
class Comparison:
    """``field operator value``; LIKE is an operator too."""

    operand: Operand
    operator: str
    value: Value


@dataclass(frozen=True)
class InList:
    """``field IN (…)`` or ``field NOT IN (…)``."""

    operand: Operand
    values: tuple[Value, ...]
    negated: bool


@dataclass(frozen=True)
class SemiJoin:
    """``field IN (SELECT …)`` or ``field NOT IN (SELECT …)``."""

    operand: Operand
    query: Query
    negated: bool


@dataclass(frozen=True)
class MultiPicked:
    """``field INCLUDES ('A;B', 'C')`` or EXCLUDES."""

    operand: Operand
    values: tuple[Value, ...]
    negated: bool


@dataclass(frozen=True)
class Negation:
    """``NOT condition``."""

    condition: Condition


@dataclass(frozen=True)
class Junction:
    """Conditions joined by AND, or by OR."""

    word: str
    conditions: tuple[Condition, ...]


Condition = Comparison | InList | SemiJoin | MultiPicked | Negation | Junction


@dataclass(frozen=True)
class Ordering:
    """One entry of ORDER BY."""

    operand: Operand
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True)
class Source:
    """The object after FROM, with its alias."""

    name: str
    alias: str | None
    place: Place


@dataclass(frozen=True)
class Query:
    """A whole statement."""

    selected: tuple[Selected | ChildQuery | TypeOf, ...]
    source: Source
    where: Condition | None = None
    group_by: tuple[Operand, ...] = ()
    having: Condition | None = None
    order_by: tuple[Ordering, ...] = ()
    limit: int | None = None
    offset: int | None = None
    scope: str | None = None
