"""The salt of hash_fields on one desk: made once, seen by nobody else, never printed."""

import stat
from pathlib import Path

import pytest

from desk import run
from desk.airflow import airflow_environment
from salesforce_elt.environment import Environment, hash_salt
from salesforce_elt.hashing import Salt


def environment(home: Path, **variables: str) -> Environment:
    (home / "postgres.url").write_text("postgresql://elt:secret@127.0.0.1:5432/warehouse")
    return Environment.read({"ELT_HOME": str(home), **variables})


def test_the_first_start_makes_a_salt_that_only_its_owner_can_read(tmp_path: Path) -> None:
    here = environment(tmp_path)
    variables = airflow_environment(here)
    salt = hash_salt(Environment.read(variables))
    assert Salt.of(salt)
    assert stat.S_IMODE((tmp_path / "hash.salt").stat().st_mode) == 0o600
    airflow_environment(here)
    assert hash_salt(here) == salt


@pytest.mark.parametrize(
    "variables",
    [{"ELT_HASH_SALT": "x" * 40}, {"ELT_HASH_SALT_FILE": "/run/secrets/salt"}],
)  # fmt: skip
def test_a_salt_that_is_given_is_not_made(tmp_path: Path, variables: dict[str, str]) -> None:
    given = airflow_environment(environment(tmp_path, **variables))
    assert variables.items() <= given.items()
    assert not (tmp_path / "hash.salt").exists()


def test_the_commands_that_a_run_suggests_repeat_no_secret(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("ELT_HASH_SALT", "a secret")
    monkeypatch.setenv("ELT_WAREHOUSE_URL", "postgresql://elt:secret@db/warehouse")
    monkeypatch.setenv("ELT_AIRFLOW_PORT", "8081")
    run._say_what_next(Environment.read({"ELT_HOME": str(tmp_path)}), is_success=True)
    shown = capsys.readouterr().out
    assert "ELT_AIRFLOW_PORT=8081 make" in shown
    assert "secret" not in shown
