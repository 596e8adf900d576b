"""docs/connecting-salesforce.md: every command in it runs or names what is there."""

import json
import re
import shlex
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from desk.check import EXIT_CODES
from salesforce_elt.connection_fields import CONNECTION_TYPE
from salesforce_elt.connections import ConnectionFields, org_access
from salesforce_elt.environment import PROJECT
from salesforce_elt.errors import ConnectionInvalid
from salesforce_elt.permission_files import PROJECT_FILE, SET_FILE, SOURCE_FOLDER
from salesforce_elt.permission_set import LABEL, NAME
from salesforce_elt.permissionable import SEEN_WHOLE, SYSTEM_PERMISSIONS
from salesforce_elt.refusals_page import MARK, refusals_table, with_table
from salesforce_elt.salesforce.login import (
    ClientCredentials,
    JwtBearer,
    RefreshToken,
    SoapLogin,
    UserPassword,
)
from salesforce_elt.salesforce.login_refusals import LOGIN_REFUSALS, LoginRefusal
from salesforce_elt.settings import load_settings
from tests.desk.test_readme import MAKEFILE, TARGETS
from tests.desks import new_desk  # noqa: F401
from tests.driver import Desk

PAGE = (PROJECT / "docs/connecting-salesforce.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", PAGE, flags=re.M | re.S)
    for line in block.splitlines()
]
MADE_HERE = [line for line in COMMANDS if line.startswith(("umask ", "openssl "))]
MAKE = [shlex.split(line) for line in COMMANDS if line.startswith("make ")]
SALESFORCE = [shlex.split(line) for line in COMMANDS if line.startswith("sf ")]
CONNECTIONS = [json.loads(one) for one in re.findall(r"```json\n(.*?)```", PAGE, flags=re.S)]
LICENCE = "SalesforceAPIIntegrationPsl"  # as Salesforce names what comes with the user licence
KEY, CERTIFICATE = "salesforce-elt.key", "salesforce-elt.crt"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the page's openssl commands were carried out, one after the other."""
    return made_in(tmp_path_factory.mktemp("keys"))


def made_in(folder: Path) -> Path:
    script = "set -e\n" + "\n".join(MADE_HERE)
    subprocess.run(["sh", "-c", script], cwd=folder, check=True, capture_output=True, timeout=60)
    return folder


@pytest.fixture(scope="module")
def org(new_desk) -> Desk:  # noqa: F811
    return new_desk(lambda _: None)


def test_every_command_is_of_a_kind_that_is_tested():
    assert len(COMMANDS) == len(MADE_HERE) + len(MAKE) + len(SALESFORCE)
    assert min(len(MADE_HERE), len(MAKE), len(SALESFORCE)) > 2


def test_the_key_is_readable_by_its_owner_alone(made):
    assert (made / KEY).stat().st_mode & 0o777 == 0o600


def test_the_certificate_is_of_the_key_and_good_for_the_days_that_the_page_says(made):
    certificate = x509.load_pem_x509_certificate((made / CERTIFICATE).read_bytes())
    (days,) = set(re.findall(r"good for (\d+) days", PAGE))
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert life.days == int(days)
    assert public_of(certificate.public_key()) == public_of(key_in(made).public_key())


def test_the_commands_that_compare_two_files_print_the_same(made):
    printed = [
        subprocess.run(shlex.split(line), cwd=made, check=True, capture_output=True).stdout
        for line in MADE_HERE if "-pubout" in line or "-pubkey" in line
    ]  # fmt: skip
    assert len(printed) == 2
    assert len(set(printed)) == 1


def test_the_key_logs_in_to_an_org_that_has_the_certificate(made, org):
    access = certificate_login(org, made)
    certificate = x509.load_pem_x509_certificate((made / CERTIFICATE).read_bytes())
    with_certificate(org, made)
    assert org.org.org.credentials.public_key == public_of(certificate.public_key())
    with access.http() as http:
        assert access.log_in(http, now).access_token


def test_a_key_whose_certificate_the_org_does_not_have_is_refused(made, org, tmp_path):
    with_certificate(org, made)
    access = certificate_login(org, made_in(tmp_path))
    with access.http() as http, pytest.raises(ConnectionInvalid, match="certificate"):
        access.log_in(http, now)


def test_each_example_of_a_connection_is_another_login(made):
    assert {one["conn_type"] for one in CONNECTIONS} == {CONNECTION_TYPE}
    kinds = [type(org_access(fields(one, key_file=made / KEY)).login) for one in CONNECTIONS]
    assert kinds == [ClientCredentials, JwtBearer, RefreshToken, UserPassword, SoapLogin]


def test_every_make_target_is_there_with_its_variables():
    for _, target, *variables in MAKE:
        assert target in TARGETS
        for one in variables:
            assert f"{target}: export {one.partition('=')[0]} ?=" in MAKEFILE


def test_the_salesforce_commands_name_files_and_the_set_that_are_written():
    options = [option for command in SALESFORCE for option in pairwise(command)]
    assert {value for name, value in options if name == "--source-dir"} == {SOURCE_FOLDER}
    assert {value for name, value in options if name == "--name"} == {NAME, LICENCE}
    assert SET_FILE.startswith(f"{SOURCE_FOLDER}/")
    assert PROJECT_FILE == "sfdx-project.json"  # the folder is where sf has to be started


def test_by_hand_and_deployed_give_the_same_rights():
    for one in SYSTEM_PERMISSIONS:
        assert f"| {one.label} |" in PAGE
    assert f"Label `{LABEL}`, API Name `{NAME}`" in PAGE
    assert f"View All Records** on {', '.join(sorted(SEEN_WHOLE)[:-1])} and " in PAGE


def test_the_example_of_two_orgs_is_a_settings_file(tmp_path):
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.S)
    file = tmp_path / "sync.yaml"
    file.write_text(example, encoding="utf-8")
    orgs = load_settings(file).orgs
    assert [one.automatically_sync for one in orgs.values()] == [True, False]


def test_the_table_of_refusals_is_the_one_that_answers_are_looked_up_in():
    """When this fails: python -m salesforce_elt.refusals_page (with PYTHONPATH=plugins)."""
    assert with_table(PAGE) == PAGE
    assert PAGE.split(MARK)[1].count("\n| `") == len(LOGIN_REFUSALS)


def test_a_refusals_row_has_its_words_and_the_logins_that_it_is_about():
    one = LoginRefusal("invalid_grant", "a|b", "why", "how", methods=frozenset({"soap"}))
    row = refusals_table([one]).splitlines()[-1]
    assert row == "| `invalid_grant`: a\\|b (soap) | why | how |"


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\(([^)\s]+)\)", PAGE)
    anchors = {_anchor(title) for title in re.findall(r"^#+ (.+)$", PAGE, flags=re.M)}
    assert {one for one in links if one.startswith("#") and one[1:] not in anchors} == set()
    files = {one.partition("#")[0] for one in links if not one.startswith(("#", "http"))}
    assert {one for one in files if not (PROJECT / "docs" / one).exists()} == set()


def test_the_exit_codes_of_the_check_are_those_that_it_has():
    assert EXIT_CODES == {"": 0, "info": 0, "warning": 3, "error": 4}
    assert "has the exit code 0, 3 with warnings, 4 with errors" in PAGE
    assert "check: export ORG ?=" in MAKEFILE
    assert "check: export FORMAT ?=" in MAKEFILE


def test_the_tests_that_the_page_names_are_there():
    for path, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE):
        assert f"def {name}(" in (PROJECT / path).read_text(encoding="utf-8")


def now() -> datetime:
    return datetime.now(UTC)


def key_in(folder: Path):
    return serialization.load_pem_private_key((folder / KEY).read_bytes(), password=None)


def public_of(key) -> bytes:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)  # fmt: skip


def with_certificate(org: Desk, folder: Path) -> None:
    """The app has this certificate: the org checks assertions by its public key."""
    simulated = org.org.org
    simulated.credentials = replace(simulated.credentials, private_key=(folder / KEY).read_text())


def certificate_login(org: Desk, folder: Path):
    """The page's own example of a connection, with this org's address, app and user."""
    (example,) = (one for one in CONNECTIONS if "private_key_file_path" in one["extra"])
    keys = org.org.credentials
    extra = example["extra"] | {"consumer_key": keys.consumer_key}
    here = example | {"host": org.org.url, "login": keys.username, "extra": extra}
    return org_access(fields(here, key_file=folder / KEY))


def fields(connection: dict, *, key_file: Path) -> ConnectionFields:
    """A connection's JSON as Airflow gives it to the hook; the key is in a file that is there."""
    extra = dict(connection["extra"])
    if "private_key_file_path" in extra:
        extra["private_key_file_path"] = str(key_file)
    return ConnectionFields(
        "salesforce_acme", host=connection["host"], login=connection.get("login"),
        password=connection.get("password"), extra=extra)  # fmt: skip


def _anchor(title: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", title.lower())
    return kept.replace(" ", "-")
