"""The README says what is there."""

import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from salesforce_elt.environment import PROJECT, Environment

README = (PROJECT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, flags=re.MULTILINE))


def _table(header: str) -> set[str]:
    rows = README.split(f"| {header} |", 1)[1].split("\n\n", 1)[0]
    return set(re.findall(r"^\| `([^`]+)` \|", rows, flags=re.MULTILINE))


def test_every_command_in_the_readme_exists() -> None:
    assert set(re.findall(r"\bmake ([a-z-]+)", "\n".join(_code()))) <= TARGETS


def test_every_command_is_in_the_readme() -> None:
    assert _table("command") == {"make", *(f"make {target}" for target in TARGETS - {"help"})}


def test_the_environment_variables_are_those_that_are_read() -> None:
    names = {f"ELT_{field.name.upper()}" for field in fields(Environment)}
    assert _table("variable") == names


def test_every_mart_has_its_row() -> None:
    marts = {path.stem for path in (PROJECT / "include/sql/marts").glob("*.sql")}
    assert _table("mart") == marts


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert [link for link in links if not (PROJECT / link).exists()] == []


def test_make_alone_prints_the_commands() -> None:
    printed = subprocess.run(
        ["make", "--no-print-directory"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout
    assert {line.split()[1] for line in printed.splitlines()} == TARGETS


@pytest.mark.parametrize("record", sorted((PROJECT / "docs/decisions").glob("*.md")))
def test_a_decision_has_context_decision_and_consequences(record: Path) -> None:
    headings = re.findall(r"^## (.+)$", record.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences"]


def _code() -> list[str]:
    found = re.findall(r"```sh\n(.*?)```|`([^`\n]+)`", README, flags=re.DOTALL)
    return ["".join(alternatives) for alternatives in found]
