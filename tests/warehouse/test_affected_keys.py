"""
Every column that the models need reaches the marts, and every step of a header is needed for it.

Staging rows are changed one column at a time; after each sync the marts, of which only the affected
keys were computed, equal what the models say of staging as it is.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from salesforce_elt import changes
from salesforce_elt.affected import affected_keys
from salesforce_elt.headers import Affected
from salesforce_elt.models import Model, Models
from salesforce_elt.objects import STANDARD_SET
from salesforce_elt.warehouse.names import warehouse_name
from tests.warehouse.rich_org import RECORDS, rich_org
from tests.warehouse.small_org import SmallOrg


@pytest.fixture(scope="module")
def rich(
    postgres_server: Any, models: Models, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SmallOrg]:
    """A published org in which every reference leads somewhere."""
    with rich_org(postgres_server, models, tmp_path_factory.mktemp("directory")) as org:
        yield org


def columns_of(sobject: str) -> list[str]:
    """The columns that the models need of an object, but for those that no row here fills."""
    return sorted({name for row in RECORDS[sobject] for name in row} - {"id"})


def versions(sobject: str) -> list[dict[str, Any]]:
    """What becomes of the object's first record: each column alone, all at once, its end, and
    what it was at first."""
    first, *others = RECORDS[sobject]
    became = [{column: next((row[column] for row in others
                             if column in row and row[column] != value), None)}
              for column in columns_of(sobject) for value in [first.get(column)]]
    return [{"id": first["id"], **one} for one in
            (*became, {"_is_deleted": True}, {**first, "_is_deleted": False})]


@pytest.mark.slow
@pytest.mark.parametrize("sobject", RECORDS)
def test_a_change_of_any_column_reaches_every_mart(rich: SmallOrg, sobject: str) -> None:
    for version in versions(sobject):
        rich.stage(sobject, version)
        rich.sync()
        assert rich.published() == rich.computed(), version


def test_every_column_that_the_models_need_is_changed_somewhere() -> None:
    needed = {(one.name, warehouse_name(name)) for one in STANDARD_SET for name in one.needs}
    unread = {("User", "username"), ("User", "user_type"), ("User", "manager_id")}
    changed = {(sobject, column) for sobject in RECORDS for column in columns_of(sobject)}
    assert needed - changed - unread == set()


@pytest.mark.slow
def test_every_step_of_a_header_is_needed(rich: SmallOrg) -> None:
    needed = {step for sobject in RECORDS for step in needed_steps(rich, sobject)}
    unneeded = [f"{model.name}: {step.table}.{step.column} ({step.path})"
                for model in rich.models.marts.values() for step in model.header.affected_by
                if not step.is_all and step.table in model.staging_tables
                and (model.name, step) not in needed]
    assert "\n".join(unneeded) == ""


def needed_steps(org: SmallOrg, sobject: str) -> Iterator[tuple[str, Affected]]:
    """The steps without which a key that a change of the object's first record changed would not
    be found."""
    for version in versions(sobject):
        before = org.published()
        org.stage(sobject, version)
        after = org.computed()
        for model in org.models.marts.values():
            changed = changed_keys(model, before[model.name], after[model.name])
            for step in model.header.steps(warehouse_name(sobject)):
                if not step.is_all and changed - found_keys(org, without(model, step), sobject):
                    yield model.name, step
        org.sync()


def without(model: Model, step: Affected) -> Model:
    """The model with a header that lacks a step."""
    steps = tuple(one for one in model.header.affected_by if one != step)
    return replace(model, header=replace(model.header, affected_by=steps))


def found_keys(org: SmallOrg, model: Model, sobject: str) -> set[str]:
    """The keys that the header leads to from what is pending."""
    table = warehouse_name(sobject)
    if any(step.is_all for step in model.header.steps(table)):
        return {row[model.header.recomputed_by] for row in org.computed()[model.name]}
    names = changes.travel_columns(org.models).get(table, ["id"])
    batches = [row["batch_id"] for row in org.rows("select batch_id from sync.pending_batches")]
    changes.keep_staging(org.conn, org.key, table, batches=batches, columns=names)
    rows = changes.changed_table(table)
    found = org.conn.execute(affected_keys(model, org.key, changed={table: rows})).fetchall()
    org.conn.rollback()
    return {key for (key,) in found}


def changed_keys(
    model: Model, before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> set[str]:
    """The keys of rows that are not in both."""
    different = [row for row in before if row not in after]
    different += [row for row in after if row not in before]
    return {row[model.header.recomputed_by] for row in different}
