"""The tables of sync."""

from importlib.resources import files

import sqlalchemy
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """A new warehouse gets the tables; one from before there were migrations keeps its rows.

    Its tables came from any version of a script that was run again whenever it had changed, and
    from 2026-11-26 14:41 UTC on that script brought along all that came later, but not before.
    """
    if sqlalchemy.inspect(op.get_bind()).has_table("runs", schema="sync"):
        _run("v0001_from_the_script.sql")
    _run("v0001_tables.sql")


def _run(name: str) -> None:
    op.execute(files("salesforce_elt.warehouse.migrations").joinpath(name).read_text("utf-8"))
