"""An org in a fresh database, and the material beside the checkout where it is there."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator.catalog import standard_catalog
from simulator.clock import Clock
from simulator.store import Store

NOW = datetime(2026, 3, 5, 10, 30, tzinfo=UTC)
SHARED = Path(__file__).resolve().parents[3] / "shared"

Write = Callable[..., Path]


@pytest.fixture
def store(database_url_18: str) -> Iterator[Store]:
    """An org with the standard objects and no record, whose clock stands still."""
    opened = Store(database_url_18, Clock(NOW))
    opened.install(standard_catalog())
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Write:
    """Writes an org folder: one keyword an object, its value the lines of the CSV file."""

    def write(**files: str) -> Path:
        target = tmp_path / "acme"
        target.mkdir(exist_ok=True)
        for name, text in files.items():
            (target / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
        return target

    return write


@pytest.fixture
def shared() -> Path:
    """The material that is not part of the project."""
    if not SHARED.is_dir():
        pytest.skip("the material beside the checkout (../shared) is not there")
    return SHARED
