"""Reaching the warehouse: errors show no password, and nobody keeps it for ever."""

import socket
from datetime import timedelta

import psycopg
import pytest

from salesforce_elt.errors import SettingsInvalid, WarehouseUnavailable
from salesforce_elt.preflight import open_run
from salesforce_elt.run import RunRequest
from salesforce_elt.warehouse import connection, leases
from salesforce_elt.warehouse.connection import connect
from salesforce_elt.warehouse.refusals import explained
from tests.driver import org_settings


def test_a_url_that_cannot_be_read_says_how_to_write_it_without_showing_the_password():
    with pytest.raises(SettingsInvalid, match="percent-encoded") as caught:
        connect("postgresql://etl:s3cr%zzet@127.0.0.1:9/warehouse")
    assert "s3cr" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_server_that_does_not_answer_is_said_without_the_password():
    with pytest.raises(WarehouseUnavailable, match="does not answer") as caught:
        connect("postgresql://etl:s3cret@127.0.0.1:9/warehouse")
    assert "s3cret" not in str(caught.value)


def test_a_server_that_says_nothing_is_not_waited_for_without_end(monkeypatch):
    """A host that takes the connection and then is gone: no refusal ever comes."""
    monkeypatch.setattr(connection, "ALIVE", {**connection.ALIVE, "connect_timeout": 2})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(WarehouseUnavailable, match="does not answer"):
            connect(f"postgresql://etl:s3cret@127.0.0.1:{port}/warehouse")


def test_a_server_that_is_gone_is_noticed_within_minutes_unless_the_url_says_otherwise(warehouse):
    """What the operating system watches, for no test can take its network away."""
    with connect(warehouse) as conn, connect(f"{warehouse}?keepalives_idle=7") as other:
        given = conn.info.get_parameters()
        watched = [int(given[one]) for one in (
            "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")]
        idle, interval, count, unanswered = watched
        assert idle + interval * count <= 120
        assert unanswered <= 120_000
        assert other.info.get_parameters()["keepalives_idle"] == "7"


def test_a_worker_that_sleeps_in_a_transaction_keeps_its_org_no_longer_than_that(
    warehouse, monkeypatch
):
    """The next sync gets the org; what the sleeper does when it wakes is undone and tried again."""
    monkeypatch.setattr(connection, "LONGEST_SLEEP", "500ms")
    settings = org_settings()
    with connect(warehouse) as sleeper, connect(warehouse) as other:
        sleeper.execute("begin")
        open_run(sleeper, RunRequest("demo", "demo/sleeper", "full"), settings=settings)
        fence = open_run(other, RunRequest("demo", "demo/other", "full"), settings=settings)
        assert fence == 1  # of the sleeper nothing is left
        with pytest.raises(WarehouseUnavailable, match="slept"), explained("The station plan"):
            sleeper.execute("commit")


def test_a_worker_that_postgresql_does_not_end_is_named_to_the_next_sync(warehouse, monkeypatch):
    """It is waited for, as an older sync's publish is, and not without end."""
    monkeypatch.setattr(leases, "LONGEST_WAIT", timedelta(milliseconds=300))
    settings = org_settings()
    with connect(warehouse) as sleeper, connect(warehouse) as other:
        sleeper.execute("set idle_in_transaction_session_timeout to 0")
        sleeper.execute("begin")
        open_run(sleeper, RunRequest("demo", "demo/sleeper", "full"), settings=settings)
        process = sleeper.info.backend_pid
        with pytest.raises(WarehouseUnavailable, match=rf"in use for more than.*process {process}"):
            open_run(other, RunRequest("demo", "demo/other", "full"), settings=settings)
        other.execute("select pg_terminate_backend(%s)", [process])
        assert open_run(other, RunRequest("demo", "demo/other", "full"), settings=settings) == 1
        with pytest.raises(psycopg.OperationalError):
            sleeper.execute("commit")
