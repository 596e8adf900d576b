"""A formula becomes SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from simulator.formulas import operators
from simulator.formulas.functions import called
from simulator.formulas.typed import (
    BOOLEAN,
    DATE,
    DATETIME,
    NULL,
    NUMBER,
    TEXT,
    FormulaInvalid,
    Typed,
    literal,
    of_kind,
)

LONGEST = 3_900
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_WORDS = {"true": Typed("true", BOOLEAN), "false": Typed("false", BOOLEAN), "null": NULL}
Node = Tree[Token] | Token


@dataclass(frozen=True)
class Names:
    """What the names of a formula mean: fields by their path, and what day and time it is."""

    field: Callable[[tuple[str, ...]], Typed]
    today: date
    now: datetime


def compiled(formula: str, names: Names) -> Typed:
    """The SQL of a formula; FormulaInvalid when it is none."""
    return _node(_parsed(formula), names)


@cache
def _parsed(formula: str) -> Tree[Token]:
    if len(formula) > LONGEST:
        raise FormulaInvalid(f"The formula is longer than {LONGEST} characters")
    try:
        return _lark().parse(formula)
    except UnexpectedInput as error:
        message = f"Syntax error in line {error.line}, column {error.column}"
        raise FormulaInvalid(message) from error


@cache
def _lark() -> Lark:
    return Lark.open("grammar.lark", rel_to=__file__, parser="lalr", maybe_placeholders=False)


def _node(node: Node, names: Names) -> Typed:
    assert isinstance(node, Tree), "every alternative of the grammar has a name"
    match node.data:
        case "number":
            return Typed(f"{node.children[0]}::numeric", NUMBER)
        case "text":
            return Typed(literal(_unquoted(str(node.children[0]))), TEXT)
        case "named":
            return _named(tuple(str(name) for name in node.children), names)
        case "called":
            name, *arguments = node.children
            return _called(str(name).upper(), list(arguments), names)
        case _:
            return _operated(node, names)


def _operated(node: Tree[Token], names: Names) -> Typed:
    word = next((str(child) for child in node.children if isinstance(child, Token)), "")
    parts = [_node(child, names) for child in node.children if isinstance(child, Tree)]
    match node.data:
        case "either":
            return operators.truth("or", parts)
        case "both":
            return operators.truth("and", parts)
        case "compared":
            return operators.compared(parts[0], word, parts[1])
        case "joined":
            return operators.joined(*parts)
        case "added":
            return operators.added(parts[0], word, parts[1])
        case "multiplied":
            return operators.multiplied(parts[0], word, parts[1])
        case "raised":
            return operators.raised(*parts)
        case "negated":
            return Typed(f"(-{of_kind(parts[0], NUMBER, '-')})", NUMBER)
        case _:
            return called("NOT", parts)


def _named(path: tuple[str, ...], names: Names) -> Typed:
    word = _WORDS.get(path[0].lower()) if len(path) == 1 else None
    return word or names.field(path)


def _called(name: str, arguments: list[Node], names: Names) -> Typed:
    if not arguments and name == "TODAY":
        return Typed(f"'{names.today.isoformat()}'::date", DATE)
    if not arguments and name == "NOW":
        return Typed(f"'{names.now.isoformat()}'::timestamptz", DATETIME)
    return called(name, [_node(argument, names) for argument in arguments])


def _unquoted(text: str) -> str:
    shown, rest = "", iter(text[1:-1])
    for char in rest:
        if char == "\\":
            following = next(rest, "")
            char = _ESCAPES.get(following, following)
        shown += char
    if "\x00" in shown:
        raise FormulaInvalid("The formula holds a NUL character")
    return shown
