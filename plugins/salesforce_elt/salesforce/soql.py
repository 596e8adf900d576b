"""The text of the queries that a sync asks."""

from collections.abc import Sequence
from datetime import UTC, datetime

from salesforce_elt.windows import Window


def literal(moment: datetime) -> str:
    """A datetime literal: absolute UTC, never quoted, whole seconds as Salesforce stamps them."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def select(sobject: str, fields: Sequence[str], *, cursor: str | None, window: Window) -> str:
    """Every field of what changed in the window, or of every record when it has no beginning.

    A whole read has no end either: a record that changes while it is read must not be missing.
    No ORDER BY and no LIMIT: either would switch off Bulk's chunking and run into QUERY_TIMEOUT.
    """
    return f"SELECT {', '.join(fields)} FROM {sobject}{_where(cursor, window)}"


def count(sobject: str, *, cursor: str | None, window: Window) -> str:
    """How many records changed in the window."""
    return f"SELECT COUNT() FROM {sobject}{_where(cursor, window)}"


def count_and_newest(sobject: str, *, cursor: str) -> str:
    """How many records there are, and the newest stamp: whether a small object differs."""
    return f"SELECT COUNT(Id) records, MAX({cursor}) newest FROM {sobject}"


def _where(cursor: str | None, window: Window) -> str:
    if cursor is None or window.since is None:
        return ""
    return f" WHERE {cursor} >= {literal(window.since)} AND {cursor} < {literal(window.until)}"
