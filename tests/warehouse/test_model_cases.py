"""
What the models say, one folder a sentence: `given` staging rows, `expect` rows of marts.

A case may have `settings.yaml` (an org's settings) and `members.csv` (the directory). An expected
file names the columns it is about; rows are in any order, and an empty cell is NULL.
"""

import csv
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from salesforce_elt.models import Models
from salesforce_elt.named_values import accept_values
from salesforce_elt.settings.load import load_settings
from salesforce_elt.settings.models import OrgSettings
from salesforce_elt.settings_tables import load_settings_tables
from tests.warehouse.small_org import from_scratch

ORG = "acme"
CASES = sorted((Path(__file__).parent / "cases").iterdir())

Row = tuple[str | None, ...]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(
    case: Path, staged_connection: psycopg.Connection, models: Models, tmp_path: Path
) -> None:
    with staged_connection.transaction(force_rollback=True):
        for file in (case / "given").glob("*.csv"):
            load(staged_connection, file)
        settings = settings_of(case, tmp_path)
        accept_values(staged_connection, settings)
        load_settings_tables(staged_connection, settings)
        expected = {file.stem: read(file) for file in sorted((case / "expect").glob("*.csv"))}
        found = {
            mart: select(staged_connection, from_scratch(models, mart, ORG), columns=columns)
            for mart, (columns, _) in expected.items()
        }
    assert found == {mart: rows for mart, (_, rows) in expected.items()}


def settings_of(case: Path, tmp_path: Path) -> OrgSettings:
    """The case's settings, read as the project reads its own."""
    file = case / "settings.yaml"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    text = "\n    ".join([f"orgs:\n  {ORG}:", "connection: salesforce_acme", *lines])
    (tmp_path / "sync.yaml").write_text(text + "\n", "utf-8")
    return load_settings(tmp_path / "sync.yaml", root=case).orgs[ORG]


def load(conn: psycopg.Connection, file: Path) -> None:
    """Fills a staging table from a file."""
    with file.open(encoding="utf-8") as lines:
        columns = sql.SQL(", ").join(map(sql.Identifier, next(csv.reader(lines))))
    statement = sql.SQL("copy {} ({}) from stdin (format csv, header)").format(
        sql.Identifier(f"staging_{ORG}", file.stem), columns)
    with conn.cursor().copy(statement) as copy:
        copy.write(file.read_bytes())


def read(file: Path) -> tuple[list[str], list[Row]]:
    """The columns and the rows of an expected file."""
    with file.open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    return header, in_order([tuple(cell or None for cell in row) for row in rows])


def select(conn: psycopg.Connection, model: str, *, columns: list[str]) -> list[Row]:
    """What a model says in these columns, as text."""
    texts = sql.SQL(", ").join(
        sql.SQL("cast({} as text)").format(sql.Identifier(name)) for name in columns)
    query = sql.SQL("select {} from ({}) as model").format(texts, sql.SQL(model))
    return in_order(conn.execute(query).fetchall())


def in_order(rows: list[Row]) -> list[Row]:
    """The rows in an order that does not depend on the server."""
    return sorted(rows, key=lambda row: tuple(cell or "" for cell in row))
