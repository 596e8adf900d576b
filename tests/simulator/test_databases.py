"""The org answers alike on every PostgreSQL that is supported, and after a restart."""

from __future__ import annotations

from pathlib import Path

from simulator.clock import Clock
from simulator.server import Setting, running_org
from tests.simulator.conftest import NOW, Client


def test_an_org_answers_alike_on_every_version(database_url: str, tmp_path: Path) -> None:
    with running_org(database_url, Setting(clock=Clock(NOW), data_dir=tmp_path)) as running:
        client = Client(running).login()
        client.create("Account", Name="Zoë", AnnualRevenue=9e7)
        soql = "SELECT Name, AnnualRevenue FROM Account WHERE Name = 'ZOË'"
        result = client.get(f"/jobs/query/{client.bulk(soql)}/results")
        assert result.content.decode() == '"Name","AnnualRevenue"\n"Zoë","9.0E7"\n'
        assert '"AnnualRevenue":9.0E7' in client.query(soql).text


def test_a_restart_keeps_records_and_finished_jobs(database_url_18: str, tmp_path: Path) -> None:
    setting = Setting(clock=Clock(NOW), data_dir=tmp_path)
    soql = "SELECT Name FROM Account"
    with running_org(database_url_18, setting) as running:
        client = Client(running).login()
        client.create("Account", Name="Kept")
        job_id = client.bulk(soql)
    with running_org(database_url_18, setting) as running:
        client = Client(running).login()
        assert client.records(soql) == [{"Name": "Kept"}]
        assert client.get(f"/jobs/query/{job_id}/results").text == '"Name"\n"Kept"\n'


def test_a_restart_runs_unfinished_jobs_again(database_url_18: str, tmp_path: Path) -> None:
    setting = Setting(clock=Clock(NOW), data_dir=tmp_path)
    with running_org(database_url_18, setting) as running:
        running.org.options.update({"bulk_queue_seconds": 60})
        body = {"operation": "query", "query": "SELECT Id FROM User"}
        job_id = Client(running).login().call("POST", "/jobs/query", json=body).json()["id"]
    with running_org(database_url_18, setting) as running:
        assert Client(running).login().wait(job_id)["state"] == "JobComplete"
