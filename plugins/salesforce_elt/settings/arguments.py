"""
What a notifier's class is given: arguments by name, as plain as YAML writes them.

    arguments: {to: [ops@acme.com], smtp_conn_id: smtp_default, timeout: 10}

Secrets belong in an Airflow connection whose name is given here, so that the settings, which are
stored with every run, hold none.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import WithJsonSchema, WrapValidator
from pydantic_core import PydanticCustomError

from salesforce_elt.settings import reading
from salesforce_elt.settings.tree import Scalar
from salesforce_elt.settings.values import WRONG_VALUE
from salesforce_elt.settings.wording import shown

RIGHT = (
    "the arguments of the notifier's class by name, such as {to: ops@acme.com, "
    "smtp_conn_id: smtp_default}"
)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SECRET_NAME = re.compile(
    r"passw|secret|token|api_?key|private_?key|credential|webhook_(url|endpoint)", re.IGNORECASE
)
SECRET_VALUE = re.compile(r"://[^/\s]*@|hooks\.slack\.com/services/", re.IGNORECASE)
IN_A_CONNECTION = "put it into an Airflow connection, and give the connection's name here"

Plain = str | int | float | bool | None | list[Any] | dict[str, Any]


def _validated(value: Any, _handler: Any) -> dict[str, Plain]:
    hint = ""
    try:
        if isinstance(value, Mapping):
            return _named(value)
    except reading.Unreadable as unreadable:
        hint = str(unreadable)
    raise PydanticCustomError(WRONG_VALUE, "{right}", {"right": RIGHT, "hint": hint})


def _named(value: Mapping[str, Any]) -> dict[str, Plain]:
    for name in value:
        if not NAME.fullmatch(name):
            raise reading.Unreadable(f"{shown(name)} cannot be the name of an argument")
        if SECRET_NAME.search(name):
            raise reading.Unreadable(f"{shown(name)} sounds like a secret: {IN_A_CONNECTION}")
    return {name: _plain(one) for name, one in value.items()}


def _plain(value: Any) -> Plain:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in _named(value).items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    plain = _read(value) if isinstance(value, Scalar) else value
    if isinstance(plain, str) and SECRET_VALUE.search(plain):
        raise reading.Unreadable(f"An address in it holds a secret: {IN_A_CONNECTION}")
    return plain if isinstance(plain, str | int | float | bool) else None


def _read(scalar: Scalar) -> Plain:
    """A number or a yes or no only where YAML and paper agree that it is one."""
    if scalar.plain and scalar.tag == "bool":
        return reading.flag(scalar)
    if scalar.plain and scalar.tag in ("int", "float"):
        exact = reading.number(scalar)
        return int(exact) if scalar.tag == "int" else float(exact)
    # A text may have several lines.
    reading.text(Scalar(" ".join(scalar.text.split()), plain=scalar.plain, tag=scalar.tag))
    return scalar.text


Arguments = Annotated[
    dict[str, Any],
    WrapValidator(_validated),
    WithJsonSchema({"type": "object", "propertyNames": {"pattern": f"^{NAME.pattern}$"}}),
]
