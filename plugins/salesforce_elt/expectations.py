"""Great Expectations behind one function: checks in, outcomes out.

Its import takes seconds and 250 MB, so it happens inside the function.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import psycopg

from salesforce_elt.checks import Check

if TYPE_CHECKING:
    from great_expectations.datasource.fluent.interfaces import Batch

KEYS_TOLD = 10
KIND = re.compile(r"\W*([\w.]+)")  # "(psycopg.errors.UndefinedColumn) column ..."
# It only looks; and compiling small queries would take PostgreSQL longer than running them.
SESSION = "-c default_transaction_read_only=on -c search_path=delta -c jit=off -c timezone=UTC"


@dataclass(frozen=True)
class Suite:
    """Checks of one table of the schema `delta`; `key` are the columns that tell its rows apart."""

    table: str
    key: Sequence[str]
    checks: Sequence[Check]


@dataclass(frozen=True)
class Outcome:
    """How a check went; `keys` are those of some unexpected rows, ten at most.

    A check that could not be run (`error`) did not pass.
    """

    check: Check
    is_passed: bool
    unexpected_count: int = 0
    keys: tuple[str, ...] = ()
    error: str | None = None


def validate(conn: psycopg.Connection, suites: Iterable[Suite]) -> dict[str, list[Outcome]]:
    """Runs each suite over its table, on the server of the connection; outcomes by table."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )
    source = context.data_sources.add_postgres("warehouse", connection_string=server_url(conn))
    outcomes = {}
    for suite in suites:
        asset = source.add_table_asset(suite.table, table_name=suite.table)
        batch = asset.add_batch_definition_whole_table("all").get_batch()
        outcomes[suite.table] = _run(batch, suite)
    source.get_engine().dispose()
    return outcomes


def server_url(conn: psycopg.Connection) -> str:
    """The URL of the connection's database for SQLAlchemy; it holds the password.

    Great Expectations refuses a URL without a host, so a socket's folder goes into the query.
    """
    info = conn.info
    host, query = info.host, {"options": SESSION}
    if host.startswith("/"):
        host, query = "localhost", {**query, "host": info.host}
    login = ":".join(quote(part, safe="") for part in (info.user, info.password) if part)
    parameters = urlencode(query, quote_via=quote, safe="")
    database = quote(info.dbname, safe="")
    return f"postgresql+psycopg://{login}@{host}:{info.port}/{database}?{parameters}"


def _run(batch: "Batch", suite: Suite) -> list[Outcome]:
    import great_expectations as gx
    from great_expectations import expectations

    by_name = {check.name: check for check in suite.checks}
    wanted = [
        getattr(expectations, check.expectation)(
            **check.arguments, severity=check.severity, meta={"check": check.name}
        )
        for check in suite.checks
    ]
    result = batch.validate(
        gx.ExpectationSuite(suite.table, expectations=wanted),
        result_format={
            "result_format": "COMPLETE",
            "partial_unexpected_count": KEYS_TOLD,
            "unexpected_index_column_names": list(suite.key),
        },
    )
    return [
        _outcome(by_name[one.meta["check"]], validation, key=suite.key)
        for validation in result.results
        if (one := validation.expectation_config)
    ]


def _outcome(check: Check, validation: Any, *, key: Sequence[str]) -> Outcome:
    told: Mapping[str, Any] = validation.result
    details = told.get("details") or {}
    rows = details.get("unexpected_rows") or told.get("partial_unexpected_index_list") or []
    keys = [" · ".join(str(row.get(name)) for name in key) for row in rows]
    return Outcome(
        check=check,
        is_passed=bool(validation.success),
        unexpected_count=int(told.get("unexpected_count", told.get("observed_value")) or 0),
        keys=tuple(dict.fromkeys(keys))[:KEYS_TOLD],
        error=_error(validation.exception_info),
    )


def _error(exceptions: Mapping[str, Any]) -> str | None:
    """The kind of what went wrong (its text may quote data or the connection)."""
    told = [exceptions] if "raised_exception" in exceptions else list(exceptions.values())
    raised = [one for one in told if one.get("raised_exception")]
    if not raised:
        return None
    kind = KIND.match(str(raised[0].get("exception_message")))
    return kind[1] if kind else "an error without a name"
