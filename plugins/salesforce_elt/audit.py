"""
What is about to be published, held against its checks before anyone sees it.

The checks are data (`include/quality`). A critical one that fails stops the publish, a warning is
recorded; both are in the sync results with the keys of rows that are wrong.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import psycopg

from salesforce_elt.aside import broken_checks
from salesforce_elt.checks import CRITICAL
from salesforce_elt.deltas import Delta, Transformed
from salesforce_elt.errors import CheckFailed
from salesforce_elt.expectations import KEYS_TOLD, Outcome, validate
from salesforce_elt.indexes import expect_cached_pages
from salesforce_elt.measures import measured
from salesforce_elt.models import Models
from salesforce_elt.run import Run
from salesforce_elt.suites import STAGING, row_suites
from salesforce_elt.warehouse import leases

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckResult:
    """How a check of a mart, or of `staging.<table>`, went."""

    mart: str
    outcome: Outcome

    @property
    def stops_the_publish(self) -> bool:
        """Whether analysts keep the old marts because of it."""
        one = self.outcome
        is_bad = not one.is_passed and one.check.severity == CRITICAL
        return is_bad and (one.error is not None or one.unexpected_count > one.set_aside_count)

    @property
    def table(self) -> str:
        """The table that it is about."""
        return self.mart if self.mart.startswith(STAGING) else f"marts.{self.mart}"

    def __str__(self) -> str:
        one, name = self.outcome, f"The check {self.outcome.check.name} of {self.table}"
        if one.is_passed:
            return f"{name} holds."
        if one.error:
            return f"{name} could not be run: {one.error}"
        if one.words:
            return f"{name} fails: {one.words}. {one.check.to_do}"
        rows = "1 row" if one.unexpected_count == 1 else f"{one.unexpected_count:,} rows"
        more = ", ..." if one.unexpected_count > len(one.keys) else ""
        aside = ", set aside" if one.set_aside_count else ""
        return f"{name} fails for {rows}{aside} ({', '.join(one.keys)}{more}). {one.check.to_do}"


def audit(
    conn: psycopg.Connection, run: Run, *, models: Models, transformed: Transformed
) -> list[CheckResult]:
    """Checks what is about to be published and records every result; where no row changed, none is
    looked at.

    Raises CheckFailed when a critical check fails: nothing is published then; LeaseLost when a
    newer run holds the org, whose own deltas have taken the place of these.
    """
    with conn.transaction():
        leases.require(conn, run)
        expect_cached_pages(conn)
        found = list(measured(conn, run, models=models, transformed=transformed))
        suites = row_suites(conn, run, models=models, transformed=transformed)
    outcomes = validate(conn, suites) if suites else {}
    with conn.transaction():
        for name, told in outcomes.items():
            delta = transformed.by_mart.get(name)
            found += [(name, one) for one in _with_set_aside(conn, run.org, told, delta=delta)]
        results = [CheckResult(mart, outcome) for mart, outcome in found]
        _record(conn, run, results)
    _judge(run.org, results)
    return results


def _with_set_aside(
    conn: psycopg.Connection, org: str, outcomes: Sequence[Outcome], *, delta: Delta | None
) -> Iterator[Outcome]:
    """A check holds of what is left of a delta; what was set aside for it is told all the same."""
    broken: Mapping[str, tuple[int, tuple[str, ...]]] = {}
    if delta and delta.set_aside_count:
        broken = broken_checks(conn, org, delta.mart, keys_told=KEYS_TOLD)
    for outcome in outcomes:
        count, keys = broken.get(outcome.check.name, (0, ()))
        if not count:
            yield outcome
            continue
        yield replace(
            outcome,
            is_passed=False,
            unexpected_count=outcome.unexpected_count + count,
            keys=(*outcome.keys, *keys)[:KEYS_TOLD],
            set_aside_count=count,
        )


def _record(conn: psycopg.Connection, run: Run, results: Sequence[CheckResult]) -> None:
    conn.execute("delete from sync.checks where run_id = %s", [run.run_id])
    conn.cursor().executemany(
        "insert into sync.checks (run_id, org, mart, check_name, severity, is_passed,"
        " unexpected_count, unexpected_keys, set_aside_count, words)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [_row(run, result.mart, result.outcome) for result in results],
    )


def _row(run: Run, mart: str, one: Outcome) -> tuple[object, ...]:
    return (
        run.run_id,
        run.org,
        mart,
        one.check.name,
        one.check.severity,
        one.is_passed,
        one.unexpected_count,
        json.dumps(one.keys),
        one.set_aside_count,
        one.words or None,
    )


def _judge(org: str, results: Sequence[CheckResult]) -> None:
    passed = sum(result.outcome.is_passed for result in results)
    log.info("%s of %s checks hold", passed, len(results))
    for result in results:
        if not result.outcome.is_passed:
            log.warning("%s", result)
    if failed := [result for result in results if result.stops_the_publish]:
        raise CheckFailed(
            "\n".join(
                [
                    *map(str, failed),
                    f"{org}: nothing was published, the marts stay as they were. The next sync "
                    "publishes everything that waits, once this is mended.",
                ]
            ),
            checks=tuple(f"{result.mart}.{result.outcome.check.name}" for result in failed),
        )
