"""docs/connection-fields.md: every field is there, and every example is a connection."""

import json
import re
import shlex
import shutil
from pathlib import Path

import certifi
import pytest
from airflow.sdk import Connection

from salesforce_elt.connection_fields import EXTRAS, METHODS
from salesforce_elt.connections import ConnectionFields, OrgAccess, org_access
from salesforce_elt.hooks.salesforce import fields_of
from salesforce_elt.salesforce.login import (
    ClientCredentials,
    JwtBearer,
    RefreshToken,
    SoapLogin,
    UserPassword,
)
from simulator.credentials import generate_credentials

TEXT = (Path(__file__).resolve().parents[2] / "docs/connection-fields.md").read_text("utf-8")
ACME, KEY, SECRET = "https://acme.my.salesforce.com", "3MVG9-consumer-key", "consumer-secret"
PRIVATE_KEY = generate_credentials().private_key
BODY = "".join(PRIVATE_KEY.splitlines()[1:-1])
LABELS = {"Host": "host", "Username": "login", "Password": "password"}
EXTRA_LABELS = {extra.label: extra.name for extra in EXTRAS if extra.is_in_form}
LOGINS = {
    "Client credentials": ClientCredentials(ACME, KEY, SECRET),
    "JWT bearer": JwtBearer(ACME, KEY, "integration@acme.com", PRIVATE_KEY),
    "Refresh token": RefreshToken(ACME, KEY, "5Aep861-refresh-token", SECRET),
    "Username and password": UserPassword(
        "https://test.salesforce.com", KEY, SECRET, "integration@acme.com.dev",
        "p@ss/wordsecurity-token",
    ),
    "SOAP": SoapLogin(
        "https://login.salesforce.com", "integration@acme.com", "p@ss/wordsecurity-token"
    ),
    "A proxy and a private certificate authority": ClientCredentials(ACME, KEY, SECRET),
}  # fmt: skip


@pytest.fixture
def files(tmp_path) -> dict[str, str]:
    """What the examples name, and what stands for it here."""
    key, authority = tmp_path / "salesforce.key", tmp_path / "authority.pem"
    key.write_text(PRIVATE_KEY)
    shutil.copy(certifi.where(), authority)
    return {
        "/run/secrets/salesforce.key": str(key),
        "/etc/ssl/acme-authority.pem": str(authority),
        "%2Frun%2Fsecrets%2Fsalesforce.key": str(key).replace("/", "%2F"),
        "%2Fetc%2Fssl%2Facme-authority.pem": str(authority).replace("/", "%2F"),
        "MIIEvQ...": BODY,
    }


def section(title: str, files: dict[str, str]) -> str:
    text = TEXT.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    for named, here in files.items():
        text = text.replace(named, here)
    return text


def table(header: str) -> list[list[str]]:
    lines = TEXT.split(f"| {header} |", 1)[1].splitlines()[2:]
    rows = lines[: next(i for i, line in enumerate(lines) if not line.startswith("|"))]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def as_form(text: str) -> OrgAccess:
    rows = dict(re.findall(r"^\| ([A-Z][^|]+?) \| `([^`]+)` \|$", text, flags=re.MULTILINE))
    own = {LABELS[label]: value for label, value in rows.items() if label in LABELS}
    extra = {EXTRA_LABELS[label]: value for label, value in rows.items() if label not in LABELS}
    return org_access(ConnectionFields("salesforce_acme", **own, extra=extra))


def as_json(text: str) -> OrgAccess:
    (block,) = re.findall(r"```json\n(.*?)```", text, flags=re.DOTALL)
    assert json.loads(block)["conn_type"] in ("salesforce", "salesforce_elt")
    return by_airflow(Connection.from_json(block, conn_id="salesforce_acme"))


def as_uri(text: str) -> OrgAccess:
    (block,) = re.findall(r"```sh\nexport (.*?)\n```", text)
    (assignment,) = shlex.split(block)
    variable, _, uri = assignment.partition("=")
    assert variable == "AIRFLOW_CONN_SALESFORCE_ACME"
    connection = Connection.from_uri(uri, conn_id="salesforce_acme")
    assert connection.conn_type in ("salesforce", "salesforce_elt")
    return by_airflow(connection)


def by_airflow(connection: Connection) -> OrgAccess:
    return org_access(fields_of(connection, conn_id="salesforce_acme"))


@pytest.mark.parametrize("title", LOGINS)
@pytest.mark.parametrize("read", [as_form, as_json, as_uri])
def test_every_example_is_the_login_that_it_shows(files, title, read):
    assert read(section(title, files)).login == LOGINS[title]


@pytest.mark.parametrize("read", [as_form, as_json, as_uri])
def test_the_example_of_a_network_has_all_of_it(files, read):
    found = read(section("A proxy and a private certificate authority", files))
    assert found.proxy == "http://proxy.example.com:3128"
    assert found.certificate_authority_file == files["/etc/ssl/acme-authority.pem"]
    assert found.version == "64.0"


def test_every_extra_has_its_row_as_the_form_shows_it():
    rows = {row[0].strip("`"): row[1:3] for row in table("extra | in the form | secret | says")}
    assert rows == {
        extra.name: [extra.label if extra.is_in_form else "", "yes" if extra.is_secret else ""]
        for extra in EXTRAS
    }


def test_every_login_has_its_row_with_what_it_needs_and_may_have():
    rows = {
        row[0].strip("`"): [set(re.findall(r"`(\w+)`", cell)) for cell in row[2:4]]
        for row in table("`login_method` | is | needs | may have")
    }
    assert rows == {m.name: [set(m.needs), set(m.may_have)] for m in METHODS}


def test_every_link_to_a_place_in_the_project_leads_there():
    folder = Path(__file__).resolve().parents[2] / "docs"
    links = re.findall(r"\]\(([^)#:]+)", TEXT)
    assert [link for link in links if not (folder / link).exists()] == []
