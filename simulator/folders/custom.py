"""Custom objects of a folder: ``Invoice__c.csv``, with ``Invoice__c.txt`` to declare its fields.

The declaration is one line a field, in the catalog's language; what it does not name is typed by
the values, as custom fields of standard objects are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from simulator.catalog import SObject
from simulator.catalog.custom import custom_object, custom_prefix, head_of
from simulator.folders.problems import Place
from simulator.folders.tables import Table

CUSTOM_OBJECT = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*__c")
COMMENT = "#"


def custom_objects(
    folder: Path, tables: Sequence[Table], sobjects: Mapping[str, SObject]
) -> list[SObject]:
    """The objects that the folder brings; OrgFolderInvalid for a declaration that is none."""
    found: list[SObject] = []
    for table in tables:
        if CUSTOM_OBJECT.fullmatch(table.sobject) and table.sobject not in sobjects:
            prefix = custom_prefix([*sobjects.values(), *found])
            found.append(_declared(folder, table.sobject, prefix))
    return found


def _declared(folder: Path, name: str, prefix: str) -> SObject:
    file = folder / f"{name}.txt"
    text = file.read_text("utf-8") if file.exists() else ""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(COMMENT)]
    try:
        return custom_object("\n".join([head_of(name, prefix), *lines]))
    except (KeyError, ValueError, TypeError) as error:
        raise Place(file.name).problem(
            f"the declaration cannot be read ({error})",
            do="Write one field a line, such as: Amount__c currency 16,2",
        ) from error
