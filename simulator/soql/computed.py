"""Formula fields in a statement: their SQL, with the joins that reach what they read.

A formula reads what its author saw, also fields and objects that the reader of its value does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulator.catalog.types import Field, SObject
from simulator.formulas.compiling import Names, compiled
from simulator.formulas.typed import NUMBER, FormulaInvalid, Typed, kind_of, result
from simulator.soql.reader import Reader
from simulator.soql.sql import quote

if TYPE_CHECKING:
    from simulator.soql.scope import Parent

MOST_NESTED = 10
Join = Callable[["Parent", str], "Parent | None"]


@dataclass(frozen=True)
class Formulas:
    """Compiles the formulas of one statement; ``join`` reaches a parent or says there is none."""

    reader: Reader
    join: Join
    depth: int = 0

    def sql(self, field: Field, parent: Parent) -> str:
        """The SQL of a formula field of this object; FormulaInvalid when it cannot be read."""
        is_zero = field.null_is_zero
        return result(self.typed(field.formula or "", parent, null_is_zero=is_zero), field)

    def typed(self, formula: str, parent: Parent, *, null_is_zero: bool = False) -> Typed:
        """The SQL of any formula over this object, and its kind."""
        if self.depth > MOST_NESTED:
            raise FormulaInvalid("The formula refers to itself, or is nested too deeply")
        day = self.reader.today.day
        now = self.reader.today.moment

        def field(path: tuple[str, ...]) -> Typed:
            return self._field(path, parent, null_is_zero=null_is_zero)

        return compiled(formula, Names(field, day, now))

    def _field(self, path: tuple[str, ...], parent: Parent, *, null_is_zero: bool) -> Typed:
        *names, last = path
        for name in names:
            reached = self.join(parent, name)
            if reached is None:
                raise FormulaInvalid(f"Field {name} does not exist. Check spelling.")
            parent = reached
        field = whole(parent.sobject, self.reader).field(last)
        if field is None or field.compound:
            raise FormulaInvalid(f"Field {last} does not exist. Check spelling.")
        sql = f"{parent.table}.{quote(field.name)}"
        if field.computed:
            sql = replace(self, depth=self.depth + 1).sql(field, parent)
        is_zero = null_is_zero and kind_of(field) == NUMBER
        return Typed(f"coalesce({sql}, 0)" if is_zero else sql, kind_of(field))


def whole(sobject: SObject, reader: Reader) -> SObject:
    """An object with the fields that the reader does not see too."""
    return reader.whole_catalog.get(sobject.name, sobject)
