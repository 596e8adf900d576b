"""
What the marts lack when the integration user cannot see a field or an object, in words.

`include/sql/consequences.yaml` says it field by field. It is no opinion: a test empties one field
after another of a small org and compares the marts (tests/warehouse/test_consequences.py).
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import psycopg
import yaml

from salesforce_elt.models import Models
from salesforce_elt.objects import STANDARD_SET
from salesforce_elt.run import Run
from salesforce_elt.warehouse.names import warehouse_name

log = logging.getLogger(__name__)

FILE = "sql/consequences.yaml"  # below the folder `include`
HIDDEN = ("field_hidden", "object_hidden")  # the codes of findings that have a consequence

HIDDEN_ONES = """
select finding_id, sobject, field, exists (
    select 1 from sync.watermarks as w
    where w.org = f.org and w.sobject = f.sobject and f.field is null
    union all
    select 1 from sync.fields as known
    where known.org = f.org and known.sobject = f.sobject and known.field = f.field
)
from sync.findings as f
where run_id = %s and code = any(%s) and missing is null
"""


@dataclass(frozen=True)
class Consequence:
    """Columns of marts (`opportunities.amount`) that are empty without a field; columns that are
    wrong or incomplete, and marts (`opportunities`) that have other rows."""

    empty: Sequence[str] = ()
    wrong: Sequence[str] = ()

    def __str__(self) -> str:
        columns = [one for one in self.wrong if "." in one]
        marts = [f"marts.{one}" for one in self.wrong if "." not in one]
        told = [
            (_listed(_by_mart(self.empty)), "empty"),
            (_listed(_by_mart(columns)), "wrong or incomplete"),
            (_listed(marts), "without some of their rows, or with too many"),
        ]
        return "; ".join(f"{names} will be {what}" for names, what in told if names)


def load_consequences(models: Models) -> Mapping[tuple[str, str], Consequence]:
    """By object and field, the API names; a field that is not there has none."""
    text = (models.root / FILE).read_text("utf-8")
    return {
        (sobject, field): Consequence(told.get("empty", "").split(), told.get("wrong", "").split())
        for sobject, fields in (yaml.safe_load(text) or {}).items()
        for field, told in fields.items()
    }


def what_is_missing(
    models: Models, org: str, sobject: str, field: str | None, *, is_kept: bool = False
) -> str:
    """What the warehouse lacks without a field, or, without `field`, without an object.

    `is_kept`: what was read before it was hidden stays, so nothing is empty, only old.
    """
    table = warehouse_name(sobject)
    own = f"staging_{org}.{table}{f'.{warehouse_name(field)}' if field else ''}"
    if is_kept:
        return f"{own} stays as it was, and what the marts make of it grows old"
    readers = _listed([f"marts.{name}" for name in _readers(models, table, sobject, field)])
    if not readers:
        return f"{own} will be empty; no mart reads it"
    if field is None:
        return f"{readers} will lack what comes of it"
    told = load_consequences(models).get((sobject, field))
    return str(told) if told else f"{own} will be empty, which {readers} may read"


def note_consequences(
    conn: psycopg.Connection, run: Run, *, load: Callable[[], Models | None]
) -> None:
    """Adds to the run's findings of hidden fields and objects what will be missing.

    `load` is asked only where there are some; None: no models can be read.
    """
    found = conn.execute(HIDDEN_ONES, [run.run_id, list(HIDDEN)]).fetchall()
    if not found or (models := load()) is None:
        return
    for finding, sobject, field, is_kept in found:
        words = what_is_missing(models, run.org, sobject, field, is_kept=is_kept)
        log.warning("%s%s: %s", sobject, f".{field}" if field else "", words)
        conn.execute(
            "update sync.findings set missing = %s where finding_id = %s", [words, finding]
        )


def _readers(models: Models, table: str, sobject: str, field: str | None) -> list[str]:
    """The marts that read an object, and possibly the field."""
    is_needed = field is None or any(
        one.name == sobject and field in one.needs for one in STANDARD_SET
    )
    return [name for name, one in models.marts.items() if is_needed and table in one.staging_tables]


def _by_mart(columns: Sequence[str]) -> list[str]:
    """`marts.opportunities.amount, probability`, for each mart."""
    split = sorted(one.split(".") for one in columns)
    return [
        f"marts.{mart}.{', '.join(column for _, column in found)}"
        for mart, found in groupby(split, key=lambda one: one[0])
    ]


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
