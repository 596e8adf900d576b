"""
What the org shows today: describes become shapes, shapes become staging tables.

The same call asks for deleted records. What the org does not show (any more) is a finding that
names the permission; an object that is hidden stops itself, and no other.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg

from salesforce_elt import deletes, results, watermarks
from salesforce_elt.drift import (
    cannot_widen,
    fields_added,
    fields_hidden,
    fields_retyped,
    fields_unknown,
    names_shown,
    objects_hidden,
    refuse_compounds,
)
from salesforce_elt.fields import Shape, missing_needs, owners, picklist_shape, shape
from salesforce_elt.hiding import note_hashed
from salesforce_elt.known_fields import KnownField, follow, known_fields
from salesforce_elt.lost_tables import forget_lost
from salesforce_elt.objects import SObject, objects_to_sync
from salesforce_elt.org_values import note_picklists
from salesforce_elt.run import Run
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.composite import Answer
from salesforce_elt.salesforce.describes import Schema, read_schema
from salesforce_elt.settings import ObjectSettings, OrgSettings
from salesforce_elt.warehouse.columns import column_types
from salesforce_elt.warehouse.names import warehouse_name
from salesforce_elt.warehouse.staging import StagingTable, ensure_table
from salesforce_elt.windows import Window, next_window

log = logging.getLogger(__name__)

STATION = "plan"


@dataclass(frozen=True)
class Known:
    """An object that the org shows: its shape, and the window that this run reads of it.

    `is_whole`: every record is read, whatever the watermark says. `to_fill` are the fields that old
    rows lack; `is_untold`: Salesforce does not tell its deletes since the last sync any more.
    """

    sobject: SObject
    shape: Shape
    watermark: datetime | None
    window: Window
    is_whole: bool
    to_fill: tuple[str, ...] = ()
    is_untold: bool = False

    @property
    def name(self) -> str:
        """The API name."""
        return self.sobject.name


def take_inventory(
    conn: psycopg.Connection, run: Run, *, client: SalesforceClient, settings: OrgSettings
) -> list[Known]:
    """The objects to plan for; their staging tables exist and have every readable field.

    An object that is hidden, or whose table cannot follow its fields, is left out with a finding;
    that stops no other. Raises SettingsInvalid when a compound field is to be excluded or hashed.
    """
    wanted = objects_to_sync(tuple(settings.objects))
    lost = forget_lost(conn, run, [one.name for one in wanted])
    results.note_findings(conn, run, lost, station=STATION)
    described = tuple(one.name for one in wanted if one.source == "sobject")
    traced = [one.name for one in wanted if not one.is_setup]
    spans = deletes.spans(conn, run, traced)
    schema = read_schema(client, described, deleted=spans)
    refuse_compounds(settings, schema.describes)
    shapes = _shapes(wanted, schema.describes, settings)
    shapes = {
        one.name: shapes[one.name]
        for one in wanted
        if _prepare_table(conn, run, one, shapes.get(one.name)) and one.name in shapes
    }
    for name, shown in shapes.items():
        follow(conn, run, name, shown)
    _note_drift(conn, run, wanted, schema, shapes=shapes, settings=settings)
    note_picklists(conn, run, schema.describes)
    deletes.learn(conn, run, schema.deleted, spans)
    replicateable = [name for name in traced if name in shapes and shapes[name].is_replicateable]
    untold = deletes.untold(conn, run, schema.deleted, replicateable)
    results.note_findings(conn, run, untold.findings, station=STATION)
    known = (
        _known(conn, run, one, shapes[one.name], settings) for one in wanted if one.name in shapes
    )
    return [replace(one, is_untold=one.name in untold.names) for one in known]


def _note_drift(
    conn: psycopg.Connection,
    run: Run,
    wanted: Sequence[SObject],
    schema: Schema,
    *,
    shapes: Mapping[str, Shape],
    settings: OrgSettings,
) -> None:
    loaded = {one.name for one in wanted if watermarks.read(conn, run.org, one.name)}
    known = {name: _with_columns(conn, run, name) for name in shapes}
    findings = [
        *objects_hidden(wanted, schema.describes, loaded=loaded),
        *fields_hidden(wanted, shapes, known),
        *fields_unknown(settings, shapes),
        *names_shown(settings, schema.describes, shapes),
    ]
    results.note_findings(conn, run, findings, station=STATION)


def _with_columns(conn: psycopg.Connection, run: Run, sobject: str) -> list[KnownField]:
    """The known fields whose columns are there: what somebody dropped is not missed."""
    present = column_types(conn, StagingTable(run.org, sobject).name)
    known = known_fields(conn, run.org, sobject)
    return [one for one in known if warehouse_name(one.field) in present]


def _known(
    conn: psycopg.Connection, run: Run, sobject: SObject, shape: Shape, settings: OrgSettings
) -> Known:
    watermark = watermarks.read(conn, run.org, sobject.name)
    known = known_fields(conn, run.org, sobject.name)
    incomplete = tuple(one.field for one in known if not (one.is_complete or one.hidden_since))
    to_fill = incomplete if watermark else ()
    results.note_findings(conn, run, fields_added(sobject.name, to_fill), station=STATION)
    is_whole = run.reads_whole(sobject.name) or sobject.is_setup or shape.cursor is None
    start = None if is_whole else watermark
    window = next_window(start, run.until, overlap=settings.window.overlap)
    return Known(sobject, shape, watermark, window, is_whole, to_fill)


def _shapes(
    wanted: Sequence[SObject], describes: Mapping[str, Answer], settings: OrgSettings
) -> dict[str, Shape]:
    shapes: dict[str, Shape] = {}
    deleted_with = owners(one.body for one in describes.values() if one.is_success)
    for sobject in wanted:
        if sobject.source == "picklists":
            shapes[sobject.name] = picklist_shape(sobject)
        elif describes[sobject.name].is_success:
            chosen = settings.objects.get(sobject.name, ObjectSettings())
            found = shape(
                describes[sobject.name].body,
                exclude=chosen.exclude_fields,
                hashed=chosen.hash_fields,
                refresh=chosen.refresh_fields,
            )
            shapes[sobject.name] = replace(found, deleted_with=deleted_with.get(sobject.name, {}))
        elif not describes[sobject.name].is_hidden:
            raise describes[sobject.name].error(asked=f"Describe {sobject.name}")
    return shapes


def _prepare_table(
    conn: psycopg.Connection, run: Run, sobject: SObject, shape: Shape | None
) -> bool:
    """Makes or widens the staging table, and notes which of its columns are hashed.

    False when it cannot follow the fields; the others' tables are not held up by that.
    """
    found = shape.columns if shape else ()
    columns = [*found, *missing_needs(sobject, found)]
    if not any(column.field == "Id" for column in columns):
        columns = [*picklist_shape(SObject(sobject.name)).columns, *columns]
    if shape and shape.hashed:
        note_hashed(conn, run, sobject.name, shape)
    try:
        with conn.transaction():
            retyped = ensure_table(conn, StagingTable(run.org, sobject.name), columns)
    except psycopg.errors.FeatureNotSupported as error:
        reason = error.diag.message_primary or "PostgreSQL refuses to change it"
        results.note_findings(conn, run, [cannot_widen(sobject.name, reason)], station=STATION)
        return False
    results.note_findings(conn, run, fields_retyped(sobject.name, retyped), station=STATION)
    if shape and shape.left_out:
        log.info(
            "%s is read without %s (compound or binary)", sobject.name, ", ".join(shape.left_out)
        )
    return True
