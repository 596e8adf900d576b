"""What docker-compose.yaml says, with Compose's variables filled in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from salesforce_elt.environment import PROJECT

TEXT = (PROJECT / "docker-compose.yaml").read_text(encoding="utf-8")
# $$ · ${NAME:-default} · ${NAME:?why it is needed}
VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?::([-?])([^}]*))?\})")


@dataclass(frozen=True)
class Variable:
    """A variable that the file asks for; `default` is None where it has to be given."""

    name: str
    default: str | None


def variables() -> list[Variable]:
    """Every use of a variable in the file."""
    return [
        Variable(name, default if kind == "-" else None)
        for escape, name, kind, default in VARIABLE.findall(TEXT)
        if not escape
    ]


def compose_file(**values: str) -> Mapping[str, Any]:
    """The whole file."""

    def value(match: re.Match[str]) -> str:
        escape, name, kind, default = match.groups()
        if escape:
            return "$"
        if name not in values and kind != "-":
            raise AssertionError(f"{name} has no default and was not given")
        return values.get(name, default)

    found: Mapping[str, Any] = yaml.safe_load(VARIABLE.sub(value, TEXT))
    return found


def services() -> Mapping[str, Mapping[str, Any]]:
    """The services, by their names."""
    found: Mapping[str, Mapping[str, Any]] = compose_file(SERVICES_UID="50000")["services"]
    return found


def programs(name: str) -> list[str]:
    """A service's health check as a command line."""
    kind, *command = services()[name]["healthcheck"]["test"]
    return command if kind == "CMD" else ["sh", "-c", *command]
