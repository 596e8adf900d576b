"""REST and Bulk show every record as it was stored, whatever it holds (api.md 2.3, 3.4)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from simulator.catalog.types import Field
from simulator.folders import load_folder
from simulator.generate import generate_org
from simulator.server import RunningOrg
from tests.simulator.conftest import WIRE, Client

ORGS = WIRE.parents[1] / "data/orgs"
OBJECTS = ("Account", "Contact", "Opportunity", "OpportunityHistory", "Task", "Event", "User")


def folder(name: str) -> Path:
    if not (ORGS / name).is_dir():
        pytest.skip(f"the org folder {name} is not beside this checkout (../shared/data/orgs)")
    return ORGS / name


@pytest.fixture(scope="module", params=["generated", "recipes", "nonprofit-real-ids"])
def filled(request: pytest.FixtureRequest, new_org: Callable[..., RunningOrg]) -> Client:
    """Somebody logged in to an org with data."""
    if request.param == "generated":
        return Client(new_org(fill=lambda org: generate_org(org.store, 40, 1))).login()
    source = folder(request.param)
    return Client(new_org(fill=lambda org: load_folder(org.store, source))).login()


def fields_of(client: Client, sobject: str) -> list[Field]:
    known = client.running.org.store.sobjects[sobject].stored_fields
    return [field for field in known if not field.name.startswith("UserPermissions")]


def read(text: Any, field: Field) -> Any:
    """What a value of an answer means."""
    if text in ("", None):
        return None
    readers: dict[str, Callable[[Any], Any]] = {
        "boolean": lambda value: value in (True, "true"),
        "int": int,
        "double": lambda value: Decimal(str(value)),
        "currency": lambda value: Decimal(str(value)),
        "percent": lambda value: Decimal(str(value)),
        "date": date.fromisoformat,
        "datetime": datetime.fromisoformat,
        "time": time.fromisoformat,
    }
    return readers.get(field.type, str)(text)


@pytest.mark.parametrize("sobject", OBJECTS)
def test_a_record_read_by_rest_and_by_bulk_is_the_stored_one(filled: Client, sobject: str) -> None:
    fields = fields_of(filled, sobject)
    soql = f"SELECT {', '.join(field.name for field in fields)} FROM {sobject}"
    rest = filled.records(soql, all_rows=True)
    result = filled.get(f"/jobs/query/{filled.bulk(soql, operation='queryAll')}/results")
    bulk = list(csv.DictReader(io.StringIO(result.content.decode(), newline="")))
    stored = {
        row["Id"]: {field.name: row[field.name] for field in fields}
        for row in filled.running.org.store.records(sobject)
    }
    for answer in (rest, bulk):
        found = {row["Id"]: {f.name: read(row[f.name], f) for f in fields} for row in answer}
        assert found == stored
