"""Names become columns: the fields of the object, its parents, and the joins that reach them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.catalog.types import Field, SObject
from simulator.errors import Place, SoqlError, no_such_column, no_such_object, too_complicated
from simulator.formulas.typed import FormulaInvalid
from simulator.soql.computed import Formulas
from simulator.soql.names import NAME_OBJECT, name_table
from simulator.soql.reader import Reader
from simulator.soql.sql import quote
from simulator.soql.syntax import Path, Source

MAX_LEVELS_UP, MAX_RELATIONSHIPS = 5, 55


@dataclass(frozen=True)
class Column:
    """A field of the object or of one of its parents, and where it stands in the SQL."""

    field: Field
    sobject: SObject
    table: str
    parents: tuple[str, ...] = ()
    formula: str | None = None

    @property
    def sql(self) -> str:
        """The column, quoted, or the SQL of its formula."""
        if self.formula is not None:
            return self.formula
        return f"{self.table}.{quote(self.field.name)}"


@dataclass(frozen=True)
class Parent:
    """A joined parent: its relationship names from the root, its object, its alias in the SQL."""

    path: tuple[str, ...]
    sobject: SObject
    table: str


@dataclass
class Scope:
    """What the names of one statement mean; grows by a join whenever a new parent is named."""

    reader: Reader
    sobject: SObject
    table: str = "t0"
    alias: str | None = None
    parents: dict[tuple[str, ...], Parent] = field(default_factory=dict)
    joins: list[str] = field(default_factory=list)
    hidden: dict[tuple[str, ...], Parent] = field(default_factory=dict)

    def column(self, path: Path) -> Column:
        """The column that a path names; INVALID_FIELD if there is none."""
        *names, last = self._without_alias(path.parts)
        parent = self.root
        for name in names:
            parent = self._step(parent, name, path.place)
        found = parent.sobject.field(last)
        if found is None:
            message = no_such_column(last, parent.sobject.name)
            raise SoqlError("INVALID_FIELD", message, place=path.place)
        formula = self._formula(found, parent, path.place) if found.computed else None
        return Column(found, parent.sobject, parent.table, parent.path, formula)

    @property
    def root(self) -> Parent:
        """The object of the statement itself."""
        return Parent((), self.sobject, self.table)

    @property
    def formulas(self) -> Formulas:
        """Compiles formulas, whose parents join beside those of the statement."""
        return Formulas(self.reader, self._hidden_step)

    def from_clause(self) -> str:
        """The object's table with all joins so far."""
        table = f"{self.reader.table(self.sobject)} {self.table}"
        return " ".join((table, *self.joins))

    def _without_alias(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        own = {self.sobject.name.lower(), (self.alias or self.sobject.name).lower()}
        return parts[1:] if len(parts) > 1 and parts[0].lower() in own else parts

    def _formula(self, found: Field, parent: Parent, place: Place) -> str:
        try:
            return self.formulas.sql(found, parent)
        except FormulaInvalid as error:
            raise SoqlError("INVALID_FIELD", f"{found.name}: {error}", place=place) from error

    def _step(self, child: Parent, name: str, place: Place) -> Parent:
        link = next((f for f in child.sobject.fields if _links(f, name)), None)
        targets = [t for t in (link.reference_to if link else ()) if t in self.reader.catalog]
        if link is None or not targets or len(child.path) >= MAX_LEVELS_UP:
            raise SoqlError("INVALID_FIELD", _no_relationship(name), place=place)
        path = (*child.path, link.relationship_name or name)
        if path not in self.parents:
            if len(self.parents) >= MAX_RELATIONSHIPS:
                raise too_complicated()
            self.parents[path] = self._join(child, link, self.reader.catalog)
        return self.parents[path]

    def _hidden_step(self, child: Parent, name: str) -> Parent | None:
        catalog = self.reader.whole_catalog
        sobject = catalog.get(child.sobject.name, child.sobject)
        link = next((f for f in sobject.fields if _links(f, name)), None)
        if link is None or not any(target in catalog for target in link.reference_to):
            return None
        path = (child.table, link.name)
        if path not in self.hidden:
            self.hidden[path] = self._join(child, link, catalog)
        return self.hidden[path]

    def _join(self, child: Parent, link: Field, catalog: Mapping[str, SObject]) -> Parent:
        alias = f"{self.table}_{len(self.joins) + 1}"
        targets = [target for target in link.reference_to if target in catalog]
        if len(link.reference_to) > 1:
            table = name_table(self.reader.schema, catalog, targets)
            sobject = NAME_OBJECT
        else:
            sobject = catalog[targets[0]]
            table = self.reader.table(sobject)
        self.joins.append(
            f'left join {table} {alias} on {alias}."Id" = {child.table}.{quote(link.name)}'
        )
        path = (*child.path, link.relationship_name or link.name)
        return Parent(path, sobject, alias)


def object_of(source: Source, catalog: Mapping[str, SObject]) -> SObject:
    """The object after FROM; INVALID_TYPE if the user has none of that name."""
    wanted = source.name.lower()
    for name, sobject in catalog.items():
        if name.lower() == wanted and sobject.queryable:
            return sobject
    raise SoqlError("INVALID_TYPE", no_such_object(source.name), place=source.place)


def _links(candidate: Field, name: str) -> bool:
    return (candidate.relationship_name or "").lower() == name.lower()


def _no_relationship(name: str) -> str:
    return (
        f"Didn't understand relationship '{name}' in field path. If you are attempting to use a "
        "custom relationship, be sure to append the '__r' after the custom relationship name. "
        "Please reference your WSDL or the describe call for the appropriate names."
    )
