"""
What the org shows today: describes become shapes, shapes become staging tables.

The same call asks for deleted records. What marts need and the org does not show is a finding
that names the permission; a required object that is hidden stops the sync.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from salesforce_elt import deletes, extracts, results, watermarks
from salesforce_elt.drift import (
    fields_added,
    fields_hidden,
    fields_retyped,
    fields_unknown,
    names_shown,
    objects_hidden,
    refuse_compounds,
    stop_on_required,
)
from salesforce_elt.fields import Shape, missing_needs, picklist_shape, shape
from salesforce_elt.hiding import note_hashed
from salesforce_elt.objects import SObject, objects_to_sync
from salesforce_elt.run import Run
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.composite import Answer
from salesforce_elt.salesforce.describes import read_schema
from salesforce_elt.settings import ObjectSettings, OrgSettings
from salesforce_elt.warehouse.staging import StagingTable, ensure_table
from salesforce_elt.windows import Window, next_window

log = logging.getLogger(__name__)

STATION = "plan"


@dataclass(frozen=True)
class Known:
    """An object that the org shows: its shape, and the window that this run reads of it.

    `is_whole`: every record is read, whatever the watermark says; `has_new_fields`: because
    staging lacks values of fields that were never read.
    """

    sobject: SObject
    shape: Shape
    watermark: datetime | None
    window: Window
    is_whole: bool
    has_new_fields: bool

    @property
    def name(self) -> str:
        """The API name."""
        return self.sobject.name


def take_inventory(
    conn: psycopg.Connection, run: Run, *, client: SalesforceClient, settings: OrgSettings
) -> list[Known]:
    """The objects to plan for; their staging tables exist and have every readable field.

    Raises AccessDenied when an object without which the marts would be wrong is hidden, and
    SettingsInvalid when a compound field is to be excluded or hashed.
    """
    wanted = objects_to_sync(tuple(settings.objects))
    described = tuple(one.name for one in wanted if one.source == "sobject")
    spans = deletes.spans(conn, run, [one.name for one in wanted if not one.is_setup])
    schema = read_schema(client, described, deleted=spans)
    refuse_compounds(settings, schema.describes)
    shapes = _shapes(wanted, schema.describes, settings)
    findings = [
        *objects_hidden(wanted, schema.describes),
        *fields_hidden(wanted, shapes),
        *fields_unknown(settings, shapes),
        *names_shown(settings, schema.describes, shapes),
    ]
    results.note_findings(conn, run, findings, station=STATION)
    stop_on_required(run.org, wanted, shapes)
    for one in wanted:
        _prepare_table(conn, run, one, shapes.get(one.name))
    refused = deletes.learn(conn, run, schema.deleted, spans)
    results.note_findings(conn, run, refused, station=STATION)
    return [
        _known(conn, run, one, shapes[one.name], settings) for one in wanted if one.name in shapes
    ]


def _known(
    conn: psycopg.Connection, run: Run, sobject: SObject, shape: Shape, settings: OrgSettings
) -> Known:
    watermark = watermarks.read(conn, run.org, sobject.name)
    added = _fields_never_read(conn, run, sobject.name, shape)
    results.note_findings(conn, run, fields_added(sobject.name, added), station=STATION)
    is_whole = (
        run.reads_whole(sobject.name) or sobject.is_setup or shape.cursor is None or bool(added)
    )
    start = None if is_whole else watermark
    window = next_window(start, run.until, overlap=settings.window.overlap)
    return Known(sobject, shape, watermark, window, is_whole, bool(added))


def _fields_never_read(conn: psycopg.Connection, run: Run, sobject: str, shape: Shape) -> list[str]:
    """Fields that the last extract did not have: new ones, and ones that were hidden until now."""
    known = extracts.last_fields(conn, run.org, sobject)
    if known is None:
        return []
    return [column.field for column in shape.columns if column.field not in known]


def _shapes(
    wanted: Sequence[SObject], describes: Mapping[str, Answer], settings: OrgSettings
) -> dict[str, Shape]:
    shapes: dict[str, Shape] = {}
    for sobject in wanted:
        if sobject.source == "picklists":
            shapes[sobject.name] = picklist_shape(sobject)
        elif describes[sobject.name].is_success:
            chosen = settings.objects.get(sobject.name, ObjectSettings())
            shapes[sobject.name] = shape(
                describes[sobject.name].body,
                exclude=chosen.exclude_fields,
                hashed=chosen.hash_fields,
            )
        elif not describes[sobject.name].is_hidden:
            raise describes[sobject.name].error(asked=f"Describe {sobject.name}")
    return shapes


def _prepare_table(
    conn: psycopg.Connection, run: Run, sobject: SObject, shape: Shape | None
) -> None:
    """Makes or widens the staging table, and notes which of its columns are hashed."""
    found = shape.columns if shape else ()
    columns = [*found, *missing_needs(sobject, found)]
    if not any(column.field == "Id" for column in columns):
        columns = [*picklist_shape(SObject(sobject.name)).columns, *columns]
    if shape and shape.hashed:
        note_hashed(conn, run, sobject.name, shape)
    with conn.transaction():
        retyped = ensure_table(conn, StagingTable(run.org, sobject.name), columns)
        results.note_findings(conn, run, fields_retyped(sobject.name, retyped), station=STATION)
    if shape and shape.left_out:
        log.info(
            "%s is read without %s (compound or binary)", sobject.name, ", ".join(shape.left_out)
        )
