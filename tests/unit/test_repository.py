"""Policies of the repository: what a review would look for, every time."""

import ast
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "plugins/salesforce_elt"
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40
# Where Airflow may be imported: behind connections, and where DAGs are wired.
KNOWS_AIRFLOW = {"hooks", "wiring", "wiring.py", "trigger_forms.py", "dags"}
# Facts about Salesforce as data, not code that anyone follows.
DATA = ("simulator/catalog/", "simulator/generated/")
# A process that has no Airflow imports each module and names those that want it.
IMPORT_ALL = """
import importlib, sys
sys.modules["airflow"] = None
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError as error:
        print(f"{name}: {error}")
"""


def sources() -> list[Path]:
    """The project's own code, without data and without tests."""
    tops = ("plugins", "desk", "deploy", "simulator", "dags", "bench")
    files = [file for top in tops for file in python_in(top)]
    return [file for file in files if not str(file.relative_to(PROJECT)).startswith(DATA)]


def python_in(top: str) -> list[Path]:
    """The Python files below a folder."""
    return sorted((PROJECT / top).rglob("*.py"))


def functions(file: Path) -> Iterator[tuple[str, int]]:
    """Each function of a file with its number of lines."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def core_modules() -> list[str]:
    """The modules of the package that must not know Airflow."""
    files = (file.relative_to(PACKAGE.parent) for file in python_in("plugins/salesforce_elt"))
    return [
        ".".join(file.with_suffix("").parts).removesuffix(".__init__")
        for file in files
        if not KNOWS_AIRFLOW & set(file.parts)
    ]


def test_airflow_does_not_load_the_package_as_plugins() -> None:
    lines = (PROJECT / "plugins/.airflowignore").read_text(encoding="utf-8").splitlines()
    assert "salesforce_elt/" in lines


def test_the_core_imports_without_airflow() -> None:
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *core_modules()],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == ""


def test_the_check_of_imports_would_notice_airflow(tmp_path: Path) -> None:
    (tmp_path / "wants_airflow.py").write_text("import airflow.sdk\n")
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, "wants_airflow"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.startswith("wants_airflow: ")


def test_airflow_finds_the_provider_by_its_entry_point() -> None:
    names = {
        entry.dist.name: entry.value
        for entry in entry_points(group="apache_airflow_provider")
        if entry.dist
    }
    assert names.get("salesforce-elt") == "salesforce_elt.provider:get_provider_info"


def test_the_providers_description_imports_next_to_nothing() -> None:
    heavy = "{'airflow', 'httpx', 'cryptography', 'jwt', 'pydantic', 'psycopg'}"
    program = f"import salesforce_elt.provider, sys; print({heavy} & sys.modules.keys() or 'none')"
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "none\n"


def test_the_package_is_built_by_the_uv_that_installs_it() -> None:
    """Another version would be downloaded, unpinned and without a network not at all."""
    (backend,) = tomllib.loads((PROJECT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert f"\nUV = {backend.replace('uv_build', 'uv')}\n" in (PROJECT / "Makefile").read_text()


def test_no_module_is_longer_than_a_sitting() -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in sources()}
    too_long = [
        f"{file.relative_to(PROJECT)}: {lines} lines"
        for file, lines in lengths.items()
        if lines > LONGEST_MODULE
    ]
    assert too_long == []


def test_no_function_is_longer_than_a_screen() -> None:
    too_long = [
        f"{file.relative_to(PROJECT)}: {name} has {lines} lines"
        for file in sources()
        for name, lines in functions(file)
        if lines > LONGEST_FUNCTION
    ]
    assert too_long == []


@pytest.mark.parametrize("vague", ["utils", "helpers", "common", "core", "base", "manager"])
def test_no_module_has_a_name_that_says_nothing(vague: str) -> None:
    names = {part for file in sources() for part in file.relative_to(PROJECT).with_suffix("").parts}
    assert vague not in names
