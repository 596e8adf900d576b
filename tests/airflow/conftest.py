"""Airflow without its database, which DAG files and hooks do not need, and with it (`metadata`)."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.desks import desk_of, generated_desk, new_desk, org_folder

__all__ = ["desk_of", "generated_desk", "new_desk", "org_folder"]

PROJECT = Path(__file__).resolve().parents[2]
# Before Airflow is imported: it would else make a home in the user's own.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-home-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(PROJECT / "dags")
os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(PROJECT / "plugins")


@pytest.fixture(scope="session")
def metadata():
    """Airflow's own database, in the home that was made above."""
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(autouse=True)
def no_connections_of_the_machine(monkeypatch):
    """Connections come from the test alone."""
    for name in [one for one in os.environ if one.startswith("AIRFLOW_CONN_")]:
        monkeypatch.delenv(name)
