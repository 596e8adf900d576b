"""Visitors of the page, and the Airflow that lets them in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient

from salesforce_elt.results_page.app import create_app
from salesforce_elt.results_page.host import Host, NextRun

PREFIX = "/airflow/sync-results"
NEXT = datetime(2999, 3, 2, 13, tzinfo=UTC)
HTML = {"Accept": "text/html"}


@dataclass
class FakeAirflow:
    """Lets `user` in, whoever that is, and shows them the DAGs that are not `forbidden`."""

    user: str | None = "ann"
    forbidden: set[str | None] = field(default_factory=set)
    upcoming: dict[str, NextRun] = field(
        default_factory=lambda: {"salesforce_sync_every_hour": NextRun(NEXT, is_paused=False)}
    )
    mapped: dict[tuple[str, str, str], Mapping[str, int]] = field(default_factory=dict)

    def client(self) -> TestClient:
        """A browser in which the user is logged in."""
        outside = FastAPI()
        outside.mount(PREFIX, create_app(self.host()))
        return TestClient(outside, base_url=f"http://testserver{PREFIX}", headers=HTML)

    def host(self) -> Host:
        """What the page knows of this Airflow."""
        return Host(
            user=self._user,
            may_read=lambda _user, dag: dag not in self.forbidden,
            next_runs=self._next_runs,
            mapped=lambda *task: self.mapped.get(task, {}),
            base_path="/airflow",
            login_path="/airflow/login",
        )

    def _user(self) -> str:
        if self.user is None:
            raise HTTPException(401, "Not authenticated")
        return self.user

    def _next_runs(self, dags: Collection[str]) -> Mapping[str, NextRun]:
        return {dag: one for dag, one in self.upcoming.items() if dag in dags}
