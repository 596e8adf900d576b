"""The functions of formulas, in one table: how many arguments, of what kinds, and their SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulator.formulas.operators import truth
from simulator.formulas.typed import (
    BOOLEAN,
    DATE,
    DATETIME,
    NUMBER,
    TEXT,
    FormulaInvalid,
    Typed,
    common_kind,
    of_kind,
)

Arguments = Sequence[Typed]
_NUMERIC = r"{0} ~ '^\s*-?\d+(\.\d+)?\s*$'"
_DATED = r"{0} ~ '^\d\d\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$'"
_START = "greatest(coalesce({2}, 1)::integer, 1)"
_FOUND = (
    f"(case when strpos(substr({{1}}, {_START}), {{0}}) = 0 then 0"
    f" else strpos(substr({{1}}, {_START}), {{0}}) + {_START} - 1 end)::numeric"
)
LONGEST_PADDED = 3_900
_PADDED = f"{{0}}, least({{1}}, {LONGEST_PADDED})::integer, coalesce({{2}}, ' ')"
# what compares a record with what it was, which a field that is read cannot know
ONLY_WHEN_SAVING = frozenset({"ISCHANGED", "ISNEW", "PRIORVALUE"})


@dataclass(frozen=True)
class Simple:
    """A function with arguments of fixed kinds; those from ``needed`` on may be missing."""

    kinds: tuple[str, ...]
    gives: str
    sql: str
    needed: int | None = None

    def __call__(self, name: str, arguments: Arguments) -> Typed:
        """The SQL of a call."""
        least = len(self.kinds) if self.needed is None else self.needed
        if not least <= len(arguments) <= len(self.kinds):
            message = f"Incorrect number of parameters for function '{name}()'. Expected {least}"
            raise FormulaInvalid(f"{message}, received {len(arguments)}")
        given = [of_kind(a, k, name) for a, k in zip(arguments, self.kinds, strict=False)]
        given += ["null"] * (len(self.kinds) - len(given))
        return Typed(self.sql.format(*given), self.gives)


def _if(name: str, arguments: Arguments) -> Typed:
    _count(name, arguments, 3)
    condition, then, otherwise = arguments
    kind = common_kind((then, otherwise), name)
    case = f"case when {of_kind(condition, BOOLEAN, name)} then {then.sql} else {otherwise.sql} end"
    return Typed(f"({case})", kind)


def _case(name: str, arguments: Arguments) -> Typed:
    if len(arguments) < 4 or len(arguments) % 2:
        raise FormulaInvalid("CASE takes a value, pairs of a value and a result, and an else")
    subject, *pairs, otherwise = arguments
    results = [*pairs[1::2], otherwise]
    common_kind((subject, *pairs[::2]), name)
    whens = [
        f"when {subject.sql} is not distinct from {value.sql} then {then.sql}"
        for value, then in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    sql = f"(case {' '.join(whens)} else {otherwise.sql} end)"
    return Typed(sql, common_kind(results, name))


def _blank(name: str, arguments: Arguments) -> Typed:
    _count(name, arguments, 1)
    value = arguments[0]
    sql = f"nullif({value.sql}, '')" if value.kind == TEXT else value.sql
    return Typed(f"({sql} is null)", BOOLEAN)


def _instead(name: str, arguments: Arguments) -> Typed:
    _count(name, arguments, 2)
    kind = common_kind(arguments, name)
    first, second = (a.sql for a in arguments)
    first = f"nullif({first}, '')" if kind == TEXT else first
    return Typed(f"coalesce({first}, {second})", kind)


def _text(name: str, arguments: Arguments) -> Typed:
    _count(name, arguments, 1)
    value = arguments[0]
    if value.kind == NUMBER:
        return Typed(f"trim_scale({value.sql})::text", TEXT)
    if value.kind == DATETIME:
        shown = 'YYYY-MM-DD HH24:MI:SS"Z"'
        return Typed(f"to_char({value.sql} at time zone 'UTC', '{shown}')", TEXT)
    if value.kind == BOOLEAN:
        raise FormulaInvalid("Incorrect parameter type for function 'TEXT()'. Received Boolean")
    return Typed(f"({value.sql})::text", TEXT)


def _date_value(name: str, arguments: Arguments) -> Typed:
    _count(name, arguments, 1)
    value = arguments[0]
    if value.kind == DATETIME:
        return Typed(f"({value.sql} at time zone 'UTC')::date", DATE)
    text = of_kind(value, TEXT, name)
    return Typed(f"(case when {_DATED.format(text)} then ({text})::date end)", DATE)


def _extreme(name: str, arguments: Arguments) -> Typed:
    given = [of_kind(argument, NUMBER, name) for argument in arguments]
    if not given:
        raise FormulaInvalid(f"{name} needs at least one number")
    word = "least" if name == "MIN" else "greatest"
    return Typed(f"{word}({', '.join(given)})", NUMBER)


def _count(name: str, arguments: Arguments, count: int) -> None:
    if len(arguments) != count:
        message = f"Incorrect number of parameters for function '{name}()'. Expected {count}"
        raise FormulaInvalid(f"{message}, received {len(arguments)}")


def _part(unit: str) -> Simple:
    return Simple((DATE,), NUMBER, f"extract({unit} from {{0}})::numeric")


FUNCTIONS: dict[str, Callable[[str, Arguments], Typed]] = {
    "ABS": Simple((NUMBER,), NUMBER, "abs({0})"),
    "ADDMONTHS": Simple((DATE, NUMBER), DATE, "({0} + {1}::integer * interval '1 month')::date"),
    "AND": lambda name, arguments: truth("and", list(arguments)),
    "BEGINS": Simple((TEXT, TEXT), BOOLEAN, "starts_with({0}, {1})"),
    "BLANKVALUE": _instead,
    "CASE": _case,
    # Ids are kept in the form that is safe in any case
    "CASESAFEID": Simple((TEXT,), TEXT, "{0}"),
    "CEILING": Simple((NUMBER,), NUMBER, "ceil({0})"),
    "CONTAINS": Simple((TEXT, TEXT), BOOLEAN, "(strpos({0}, {1}) > 0)"),
    "DATE": Simple((NUMBER,) * 3, DATE, "make_date({0}::integer, {1}::integer, {2}::integer)"),
    "DATEVALUE": _date_value,
    "DAY": _part("day"),
    "FIND": Simple((TEXT, TEXT, NUMBER), NUMBER, _FOUND, needed=2),
    "FLOOR": Simple((NUMBER,), NUMBER, "floor({0})"),
    "IF": _if,
    "INCLUDES": Simple(
        (TEXT,) * 2, BOOLEAN, "coalesce({1} = any(string_to_array({0}, ';')), false)"
    ),
    "ISBLANK": _blank,
    "ISNULL": _blank,
    "ISNUMBER": Simple((TEXT,), BOOLEAN, f"coalesce({_NUMERIC}, false)"),
    "ISPICKVAL": Simple((TEXT, TEXT), BOOLEAN, "(coalesce({0}, '') = {1})"),
    "LEFT": Simple((TEXT, NUMBER), TEXT, "left({0}, {1}::integer)"),
    "LEN": Simple((TEXT,), NUMBER, "length(coalesce({0}, ''))::numeric"),
    "LOWER": Simple((TEXT,), TEXT, "lower({0})"),
    "LPAD": Simple((TEXT, NUMBER, TEXT), TEXT, f"lpad({_PADDED})", needed=2),
    "MAX": _extreme,
    "MID": Simple((TEXT, NUMBER, NUMBER), TEXT, "substr({0}, {1}::integer, {2}::integer)"),
    "MIN": _extreme,
    "MOD": Simple((NUMBER, NUMBER), NUMBER, "mod({0}, nullif({1}, 0))"),
    "MONTH": _part("month"),
    "NOT": Simple((BOOLEAN,), BOOLEAN, "(not coalesce({0}, false))"),
    "NULLVALUE": _instead,
    "OR": lambda name, arguments: truth("or", list(arguments)),
    "RIGHT": Simple((TEXT, NUMBER), TEXT, "right({0}, {1}::integer)"),
    "ROUND": Simple((NUMBER, NUMBER), NUMBER, "round({0}, {1}::integer)"),
    "RPAD": Simple((TEXT, NUMBER, TEXT), TEXT, f"rpad({_PADDED})", needed=2),
    "SQRT": Simple((NUMBER,), NUMBER, "sqrt({0})"),
    "SUBSTITUTE": Simple((TEXT,) * 3, TEXT, "replace({0}, {1}, {2})"),
    "TEXT": _text,
    "TRIM": Simple((TEXT,), TEXT, "trim({0})"),
    "UPPER": Simple((TEXT,), TEXT, "upper({0})"),
    "VALUE": Simple((TEXT,), NUMBER, f"(case when {_NUMERIC} then ({{0}})::numeric end)"),
    "WEEKDAY": Simple((DATE,), NUMBER, "(extract(dow from {0})::numeric + 1)"),
    "YEAR": _part("year"),
}


def called(name: str, arguments: Arguments) -> Typed:
    """The SQL of a call; FormulaInvalid for a function that is not offered."""
    function = FUNCTIONS.get(name)
    if name in ONLY_WHEN_SAVING:
        raise FormulaInvalid(f"Function {name} may not be used in this type of formula")
    if function is None:
        raise FormulaInvalid(f"Unknown function {name}. Check spelling.")
    return function(name, arguments)
