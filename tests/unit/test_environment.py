"""The environment variables of a copy."""

from dataclasses import fields
from pathlib import Path

import pytest

from salesforce_elt.environment import PROJECT, Environment, hash_salt, warehouse_url
from salesforce_elt.errors import SettingsInvalid

SECRET_URL = "postgresql://elt:secret@db.example.com:5432/warehouse"


def test_every_variable_has_a_default() -> None:
    environment = Environment.read({})
    assert environment == Environment(
        home=PROJECT / ".elt",
        warehouse_url="",
        warehouse_url_file=None,
        simulator_port=8099,
        airflow_port=8080,
        postgres_port=None,
        settings=PROJECT / "include/sync.yaml",
        hash_salt="",
        hash_salt_file=PROJECT / ".elt/hash.salt",
        analyst_role="analyst",
    )


def test_an_empty_variable_counts_as_not_set() -> None:
    names = [f"ELT_{field.name.upper()}" for field in fields(Environment)]
    assert Environment.read(dict.fromkeys(names, " ")) == Environment.read({})


def test_a_process_that_is_given_the_variables_reads_the_same_environment() -> None:
    environment = Environment.read({"ELT_HOME": "/data/elt", "ELT_POSTGRES_PORT": "5433"})
    assert Environment.read(environment.variables()) == environment


@pytest.mark.parametrize("value", ["http", "0", "65536", "-1", "80.5", "²"])
def test_a_port_that_cannot_be_is_refused_with_its_name_and_value(value: str) -> None:
    with pytest.raises(SettingsInvalid, match=f"ELT_AIRFLOW_PORT is '{value}'.*from 1 to 65535"):
        Environment.read({"ELT_AIRFLOW_PORT": value})


@pytest.mark.parametrize("value", ["public", "none", "pg_read_all_data", "Analyst", "a b", "1"])
def test_a_role_that_cannot_be_that_of_analysts_is_refused(value: str) -> None:
    with pytest.raises(SettingsInvalid, match=f"ELT_ANALYST_ROLE is '{value}'.*leave it empty"):
        Environment.read({"ELT_ANALYST_ROLE": value})


def test_two_programs_on_one_port_are_refused() -> None:
    with pytest.raises(SettingsInvalid, match=r"both listen on port 8099.*ELT_AIRFLOW_PORT"):
        Environment.read({"ELT_AIRFLOW_PORT": "8099"})


@pytest.mark.parametrize("value", ["mysql://u:secret@host/db", "postgresql:///db", "secret"])
def test_a_url_that_is_not_postgresql_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(SettingsInvalid, match="ELT_WAREHOUSE_URL is not a PostgreSQL URL") as info:
        Environment.read({"ELT_WAREHOUSE_URL": value})
    assert "secret" not in str(info.value)


def test_the_configured_warehouse_comes_before_the_embedded_one() -> None:
    environment = Environment.read({"ELT_WAREHOUSE_URL": SECRET_URL})
    assert warehouse_url(environment) == SECRET_URL


def test_the_warehouse_is_the_variables_before_it_is_the_files(tmp_path: Path) -> None:
    file = tmp_path / "warehouse_url"
    file.write_text("postgresql://elt:other@127.0.0.1:5432/warehouse\n")
    in_a_file = Environment.read({"ELT_WAREHOUSE_URL_FILE": str(file)})
    assert warehouse_url(in_a_file) == "postgresql://elt:other@127.0.0.1:5432/warehouse"
    assert Environment.read(in_a_file.variables()) == in_a_file
    both = {"ELT_WAREHOUSE_URL": SECRET_URL, "ELT_WAREHOUSE_URL_FILE": str(file)}
    assert warehouse_url(Environment.read(both)) == SECRET_URL


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, r"cannot be read \(FileNotFoundError\). It has to be on every machine"),
        ("\n", "is empty. Write the warehouse's URL"),
        ("mysql://u:secret@host/db", "is not a PostgreSQL URL"),
    ],
)
def test_a_file_without_the_warehouses_url_is_refused_with_its_name(
    text: str | None, complaint: str, tmp_path: Path
) -> None:
    file = tmp_path / "warehouse_url"
    if text is not None:
        file.write_text(text)
    expected = rf"The file {file} \(ELT_WAREHOUSE_URL_FILE\).*{complaint}"
    with pytest.raises(SettingsInvalid, match=expected) as info:
        Environment.read({"ELT_WAREHOUSE_URL_FILE": str(file)})
    assert "secret" not in str(info.value)


def test_the_embedded_warehouse_is_found_by_the_file_that_it_left(tmp_path: Path) -> None:
    (tmp_path / "postgres.url").write_text(f"{SECRET_URL}\n")
    assert warehouse_url(Environment.read({"ELT_HOME": str(tmp_path)})) == SECRET_URL


def test_without_any_warehouse_the_message_says_how_to_get_one(tmp_path: Path) -> None:
    environment = Environment.read({"ELT_HOME": str(tmp_path)})
    with pytest.raises(SettingsInvalid, match="'make run' or 'make up', or set ELT_WAREHOUSE_URL"):
        warehouse_url(environment)


def test_the_salt_is_the_variables_before_it_is_the_files(tmp_path: Path) -> None:
    (tmp_path / "hash.salt").write_text("of the file\n")
    in_a_file = Environment.read({"ELT_HOME": str(tmp_path)})
    by_name = Environment.read({"ELT_HASH_SALT_FILE": str(tmp_path / "hash.salt")})
    assert (hash_salt(in_a_file), hash_salt(by_name)) == ("of the file", "of the file")
    variables = {"ELT_HOME": str(tmp_path), "ELT_HASH_SALT": "of the variable"}
    assert hash_salt(Environment.read(variables)) == "of the variable"


def test_without_a_salt_the_message_says_where_it_is_looked_for(tmp_path: Path) -> None:
    environment = Environment.read({"ELT_HOME": str(tmp_path)})
    missing = rf"{tmp_path}/hash.salt \(ELT_HASH_SALT_FILE\) does not exist. Name a file with 32"
    with pytest.raises(SettingsInvalid, match=missing):
        hash_salt(environment)


def test_a_salt_file_that_is_none_is_refused_with_its_name(tmp_path: Path) -> None:
    environment = Environment.read({"ELT_HASH_SALT_FILE": str(tmp_path)})
    with pytest.raises(SettingsInvalid, match=r"cannot be read \(IsADirectoryError\)"):
        hash_salt(environment)


def test_the_salt_is_not_shown_when_the_environment_is_printed() -> None:
    assert "secret" not in repr(Environment.read({"ELT_HASH_SALT": "secret"}))
