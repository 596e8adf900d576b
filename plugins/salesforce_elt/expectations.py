"""Great Expectations behind one function: checks in, outcomes out.

Its import takes seconds and 250 MB, so it happens inside the function.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import psycopg

from salesforce_elt.checks import Check
from salesforce_elt.warehouse.connection import ALIVE

if TYPE_CHECKING:
    from great_expectations.datasource.fluent.interfaces import Batch
    from great_expectations.datasource.fluent.postgres_datasource import PostgresDatasource

KEYS_TOLD = 10
QUERY = "unexpected_rows_query"
KIND = re.compile(r"\W*([\w.]+)")  # "(psycopg.errors.UndefinedColumn) column ..."
# It only looks; compiling small queries would take PostgreSQL longer than running them; and looking
# the rows of a delta up in a large table costs less than reading that (see indexes.py).
SESSION = "-c default_transaction_read_only=on -c jit=off -c random_page_cost=1.1 -c timezone=UTC"


@dataclass(frozen=True)
class Suite:
    """Checks of one table, under a name; `key` are the columns that tell its rows apart."""

    name: str
    schema: str
    table: str
    key: Sequence[str]
    checks: Sequence[Check] = ()


@dataclass(frozen=True)
class Outcome:
    """How a check went; `keys` are those of some unexpected rows, ten at most.

    A check that could not be run (`error`) did not pass. Of the unexpected rows `set_aside_count`
    are kept out of what is published. A measure says what it found in words.
    """

    check: Check
    is_passed: bool
    unexpected_count: int = 0
    keys: tuple[str, ...] = ()
    error: str | None = None
    set_aside_count: int = 0
    words: str = ""


def validate(conn: psycopg.Connection, suites: Iterable[Suite]) -> dict[str, list[Outcome]]:
    """Runs each suite over its table, on the server of the connection; outcomes by suite."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )
    from great_expectations.datasource.fluent.postgres_datasource import PostgresDatasource
    from great_expectations.datasource.fluent.sql_datasource import TableAsset

    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )
    suites = list(suites)
    # Handed over at once: one that is added later has the whole context written again.
    tables = [
        TableAsset(name=suite.name, table_name=suite.table, schema_name=suite.schema)
        for suite in suites
    ]
    url = server_url(conn, {suite.schema for suite in suites})
    source = context.data_sources.add_postgres(
        PostgresDatasource(name="warehouse", connection_string=url, assets=tables)
    )
    # Great Expectations has two engines, each with its own connections.
    with ExitStack() as engines:
        engines.callback(source.get_engine().dispose)
        engines.callback(source.get_execution_engine().close)
        return {suite.name: _run(_batch(source, suite), suite) for suite in suites}


def server_url(conn: psycopg.Connection, schemas: Collection[str] = ()) -> str:
    """The URL of the connection's database for SQLAlchemy; it holds the password.

    Tables of the schemas need no other name than their own.

    Great Expectations refuses a URL without a host, so a socket's folder goes into the query.
    """
    info = conn.info
    path = ",".join(sorted(schemas))  # "delta" comes before "staging_acme"
    host, query = info.host, {"options": f"{SESSION} -c search_path={path}"}
    if host.startswith("/"):
        host, query = "localhost", {**query, "host": info.host}
    login = ":".join(quote(part, safe="") for part in (info.user, info.password) if part)
    parameters = urlencode({**query, **ALIVE}, quote_via=quote, safe="")
    database = quote(info.dbname, safe="")
    return f"postgresql+psycopg://{login}@{host}:{info.port}/{database}?{parameters}"


def _batch(source: "PostgresDatasource", suite: Suite) -> "Batch":
    asset = source.get_asset(suite.name)
    batch: Batch = asset.get_batch(asset.build_batch_request())
    return batch


def _run(batch: "Batch", suite: Suite) -> list[Outcome]:
    """All that hold are told so at once; which rows are wrong is asked of the others alone, for it
    takes a query or more for each check."""
    found = list(_told(batch, suite, suite.checks, "BOOLEAN_ONLY"))
    wrong = [one.check for one in found if not one.is_passed]
    told = {one.check.name: one for one in _told(batch, suite, wrong, "COMPLETE")}
    return [told.get(one.check.name, one) for one in found]


def _told(batch: "Batch", suite: Suite, checks: Sequence[Check], detail: str) -> Iterator[Outcome]:
    import great_expectations as gx
    from great_expectations import expectations

    if not checks:
        return
    by_name = {check.name: check for check in checks}
    wanted = [
        getattr(expectations, check.expectation)(
            **_arguments(check), severity=check.severity, meta={"check": check.name}
        )
        for check in checks
    ]
    result = batch.validate(
        gx.ExpectationSuite(suite.name, expectations=wanted),
        result_format={
            "result_format": detail,
            "partial_unexpected_count": KEYS_TOLD,
            "unexpected_index_column_names": list(suite.key),
        },
    )
    for validation in result.results:
        if one := validation.expectation_config:
            yield _outcome(by_name[one.meta["check"]], validation, key=suite.key)


def _arguments(check: Check) -> Mapping[str, Any]:
    """A query names its tables itself; Great Expectations warns of one that lacks its own name for
    them, and would put that in wherever braces stand."""
    arguments = dict(check.arguments)
    if query := arguments.get(QUERY):
        escaped = query.replace("{", "{{").replace("}", "}}")
        arguments[QUERY] = f"{escaped} /* {{batch}} */"
    return arguments


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
