"""
Warehouses that earlier versions wrote: `warehouses/<version>.sql.gz`, to be migrated by the tests.
"""

import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from desk.postgres import embedded_binaries
from simulator.changes import change_org
from tests.driver import Desk, org_settings

WAREHOUSES = Path(__file__).with_name("warehouses")
# What is not SQL, or not known to PostgreSQL 15.
OF_THE_SESSION = re.compile(r"^(\\.*|SET .*|SELECT pg_catalog\.set_config.*|--.*)\n", re.M)
SIZE = 3


def two_orgs(generated_desk: Callable[..., Desk]) -> tuple[Desk, Desk]:
    """The orgs whose syncs are in the written warehouses; the same each time."""
    first, second = generated_desk(size=SIZE, seed=1), generated_desk(size=SIZE, seed=2)
    settings = org_settings(key="other", connection="salesforce_other")
    return first, replace(second, warehouse_url=first.warehouse_url, settings=settings)


def write(first: Desk, second: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Full syncs of two orgs, then a partial one of the first: something waits for the next."""
    assert first.sync("full").status == "success"
    assert second.sync("full").status == "success"
    change(first)
    broken = first.fail_on("Opportunity", monkeypatch)
    assert first.sync().status == "partial"
    broken.undo()


def change(desk: Desk) -> None:
    """An hour in which people work in the org; the same each time."""
    change_org(desk.org.org.store, 5, inserts=2, updates=4, deletes=1, owner_changes=2)
    desk.org.org.clock.advance(timedelta(hours=1))


def dump(url: str) -> str:
    """The warehouse as statements that any connection can execute."""
    command = [embedded_binaries() / "pg_dump", "--no-owner", "--no-privileges", "--no-comments",
               "--inserts", "--rows-per-insert=1000", url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return re.sub(r"\n{2,}", "\n", OF_THE_SESSION.sub("", text))
