"""Airflow on one desk: its environment, which `make up`, `make run` and the tests share."""

import json
import os
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

from desk.processes import Program
from desk.secret_files import kept_secret
from salesforce_elt.connection_fields import CONNECTION_TYPE
from salesforce_elt.environment import HASH_SALT, PROJECT, Environment

ADMIN = "admin"
SECRET_BYTES = 48
LOOPBACK = "127.0.0.1,localhost"


def airflow_environment(environment: Environment) -> dict[str, str]:
    """The variables that Airflow runs with: this copy's folders, ports, databases and secrets."""
    home = environment.home / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    _keep_hash_salt(environment)
    return {
        **environment.variables(),
        **_core(environment, home=home),
        **_api(environment, home=home),
        **_secrets(home),
        **_connections(environment),
        **_no_proxy(),
        "PYTHONPATH": f"{PROJECT / 'plugins'}{os.pathsep}{PROJECT}",
        "GX_ANALYTICS_ENABLED": "false",
    }


def airflow_command(*arguments: str) -> list[str]:
    """The command line of an Airflow command in this installation."""
    return [sys.executable, "-m", "airflow", *arguments]


def migration(environment: Environment) -> Program:
    """Brings Airflow's metadata to this version of Airflow; the first time makes its tables."""
    return Program(
        name="airflow-db-migrate",
        command=airflow_command("db", "migrate"),
        variables=airflow_environment(environment),
        home=environment.home,
    )


def log_folder(environment: Environment) -> Path:
    """Where every process of this copy writes its log."""
    folder = environment.home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def admin_password(environment: Environment) -> str:
    """The password of the UI's user `admin`, made once."""
    path = environment.home / "airflow" / "passwords.json"
    kept_secret(path, new=lambda: json.dumps({ADMIN: secrets.token_urlsafe(12)}))
    password: str = json.loads(path.read_text())[ADMIN]
    return password


def _core(environment: Environment, *, home: Path) -> dict[str, str]:
    metadata = _metadata_url(environment)
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "8",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata,
        # Airflow would derive asyncpg, which is not installed; psycopg speaks both.
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": metadata,
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(log_folder(environment) / "tasks"),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(home / "bundles"),
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
    }


def _api(environment: Environment, *, home: Path) -> dict[str, str]:
    admin_password(environment)
    url = airflow_url(environment)
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(environment.airflow_port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__INSTANCE_NAME": "Salesforce ELT",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
    }


def airflow_url(environment: Environment) -> str:
    """Where the UI answers; `localhost` may mean IPv6, where it does not listen."""
    return f"http://127.0.0.1:{environment.airflow_port}"


def _secrets(home: Path) -> dict[str, str]:
    def fernet_key() -> str:
        return Fernet.generate_key().decode()

    def signing_key() -> str:
        return secrets.token_urlsafe(SECRET_BYTES)

    return {
        "AIRFLOW__CORE__FERNET_KEY": kept_secret(home / "fernet.key", new=fernet_key),
        "AIRFLOW__API__SECRET_KEY": kept_secret(home / "api.key", new=signing_key),
        "AIRFLOW__API_AUTH__JWT_SECRET": kept_secret(home / "jwt.key", new=signing_key),
        "AIRFLOW__API_AUTH__JWT_ISSUER": "salesforce-elt",
    }


def _keep_hash_salt(environment: Environment) -> None:
    """Makes the salt of hash_fields at the first start; one that is named elsewhere is not ours."""
    path = environment.home / HASH_SALT
    if not environment.hash_salt and environment.hash_salt_file == path:
        kept_secret(path, new=lambda: secrets.token_urlsafe(SECRET_BYTES))


def credentials_file(environment: Environment) -> Path:
    """What the simulated org lets in: it writes the file, the connection is made of it."""
    return environment.home / "simulated-org.json"


def _connections(environment: Environment) -> dict[str, str]:
    path = credentials_file(environment)
    if not path.exists():
        return {}
    credentials = json.loads(path.read_text())
    connection = {
        "conn_type": CONNECTION_TYPE,
        "host": f"http://127.0.0.1:{environment.simulator_port}",
        "extra": {name: credentials[name] for name in ("consumer_key", "consumer_secret")},
    }
    return {"AIRFLOW_CONN_SALESFORCE_DEMO": json.dumps(connection)}


def _no_proxy() -> dict[str, str]:
    # What runs on this machine is not reached through a proxy.
    known = {name: os.environ.get(name, "") for name in ("NO_PROXY", "no_proxy")}
    return {name: ",".join(filter(None, [value, LOOPBACK])) for name, value in known.items()}


def _metadata_url(environment: Environment) -> str:
    warehouse = urlsplit(environment.url_file.read_text().strip())
    return warehouse._replace(scheme="postgresql+psycopg", path="/airflow").geturl()
