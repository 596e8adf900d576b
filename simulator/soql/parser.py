"""SOQL text becomes a statement, or a MALFORMED_QUERY that points at the place."""

from __future__ import annotations

from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError

from simulator.errors import Place, SoqlError, too_complicated
from simulator.soql import syntax

MAX_STATEMENT_LENGTH = 100_000
MAX_DEPTH = 100


def parse(soql: str) -> syntax.Query:
    """Read a statement; SalesforceError with MALFORMED_QUERY when it is none."""
    if len(soql) > MAX_STATEMENT_LENGTH or _depth(soql) > MAX_DEPTH:
        raise too_complicated()
    try:
        statement: syntax.Query = _Builder().transform(_lark().parse(soql))
    except UnexpectedInput as error:
        raise _malformed(error, soql) from error
    except VisitError as error:
        raise _refused(error.orig_exc, soql) from error
    return statement


def _depth(soql: str) -> int:
    deepest = depth = 0
    for char in soql:
        depth += (char == "(") - (char == ")")
        deepest = max(deepest, depth)
    return deepest


def _refused(error: Exception, soql: str) -> Exception:
    return error.within(soql) if isinstance(error, SoqlError) else error


@cache
def _lark() -> Lark:
    return Lark.open("grammar.lark", rel_to=__file__, parser="lalr", maybe_placeholders=True)


def _malformed(error: UnexpectedInput, soql: str) -> SoqlError:
    if isinstance(error, UnexpectedCharacters):
        return _unexpected(error.char, Place(error.line, error.column), soql)
    token = _misfit(error) if isinstance(error, UnexpectedToken) else None
    if token is None or token.type == "$END":
        lines = soql.splitlines() or [""]
        return _unexpected("<EOF>", Place(len(lines), max(1, len(lines[-1]))), soql)
    return _unexpected(str(token), _place(token), soql)


def _unexpected(shown: str, place: Place, soql: str) -> SoqlError:
    return SoqlError("MALFORMED_QUERY", f"unexpected token: '{shown}'", soql=soql, place=place)


def _misfit(error: UnexpectedToken) -> Token:
    """The token at fault: in ``SELECT Id FORM Account`` the word that was taken for an alias."""
    expected, history = set(error.expected), error.token_history or []
    after_alias = "FROM" in expected and not expected & {"NAME", "DOT"}
    is_alias = after_alias and bool(history) and history[-1].type == "NAME"
    found: Token = history[-1] if is_alias else error.token
    return found


def _place(token: Token) -> Place:
    return Place(token.line or 1, token.column or 1)


@v_args(inline=True)
class _Builder(Transformer[Token, syntax.Query]):
    """Each method is named for a rule of the grammar and gives its part of the statement."""

    def start(self, query: syntax.Query) -> syntax.Query:
        return query

    def query(self, _select: Token, selected: Any, _from: Token, *parts: Any) -> syntax.Query:
        named: dict[str, Any] = dict(part for part in parts if isinstance(part, tuple))
        return syntax.Query(selected=selected, **named)

    def select_list(self, *items: Any) -> tuple[Any, ...]:
        return items

    def selected(self, operand: syntax.Operand, alias: Token | None = None) -> syntax.Selected:
        return syntax.Selected(operand, None if alias is None else str(alias))

    def child_query(self, query: syntax.Query) -> syntax.ChildQuery:
        return syntax.ChildQuery(query)

    def type_of(self, word: Token, name: Token, *parts: Any) -> syntax.TypeOf:
        whens = tuple(part for part in parts if isinstance(part, tuple))
        fields = next((part for part in parts if isinstance(part, list)), [])
        return syntax.TypeOf(str(name), whens, tuple(fields), _place(word))

    def when(self, _when: Token, name: Token, _then: Token, fields: Any) -> tuple[str, Any]:
        return str(name), tuple(fields)

    def fields(self, *paths: syntax.Path) -> list[syntax.Path]:
        return list(paths)

    def path(self, *names: Token) -> syntax.Path:
        return syntax.Path(tuple(str(name) for name in names), _place(names[0]))

    def function(self, name: Token, *arguments: Any) -> syntax.Function:
        given = tuple(argument for argument in arguments if argument is not None)
        return syntax.Function(str(name).upper(), given, _place(name))

    def from_object(
        self, path: syntax.Path, _as: Token | None, alias: Token | None
    ) -> tuple[str, syntax.Source]:
        name = None if alias is None else str(alias)
        return "source", syntax.Source(path.text, name, path.place)

    def scope(self, _using: Token, name: Token) -> tuple[str, str]:
        return "scope", str(name)

    def where(self, _where: Token, condition: Any) -> tuple[str, Any]:
        return "where", condition

    def group_by(self, _group: Token, *items: Any) -> tuple[str, Any]:
        return "group_by", items

    def having(self, _having: Token, condition: Any) -> tuple[str, Any]:
        return "having", condition

    def order_by(self, _order: Token, *items: Any) -> tuple[str, Any]:
        return "order_by", items

    def order_item(
        self, operand: Any, direction: Token | None, nulls: Token | None
    ) -> syntax.Ordering:
        return syntax.Ordering(
            operand,
            descending=direction is not None and direction.lower() == "desc",
            nulls_last=nulls is not None and nulls.lower().endswith("last"),
        )

    def limit(self, word: Token, number: Token) -> tuple[str, int]:
        return "limit", _whole(number, word)

    def offset(self, word: Token, number: Token) -> tuple[str, int]:
        return "offset", _whole(number, word)

    def lock(self, _for: Token, _kind: Token) -> None:
        """FOR VIEW, REFERENCE and UPDATE change nothing that a query shows."""

    def conjunction(self, *parts: Any) -> syntax.Junction:
        return syntax.Junction("AND", parts[::2])

    def disjunction(self, *parts: Any) -> syntax.Junction:
        return syntax.Junction("OR", parts[::2])

    def negation(self, _not: Token, condition: Any) -> syntax.Negation:
        return syntax.Negation(condition)

    def compared(self, operand: Any, operator: Token, value: syntax.Value) -> syntax.Comparison:
        return syntax.Comparison(operand, {"<>": "!="}.get(operator, str(operator)), value)

    def liked(self, operand: Any, _like: Token, value: syntax.Value) -> syntax.Comparison:
        return syntax.Comparison(operand, "LIKE", value)

    def listed(self, operand: Any, word: Token, values: Any) -> syntax.InList:
        return syntax.InList(operand, values, word.lower().startswith("not"))

    def semi_join(self, operand: Any, word: Token, query: syntax.Query) -> syntax.SemiJoin:
        return syntax.SemiJoin(operand, query, word.lower().startswith("not"))

    def multi_picked(self, operand: Any, word: Token, values: Any) -> syntax.MultiPicked:
        return syntax.MultiPicked(operand, values, word.lower() == "excludes")

    def values(self, *values: syntax.Value) -> tuple[syntax.Value, ...]:
        return values

    def value(self, token: Token) -> syntax.Value:
        return syntax.Value(token.type, str(token), _place(token))


def _whole(number: Token, word: Token) -> int:
    if not number.isdigit():
        raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{number}'", place=_place(word))
    return int(number)
