"""Queries that take too long: by the size of the object, and by what keeps Bulk from chunking."""

from __future__ import annotations

from simulator.errors import SalesforceError
from simulator.soql.plan import Plan
from simulator.store import Store

TOO_LONG = "Your query request was running for too long."


def check_rest(plan: Plan, store: Store) -> None:
    """QUERY_TIMEOUT for a REST query over an object that is too large (api.md 2.3)."""
    if _is_beyond(plan, store, "query_timeout_records"):
        raise SalesforceError("QUERY_TIMEOUT", TOO_LONG)


def check_bulk(plan: Plan, store: Store) -> None:
    """QUERY_TIMEOUT where ORDER BY or LIMIT keep a Bulk job from chunking (api.md 3.5), or where it
    finds too much (3.6)."""
    unchunked = plan.limit is not None or bool(plan.order)
    if unchunked and _is_beyond(plan, store, "order_by_timeout_records"):
        raise SalesforceError("QUERY_TIMEOUT", TOO_LONG)
    most = int(store.options.number("bulk_timeout_records"))
    if most > 0 and _found(plan, store) > most:
        raise SalesforceError("QUERY_TIMEOUT", TOO_LONG)


def _found(plan: Plan, store: Store) -> int:
    matching = plan.select(("1",), is_stable=False).wrapped("select count(*) from (", ") as found")
    with store.connections.transaction() as connection:
        row = connection.execute(matching.text, matching.params).fetchone()
    return int(row[0]) if row else 0


def _is_beyond(plan: Plan, store: Store, option: str) -> bool:
    most, name = int(store.options.number(option)), plan.sobject.name
    return most > 0 and name in store.sobjects and store.count(name) > most
