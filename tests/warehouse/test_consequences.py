"""What marts lack without a field: by experiment, field by field, as `include/sql` says."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from psycopg import sql

from salesforce_elt.consequences import (
    FILE,
    Consequence,
    load_consequences,
    note_consequences,
    what_is_missing,
)
from salesforce_elt.models import Models
from salesforce_elt.objects import STANDARD_SET, SObject
from salesforce_elt.warehouse.names import staging_schema, warehouse_name
from tests.warehouse.rich_org import rich_org
from tests.warehouse.small_org import SmallOrg

Marts = Mapping[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def rich(
    postgres_server_18: Any, models: Models, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SmallOrg]:
    with rich_org(postgres_server_18, models, tmp_path_factory.mktemp("directory")) as org:
        yield org


@pytest.mark.slow
def test_the_consequences_are_what_the_marts_really_lack(rich: SmallOrg) -> None:
    before = rich.computed()
    found = {
        sobject.name: told
        for sobject in STANDARD_SET
        if (told := dict(consequences_of(rich, sobject, before)))
    }
    kept: dict[str, dict[str, Any]] = {}
    for (sobject, field), one in load_consequences(rich.models).items():
        kept.setdefault(sobject, {})[field] = as_written(one)
    assert kept == found, f"include/{FILE} has to say:\n{as_yaml(found)}"


def as_yaml(found: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(found), sort_keys=False, width=99)


def consequences_of(
    org: SmallOrg, sobject: SObject, before: Marts
) -> Iterator[tuple[str, dict[str, str]]]:
    """Field by field, where anything follows: what differs once it is empty in every row."""
    table = sql.Identifier(staging_schema(org.key), warehouse_name(sobject.name))
    for field in sobject.needs:
        with emptied(org, table, sql.Identifier(warehouse_name(field))) as after:
            if told := as_written(compared(org.models, before, after)):
                yield field, told


class emptied:  # noqa: N801  (reads as a verb where it stands)
    """The marts while a column is empty; afterwards it is as before."""

    def __init__(self, org: SmallOrg, table: sql.Identifier, column: sql.Identifier) -> None:
        self.org, self.table, self.column = org, table, column

    def __enter__(self) -> Marts:
        self._run("create table kept as select id, {} as value from {}", self.column, self.table)
        self._run("update {} set {} = null", self.table, self.column)
        return self.org.computed()

    def __exit__(self, *_: object) -> None:
        self._run("update {} as t set {} = kept.value from kept where kept.id = t.id", self.table,
                  self.column)
        self._run("drop table kept")

    def _run(self, statement: str, *names: sql.Identifier) -> None:
        self.org.conn.execute(sql.SQL(statement).format(*names))
        self.org.conn.commit()


def compared(models: Models, before: Marts, after: Marts) -> Consequence:
    empty, wrong = [], []
    for mart in sorted(models.marts):
        key = models.marts[mart].key
        old, new = ({tuple(row[one] for one in key): row for row in rows[mart]}
                    for rows in (before, after))
        if set(old) != set(new):
            wrong.append(mart)
            continue
        for column in before[mart][0] if before[mart] else ():
            if any(old[one][column] != new[one][column] for one in old):
                is_empty = all(row[column] is None for row in after[mart])
                (empty if is_empty else wrong).append(f"{mart}.{column}")
    return Consequence(empty, wrong)


def as_written(one: Consequence) -> dict[str, str]:
    return {name: " ".join(getattr(one, name)) for name in ("empty", "wrong")
            if getattr(one, name)}


def test_a_hidden_amount_says_which_columns_will_be_empty(models: Models) -> None:
    assert what_is_missing(models, "acme", "Opportunity", "Amount") == (
        "marts.opportunities.amount, corporate_amount, weighted_amount will be empty")


def test_a_hidden_object_says_which_marts_lack_it(models: Models) -> None:
    assert what_is_missing(models, "acme", "Task", None) == (
        "marts.activities will lack what comes of it")


def test_what_no_mart_reads_is_missing_in_staging(models: Models) -> None:
    assert what_is_missing(models, "acme", "Invoice__c", "Total__c") == (
        "staging_acme.invoice__c.total__c will be empty; no mart reads it")


def test_the_findings_of_a_sync_say_what_will_be_missing(org_18: SmallOrg) -> None:
    run = org_18.start_run()
    hide = "insert into sync.findings (run_id, org, severity, code, sobject, field, message)" \
           " values (%s, %s, 'warning', 'field_hidden', 'Opportunity', %s, 'hidden')"
    org_18.conn.execute(hide, [run.run_id, org_18.key, "CloseDate"])
    note_consequences(org_18.conn, run, load=lambda: org_18.models)
    ((missing,),) = org_18.conn.execute("select missing from sync.findings").fetchall()
    assert missing == "marts.opportunities.close_date will be empty"
