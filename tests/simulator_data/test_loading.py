"""Loading much at once: the indexes are away for so long, and back whatever happens."""

from __future__ import annotations

import pytest

from simulator.generate import generate_org
from simulator.store import Store


def indexed(store: Store) -> set[str]:
    query = "select indexname from pg_indexes where schemaname = %s"
    with store.connections.transaction() as connection:
        return {row[0] for row in connection.execute(query, (store.schema,))}


def test_the_indexes_are_back_after_loading(store: Store) -> None:
    before = indexed(store)
    with store.loading():
        during = indexed(store)
        generate_org(store, 20, 1)
    assert (indexed(store), during < before) == (before, True)


def test_the_indexes_are_back_after_a_failure(store: Store) -> None:
    before = indexed(store)
    with pytest.raises(RuntimeError, match="on the way"), store.loading():
        raise RuntimeError("on the way")
    assert indexed(store) == before


def test_a_loaded_table_is_analyzed(store: Store) -> None:
    query = 'select reltuples from pg_class where oid = \'"org"."Opportunity"\'::regclass'
    generate_org(store, 40, 1)
    with store.connections.transaction() as connection:
        row = connection.execute(query).fetchone()
    assert row == (40,)
