"""The results of a sync as a person reads them, top to bottom: plain text, aligned."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from salesforce_elt.printable import printable
from salesforce_elt.report import Report
from salesforce_elt.salesforce.limits import WORDS

COUNTS = ("fetched", "inserted", "updated", "deleted")
QUOTA_COUNTS = ("used", "allowed", "ours", "estimated")
MART_COUNTS = ("row_count", "excluded_count", "inserted", "updated", "deleted")
Row = Mapping[str, Any]


def render(report: Report) -> str:
    """What the sync asked for, what came, what was left out and why, and what it found."""
    blocks = (
        _headline,
        _objects,
        _reads,
        _proofs,
        _quotas,
        _marts,
        _exclusions,
        _checks,
        _findings,
    )
    texts = ["\n".join(line.rstrip() for line in block(report)) for block in blocks]
    return printable("\n\n".join(text for text in texts if text))


def _headline(report: Report) -> Iterator[str]:
    run = report.run
    yield f"{run['org']}: {run['kind']} sync {run['status'].upper()}"
    yield f"  run        {run['run_id']}"
    if run["until"]:
        yield f"  changes    until {run['until']:%Y-%m-%d %H:%M:%S} UTC"
    if run["finished_at"]:
        seconds = (run["finished_at"] - run["started_at"]).total_seconds()
        yield f"  took       {seconds:.1f} s, {run['api_calls']} API calls"
    if run["message"]:
        yield f"  because    {run['message']}"
    if report.resumption:
        yield f"  goes on    {report.resumption.words}"


def _objects(report: Report) -> Iterator[str]:
    """The objects that were read, then in one line those in which nothing changed."""
    still = [
        one["sobject"] for one in report.objects if one["way"] == "nothing" and not one["deleted"]
    ]
    moved = [one for one in report.objects if one["sobject"] not in still]
    if moved:
        rows = [_object(one) for one in moved]
        totals = [f"{sum(one[name] for one in moved):,}" for name in (*COUNTS, "estimated_calls")]
        header = ("object", "way", *COUNTS, "calls planned", "seconds")
        yield from _table([header, *rows, ("total", "", *totals, "")], words=2)
    if still:
        what = "no records in" if report.run["kind"] == "full" else "nothing changed in"
        yield f"  {what} {', '.join(still)}"


def _object(one: Row) -> tuple[str, ...]:
    way = one["status"].upper() if one["status"] in ("failed", "deferred") else one["way"]
    return (
        one["sobject"],
        way,
        *(f"{one[name]:,}" for name in COUNTS),
        f"{one['estimated_calls']:,}",
        f"{one['seconds'] or Decimal(0):.1f}",
    )


def _reads(report: Report) -> Iterator[str]:
    """What was read of every record, beside what changed."""
    if not report.reads:
        return
    yield "  read of every record, beside what changed"
    rows = [
        (
            one["sobject"],
            one["way"],
            ", ".join([*one["filled"], *one["refreshed"]]) or "Ids",
            *(f"{one[name]:,}" for name in ("fetched", "updated", "deleted")),
        )
        for one in report.reads
    ]
    yield from _table(
        [("object", "way", "fields", "fetched", "updated", "deleted"), *rows], words=3
    )


def _proofs(report: Report) -> Iterator[str]:
    """How the objects' counts and a sample of their records compare with the org's."""
    if not report.proofs:
        return
    sampled, differing, repaired = (
        sum(one[name] for one in report.proofs) for name in ("sampled", "differing", "repaired")
    )
    yield (
        f"  proof: {len(report.proofs)} objects counted, {sampled:,} records sampled;"
        f" {differing:,} differed, {repaired:,} repaired"
    )
    for one in report.proofs:
        if one["their_count"] != one["our_count"]:
            theirs, ours = (_count(one[name]) for name in ("their_count", "our_count"))
            yield f"    {one['sobject']}: the org had {theirs} when it was counted, we have {ours}"


def _count(count: int | None) -> str:
    return "?" if count is None else f"{count:,}"


def _quotas(report: Report) -> Iterator[str]:
    """The org's quotas as they were before the sync, and what its plan would take of them."""
    if report.quotas:
        header = ("quota", "used before", "of", "ours until", "planned")
        rows = [
            (WORDS[one["quota"]], *(_known(one[name]) for name in QUOTA_COUNTS))
            for one in report.quotas
        ]
        yield from _table([header, *rows], words=1)


def _known(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


def _marts(report: Report) -> Iterator[str]:
    if not report.marts:
        yield "  Nothing was published."
        return
    header = ("mart", "rows", "excluded", "inserted", "updated", "deleted")
    rows = [(one["mart"], *(f"{one[name]:,}" for name in MART_COUNTS)) for one in report.marts]
    reasons = ["  because", *(f"  {one['reason'] or ''}" for one in report.marts)]
    for line, reason in zip(_table([header, *rows], words=1), reasons, strict=True):
        yield line + reason
    if aside := [one for one in report.marts if one["set_aside_count"]]:
        yield "  set aside by checks (sync.quarantine has each)"
        yield from _table([(one["mart"], f"{one['set_aside_count']:,}") for one in aside], words=1)


def _exclusions(report: Report) -> Iterator[str]:
    if report.exclusions:
        yield "  left out of opportunities (marts.opportunity_exclusions has each)"
        rows = [(one["reason"], f"{one['opportunity_count']:,}") for one in report.exclusions]
        yield from _table(rows, words=1)


def _checks(report: Report) -> Iterator[str]:
    if not report.checks:
        return
    broken = [one for one in report.checks if not one["is_passed"]]
    yield f"  checks: {len(report.checks) - len(broken)} hold, {len(broken)} do not"
    for one in broken:
        aside = f", {one['set_aside_count']:,} set aside" if one["set_aside_count"] else ""
        found = one["words"] or f"{one['unexpected_count']:,} rows{aside}"
        yield f"    {one['severity'].upper()} {one['mart']}.{one['check_name']}: {found}"


def _findings(report: Report) -> Iterator[str]:
    yield "  findings:" if report.findings else "  findings: none"
    for one in report.findings:
        yield f"    {one['severity'].upper()} {one['message']}"
        if one["missing"]:
            yield f"      missing: {one['missing']}"


def _table(rows: Sequence[Sequence[str]], *, words: int) -> list[str]:
    """Aligned columns: the first `words` to the left, numbers to the right."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if index < words else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
