"""Where the secrets of a copy show, of everything that its runs leave behind."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from desk.airflow import airflow_environment, credentials_file
from desk.embedded import embedded_postgres
from salesforce_elt.connections import ConnectionFields, OrgAccess, org_access
from salesforce_elt.environment import Environment, hash_salt, warehouse_url
from salesforce_elt.salesforce.login import Token
from salesforce_elt.sessions import SharedSession
from salesforce_elt.warehouse.connection import connect
from tests.clear_values import places_with

CONNECTION = "salesforce_demo"
# What keeps the secrets, for their owner's eyes alone.
KEEPERS = {"fernet.key", "api.key", "jwt.key", "passwords.json"}


def secrets_of(environment: Environment) -> Mapping[str, str]:
    """What must show nowhere, by what it is; the embedded server has to run."""
    variables = airflow_environment(environment)
    keys = json.loads(credentials_file(environment).read_text())
    return {
        "consumer secret": keys["consumer_secret"],
        "session": kept_session(environment).access_token,
        "warehouse password": urlsplit(warehouse_url(environment)).password or "",
        "fernet key": variables["AIRFLOW__CORE__FERNET_KEY"],
        "signing key": variables["AIRFLOW__API_AUTH__JWT_SECRET"],
        "api key": variables["AIRFLOW__API__SECRET_KEY"],
        "hash salt": hash_salt(environment),
    }


def kept_session(environment: Environment) -> Token:
    """The session that the tasks of a run shared; it is there, or this fails."""
    access, url = demo_access(environment), warehouse_url(environment)
    return SharedSession(lambda: connect(url), CONNECTION, access.secret, _no_login)(None)


def demo_access(environment: Environment) -> OrgAccess:
    """The access to the simulated org, as its Airflow connection says."""
    given = json.loads(airflow_environment(environment)[f"AIRFLOW_CONN_{CONNECTION.upper()}"])
    return org_access(ConnectionFields(CONNECTION, host=given["host"], extra=given["extra"]))


def places_of_secrets(environment: Environment, printed: str) -> list[str]:
    """Each place in which a secret stands: terminal, files, the warehouse, Airflow's metadata."""
    with embedded_postgres(environment) as postgres:
        secrets = secrets_of(environment)
        assert all(secrets.values())
        places = [f"terminal: {name}" for name, text in secrets.items() if text in printed]
        places += list(_in_files(environment.home, secrets))
        for database in ("warehouse", "airflow"):
            with psycopg.connect(postgres.url(database)) as conn:
                places += [
                    f"{place}: {name}"
                    for name, text in secrets.items()
                    for place in places_with(conn, [text])
                ]
    return places


def _in_files(home: Path, secrets: Mapping[str, str]) -> Iterator[str]:
    files = [path for folder in ("logs", "airflow") for path in (home / folder).rglob("*")]
    assert any(path.suffix == ".log" for path in files), "there are no logs to look into"
    for path in files:
        if path.is_file() and path.name not in KEEPERS:
            content = path.read_bytes()
            yield from (f"{path}: {name}" for name, text in secrets.items()
                        if text.encode() in content)


def _no_login(_before: Token | None) -> Token:
    raise AssertionError("no session was kept")
