"""The results of a sync as files: everything as JSON, one part at a time as CSV.

Names and messages come from the org. In CSV a text that a spreadsheet would take for a formula
begins with an apostrophe, and what moves a cursor is made visible; JSON has everything exactly.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from salesforce_elt.history import History, PastSync
from salesforce_elt.printable import printable
from salesforce_elt.report import Report

# A spreadsheet takes a text that begins like this for a formula (OWASP, CSV Injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
PARTS = ("run", *(field.name for field in fields(Report) if field.name != "run"))
HISTORY_COLUMNS = (*(field.name for field in fields(PastSync)), "seconds")


def report_json(report: Report) -> str:
    """All results of a sync; times are ISO 8601, rows are those of the tables of `sync`."""
    return _json(asdict(report))


def report_csv(report: Report, part: str) -> str:
    """One part of a sync's results, one of PARTS; a header alone when it has no rows."""
    rows = [report.run] if part == "run" else getattr(report, part)
    return _csv(list(rows[0]) if rows else ["run_id"], rows)


def history_json(history: History) -> str:
    """An org's syncs, newest first, and what charts show of them."""
    syncs = [{**asdict(one), "seconds": one.seconds} for one in history.syncs]
    return _json({**asdict(history), "syncs": syncs})


def history_csv(history: History) -> str:
    """An org's syncs, newest first, a line each."""
    rows = [{**asdict(one), "seconds": one.seconds} for one in history.syncs]
    return _csv(HISTORY_COLUMNS, rows)


def _json(value: Any) -> str:
    # ASCII only: a terminal that shows it cannot be told anything by it.
    return json.dumps(value, default=_plain, indent=2) + "\n"


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in rows)
    return written.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        value = json.dumps(value, default=_plain)
    if isinstance(value, str):
        return f"'{printable(value)}" if value.startswith(FORMULA) else printable(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
