"""Airflow's own API server with the page in it, and an org with a history for the page to show.

Pictures of it are kept in test-results/pictures.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from desk.airflow import (
    ADMIN,
    admin_password,
    airflow_command,
    airflow_environment,
    airflow_url,
)
from desk.postgres import free_port
from desk.processes import Program, running, wait_for_the_end, wait_until
from salesforce_elt.environment import PROJECT, Environment
from tests.browser.chromium import Tab, installed, tab
from tests.desks import desk_of, generated_desk, new_desk, org_folder
from tests.driver import Desk, minimums

__all__ = ["desk_of", "generated_desk", "new_desk", "org_folder"]

SETTINGS = """
orgs:
  demo:
    connection: salesforce_demo
    frequency: every_hour
    opportunity_minimums: {amount: 20000}
    pipelines: {mode: split}
"""
HOURS = 6
# The results say when syncs began by the warehouse's clock, for which all this took a minute.
AN_HOUR_APART = """
update sync.runs as r set started_at = r.started_at - apart, finished_at = r.finished_at - apart,
    published_at = r.published_at - apart
from (select run_id, (rank() over (order by started_at desc) - 1) * interval '1 hour' as apart
      from sync.runs) as shifts
where r.run_id = shifts.run_id
"""
SECONDS_TO_ANSWER = 180


@dataclass(frozen=True)
class Site:
    """Airflow as a person finds it."""

    url: str
    password: str
    desk: Desk


@pytest.fixture(scope="module")
def synced(generated_desk) -> Desk:
    """An org with a full sync and some hours of work and of syncs; the last one is partial."""
    desk = generated_desk(size=80).configured(opportunity_minimums=minimums(amount="20000"))
    desk.sync("full")
    store = desk.org.org.store
    opportunities = [one["Id"] for one in store.records("Opportunity")]
    for hour in range(HOURS):
        desk.org.org.clock.advance(timedelta(minutes=50))
        for one in opportunities[hour * 4 : hour * 6 + 6]:
            store.update("Opportunity", one, {"Amount": 30_000 + hour * 1_000})
        for number in range(hour + 1):
            store.insert("Account", {"Name": f"Company {hour}.{number}"})
        desk.org.org.clock.advance(timedelta(minutes=10))
        desk.sync()
    with pytest.MonkeyPatch.context() as patch:
        desk.fail_on("Account", patch)
        desk.org.org.clock.advance(timedelta(minutes=50))
        store.insert("Account", {"Name": "<script>document.title = 'hostile'</script>"})
        store.update("Opportunity", opportunities[0], {"Amount": 40_000})
        desk.org.org.clock.advance(timedelta(minutes=10))
        assert desk.sync().status == "partial"
    desk.execute(AN_HOUR_APART)
    return desk


@pytest.fixture(scope="module")
def site(synced: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Airflow's API server, its DAGs and its login, over the synced warehouse."""
    home = tmp_path_factory.mktemp("browser")
    (home / "sync.yaml").write_text(SETTINGS)
    environment = Environment.read({
        "ELT_HOME": str(home),
        "ELT_SETTINGS": str(home / "sync.yaml"),
        "ELT_AIRFLOW_PORT": str(free_port()),
        "ELT_WAREHOUSE_URL": synced.warehouse_url,
    })  # fmt: skip
    environment.url_file.write_text(synced.warehouse_url)  # from which Airflow's own is derived
    metadata = f"sqlite:///{home / 'airflow.db'}"
    own = {
        **airflow_environment(environment),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": metadata.replace("sqlite", "sqlite+aiosqlite"),
    }

    def program(*words: str) -> Program:
        return Program("-".join(words), airflow_command(*words), own, home)

    for words in (("db", "migrate"), ("dags", "reserialize")):
        with running(program(*words)) as started:
            wait_for_the_end(started)
    url = airflow_url(environment)
    with running(program("api-server")) as server:
        wait_until(lambda: answers(url), [server], seconds=SECONDS_TO_ANSWER)
        yield Site(url, admin_password(environment), synced)


def answers(url: str) -> bool:
    """Whether Airflow is there."""
    try:
        return httpx.get(f"{url}/api/v2/version", trust_env=False, timeout=20).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def browser(site: Site) -> Iterator[Tab]:
    """Chromium, logged in to Airflow."""
    answer = httpx.post(f"{site.url}/auth/token", trust_env=False, timeout=60,
                        json={"username": ADMIN, "password": site.password})  # fmt: skip
    with tab() as opened:
        opened.send("Network.setCookie", name="_token", value=answer.json()["access_token"],
                    url=site.url, httpOnly=True)  # fmt: skip
        opened.looks(width=1280, height=900)
        yield opened


@pytest.fixture
def pictures() -> Path:
    """Where pictures are kept."""
    return PROJECT / "test-results" / "pictures"


@pytest.fixture(scope="session", autouse=True)
def chromium() -> str:
    """Looked for first: without it nothing else has to be started."""
    return installed()
