"""The recordings under wire/, each piece with a name: a file, or one entry of a file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.conftest import WIRE

INTERACTIONS = "cumulusci/interactions"
EXCHANGES = ("grouparoo/exchanges.json", "grouparoo/query_exchanges.json")
ENTRIES = (
    *EXCHANGES,
    "docs_examples/bulk2_errors.json",
    "docs_examples/oauth_errors.json",
    "docs_examples/rest_errors.json",
)
NOT_AN_ENTRY = "_note"


def text_of(file: str) -> str:
    """A recording as it is; the test skips where there are none."""
    if not WIRE.is_dir():
        pytest.skip("the recorded answers are not beside this checkout (../shared)")
    return (WIRE / file).read_text("utf-8-sig")


def piece(name: str, swap: tuple[tuple[str, str], ...] = ()) -> Any:
    """The JSON of a recording or of one of its entries; None where nothing was answered."""
    file, _, entry = name.partition("#")
    text = text_of(file)
    for pattern, replacement in swap:
        text = re.sub(pattern, replacement, text)
    whole = json.loads(text) if text.strip() else None
    return whole if not entry else _entry(whole, entry)


def _entry(whole: Any, entry: str) -> Any:
    if isinstance(whole, dict):
        return whole[entry]
    if entry.isdigit():
        found = whole[int(entry)]
    else:
        found = next(one for one in whole if one.get("when") == entry)
    return found.get("body", found)


def every_piece() -> list[str]:
    """The names of all pieces."""
    if not WIRE.is_dir():
        pytest.skip("the recorded answers are not beside this checkout (../shared)")
    files = sorted(str(path.relative_to(WIRE)) for path in WIRE.rglob("*") if path.is_file())
    return [name for file in files if file != "INDEX.md" for name in _pieces(file)]


def _pieces(file: str) -> list[str]:
    if file.startswith(INTERACTIONS):
        # a piece that includes a describe is that describe
        held = json.loads(text_of(file))
        return [f"{file}#{n}" for n, one in enumerate(held) if "request" in one]
    if file not in ENTRIES:
        return [file]
    whole = json.loads(text_of(file))
    names = whole if isinstance(whole, dict) else _numbers(whole)
    return [f"{file}#{name}" for name in names if name != NOT_AN_ENTRY]


def _numbers(entries: list[dict[str, Any]]) -> list[str]:
    return [str(entry.get("when", number)) for number, entry in enumerate(entries)]


def folder() -> Path:
    """Where the recordings are."""
    return WIRE
