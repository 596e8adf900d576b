"""
What the org shows today: describes become shapes, shapes become staging tables.

The same call asks for deleted records. What marts need and the org does not show is a finding
that names the permission; a required object that is hidden stops the sync.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from salesforce_elt import results, watermarks
from salesforce_elt.errors import AccessDenied, SettingsInvalid
from salesforce_elt.fields import Shape, missing_needs, picklist_shape, shape
from salesforce_elt.objects import OPTIONAL_FIELDS, SObject, objects_to_sync
from salesforce_elt.results import Finding
from salesforce_elt.run import Run
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.composite import Answer
from salesforce_elt.salesforce.describes import SHORTEST_SPAN, read_schema
from salesforce_elt.settings import OrgSettings
from salesforce_elt.warehouse.staging import StagingTable, ensure_table
from salesforce_elt.windows import Window, next_window

HIDDEN = frozenset({403, 404})


@dataclass(frozen=True)
class Known:
    """An object that the org shows: its shape, and the window that this run reads of it."""

    sobject: SObject
    shape: Shape
    watermark: datetime | None
    window: Window
    is_full: bool

    @property
    def name(self) -> str:
        """The API name."""
        return self.sobject.name


def take_inventory(
    conn: psycopg.Connection, run: Run, *, client: SalesforceClient, settings: OrgSettings
) -> list[Known]:
    """The objects to plan for; their staging tables exist and have every readable field.

    Raises AccessDenied when an object without which the marts would be wrong is hidden, and
    SettingsInvalid when fields are to be hashed, which no way of reading does yet.
    """
    _refuse_hashing(settings)
    wanted = objects_to_sync(tuple(settings.objects))
    described = tuple(one.name for one in wanted if one.source == "sobject")
    spans = _delete_spans(conn, run, [one.name for one in wanted if not one.is_setup])
    schema = read_schema(client, described, deleted=spans)
    shapes = _shapes(wanted, schema.describes, settings)
    findings = _hidden(wanted, schema.describes) + _missing_fields(wanted, shapes)
    results.note_findings(conn, run, findings)
    _stop_on_required(run, wanted, shapes)
    findings = [
        _added(run, sobject, fields)
        for sobject in wanted
        if (fields := _ensure(conn, run, sobject, shapes.get(sobject.name)))
    ]
    results.note_findings(conn, run, findings)
    _learn_deletes(conn, run, schema.deleted, spans)
    return [
        _known(conn, run, one, shapes[one.name], settings.window.overlap)
        for one in wanted
        if one.name in shapes
    ]


def _refuse_hashing(settings: OrgSettings) -> None:
    hashed = [name for name, chosen in settings.objects.items() if chosen.hash_fields]
    if hashed:
        raise SettingsInvalid(
            f"orgs.{settings.key}.objects.{hashed[0]}.hash_fields: fields cannot be hashed yet, "
            "and reading them in the clear is not what you asked for, so nothing was read. Name "
            "them under exclude_fields, which never reads them."
        )


def _known(
    conn: psycopg.Connection, run: Run, sobject: SObject, shape: Shape, overlap: timedelta
) -> Known:
    watermark = watermarks.read(conn, run.org, sobject.name)
    is_full = (
        run.reads_whole(sobject.name)
        or sobject.is_setup
        or watermark is None
        or shape.cursor is None
    )
    window = next_window(None if is_full else watermark, run.until, overlap=overlap)
    return Known(sobject, shape, watermark, window, is_full)


def _shapes(
    wanted: Sequence[SObject], describes: Mapping[str, Answer], settings: OrgSettings
) -> dict[str, Shape]:
    shapes: dict[str, Shape] = {}
    for sobject in wanted:
        chosen = settings.objects.get(sobject.name)
        exclude = chosen.exclude_fields if chosen else ()
        if sobject.source == "picklists":
            shapes[sobject.name] = picklist_shape(sobject)
        elif describes[sobject.name].is_success:
            shapes[sobject.name] = shape(describes[sobject.name].body, exclude=exclude)
        elif describes[sobject.name].http_status not in HIDDEN:
            raise describes[sobject.name].error(asked=f"Describe {sobject.name}")
    return shapes


def _hidden(wanted: Sequence[SObject], describes: Mapping[str, Answer]) -> list[Finding]:
    return [
        Finding(
            "error" if sobject.is_required else "warning",
            "object_hidden",
            f"{sobject.name} is not visible to the integration user, so its rows are missing from "
            f"the warehouse. Give the user's permission set Read and View All on {sobject.name}.",
            sobject.name,
        )
        for sobject in wanted
        if sobject.is_everywhere
        and sobject.name in describes
        and not describes[sobject.name].is_success
    ]


def _missing_fields(wanted: Sequence[SObject], shapes: Mapping[str, Shape]) -> list[Finding]:
    return [
        Finding(
            "warning",
            "field_hidden",
            f"{sobject.name}.{column.field} is not visible to the integration user, so what the "
            "marts make of it is empty. Give its permission set read access to the field, or "
            "check that the org has it.",
            sobject.name,
            column.field,
        )
        for sobject in wanted
        if sobject.name in shapes
        for column in missing_needs(sobject, shapes[sobject.name].columns)
        if (sobject.name, column.field) not in OPTIONAL_FIELDS
    ]


def _stop_on_required(run: Run, wanted: Sequence[SObject], shapes: Mapping[str, Shape]) -> None:
    hidden = [one.name for one in wanted if one.is_required and one.name not in shapes]
    if hidden:
        raise AccessDenied(
            f"{run.org}: the integration user cannot see {', '.join(hidden)}, without which the "
            "marts would be wrong. Give its permission set Read and View All on "
            f"{', '.join(hidden)} (Setup > Permission Sets > Object Settings), then run the sync "
            "again. Nothing was changed."
        )


def _ensure(
    conn: psycopg.Connection, run: Run, sobject: SObject, shape: Shape | None
) -> tuple[str, ...]:
    """Makes or widens the staging table; returns the fields that are new to it."""
    found = shape.columns if shape else ()
    columns = [*found, *missing_needs(sobject, found)]
    if not any(column.field == "Id" for column in columns):
        columns = [*picklist_shape(SObject(sobject.name)).columns, *columns]
    with conn.transaction():
        return ensure_table(conn, StagingTable(run.org, sobject.name), columns)


def _added(run: Run, sobject: SObject, fields: Sequence[str]) -> Finding:
    return Finding(
        "info",
        "field_added",
        f"{sobject.name} has new fields: {', '.join(fields)}. Records that change from now on "
        "have them; a full synchronization fills the others.",
        sobject.name,
    )


def _delete_spans(
    conn: psycopg.Connection, run: Run, names: Sequence[str]
) -> dict[str, tuple[datetime, datetime]]:
    """Since when deletes are asked for, of the objects that have been loaded once.

    Deletes have their own watermark (design rule 10); when less than two whole minutes have
    passed the call is left to the next run.
    """
    marks = {name: watermarks.read(conn, run.org, name, kind=watermarks.DELETES) for name in names}
    return {
        name: (mark, run.until)
        for name, mark in marks.items()
        if mark is not None and run.until - mark >= SHORTEST_SPAN
    }


def _learn_deletes(
    conn: psycopg.Connection,
    run: Run,
    answers: Mapping[str, Answer],
    spans: Mapping[str, tuple[datetime, datetime]],
) -> None:
    """Notes the Ids that getDeleted names and moves its watermark, in one transaction each."""
    for name, answer in answers.items():
        if not answer.is_success:
            results.note_findings(conn, run, [_deletes_refused(name, answer)])
            continue
        rows = [
            (run.org, name, one["id"], one["deletedDate"]) for one in answer.body["deletedRecords"]
        ]
        with conn.transaction(), conn.cursor() as cursor:
            cursor.executemany(
                "insert into sync.learnt_deletes (org, sobject, id, deleted_at)"
                " values (%s, %s, %s, %s) on conflict (org, sobject, id) do update"
                " set deleted_at = greatest(learnt_deletes.deleted_at, excluded.deleted_at)",
                rows,
            )
            covered = min(datetime.fromisoformat(answer.body["latestDateCovered"]), run.until)
            watermarks.advance(
                conn, run.org, name, start=spans[name][0], until=covered, kind=watermarks.DELETES
            )


def _deletes_refused(name: str, answer: Answer) -> Finding:
    error = answer.error(asked=f"Deleted records of {name}")
    return Finding(
        "warning",
        "deletes_unknown",
        f"{error} Records that were deleted without passing the recycle bin stay in the "
        "warehouse until a full synchronization.",
        name,
    )
