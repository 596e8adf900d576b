"""
This version writes a warehouse, for the tests of the migration that comes after it.

Not among the tests; before a migration is added:

    python -m pytest tests/migrations/write_warehouse.py
"""

import gzip

from tests.migrations.written import WAREHOUSES, dump, two_orgs, write

VERSION = "script"


def test_this_version_writes_a_warehouse(generated_desk, monkeypatch) -> None:
    first, second = two_orgs(generated_desk)
    write(first, second, monkeypatch)
    text = dump(first.warehouse_url)
    WAREHOUSES.mkdir(exist_ok=True)
    (WAREHOUSES / f"{VERSION}.sql.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
