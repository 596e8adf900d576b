"""``python -m simulator`` as a program: starts, keeps its data, stops when told."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from desk.postgres import free_port

PROJECT = Path(__file__).resolve().parents[2]
PROMPT_SECONDS = 5


@contextmanager
def program(database_url: str, folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "simulator", "--database-url", database_url]
    files = ["--credentials", str(folder / "keys.json"), "--data-dir", str(folder / "data")]
    process = subprocess.Popen(
        [*command, *files, *arguments], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def read(folder: Path, path: str) -> requests.Response:
    keys = json.loads((folder / "keys.json").read_text("utf-8"))
    headers = {"Authorization": f"Bearer {keys['admin_token']}"}
    return requests.get(f"{keys['instance_url']}/simulator/{path}", headers=headers, timeout=120)


def test_it_serves_an_org_keeps_it_and_stops_promptly(database_url_18: str, tmp_path: Path) -> None:
    port = str(free_port())
    with program(database_url_18, tmp_path, "--port", port, "--size", "5") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"simulated org at http://127.0.0.1:{port}\n"
        before = read(tmp_path, "records/Opportunity").json()
        process.send_signal(signal.SIGTERM)
        asked = time.monotonic()
        assert process.wait(PROMPT_SECONDS) == 0
        assert time.monotonic() - asked < PROMPT_SECONDS
    with program(database_url_18, tmp_path, "--port", port) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert read(tmp_path, "records/Opportunity").json() == before
    assert len(before) == 5


def test_its_credentials_are_for_the_owner_alone(database_url_18: str, tmp_path: Path) -> None:
    with program(database_url_18, tmp_path, "--port", str(free_port())) as process:
        assert process.stdout is not None
        process.stdout.readline()
        mode = stat.S_IMODE((tmp_path / "keys.json").stat().st_mode)
    assert oct(mode) == "0o600"


def test_a_folder_that_does_not_fit_is_explained(database_url_18: str, tmp_path: Path) -> None:
    (tmp_path / "org").mkdir()
    (tmp_path / "org/Contact.csv").write_text("Id,LastName,AccountId\n1,Ng,missing\n", "utf-8")
    command = [sys.executable, "-m", "simulator", "--port", str(free_port())]
    files = ["--credentials", str(tmp_path / "keys.json"), "--folder", str(tmp_path / "org")]
    done = subprocess.run(
        [*command, "--database-url", database_url_18, *files],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    assert (done.returncode, "missing" in done.stderr) == (2, True)
    assert "Traceback" not in done.stderr


def test_it_says_where_it_is_reached_by_tls(database_url_18: str, tmp_path: Path) -> None:
    ports = ["--port", str(free_port()), "--tls-port", "0", "--proxy-port", "0"]
    with program(database_url_18, tmp_path, *ports) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().rstrip("\n") for _ in range(3)]
        url, authority = said[1].removeprefix("over TLS at ").split(", trusting ")
        answer = requests.get(f"{url}/services/data/", verify=authority, timeout=120)
    assert (answer.status_code, answer.json()[-1]["version"]) == (200, "67.0")
    assert said[2].startswith("as Salesforce's own hosts through the proxy http://127.0.0.1:")
