"""The text of the queries that a sync asks."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from salesforce_elt.slices import Slice


def literal(moment: datetime) -> str:
    """A datetime literal: absolute UTC, never quoted, whole seconds as Salesforce stamps them."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def text_literal(text: str) -> str:
    """A text in quotes. What is asked for are Ids, which need no escape; an attacker's would."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def select(sobject: str, fields: Sequence[str], *, cursor: str | None, part: Slice) -> str:
    """These fields of the records of a slice.

    A whole read has no end: a record that changes while it is read must not be missing.
    No ORDER BY and no LIMIT: either would switch off Bulk's chunking and run into QUERY_TIMEOUT.
    """
    return f"SELECT {', '.join(fields)} FROM {sobject}{_where(cursor, part)}"


def count(sobject: str, *, cursor: str | None, part: Slice) -> str:
    """How many records a slice has."""
    return f"SELECT COUNT() FROM {sobject}{_where(cursor, part)}"


def count_and_newest(sobject: str, *, cursor: str) -> str:
    """How many records there are, and the newest stamp: whether a small object differs."""
    return f"SELECT COUNT(Id) records, MAX({cursor}) newest FROM {sobject}"


def count_live(sobject: str, *, created: str, until: datetime, has_is_deleted: bool) -> str:
    """How many records there are that were created before a moment and are not deleted.

    Counted by creation, for what changes while a sync runs does not change it.
    """
    is_live = "IsDeleted = false AND " if has_is_deleted else ""
    return f"SELECT COUNT() FROM {sobject} WHERE {is_live}{created} < {literal(until)}"


def by_ids(sobject: str, fields: Sequence[str], ids: Sequence[str]) -> str:
    """These fields of these records."""
    listed = ", ".join(map(text_literal, ids))
    return f"SELECT {', '.join(fields)} FROM {sobject} WHERE Id IN ({listed})"


def outermost_id(sobject: str, *, part: Slice, is_highest: bool) -> str:
    """The lowest or the highest Id between a slice's Ids, which an index answers at once."""
    only_ids = Slice(first_id=part.first_id, end_id=part.end_id)
    order = "DESC" if is_highest else "ASC"
    return f"SELECT Id FROM {sobject}{_where(None, only_ids)} ORDER BY Id {order} LIMIT 1"


def _where(cursor: str | None, part: Slice) -> str:
    conditions = " AND ".join(_conditions(cursor, part))
    return f" WHERE {conditions}" if conditions else ""


def _conditions(cursor: str | None, part: Slice) -> Iterator[str]:
    if cursor and part.since:
        yield f"{cursor} >= {literal(part.since)}"
    if cursor and part.until:
        yield f"{cursor} < {literal(part.until)}"
    if part.first_id:
        yield f"Id >= {text_literal(part.first_id)}"
    if part.end_id:
        yield f"Id < {text_literal(part.end_id)}"
