"""`make secrets` makes every secret of docker-compose.yaml, once, for its owner alone."""

import json
import os
import shutil
import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet

from desk import compose_secrets
from desk.compose_secrets import UNPRIVILEGED, Addresses, main, make_secrets
from tests.topology.compose_file import compose_file, services

OWN = "postgresql://elt:of-the-test@db.example.com:5432/warehouse"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_secrets(tmp_path / "secrets", Addresses())
    return tmp_path / "secrets"


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_there_is_a_file_for_every_secret_of_the_compose_file_and_no_other(folder: Path) -> None:
    assert set(contents(folder)) == set(compose_file(SERVICES_UID="1")["secrets"])


def test_nobody_but_the_owner_may_read_them(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_making_them_again_changes_none(folder: Path) -> None:
    before = contents(folder)
    make_secrets(folder, Addresses())
    assert contents(folder) == before


def test_no_two_installations_share_a_secret(folder: Path, tmp_path: Path) -> None:
    make_secrets(tmp_path / "other", Addresses())
    ours, theirs = contents(folder), contents(tmp_path / "other")
    assert [name for name, text in ours.items() if theirs[name] == text] == []


def test_addresses_name_the_services_databases_and_owners(folder: Path) -> None:
    for name, service in (("metadata_url", "metadata"), ("warehouse_url", "warehouse")):
        url = urlsplit((folder / name).read_text())
        said = services()[service]["environment"]
        assert (url.hostname, url.username) == (service, said["OWNER"])
        assert url.path == f"/{said['DATABASE']}"
        assert url.password == (folder / f"{service}_password").read_text()
    assert urlsplit((folder / "broker_url").read_text()).hostname == "redis"
    said = services()["simulated-org-database"]["environment"]
    host, _, database, owner, _ = (folder / "simulated_org_pgpass").read_text().split(":")
    assert (host, database, owner) == ("simulated-org-database", said["DATABASE"], said["OWNER"])


def test_the_key_of_airflows_connections_is_one(folder: Path) -> None:
    assert Fernet((folder / "fernet_key").read_text()).encrypt(b"anything")


def test_a_warehouse_of_ones_own_is_written_and_then_kept(folder: Path) -> None:
    make_secrets(folder, Addresses(), warehouse_url=OWN)
    make_secrets(folder, Addresses())
    assert (folder / "warehouse_url").read_text() == OWN


@pytest.fixture
def checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(compose_secrets, "PROJECT", tmp_path)
    monkeypatch.setattr(compose_secrets, "FOLDER", tmp_path / "secrets")
    return tmp_path


def test_services_are_told_whose_the_secrets_are_and_what_else_is_set_stays(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / ".env").write_text("WORKERS=3\nSERVICES_UID=7\n")
    assert main([]) == 0
    owner = (checkout / "secrets").stat().st_uid
    assert (checkout / ".env").read_text() == f"WORKERS=3\nSERVICES_UID={owner}\n"
    password = json.loads((checkout / "secrets/ui_passwords").read_text())["admin"]
    assert f"the password {password}" in capsys.readouterr().out


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_what_root_makes_belongs_to_an_account_without_rights(checkout: Path) -> None:
    main([])
    paths = [checkout / "secrets", *(checkout / "secrets").iterdir()]
    assert {path.stat().st_uid for path in paths} == {UNPRIVILEGED}
    shutil.rmtree(checkout / "secrets")
