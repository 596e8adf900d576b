"""The settings and the member directory as staging tables, so that models read them in SQL."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import astuple
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from salesforce_elt.members import Member, read_directory
from salesforce_elt.members_in_warehouse import read_from_warehouse
from salesforce_elt.named_values import accepted_processes
from salesforce_elt.settings.models import OrgSettings
from salesforce_elt.warehouse.columns import column_types
from salesforce_elt.warehouse.names import staging_schema
from salesforce_elt.warehouse.staging import StagingTable

TABLES = {
    "sync_settings": "start_date date, minimum_probability numeric, minimum_amount numeric,"
    " opportunity_types text[], pipeline_mode text not null, sales_processes text[],"
    " sales_process_ids text[], without_record_type text not null,"
    " imported_weekly_capacity_hours numeric not null",
    "member_directory": "member_id text primary key, member_name text not null, email text,"
    " is_active boolean not null, weekly_capacity_hours numeric",
    "member_overrides": "salesforce_email text not null, member_email text not null",
}

# What a mart depends on when it reads the table: settings by their names.
PARTS = {
    "sync_settings": (
        "start_date",
        "opportunity_minimums",
        "opportunity_types",
        "pipelines",
        "imported_members",
    ),
    "member_directory": ("members.directory",),
    "member_overrides": ("members.overrides",),
}


def load_settings_tables(conn: psycopg.Connection, settings: OrgSettings) -> dict[str, str]:
    """Replaces the org's settings tables by what the settings and the directory say now.

    What the settings name of the org has to be accepted before (see named_values.py).

    Returns a short hash of each setting that marts depend on, by its name. Raises
    SettingsInvalid when the directory cannot be read; the tables stay as they were.
    """
    members = [astuple(member) for member in directory_members(conn, settings)]
    process_ids = _process_ids(conn, settings)
    rows = {
        "sync_settings": [_settings_row(settings, process_ids)],
        "member_directory": members,
        "member_overrides": sorted(settings.members.overrides.items()),
    }
    schema = sql.Identifier(staging_schema(settings.key))
    with conn.transaction():
        conn.execute(sql.SQL("create schema if not exists {}").format(schema))
        for name, columns in TABLES.items():
            _replace(conn, StagingTable(settings.key, name), columns=columns, rows=rows[name])
    parts = settings.model_dump(mode="json", include=set(PARTS["sync_settings"]))
    parts["pipelines"] |= {"sales_process_ids": process_ids}
    parts |= {
        "members.directory": sorted(members, key=str),
        "members.overrides": settings.members.overrides,
    }
    return {name: _digest(value) for name, value in parts.items()}


def directory_members(conn: psycopg.Connection, settings: OrgSettings) -> list[Member]:
    directory = settings.members.directory
    if directory is None:
        return []
    if isinstance(directory, Path):
        return read_directory(directory)
    return read_from_warehouse(conn, settings.key, directory)


def _process_ids(conn: psycopg.Connection, settings: OrgSettings) -> list[str] | None:
    """The sales processes that are selected; None where the settings select all."""
    if settings.pipelines.sales_processes is None:
        return None
    return accepted_processes(conn, settings.key)


def _settings_row(settings: OrgSettings, process_ids: list[str] | None) -> tuple[Any, ...]:
    imported = settings.imported_members
    has_hours = imported.availability == "default_capacity"
    return (
        settings.start_date,
        settings.opportunity_minimums.probability,
        settings.opportunity_minimums.amount,
        _array(settings.opportunity_types),
        settings.pipelines.mode,
        _array(settings.pipelines.sales_processes),
        process_ids,
        settings.pipelines.without_record_type,
        imported.weekly_capacity_hours if has_hours else 0,
    )


def _array(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)


def _replace(
    conn: psycopg.Connection, table: StagingTable, *, columns: str, rows: Iterable[tuple[Any, ...]]
) -> None:
    if list(column_types(conn, table.name)) != [one.split()[0] for one in columns.split(", ")]:
        # It is not there, or an earlier version made it.
        conn.execute(sql.SQL("drop table if exists {}").format(table.name))
        conn.execute(sql.SQL("create table {} ({})").format(table.name, sql.SQL(columns)))
    conn.execute(sql.SQL("delete from {}").format(table.name))
    statement = sql.SQL("copy {} from stdin").format(table.name)
    with conn.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
    # Without statistics the planner takes a table of one row for one of hundreds.
    conn.execute(sql.SQL("analyze {}").format(table.name))


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
