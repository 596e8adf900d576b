"""PostgreSQL's errors, translated into ours: the only place that knows their codes.

Source: "PostgreSQL Error Codes", appendix A of its manual. Codes of values that are wrong (22) are
not here: the words of those may quote data, and whoever causes them knows better what they mean.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from salesforce_elt.errors import SyncError, WarehouseRefused, WarehouseUnavailable


@dataclass(frozen=True)
class Meaning:
    """What the codes with a beginning mean, what to do, and whether it may pass by itself."""

    code: str
    cause: str
    cure: str
    passes: bool = True


WAIT = "It is tried again"
MEANINGS: Sequence[Meaning] = (
    Meaning("08", "the connection broke", WAIT),
    Meaning("57P", "the server stops, starts or was told to end the connection", WAIT),
    Meaning("57014", "somebody, or a time limit of the server, canceled the statement",
            f"{WAIT}; a statement_timeout for this login would do it each time"),
    Meaning("25P03", "this worker slept in the middle of a transaction, which was undone", WAIT),
    Meaning("40001", "another transaction was in the way", WAIT),
    Meaning("40P01", "a deadlock with another session was ended at our cost", WAIT),
    Meaning("55P03", "another session holds a lock for too long",
            f"{WAIT}; end the session that holds it (pg_locks and pg_stat_activity name it)"),
    Meaning("53100", "its disk is full", f"Give it room; {WAIT.lower()}"),
    Meaning("53200", "it is out of memory", f"Give it more, or less to do; {WAIT.lower()}"),
    Meaning("53300", "it has no connection to spare",
            f"Raise max_connections, or run fewer tasks at once; {WAIT.lower()}"),
    Meaning("53", "it lacks a resource", f"Look at the server's log; {WAIT.lower()}"),
    Meaning("58", "it could not reach or write one of its files",
            f"Look at the server's log; {WAIT.lower()}"),
    Meaning("XX", "it found an error in itself or in its files",
            f"Look at the server's log before anything else; {WAIT.lower()}"),
    Meaning("23", "a table holds its rows to a rule that no sync made",
            f"Drop the constraint that somebody added, or that part of it; {WAIT.lower()}"),
    Meaning("25006", "it is read-only",
            "Let ELT_WAREHOUSE_URL name the primary, not a standby, and a login that may write",
            passes=False),
    Meaning("42501", "the login lacks a privilege",
            "Make the login of ELT_WAREHOUSE_URL the owner of the schemas that syncs write to, or "
            "grant what is missing", passes=False),
    Meaning("42", "a table or column is not as a sync made it",
            "Undo what was altered; a table of staging or of marts that is dropped is made again, "
            "and filled, by the next sync",
            passes=False),
    Meaning("3F", "a schema that a sync made is gone",
            "Make it again, for the login of ELT_WAREHOUSE_URL", passes=False),
)  # fmt: skip


@contextmanager
def explained(work: str) -> Iterator[None]:
    """PostgreSQL's errors in words that say what to do, as far as they are known here.

    `work` is what they stop: "The station publish".
    """
    try:
        yield
    except psycopg.Error as error:
        if known := warehouse_error(error, work=work):
            raise known from error
        raise


def warehouse_error(error: psycopg.Error, *, work: str) -> SyncError | None:
    """The error that PostgreSQL's means for a sync; None: nothing that is known here."""
    code = error.sqlstate or ("08" if isinstance(error, psycopg.OperationalError) else "")
    meaning = next((one for one in MEANINGS if code.startswith(one.code)), None)
    if meaning is None:
        return None
    said = f" ({error.diag.message_primary})" if error.diag.message_primary else ""
    kind = WarehouseUnavailable if meaning.passes else WarehouseRefused
    return kind(
        f"{work} stopped: PostgreSQL says {type(error).__name__}{said}, which means "
        f"that {meaning.cause}. {meaning.cure}."
    )
