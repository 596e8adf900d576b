"""PostgreSQL's errors, in words that say what to do."""

import psycopg
import pytest
from psycopg import errors as postgres

from salesforce_elt.errors import WarehouseRefused, WarehouseUnavailable
from salesforce_elt.warehouse.refusals import warehouse_error


@pytest.mark.parametrize(("error", "kind", "says"), [
    (postgres.DiskFull(), WarehouseUnavailable, "its disk is full. Give it room"),
    (postgres.AdminShutdown(), WarehouseUnavailable, "the server stops"),
    (postgres.ConnectionFailure(), WarehouseUnavailable, "the connection broke"),
    (psycopg.OperationalError("server closed the connection"), WarehouseUnavailable, "broke"),
    (postgres.SerializationFailure(), WarehouseUnavailable, "another transaction"),
    (postgres.DeadlockDetected(), WarehouseUnavailable, "a deadlock"),
    (postgres.LockNotAvailable(), WarehouseUnavailable, "pg_locks"),
    (postgres.TooManyConnections(), WarehouseUnavailable, "max_connections"),
    (postgres.ReadOnlySqlTransaction(), WarehouseRefused, "name the primary"),
    (postgres.InsufficientPrivilege(), WarehouseRefused, "lacks a privilege"),
    (postgres.UndefinedTable(), WarehouseRefused, "Undo what was altered"),
    (postgres.IdleInTransactionSessionTimeout(), WarehouseUnavailable, "slept in the middle"),
    (postgres.NotNullViolation(), WarehouseUnavailable, "Drop the constraint"),
    (postgres.CheckViolation(), WarehouseUnavailable, "a rule that no sync made"),
    (postgres.IoError(), WarehouseUnavailable, "one of its files"),
    (postgres.DataCorrupted(), WarehouseUnavailable, "before anything else"),
    (postgres.InvalidSchemaName(), WarehouseRefused, "schema that a sync made is gone"),
])  # fmt: skip
def test_what_happens_to_a_warehouse_is_said(error, kind, says):
    found = warehouse_error(error, work="The station transform")
    assert type(found) is kind
    assert str(found).startswith("The station transform stopped: PostgreSQL says ")
    assert says in str(found)


@pytest.mark.parametrize("error", [
    postgres.NumericValueOutOfRange(), postgres.InvalidTextRepresentation(),
    psycopg.ProgrammingError("a mistake of ours"),
])  # fmt: skip
def test_what_values_cause_is_left_to_whoever_knows_them(error):
    assert warehouse_error(error, work="The station transform") is None
