"""Requests that bring about a recorded answer: each takes the world and gives the response."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests

from simulator.org import Quota
from tests.simulator.conftest import PATIENCE_SECONDS
from tests.simulator.recorded.world import World

Ask = Callable[[World], requests.Response]
WINDOW = {"start": "2026-03-01T00:00:00+00:00", "end": "2026-03-02T13:00:00+00:00"}


def query(soql: str, **headers: str) -> Ask:
    def ask(world: World) -> requests.Response:
        return world.client.call("GET", "/query", params={"q": soql}, headers=headers)

    return ask


def get(path: str, *, version: str = "60.0", **params: str) -> Ask:
    def ask(world: World) -> requests.Response:
        return world.version(version).get(path.format(**world.ids), **params)

    return ask


def call(method: str, path: str, body: Any = None, *, version: str = "60.0") -> Ask:
    def ask(world: World) -> requests.Response:
        return world.version(version).call(method, path.format(**world.ids), json=body)

    return ask


def created(sobject: str, **values: Any) -> Ask:
    return call("POST", f"/sobjects/{sobject}", values)


def after(first: Ask, then: Ask) -> Ask:
    """The second request's answer, when the first has been answered."""

    def ask(world: World) -> requests.Response:
        first(world)
        return then(world)

    return ask


def with_options(ask: Ask, **options: Any) -> Ask:
    def asked(world: World) -> requests.Response:
        world.options(**options)
        return ask(world)

    return asked


def token(**form: str) -> Ask:
    return lambda world: world.token(**form)


def password_login(extra: str = "") -> Ask:
    def ask(world: World) -> requests.Response:
        keys = world.client.running.credentials
        password = keys.password + keys.security_token + extra
        form = {"grant_type": "password", "username": keys.username, "password": password}
        return world.token(**form)

    return with_options(ask, password_login=True)


def jwt_login() -> Ask:
    def ask(world: World) -> requests.Response:
        from tests.simulator.test_logins import by_jwt

        return by_jwt(world.client.running)

    return with_options(ask, jwt_user_approved=False)


def shared_host(world: World) -> requests.Response:
    """Client credentials on a host that is everybody's."""
    keys = world.client.running.credentials
    form = {"grant_type": "client_credentials"}
    url = f"{world.client.running.url}/services/oauth2/token"
    auth = (keys.consumer_key, keys.consumer_secret)
    headers = {"Host": "login.salesforce.com"}
    return requests.post(url, data=form, auth=auth, headers=headers, timeout=PATIENCE_SECONDS)


def without_session(world: World) -> requests.Response:
    headers = {"Authorization": "Bearer nonsense"}
    return requests.get(f"{world.client.data}/sobjects", headers=headers, timeout=PATIENCE_SECONDS)


def deleted(world: World) -> requests.Response:
    """getDeleted, when something has been deleted."""
    gone = world.client.create("Account", Name="Gone")
    world.client.call("DELETE", f"/sobjects/Account/{gone}")
    return world.client.get("/sobjects/Account/deleted/", **WINDOW)


def last_page(world: World) -> requests.Response:
    """The page after the first."""
    first = query("SELECT Name FROM Account", **{"Sforce-Query-Options": "batchSize=200"})(world)
    return world.client.get(first.json()["nextRecordsUrl"])


def bulk_job(soql: str = "SELECT Id, Name FROM Account", **body: Any) -> Ask:
    return call("POST", "/jobs/query", {"operation": "query", "query": soql, **body})


def finished(path: str = "", soql: str = "SELECT Id, Name FROM Account") -> Ask:
    """A query job that has ended, or what lies under it."""
    return lambda world: world.client.get(f"/jobs/query/{world.client.bulk(soql)}{path}")


def one_job_too_many(world: World) -> requests.Response:
    """A query job where others have made all that a day has, and some more."""
    _, own = world.client.running.org.quota(Quota.BULK_JOBS)
    world.options(used_bulk_query_jobs=10_020 - own)
    return bulk_job()(world)


def aborted_too_late(world: World) -> requests.Response:
    job = world.client.bulk("SELECT Id FROM Account")
    return world.client.call("PATCH", f"/jobs/query/{job}", json={"state": "Aborted"})


def ingested(path: str) -> Ask:
    """An ingest job that has ended, or what it tells of its rows."""

    def ask(world: World) -> requests.Response:
        client = world.client
        body = {"object": "Contact", "operation": "insert", "contentType": "CSV"}
        job = client.call("POST", "/jobs/ingest", json=body).json()
        rows = "Email,FirstName,LastName\ncontact1@example.com,Bob,x\n"
        headers = {"Content-Type": "text/csv"}
        client.call("PUT", f"/{job['contentUrl']}", data=rows, headers=headers)
        client.call("PATCH", f"/jobs/ingest/{job['id']}", json={"state": "UploadComplete"})
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            answer = client.get(f"/jobs/ingest/{job['id']}")
            if answer.json()["state"] == "JobComplete":
                return client.get(f"/jobs/ingest/{job['id']}{path}") if path else answer
            time.sleep(0.02)
        raise AssertionError("the job has not ended")

    return ask
