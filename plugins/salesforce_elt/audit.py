"""
What is about to be published, held against its checks before anyone sees it.

The checks are data (`include/quality`). A critical one that fails stops the publish, a warning is
recorded; both are in the sync results with the keys of rows that are wrong.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import psycopg

from salesforce_elt.checks import CRITICAL, Check, load_checks
from salesforce_elt.deltas import Transformed, upcoming
from salesforce_elt.errors import CheckFailed
from salesforce_elt.expectations import Outcome, Suite, validate
from salesforce_elt.models import Models
from salesforce_elt.run import Run

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckResult:
    """How a check of a mart went."""

    mart: str
    outcome: Outcome

    @property
    def stops_the_publish(self) -> bool:
        """Whether analysts keep the old marts because of it."""
        return not self.outcome.is_passed and self.outcome.check.severity == CRITICAL

    def __str__(self) -> str:
        one, name = self.outcome, f"The check {self.outcome.check.name} of marts.{self.mart}"
        if one.is_passed:
            return f"{name} holds."
        if one.error:
            return f"{name} could not be run: {one.error}"
        rows = "1 row" if one.unexpected_count == 1 else f"{one.unexpected_count:,} rows"
        more = ", ..." if one.unexpected_count > len(one.keys) else ""
        return f"{name} fails for {rows} ({', '.join(one.keys)}{more}). {one.check.to_do}"


def audit(
    conn: psycopg.Connection, run: Run, *, models: Models, transformed: Transformed
) -> list[CheckResult]:
    """Checks the deltas that have rows and records every result; without rows, does nothing.

    Raises CheckFailed when a critical check fails: nothing is published then.
    """
    filled = [delta.mart for delta in transformed.deltas if delta.row_count]
    if not filled:
        return []
    relations = {
        mart: upcoming(run.org, model, transformed.by_mart.get(mart)).as_string(conn)
        for mart, model in models.marts.items()
    }
    suites = [
        Suite(
            f"{run.org}__{mart}",
            models.marts[mart].key,
            [_about(check, relations) for check in load_checks(models.root, mart)],
        )
        for mart in filled
    ]
    outcomes = validate(conn, suites)
    results = [
        CheckResult(mart, outcome) for mart in filled for outcome in outcomes[f"{run.org}__{mart}"]
    ]
    _record(conn, run, results)
    _judge(run.org, results)
    return results


def _about(check: Check, relations: Mapping[str, str]) -> Check:
    """The check with `{pipelines}` and the like replaced; `{batch}` is Great Expectations' own."""
    arguments = dict(check.arguments)
    if query := arguments.get("unexpected_rows_query"):
        for mart, relation in relations.items():
            query = query.replace(f"{{{mart}}}", relation)
        arguments["unexpected_rows_query"] = query
    return replace(check, arguments=arguments)


def _record(conn: psycopg.Connection, run: Run, results: Sequence[CheckResult]) -> None:
    with conn.transaction():
        conn.execute("delete from sync.checks where run_id = %s", [run.run_id])
        for result in results:
            one = result.outcome
            conn.execute(
                "insert into sync.checks (run_id, org, mart, check_name, severity, is_passed,"
                " unexpected_count, unexpected_keys) values (%s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    run.run_id,
                    run.org,
                    result.mart,
                    one.check.name,
                    one.check.severity,
                    one.is_passed,
                    one.unexpected_count,
                    json.dumps(one.keys),
                ],
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
