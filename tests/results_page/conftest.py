"""An org with a history for the page to show, and the page as Airflow would carry it."""

from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.desks import desk_of, generated_desk, new_desk, org_folder
from tests.driver import Desk, minimums
from tests.results_page.visiting import FakeAirflow

__all__ = ["desk_of", "generated_desk", "new_desk", "org_folder"]

SETTINGS = """
orgs:
  demo: {connection: salesforce_demo, frequency: every_hour, pipelines: {mode: split}}
  beta: {connection: salesforce_beta, frequency: daily, automatically_sync: false}
"""


@pytest.fixture(scope="module")
def told(generated_desk) -> Desk:
    """An org of which much is left out, after a full sync, one with changes, one that a quota
    stopped, and one that failed."""
    made = generated_desk(size=60)
    desk = made.configured(opportunity_minimums=minimums(amount="20000"))
    assert desk.sync("full").status == "success"
    store = desk.org.org.store
    desk.org.org.clock.advance(timedelta(minutes=30))
    store.insert("Account", {"Name": "<script>alert(1)</script>"})
    assert desk.sync().status == "success"
    desk.org.org.options.update({"daily_api_requests": 1_000, "used_api_requests": 800})
    desk.org.org.clock.advance(timedelta(minutes=30))
    assert desk.sync().status == "deferred"
    desk.org.org.options.reset()
    desk.org.org.clock.advance(timedelta(minutes=30))
    with pytest.MonkeyPatch.context() as patch:
        desk.fail_on("Opportunity", patch)
        one = next(iter(store.records("Opportunity")))
        store.update("Opportunity", one["Id"], {"Name": "Changed"})
        desk.org.org.clock.advance(timedelta(minutes=30))
        assert desk.sync().status == "partial"
    return desk


@pytest.fixture
def airflow() -> FakeAirflow:
    """An Airflow whose users and permissions a test chooses."""
    return FakeAirflow()


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The settings file that the page reads."""
    file = tmp_path / "sync.yaml"
    file.write_text(SETTINGS)
    monkeypatch.setenv("ELT_SETTINGS", str(file))
    monkeypatch.setenv("ELT_HOME", str(tmp_path))
    return file


@pytest.fixture
def visit(
    told: Desk, airflow: FakeAirflow, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> TestClient:
    """A browser of someone who is logged in, on the page of the org with a history."""
    monkeypatch.setenv("ELT_WAREHOUSE_URL", told.warehouse_url)
    return airflow.client()
