"""
Where this copy keeps its data and where it listens: every environment variable is read here.

Each field of `Environment` is the variable `ELT_` and its name in capitals; the README lists them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from salesforce_elt.errors import SettingsInvalid

PROJECT = Path(__file__).resolve().parents[2]
HIGHEST_PORT = 65535
_ROLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
ANALYST = "analyst"  # the role of people who read marts
HASH_SALT = "hash.salt"  # in ELT_HOME; `make up` and `make run` make it at their first start


@dataclass(frozen=True)
class Environment:
    """The values of this copy's environment variables; an empty variable counts as not set."""

    home: Path
    warehouse_url: str
    warehouse_url_file: Path | None
    simulator_port: int
    airflow_port: int
    postgres_port: int | None
    settings: Path
    hash_salt: str = field(repr=False)
    hash_salt_file: Path
    analyst_role: str

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> "Environment":
        """Read the variables, with their defaults; a value that cannot be is SettingsInvalid."""
        airflow_port, simulator_port = (
            _port(variables, name="ELT_AIRFLOW_PORT") or 8080,
            _port(variables, name="ELT_SIMULATOR_PORT") or 8099,
        )
        home = _path(variables, name="ELT_HOME", default=PROJECT / ".elt")
        _refuse_twins(airflow=airflow_port, simulator=simulator_port)
        return cls(
            home=home,
            warehouse_url=_given_url(variables),
            warehouse_url_file=_named_file(variables, name="ELT_WAREHOUSE_URL_FILE"),
            simulator_port=simulator_port,
            airflow_port=airflow_port,
            postgres_port=_port(variables, name="ELT_POSTGRES_PORT"),
            settings=_path(variables, name="ELT_SETTINGS", default=PROJECT / "include/sync.yaml"),
            hash_salt=variables.get("ELT_HASH_SALT", "").strip(),
            hash_salt_file=_path(variables, name="ELT_HASH_SALT_FILE", default=home / HASH_SALT),
            analyst_role=_role(variables, name="ELT_ANALYST_ROLE"),
        )

    def variables(self) -> dict[str, str]:
        """The same values as environment variables, for a process that this one starts."""
        return {
            "ELT_HOME": str(self.home),
            "ELT_WAREHOUSE_URL": self.warehouse_url,
            "ELT_WAREHOUSE_URL_FILE": str(self.warehouse_url_file or ""),
            "ELT_SIMULATOR_PORT": str(self.simulator_port),
            "ELT_AIRFLOW_PORT": str(self.airflow_port),
            "ELT_POSTGRES_PORT": "" if self.postgres_port is None else str(self.postgres_port),
            "ELT_SETTINGS": str(self.settings),
            "ELT_HASH_SALT": self.hash_salt,
            "ELT_HASH_SALT_FILE": str(self.hash_salt_file),
            "ELT_ANALYST_ROLE": self.analyst_role,
        }

    @property
    def url_file(self) -> Path:
        """Holds the embedded warehouse's URL with its password; only its owner may read it."""
        return self.home / "postgres.url"


def warehouse_url(environment: Environment) -> str:
    """The URL that the warehouse is reached by: the configured one, or the embedded server's."""
    if environment.warehouse_url:
        return environment.warehouse_url
    try:
        return environment.url_file.read_text().strip()
    except FileNotFoundError:
        raise SettingsInvalid(
            f"There is no warehouse yet: ELT_WAREHOUSE_URL is empty and {environment.url_file} "
            "does not exist. Start the embedded PostgreSQL with 'make run' or 'make up', or set "
            "ELT_WAREHOUSE_URL to the URL of your own server."
        ) from None


def hash_salt(environment: Environment) -> str:
    """The secret under which `hash_fields` are hashed, from its variable or its file."""
    if environment.hash_salt:
        return environment.hash_salt
    path = environment.hash_salt_file
    try:
        return path.read_text("utf-8").strip()
    except FileNotFoundError:
        reason = "does not exist"
    except (OSError, UnicodeDecodeError) as error:
        reason = f"cannot be read ({type(error).__name__})"
    raise SettingsInvalid(
        "Fields are hashed under a secret salt, and there is none: ELT_HASH_SALT is empty and the "
        f"file {path} (ELT_HASH_SALT_FILE) {reason}. Name a file with 32 random characters or "
        "more, which every Airflow worker can read; `make up` and `make run` make one in ELT_HOME."
    )


def _path(variables: Mapping[str, str], *, name: str, default: Path) -> Path:
    value = variables.get(name, "").strip()
    return Path(value).expanduser().absolute() if value else default


def _named_file(variables: Mapping[str, str], *, name: str) -> Path | None:
    value = variables.get(name, "").strip()
    return Path(value).expanduser().absolute() if value else None


def _port(variables: Mapping[str, str], *, name: str) -> int | None:
    value = variables.get(name, "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit() and 0 < int(value) <= HIGHEST_PORT:
        return int(value)
    raise SettingsInvalid(
        f"{name} is '{value}', which is not a port. Set it to a whole number from 1 to "
        f"{HIGHEST_PORT}, or leave it empty for the default."
    )


def _role(variables: Mapping[str, str], *, name: str) -> str:
    value = variables.get(name, "").strip() or ANALYST
    # PostgreSQL keeps these names for itself; `public` would be everybody.
    is_reserved = value in ("public", "none") or value.startswith("pg_")
    if _ROLE_NAME.fullmatch(value) and not is_reserved:
        return value
    raise SettingsInvalid(
        f"{name} is '{value}', which cannot be the role of analysts. Set it to a name of small "
        "letters, digits and _ that begins with a letter and not with pg_, or leave it empty: "
        f"{ANALYST}."
    )


def _refuse_twins(*, airflow: int, simulator: int) -> None:
    if airflow == simulator:
        raise SettingsInvalid(
            f"Airflow and the simulated org would both listen on port {airflow}. "
            "Set ELT_AIRFLOW_PORT and ELT_SIMULATOR_PORT to different ports."
        )


def _given_url(variables: Mapping[str, str]) -> str:
    """The URL of the variable before that of the file, where secrets come as files."""
    url = _postgres_url(variables.get("ELT_WAREHOUSE_URL", ""), name="ELT_WAREHOUSE_URL")
    path = _named_file(variables, name="ELT_WAREHOUSE_URL_FILE")
    if url or path is None:
        return url
    where = f"The file {path} (ELT_WAREHOUSE_URL_FILE)"
    try:
        url = _postgres_url(path.read_text("utf-8"), name=where)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(
            f"{where} should hold the warehouse's URL and cannot be read ({type(error).__name__}). "
            "It has to be on every machine where tasks run, readable by Airflow's account."
        ) from None
    if not url:
        raise SettingsInvalid(f"{where} is empty. Write the warehouse's URL into it.")
    return url


def _postgres_url(text: str, *, name: str) -> str:
    value = text.strip()
    if not value:
        return ""
    parts = urlsplit(value)
    if parts.scheme in ("postgresql", "postgres") and parts.hostname and parts.path.strip("/"):
        return value
    raise SettingsInvalid(
        f"{name} is not a PostgreSQL URL with a host and a database (its value is not shown, it "
        "may hold a password). Set it to postgresql://user:password@host:5432/database, or leave "
        "ELT_WAREHOUSE_URL and ELT_WAREHOUSE_URL_FILE empty for the embedded PostgreSQL."
    )
