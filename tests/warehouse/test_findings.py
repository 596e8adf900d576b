"""What a station found stays in the results, also when the station is tried again."""

from collections.abc import Iterator

import psycopg
import pytest

from salesforce_elt.errors import ServerUnavailable, WarehouseUnavailable
from salesforce_elt.results import Finding, note_findings, recorded
from salesforce_elt.run import Run
from salesforce_elt.warehouse.connection import connect
from tests.warehouse.test_merge import conn, run

__all__ = ["conn", "run"]

NULS = Finding("warning", "nul_replaced", "3 NUL characters in texts of Task.", "Task")
HIDDEN = Finding("warning", "fields_hidden", "Name is hidden.", "Task", "Name")


def tried(warehouse: str, run: Run, *findings: Finding, fails: bool = False) -> None:
    """One try of an extract."""
    with recorded(lambda: connect(warehouse), run, "extract", "Task") as conn:
        note_findings(conn, run, findings, station="extract")
        if fails:
            raise ServerUnavailable("Query Task: no answer.")


def found(conn: psycopg.Connection) -> Iterator[tuple[str, str, str]]:
    return iter(conn.execute(
        "select severity, code, message from sync.findings order by finding_id").fetchall())


def test_what_a_failed_try_found_stays_and_its_error_becomes_history(conn, warehouse, run):
    with pytest.raises(ServerUnavailable):
        tried(warehouse, run, NULS, fails=True)
    tried(warehouse, run)
    assert list(found(conn)) == [
        ("warning", "nul_replaced", NULS.message),
        ("info", "ServerUnavailable", "Tried again after: Query Task: no answer."),
    ]


def test_what_each_try_finds_is_there_once(conn, warehouse, run):
    with pytest.raises(ServerUnavailable):
        tried(warehouse, run, NULS, HIDDEN, fails=True)
    tried(warehouse, run, NULS, HIDDEN)
    assert [code for _, code, _ in found(conn)] == [
        "nul_replaced", "fields_hidden", "ServerUnavailable"]


def test_an_error_that_cannot_be_noted_is_raised_as_it_was(warehouse, run, caplog):
    """A full disk takes no note either; Airflow judges by what stopped the task."""
    answers = iter([connect(warehouse)])

    def connect_once():
        for one in answers:
            return one
        raise WarehouseUnavailable("The warehouse does not answer.")

    with pytest.raises(ServerUnavailable), recorded(connect_once, run, "extract"):
        raise ServerUnavailable("Query Task: no answer.")
    assert "not in the results" in caplog.text
