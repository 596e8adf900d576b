"""A sync's results as tables for people, in the order in which they read: what was asked for, what
came, what was left out and why, what was found."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from salesforce_elt.errors import SchemaDrift
from salesforce_elt.report import Report
from salesforce_elt.results import NOTHING
from salesforce_elt.salesforce.limits import WORDS

Row = Mapping[str, Any]
SENTENCES = {"message", "missing", "words", "setting", "because"}
# How the codes begin of findings about objects and fields that are not as they were, or as named.
DRIFT = ("field_", "object_", SchemaDrift.__name__)


@dataclass(frozen=True)
class Column:
    """A column: the part of a row that it shows, and its heading."""

    name: str
    heading: str
    is_number: bool = False

    @property
    def is_long(self) -> bool:
        """Whether it holds sentences."""
        return self.name in SENTENCES


@dataclass(frozen=True)
class Table:
    """Rows for people under a heading; `words` stand where there are none.

    `part` is what a CSV of the same rows is asked by; rows that are `aside` are folded away.
    """

    title: str
    part: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    words: str = ""
    aside: str = ""

    def cell(self, row: Row, column: Column) -> str:
        """What a cell shows."""
        return shown(row[column.name])


def shown(value: Any) -> str:
    """A value as people read it; times in UTC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Decimal | float):
        return f"{value:,.1f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def lasted(seconds: float | None) -> str:
    """A duration: `9.0 s`, `3 min 12 s`, `2 h 5 min`."""
    if seconds is None:
        return ""
    whole = round(seconds)
    minutes, hours = whole // 60, whole // 3600
    if minutes == 0:
        return f"{seconds:.1f} s"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min {whole % 60} s"


def tables(report: Report) -> list[Table]:
    """All of a sync's results that have rows, and those whose emptiness says something."""
    found = [
        *_objects(report),
        _reads(report),
        _proofs(report),
        _marts(report),
        _exclusions(report),
        *_findings(report),
        *_checks(report),
        _set_aside(report),
        _quotas(report),
        _usage(report),
    ]
    return [one for one in found if one.rows or one.words]


def settings_rows(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Settings by the names that the file would give them: `quota.share`."""
    for name, value in sorted(settings.items()):
        if isinstance(value, Mapping) and value:
            yield from settings_rows(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", "–" if value in (None, {}, []) else shown(value)


def _columns(*names: tuple[str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, heading) for name, heading in names)


def _numbers(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, name.replace("_", " "), is_number=True) for name in names)


COUNTS = _numbers("fetched", "inserted", "updated", "deleted")


def _objects(report: Report) -> Iterator[Table]:
    still = [one for one in report.objects if one["way"] == NOTHING and not one["deleted"]]
    moved = [_object(one) for one in report.objects if one not in still]
    columns = (
        *_columns(("sobject", "object"), ("how", "read by"), ("status", "status")),
        *_numbers("planned"),
        *COUNTS,
        Column("estimated_calls", "calls planned", is_number=True),
        *_numbers("seconds"),
        *_columns(("message", "message")),
    )
    words = "No object had to be read." if still else "The sync ended before it had a plan."
    yield Table("The plan, and what came", "objects", columns, moved, words=words)
    if still:
        what = "No records" if report.run["kind"] == "full" else "Nothing changed"
        title = f"{what} in {len(still)} objects"
        yield Table(title, "", _columns(("sobject", "object")), still, aside=title)


def _object(one: Row) -> Row:
    way = {"rest": "REST", "bulk": "Bulk 2.0", NOTHING: "not read"}[one["way"]]
    return {**one, "how": f"{way}, every record" if one["is_whole"] else way}


def _reads(report: Report) -> Table:
    rows = [
        {**one, "what": ", ".join([*one["filled"], *one["refreshed"]]) or "Ids"}
        for one in report.reads
    ]
    columns = _columns(("sobject", "object"), ("way", "way"), ("what", "fields"))
    counts = _numbers("fetched", "updated", "deleted")
    return Table("Read of every record, beside what changed", "reads", (*columns, *counts), rows)


def _proofs(report: Report) -> Table:
    columns = (
        Column("sobject", "object"),
        Column("their_count", "records in the org", is_number=True),
        Column("our_count", "rows here", is_number=True),
        *_numbers("sampled", "differing", "repaired"),
    )
    return Table("Held against the org", "proofs", columns, report.proofs)


def _marts(report: Report) -> Table:
    columns = (
        Column("mart", "mart"),
        Column("row_count", "rows", is_number=True),
        Column("excluded_count", "excluded", is_number=True),
        Column("set_aside_count", "set aside", is_number=True),
        *_numbers("inserted", "updated", "deleted"),
        Column("because", "because"),
    )
    rows = [{**one, "because": one["reason"]} for one in report.marts]
    return Table("Marts", "marts", columns, rows, words="Nothing was published.")


def _exclusions(report: Report) -> Table:
    columns = (
        Column("reason", "reason"),
        Column("opportunity_count", "opportunities", is_number=True),
    )
    return Table("Left out of the opportunities", "exclusions", columns, report.exclusions)


def _findings(report: Report) -> Iterator[Table]:
    columns = _columns(
        ("severity", "severity"), ("code", "code"), ("station", "station"), ("sobject", "object"),
        ("field", "field"), ("message", "message"), ("missing", "missing because of it"),
    )  # fmt: skip
    weight = ("error", "warning", "info")
    ranked = sorted(report.findings, key=lambda one: weight.index(one["severity"]))
    drift = [one for one in ranked if one["code"].startswith(DRIFT)]
    others = [one for one in ranked if one not in drift]
    yield Table("Findings", "findings", columns, others, words="None.")
    yield Table("Drift: how the org differs from before", "findings", columns, drift, words="None.")


def _checks(report: Report) -> Iterator[Table]:
    columns = (
        *_columns(("severity", "severity"), ("mart", "of"), ("check_name", "check")),
        Column("unexpected_count", "rows", is_number=True),
        Column("set_aside_count", "set aside", is_number=True),
        *_columns(("words", "found"), ("unexpected_keys", "some of their keys")),
    )
    broken = [one for one in report.checks if not one["is_passed"]]
    hold = [one for one in report.checks if one["is_passed"]]
    words = "None." if hold else "None was run."
    yield Table("Checks that do not hold", "checks", columns, broken, words=words)
    if hold:
        yield Table("Checks that hold", "", columns[:3], hold, aside=f"{len(hold)} checks hold")


def _set_aside(report: Report) -> Table:
    columns = _columns(("mart", "mart"), ("key", "record"), ("reason", "check"), ("since", "since"))
    return Table("Set aside by this sync, and still", "set_aside", columns, report.set_aside)


def _quotas(report: Report) -> Table:
    columns = (
        Column("name", "quota"),
        Column("used", "used before", is_number=True),
        Column("last_used", "used at the end", is_number=True),
        Column("allowed", "of", is_number=True),
        Column("ours", "a sync stops at", is_number=True),
        Column("estimated", "planned", is_number=True),
    )
    rows = [{**one, "name": WORDS.get(one["quota"], one["quota"])} for one in report.quotas]
    return Table("The org's quotas", "quotas", columns, rows)


def _usage(report: Report) -> Table:
    columns = (Column("station", "station"), Column("calls", "calls", is_number=True))
    return Table("API calls", "usage", columns, report.usage)
