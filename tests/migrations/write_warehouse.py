"""
This version writes a warehouse, for the tests of the migrations that come after it.

Not among the tests; before a migration of tables that the last written one does not have:

    python -m pytest tests/migrations/write_warehouse.py
"""

import gzip

from salesforce_elt.warehouse.versions import known_versions
from tests.migrations.written import WAREHOUSES, dump, two_orgs, write


def test_this_version_writes_a_warehouse(generated_desk, monkeypatch) -> None:
    first, second = two_orgs(generated_desk)
    write(first, second, monkeypatch)
    text = dump(first.warehouse_url)
    file = WAREHOUSES / f"{known_versions()[-1]}.sql.gz"
    file.write_bytes(gzip.compress(text.encode(), mtime=0))
