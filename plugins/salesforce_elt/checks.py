"""
What must hold before analysts see it: the suites in `include/quality`, as data.

One per mart, one per staging table that matters (`staging/`), and one for every object of the org
(`staging/every_object.yaml`). docs/checks.md says what a check can be.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from salesforce_elt.errors import StopError
from salesforce_elt.row_conditions import breaking

CRITICAL, WARNING = "critical", "warning"
MEASURES: Mapping[str, frozenset[str]] = {
    "volume": frozenset({"lost_share", "gained_share", "floor"}),
    "silence": frozenset({"days", "usual_days"}),
    "lag": frozenset({"syncs"}),
}
ROW_FORMS = ("expectation", "unexpected_rows", "unexpected_where")
FIELDS = {"name", "severity", "with", "to_do", *ROW_FORMS, *MEASURES}
EVERY_OBJECT = "every_object"
UNEXPECTED_ROWS = "UnexpectedRowsExpectation"


@dataclass(frozen=True)
class Check:
    """One expectation of Great Expectations, by its class name and arguments, or a measure of ours.

    A `critical` one stops the publish; `to_do` tells people what to do when it does not hold.
    `unexpected_where` is the SQL condition of the rows that break it, when one row alone can; a
    `measure` has its thresholds as arguments.
    """

    name: str
    severity: str
    expectation: str
    arguments: Mapping[str, Any]
    to_do: str
    unexpected_where: str | None = None
    measure: str = ""


def load_checks(root: Path, mart: str) -> tuple[Check, ...]:
    """The checks of a mart, from `root` (the folder `include`).

    Raises StopError, naming the file and the check, when there are none or one is incomplete.
    """
    path = root / f"quality/{mart}.yaml"
    if not path.exists():
        raise StopError(
            f"{path}: there is no such file, and every mart has checks. Write one as "
            "in the files beside it."
        )
    return _load(path)


def load_staging_checks(root: Path) -> dict[str, tuple[Check, ...]]:
    """The checks of staging tables, by table; those of every object under `every_object`.

    Raises StopError, naming the file and the check, when one is incomplete or looks at more than
    the rows that changed.
    """
    paths = sorted((root / "quality/staging").glob("*.yaml"))
    return {path.stem: tuple(_of_changes(path, one) for one in _load(path)) for path in paths}


def _of_changes(path: Path, check: Check) -> Check:
    """The check as a select: an expectation would look at the whole staging table."""
    if check.measure or check.expectation == UNEXPECTED_ROWS:
        return check
    if check.unexpected_where is None:
        raise StopError(
            f"{path}, check {check.name}: {check.expectation} would look at every row of the "
            "table. Write 'unexpected_where' or 'unexpected_rows'."
        )
    query = {"unexpected_rows_query": _select_where(check.unexpected_where)}
    return replace(check, expectation=UNEXPECTED_ROWS, arguments=query)


def _select_where(condition: str) -> str:
    return f"select {{key}} from {{batch}} as batch where ({condition})"


def _load(path: Path) -> tuple[Check, ...]:
    try:
        # The loader in C is several times faster, and a sync reads all suites.
        content = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
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
    return Check(str(entry["name"]), entry["severity"], **_form(where, entry), to_do=entry["to_do"])


def _form(where: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the check looks at: rows by an expectation, a select or a condition, or a measure."""
    forms = [name for name in (*ROW_FORMS, *MEASURES) if name in entry]
    if len(forms) != 1:
        raise StopError(
            f"{where}: write either 'expectation' and 'with', or 'unexpected_rows' with a select "
            "that returns the keys of the rows that are wrong, or 'unexpected_where' with their "
            f"condition, or one of {', '.join(MEASURES)} with its thresholds."
        )
    (form,) = forms
    if form in MEASURES:
        return _measure(where, form, thresholds=entry[form])
    if form == "expectation":
        name, arguments = str(entry["expectation"]), dict(entry.get("with") or {})
        condition = breaking(name, arguments)
        return {"expectation": name, "arguments": arguments, "unexpected_where": condition}
    condition = entry.get("unexpected_where")
    query = entry.get("unexpected_rows") or _select_where(str(condition))
    return {
        "expectation": UNEXPECTED_ROWS,
        "arguments": {"unexpected_rows_query": query},
        "unexpected_where": condition,
    }


def _measure(where: str, name: str, *, thresholds: Any) -> dict[str, Any]:
    known = MEASURES[name]
    told = thresholds if isinstance(thresholds, dict) else {}
    wrong = set(told) - known or {
        key for key, value in told.items() if isinstance(value, bool) or not _is_threshold(value)
    }
    missing = known - set(told) - {"lost_share", "gained_share"}
    if wrong or missing or not told or (name == "volume" and len(told) == 1):
        raise StopError(
            f"{where}: '{name}' is '{thresholds}'. Write {', '.join(sorted(known))}, each a number "
            "of 0 or more (of lost_share and gained_share one is enough)."
        )
    return {"expectation": "", "arguments": told, "measure": name}


def _is_threshold(value: Any) -> bool:
    return isinstance(value, int | float) and value >= 0
