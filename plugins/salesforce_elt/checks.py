"""What must hold of each mart before analysts see it: the suites in `include/quality`, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from salesforce_elt.errors import StopError

CRITICAL, WARNING = "critical", "warning"
FIELDS = {"name", "severity", "expectation", "with", "unexpected_rows", "to_do"}


@dataclass(frozen=True)
class Check:
    """One expectation of Great Expectations, by its class name and arguments.

    A `critical` one stops the publish; `to_do` tells people what to do when it does not hold.
    """

    name: str
    severity: str
    expectation: str
    arguments: Mapping[str, Any]
    to_do: str


def load_checks(root: Path, mart: str) -> tuple[Check, ...]:
    """The checks of a mart, from `root` (the folder `include`).

    Raises StopError, naming the file and the check, when there are none or one is incomplete.
    """
    path = root / f"quality/{mart}.yaml"
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise StopError(
            f"{path}: there is no such file, and every mart has checks. Write one as "
            "in the files beside it."
        ) from None
    except yaml.YAMLError as error:
        raise StopError(f"{path} is not YAML: {error}") from error
    entries = content.get("checks") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not entries:
        raise StopError(f"{path}, line 1: it must hold 'checks:' with a list of checks.")
    checks = tuple(_check(path, entry) for entry in entries)
    if len({check.name for check in checks}) < len(checks):
        raise StopError(f"{path}: two checks have one name. Give each a name of its own.")
    return checks


def _check(path: Path, entry: Any) -> Check:
    if not isinstance(entry, dict) or "name" not in entry:
        raise StopError(f"{path}: a check is a mapping that begins with its 'name', not '{entry}'.")
    where = f"{path}, check {entry['name']}"
    if unknown := sorted(set(entry) - FIELDS):
        raise StopError(
            f"{where}: there is no '{unknown[0]}'. Known are {', '.join(sorted(FIELDS))}."
        )
    if entry.get("severity") not in (CRITICAL, WARNING):
        raise StopError(
            f"{where}: severity is '{entry.get('severity')}'. Write critical (stops "
            "the publish) or warning (is recorded)."
        )
    if not entry.get("to_do"):
        raise StopError(f"{where}: 'to_do' is missing: what shall people do when it fails?")
    expectation, arguments = _expectation(where, entry)
    return Check(str(entry["name"]), entry["severity"], expectation, arguments, entry["to_do"])


def _expectation(where: str, entry: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    if ("expectation" in entry) == ("unexpected_rows" in entry):
        raise StopError(
            f"{where}: write either 'expectation' and 'with', or 'unexpected_rows' "
            "with a select that returns the keys of the rows that are wrong."
        )
    if "expectation" in entry:
        return str(entry["expectation"]), dict(entry.get("with") or {})
    return "UnexpectedRowsExpectation", {"unexpected_rows_query": entry["unexpected_rows"]}
