"""What the header of a mart's file says, and how a wrong one is refused."""

import re
from pathlib import Path

import pytest

from salesforce_elt.errors import StopError
from salesforce_elt.headers import Affected, read_header

PATH = Path("marts/accounts.sql")
HEADER = """\
-- One row per account.
-- key: account_id, reason
-- recomputed by: account_id
-- affected by: account (id) · user (account.owner_id)
--   · account.owner_id (task.owner_id) · organization (all)
-- indexes: owner_id · company_id, close_date
"""


def test_a_header_says_grain_key_indexes_and_what_affects_the_mart() -> None:
    header = read_header(PATH, HEADER + "select 1\n")
    assert (header.grain, header.key) == ("One row per account.", ("account_id", "reason"))
    assert header.indexes == (("owner_id",), ("company_id", "close_date"))
    assert header.affected_by == (
        Affected("account", "id", "id"), Affected("user", "id", "account.owner_id"),
        Affected("account", "owner_id", "task.owner_id"), Affected("organization", "id", "all"),
    )


@pytest.mark.parametrize(("path", "table", "column"), [
    ("id", "", "id"), ("account.owner_id", "account", "owner_id"), ("all", "", "all"),
])
def test_a_step_leads_to_the_key_or_to_another_table(path: str, table: str, column: str) -> None:
    step = Affected("user", "id", path)
    assert (step.next_table, step.next_column) == (table, column)


@pytest.mark.parametrize(("line", "replacement", "complaint"), [
    ("-- One row per account.", "-- Accounts", "accounts.sql, line 1: it must say the grain"),
    ("-- key: account_id, reason\n", "", "accounts.sql, line 1: the header lacks '-- key: ...'"),
    ("-- key", "-- keys", "accounts.sql, line 2: the header has no field 'keys'"),
    ("-- recomputed by: account_id", "-- whatever", "accounts.sql, line 3: '-- whatever' is not"),
])
def test_a_wrong_header_is_refused_with_file_and_line(
    line: str, replacement: str, complaint: str
) -> None:
    with pytest.raises(StopError, match=re.escape(complaint)):
        read_header(PATH, HEADER.replace(line, replacement))


def test_a_step_that_is_not_written_as_one_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "accounts.sql"
    file.write_text(HEADER.replace("(task.owner_id)", "task.owner_id"), "utf-8")
    with pytest.raises(StopError, match=r"line 5: 'affected by' has 'account\.owner_id task"):
        read_header(file, file.read_text("utf-8"))
