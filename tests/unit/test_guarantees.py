"""What docs/guarantees.md promises names tests that exist, and leaves no known loss out."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.faults.report import HEAD

PROJECT = Path(__file__).resolve().parents[2]
TEXT = (PROJECT / "docs/guarantees.md").read_text(encoding="utf-8")
LOSSES = "What users of other pipelines lost"
TRAPS = "Traps of the API"
FAULTS = "Faults, kills, races and attackers"
NOT_ABOUT_READING = {29}  # writing back into Salesforce, which nothing here does
NAMED = re.compile(r"`(?P<file>tests/[\w/.]+)?(?:::)?(?P<test>test_\w+)?`")


def section(title: str) -> str:
    """The text between a heading of the second level and the next one."""
    return TEXT.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def rows(title: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def named_tests(text: str) -> list[tuple[str, str]]:
    """File and function as written; a name without a file is in the file named before it."""
    found, file = [], ""
    for match in NAMED.finditer(text):
        if match["file"]:
            file = match["file"]
        if match["file"] or match["test"]:
            is_bare = match[0].startswith("`test_")
            found.append(("" if is_bare else file, match["test"] or ""))
    return found


@cache
def functions(file: Path) -> frozenset[str]:
    """The functions of a file of tests."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def exists(file: str, test: str) -> bool:
    """Whether there is such a test; without a file, whether any file has it."""
    if file and not (PROJECT / file).exists():
        return False
    if not test:
        return True
    files = [PROJECT / file] if file else sorted((PROJECT / "tests").rglob("test_*.py"))
    return any(test in functions(one) for one in files)


def test_the_table_of_make_faults_is_complete_and_without_a_loss() -> None:
    """As `make faults` printed it last: every family, and of all trials none that lost anything."""
    head, *lines = section(FAULTS).split("```text\n", 1)[1].split("\n```", 1)[0].splitlines()
    assert head.split() == " ".join(HEAD).split()
    counts = {line[: head.index("tried")].strip(): line.split()[-6:] for line in lines}
    for tried, survived, *losses, skipped in counts.values():
        assert (survived, losses, skipped) == (tried, ["0", "0", "0"], "0")
        assert int(tried) > 0
    files = (PROJECT / "tests/faults").glob("test_*.py")
    families = {path.stem.removeprefix("test_").replace("_", " ") for path in files}
    assert families <= counts.keys()


def test_every_test_that_is_named_exists() -> None:
    named = named_tests(TEXT)
    assert len(named) > 100
    assert [one for one in named if not exists(*one)] == []


@pytest.mark.parametrize(
    "text",
    [
        "`test_no_such_test`",
        "`tests/unit/no_such_file.py`",
        "`tests/unit/test_windows.py::test_no_such_test`",
        "`tests/unit/test_windows.py`, `::test_no_such_test`",
    ],
)
def test_the_check_of_names_would_notice_one_that_is_gone(text: str) -> None:
    assert not all(exists(*one) for one in named_tests(text))


def test_every_loss_that_concerns_reading_has_a_row_with_its_issue_and_a_test() -> None:
    found = {int(cells[0]): cells for cells in rows(LOSSES)}
    assert set(found) == set(range(1, 31)) - NOT_ABOUT_READING
    assert [number for number, cells in found.items() if "](https://" not in cells[1]] == []
    assert [number for number, cells in found.items() if not named_tests(cells[3])] == []
    assert {cells[2].split(":")[0] for cells in found.values()} <= {
        "impossible",
        "reported",
        "impossible, else reported",
    }


def test_every_trap_has_a_row_with_a_test() -> None:
    found = {int(cells[0]): cells for cells in rows(TRAPS)}
    assert set(found) == set(range(1, 19))
    assert [number for number, cells in found.items() if not named_tests(cells[3])] == []


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 8, 9, 10])
def test_every_promise_has_a_section_with_tests(number: int) -> None:
    (title,) = re.findall(rf"^## ({number}\. .*)$", TEXT, re.MULTILINE)
    assert named_tests(section(title)) != []
