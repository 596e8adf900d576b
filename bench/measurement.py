"""One measurement: what was done, by what, on how much, at what cost, and whether it was right."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

HEADINGS = ("case", "tool", "size", "rows", "s", "CPU s", "MB", "calls", "ratio", "whole", "exact")
TEXT_COLUMNS = 2


@dataclass(frozen=True)
class Measurement:
    """A row of the results; what was not measured is None, and ``note`` says why, or where it went.

    ``seconds`` leave out those in which the tool only waits for the org to finish a Bulk job, which
    are in ``waited_seconds``. ``cpu_seconds`` and ``peak_memory_mb`` are those of the tool's own
    processes. ``complete``: every record arrived exactly once; ``exact``: with equal values.
    """

    case: str
    tool: str
    size: int
    rows: int | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None
    peak_memory_mb: float | None = None
    api_calls: int | None = None
    ratio_to_limit: float | None = None
    complete: bool | None = None
    exact: bool | None = None
    waited_seconds: float | None = None
    runs: int = 1
    note: str = ""


def median_of(runs: Sequence[Measurement]) -> Measurement:
    """Several runs of one measurement as one: medians, the most memory, right if all were."""
    return replace(
        runs[-1],
        seconds=_median(run.seconds for run in runs),
        cpu_seconds=_median(run.cpu_seconds for run in runs),
        waited_seconds=_median(run.waited_seconds for run in runs),
        peak_memory_mb=max((run.peak_memory_mb or 0 for run in runs), default=None),
        complete=_all(run.complete for run in runs),
        exact=_all(run.exact for run in runs),
        runs=len(runs),
    )


def against(limit: Measurement, measured: Measurement) -> Measurement:
    """With the ratio to the limit, row for row."""
    if not (limit.seconds and limit.rows and measured.seconds and measured.rows):
        return measured
    ratio = (measured.seconds / measured.rows) / (limit.seconds / limit.rows)
    return replace(measured, ratio_to_limit=round(ratio, 3))


def keep(path: Path, measurements: Sequence[Measurement]) -> None:
    """Write the measurements to a file, as a list of objects."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(one) for one in measurements], indent=2) + "\n")


def beyond(budgets: Mapping[str, float], measured: Measurement) -> Measurement:
    """With a note of each value that is more than its budget, before the one of where time went."""
    over = [
        f"{name} {value:,.2f} is over its budget of {budgets[name]:,}"
        for name, value in asdict(measured).items()
        if name in budgets and value is not None and value > budgets[name]
    ]
    return replace(measured, note="; ".join(filter(None, (*over, measured.note))))


def notes(measurements: Iterable[Measurement]) -> str:
    """What the table has no place for, a line each."""
    return "\n".join(
        f"{one.tool}, {one.case}, {one.size:,}: {one.note}"
        for one in measurements
        if one.note and one.seconds is not None
    )


def table(measurements: Iterable[Measurement]) -> str:
    """The measurements for people to read."""
    rows = [HEADINGS, *(_cells(one) for one in measurements)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADINGS))]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if place < TEXT_COLUMNS else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def _cells(one: Measurement) -> tuple[str, ...]:
    if one.seconds is None:
        return (one.case, one.tool, f"{one.size:,}", *[""] * 7, f"not measured: {one.note}")
    numbers = (one.cpu_seconds, one.peak_memory_mb)
    return (
        one.case,
        one.tool,
        f"{one.size:,}",
        "" if one.rows is None else f"{one.rows:,}",
        f"{one.seconds:,.2f}",
        *("" if number is None else f"{number:,.1f}" for number in numbers),
        "" if one.api_calls is None else str(one.api_calls),
        "" if one.ratio_to_limit is None else f"{one.ratio_to_limit:.2f}",
        _mark(one.complete),
        _mark(one.exact),
    )


def _mark(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "NO"


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _all(values: Iterable[bool | None]) -> bool | None:
    known = [value for value in values if value is not None]
    return all(known) if known else None
