"""
Which version of its own tables a warehouse has, and which this code knows.

Every task and command asks, so it is asked without Alembic, which takes half a second to import.
"""

import re
from functools import cache
from importlib.resources import files

import psycopg

from salesforce_elt.errors import MigrationRefused

STEP = re.compile(r"v(\d{4})_\w+\.py")
SCHEMA, TABLE = "sync", "alembic_version"


@cache
def known_versions() -> tuple[str, ...]:
    """The versions that this code knows, in order: the steps in `migrations`."""
    names = (one.name for one in files("salesforce_elt.warehouse.migrations").iterdir())
    return tuple(sorted(step[1] for name in names if (step := STEP.fullmatch(name))))


def version_of(conn: psycopg.Connection) -> str | None:
    """The version of the warehouse's own tables; None before the first step."""
    (found,) = next(conn.execute("select to_regclass(%s)", [f"{SCHEMA}.{TABLE}"]))
    if found is None:
        return None
    row = conn.execute(f"select version_num from {SCHEMA}.{TABLE}").fetchone()
    return row[0] if row else None


def next_version(conn: psycopg.Connection) -> str | None:
    """The version that the warehouse has to be brought to next; None when it is up to date.

    Raises MigrationRefused when a newer version of this project brought it further already.
    """
    found, known = version_of(conn), known_versions()
    if found is None:
        return known[0]
    if found not in known:
        raise MigrationRefused(
            f"The warehouse {conn.info.dbname} has the version {found} (sync.alembic_version), and "
            f"this installation knows the versions up to {known[-1]}: a newer one has used the "
            "warehouse. Nothing was changed. Install the newer version here too, or point "
            "ELT_WAREHOUSE_URL at a warehouse of this version, such as a backup from before."
        )
    return next(iter(known[known.index(found) + 1 :]), None)
