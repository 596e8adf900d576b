"""`make clean`: only what this project made goes."""

from pathlib import Path

import pytest

from desk.embedded import embedded_postgres
from tests.desk.conftest import desk_command, fresh_environment

pytestmark = pytest.mark.server


def test_what_the_user_put_there_stays(folder: Path) -> None:
    environment = fresh_environment(folder / "home")
    with embedded_postgres(environment):
        assert desk_command(environment, "clean").returncode == 1
    assert desk_command(environment, "clean").returncode == 0
    assert [path.name for path in environment.home.iterdir()] == ["sync.yaml"]


def test_an_empty_home_goes_too(folder: Path) -> None:
    environment = fresh_environment(folder / "home")
    environment.settings.unlink()
    with embedded_postgres(environment):
        pass
    desk_command(environment, "clean")
    assert not environment.home.exists()
