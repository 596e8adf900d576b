"""Other people's ways to bring the same opportunities over, from the package index, unchanged.

Each is installed into an environment of its own and reaches the org as it reaches Salesforce: over
TLS, through a proxy. What a user does once (discovery, a catalog) is done before the clock runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from bench.desk import OBJECT, Desk
from bench.environments import NotInstalled, python_programs
from bench.extraction import ALL
from bench.measurement import Measurement
from bench.processes import ProgramFailed, Used
from bench.truth import Arrived, columns
from salesforce_elt.environment import PROJECT

HOOK = "apache-airflow-providers-salesforce==5.15.1"
TAP, TARGET = "tap-salesforce==2.8.1", "meltanolabs-target-postgres==0.8.1"
AIRBYTE = "airbyte-source-salesforce==2.10.3"
PEERS, SCHEMA = "peers", "public"
CURSOR = "SystemModstamp"
PIPE = (
    'set -o pipefail; "$TAP" --config tap.json --properties catalog.json'
    ' | "$TARGET" --config target.json'
)


@dataclass(frozen=True)
class Outcome:
    """What a peer used, and where what it brought lies."""

    used: Used
    arrived: Arrived


Peer = Callable[[Desk, str], Outcome]


def measured(at: Desk) -> Iterator[Measurement]:
    """Every peer on this org; one that cannot be had, or fails, is a row that says why."""
    return (_measured(at, name, peer) for name, peer in PEERS_BY_NAME.items())


def _measured(at: Desk, name: str, peer: Peer) -> Measurement:
    blank = Measurement(ALL, name, at.size)
    before, url = at.client.calls(), at.server.fresh(PEERS)
    try:
        outcome = peer(at, url)
    except (NotInstalled, ProgramFailed) as error:
        return replace(blank, note=str(error))
    calls = at.client.calls() - before
    verdict = at.truth.judge(outcome.arrived)
    return replace(
        blank,
        rows=verdict.rows,
        seconds=outcome.used.seconds,
        cpu_seconds=outcome.used.cpu_seconds,
        peak_memory_mb=outcome.used.peak_memory_mb,
        api_calls=calls,
        complete=verdict.complete,
        exact=verdict.exact,
        note=f"differing: {', '.join(verdict.differing)}" if verdict.differing else "",
    )


def hook(at: Desk, url: str) -> Outcome:
    """Airflow's SalesforceHook: make_query, object_to_df, then pandas' to_sql."""
    more = ("pandas", "sqlalchemy", "psycopg[binary]")
    programs = python_programs(HOOK, *more, constraints=PROJECT / "constraints.txt")
    secrets = {name: at.place.keys[name] for name in ("consumer_key", "consumer_secret")}
    connection = {"conn_type": "salesforce", "extra": {**secrets, "domain": "acme.my"}}
    used = at.run(
        [programs / "python", PROJECT / "bench/programs/airflow_hook.py"],
        variables={
            **_way(at),
            "AIRFLOW_HOME": str(at.folder / "airflow"),
            "AIRFLOW_CONN_SALESFORCE_DEFAULT": json.dumps(connection),
            "QUERY": f"SELECT {', '.join(at.shape)} FROM {OBJECT}",
            "TARGET": url.replace("postgresql:", "postgresql+psycopg:"),
        },
    )
    return Outcome(used, _in_a_table(at, url))


def tap(api: str) -> Peer:
    """tap-salesforce by this API, piped into target-postgres."""

    def read(at: Desk, url: str) -> Outcome:
        programs = python_programs(TAP)
        target = python_programs(TARGET)
        folder = at.new_folder()
        _write(folder, "tap", {**_app(at), "api_type": api, "select_fields_by_default": True})
        _write(folder, "target", {**_server(url), "default_target_schema": SCHEMA})
        asked = [str(programs / "tap-salesforce"), "--config", "tap.json", "--discover"]
        found = at.run(asked, folder=folder, variables=_way(at))
        _write(folder, "catalog", _selected(json.loads(found.output)))
        named = {"TAP": programs / "tap-salesforce", "TARGET": target / "target-postgres"}
        paths = {name: str(path) for name, path in named.items()}
        used = at.run(["bash", "-c", PIPE], folder=folder, variables={**_way(at), **paths})
        return Outcome(used, _in_a_table(at, url))

    return read


def airbyte(at: Desk, url: str) -> Outcome:
    """airbyte-source-salesforce, writing its messages into a file; judged from there."""
    program, folder = python_programs(AIRBYTE) / "source-salesforce", at.new_folder()
    _write(folder, "config", {**_app(at), "force_use_bulk_api": True, "auth_type": "Client"})
    asked = [str(program), "discover", "--config", "config.json"]
    found = _messages(at.run(asked, folder=folder, variables=_way(at)).output, "CATALOG")
    _write(folder, "catalog", _configured(found[0]["catalog"]["streams"]))
    read = [str(program), "read", "--config", "config.json", "--catalog", "catalog.json"]
    used = at.run(read, folder=folder, variables=_way(at))
    records = [message["record"]["data"] for message in _messages(used.output, "RECORD")]
    with psycopg.connect(url) as connection:
        connection.execute("create table messages (data jsonb)")
        with connection.cursor().copy("copy messages from stdin") as copy:
            for record in records:
                copy.write_row([json.dumps(record)])
    values = {name: f"(data ->> '{name}')" for name in at.shape}
    return Outcome(used, Arrived(url, "messages", values))


def _way(at: Desk) -> dict[str, str]:
    """What a client is told of the way to Salesforce, by the names that clients know."""
    proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), at.place.proxy_url)
    trusted = dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), str(at.place.authority))
    directly = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1")
    # its own packages, not this project's
    return {**proxies, **trusted, **directly, "PYTHONPATH": ""}


def _app(at: Desk) -> dict[str, Any]:
    """The app that a user has allowed to read everything from the org's first record on."""
    query = f'select min("{CURSOR}") from org."{OBJECT}"'
    with psycopg.connect(at.place.database_url) as connection:
        (first,) = next(connection.execute(query))
    return {
        "client_id": at.place.keys["consumer_key"],
        "client_secret": at.place.keys["consumer_secret"],
        "refresh_token": at.client.refresh_token(),
        "start_date": f"{first:%Y-%m-%dT%H:%M:%SZ}",
    }


def _server(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "host": parts.hostname,
        "port": parts.port,
        "user": parts.username,
        "password": parts.password,
        "database": parts.path.strip("/"),
    }


def _selected(catalog: dict[str, Any]) -> dict[str, Any]:
    """The catalog with the opportunities chosen, as the tap's user does it."""
    choice = {"selected": True, "replication-method": "INCREMENTAL", "replication-key": CURSOR}
    streams = [one for one in catalog["streams"] if one["tap_stream_id"] == OBJECT]
    for stream in streams:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == []:
                entry["metadata"] |= choice
    return {"streams": streams}


def _configured(streams: list[dict[str, Any]]) -> dict[str, Any]:
    mode = {"sync_mode": "incremental", "destination_sync_mode": "append"}
    key = {"cursor_field": [CURSOR], "primary_key": [["Id"]]}
    chosen = [one for one in streams if one["name"] == OBJECT]
    return {"streams": [{"stream": one, **mode, **key} for one in chosen]}


def _messages(output: str, kind: str) -> list[dict[str, Any]]:
    found = (json.loads(line) for line in output.splitlines() if line.startswith("{"))
    return [message for message in found if message.get("type") == kind]


def _in_a_table(at: Desk, url: str) -> Arrived:
    """The table that a peer made, whose columns are named as it likes."""
    query = "select tablename from pg_tables where schemaname = %s and tablename ilike %s"
    with psycopg.connect(url) as connection:
        found = connection.execute(query, [SCHEMA, OBJECT]).fetchone()
    if found is None:
        raise ProgramFailed(f"it ended well and made no table of {OBJECT} in the target")
    table = str(found[0])
    theirs = {_plain(name): f'"{name}"' for name in columns(url, SCHEMA, table)}
    values = {name: theirs[_plain(name)] for name in at.shape if _plain(name) in theirs}
    return Arrived(url, f'"{table}"', values)


def _plain(name: str) -> str:
    return name.lower().replace("_", "")


def _write(folder: Path, name: str, content: dict[str, Any]) -> None:
    (folder / f"{name}.json").write_text(json.dumps(content))


PEERS_BY_NAME: dict[str, Peer] = {
    "SalesforceHook + to_sql": hook,
    "tap-salesforce REST": tap("REST"),
    "tap-salesforce BULK": tap("BULK"),
    "airbyte-source-salesforce": airbyte,
}
