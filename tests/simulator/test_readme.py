"""The simulator's README says what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator.org import Org
from simulator.resources import server
from simulator.web.routing import Router
from tests.simulator.conftest import WIRE

FOLDER = Path(__file__).resolve().parents[2] / "simulator"
TEXT = (FOLDER / "README.md").read_text(encoding="utf-8")
RECORDINGS = re.findall(r"`([a-z_]+/[\w.]+)`", TEXT)


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert [link for link in links if not (FOLDER / link).exists()] == []


def test_every_client_that_is_tested_is_named() -> None:
    tests = {path.name for path in (FOLDER.parent / "tests/simulator/clients").glob("test_*.py")}
    assert tests == set(re.findall(r"clients/(test_\w+\.py)\)", TEXT))


@pytest.mark.parametrize("name", [one for one in RECORDINGS if not one.startswith("test")])
def test_every_recording_exists(name: str) -> None:
    if not WIRE.is_dir():
        pytest.skip("the recorded answers are not beside this checkout (../shared)")
    assert (WIRE / name).exists()


def test_every_path_of_the_administrator_is_served(new_org) -> None:
    org: Org = new_org().org
    router: Router = server(org).router
    for method, path in re.findall(r"`(GET|PATCH|POST) (/simulator/\S+)`", TEXT):
        route, _ = router.find(method, path)
        assert route.path == path
