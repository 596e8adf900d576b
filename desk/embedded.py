"""The PostgreSQL server of this copy: whoever uses it finds it running, the last one stops it."""

import fcntl
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

from desk.postgres import (
    HOST,
    SUPERUSER,
    PostgresServer,
    create,
    free_port,
    is_free,
    running_pid,
    running_port,
    start,
    stop,
)
from desk.secret_files import kept_secret, write_secret
from salesforce_elt.environment import Environment
from salesforce_elt.errors import SettingsInvalid

ROLE = "elt"
DATABASES = ("warehouse", "airflow", "simulator")


@dataclass(frozen=True)
class EmbeddedPostgres:
    """The running server of this copy."""

    port: int
    password: str

    def url(self, database: str, *, with_password: bool = True) -> str:
        """The URL of one of its databases: warehouse, airflow or simulator."""
        secret = f":{quote(self.password)}" if with_password else ""
        return f"postgresql://{ROLE}{secret}@{HOST}:{self.port}/{database}"


@contextmanager
def embedded_postgres(environment: Environment) -> Iterator[EmbeddedPostgres]:
    """Use the embedded server: start it if nobody does, stop it when nobody else does."""
    environment.home.mkdir(parents=True, exist_ok=True)
    # A shared lock says "in use" for as long as its process lives, however that ends.
    with (environment.home / "postgres.users").open("w") as users:
        with _alone(environment):
            fcntl.flock(users, fcntl.LOCK_SH)
            running = _ensure_running(environment)
        try:
            yield running
        finally:
            with _alone(environment):
                _stop_unless_in_use(environment, users=users.fileno())


def stop_if_unused(environment: Environment) -> bool:
    """Stop a server that a killed process left running; say whether there was one."""
    server = postgres_server(environment)
    if running_pid(server) is None:
        return False
    with (environment.home / "postgres.users").open("w") as users, _alone(environment):
        _stop_unless_in_use(environment, users=users.fileno())
    return running_pid(server) is None


def postgres_server(environment: Environment) -> PostgresServer:
    """The server of this copy, whether it runs or not."""
    return PostgresServer(environment.home.resolve() / "postgres")


@contextmanager
def _alone(environment: Environment) -> Iterator[None]:
    with (environment.home / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _stop_unless_in_use(environment: Environment, *, users: int) -> None:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    stop(postgres_server(environment))


def _ensure_running(environment: Environment) -> EmbeddedPostgres:
    server = postgres_server(environment)
    superuser_password = _superuser_password(environment.home / "postgres.superuser", server=server)
    create(server, password=superuser_password)
    if running_pid(server) is None:
        start(server, port=_port(environment))
    running = EmbeddedPostgres(running_port(server), _password(environment))
    _ensure_databases(running, superuser_password=superuser_password)
    write_secret(environment.url_file, running.url("warehouse"))
    return running


def _ensure_databases(running: EmbeddedPostgres, *, superuser_password: str) -> None:
    with psycopg.connect(
        host=HOST, port=running.port, user=SUPERUSER, password=superuser_password,
        dbname="postgres", autocommit=True,
    ) as admin:  # fmt: skip
        known = {name for (name,) in admin.execute("select rolname from pg_roles")}
        verb = "alter" if ROLE in known else "create"
        role = sql.SQL(verb + " role {} login createdb createrole password {}")
        admin.execute(role.format(sql.Identifier(ROLE), sql.Literal(running.password)))
        there = {name for (name,) in admin.execute("select datname from pg_database")}
        for database in DATABASES:
            if database not in there:
                statement = sql.SQL("create database {} owner {}")
                admin.execute(statement.format(sql.Identifier(database), sql.Identifier(ROLE)))


def _port(environment: Environment) -> int:
    wanted = environment.postgres_port
    if wanted is not None and not is_free(wanted):
        raise SettingsInvalid(
            f"ELT_POSTGRES_PORT is {wanted}, and another program listens there already. "
            "Set it to another port, or leave it empty for a free one."
        )
    kept = urlsplit(_kept_url(environment)).port
    if wanted is None and kept is not None and is_free(kept):
        return kept
    return wanted or free_port()


def _password(environment: Environment) -> str:
    return urlsplit(_kept_url(environment)).password or secrets.token_urlsafe()


def _kept_url(environment: Environment) -> str:
    path = environment.url_file
    return path.read_text().strip() if path.exists() else ""


def _superuser_password(path: Path, *, server: PostgresServer) -> str:
    if server.data.exists() and not path.exists():
        raise SettingsInvalid(
            f"{server.data} holds a PostgreSQL database, but {path}, the password of its "
            f"superuser, is gone. Put it back, or remove {server.folder} to start afresh: the "
            "next full sync fills the warehouse again."
        )
    return kept_secret(path)
