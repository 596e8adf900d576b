"""`make results`: what a sync did, as its report says it; RUN, ORG and FORMAT choose."""

import os
import sys
from collections.abc import Sequence

import psycopg

from desk.warehouse import readable_warehouse
from salesforce_elt.environment import Environment
from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.history import PastSync, has_results, newest_sync, newest_syncs
from salesforce_elt.printable import printable
from salesforce_elt.report import Report, read_report
from salesforce_elt.results_files import PARTS, report_csv, report_json
from salesforce_elt.results_text import render

FORMATS = ("table", "json", "csv")
OBJECTS = "objects"


def main(arguments: Sequence[str]) -> int:
    """Print the results of a sync: of the run that is named, else of the newest."""
    run_id, org, form, part = arguments
    if form not in FORMATS:
        raise SettingsInvalid(
            f"FORMAT is '{form}'. Use table, json or csv, or leave it out: table."
        )
    if part and part not in PARTS:
        raise SettingsInvalid(
            f"PART is '{part}'. With FORMAT=csv it is one of {', '.join(PARTS)}; "
            f"left out: {OBJECTS}."
        )
    if part and form != "csv":
        raise SettingsInvalid(
            f"PART is '{part}', but FORMAT is '{form}', which shows everything. Add FORMAT=csv, or "
            "leave PART out."
        )
    with readable_warehouse(Environment.read(os.environ)) as connection:
        connection.execute("set timezone to 'UTC'")
        report, others = _found(connection, run_id, org)
    if form == "table":
        print(render(report) + _others(others))
    else:
        shown = report_json(report) if form == "json" else report_csv(report, part or OBJECTS)
        sys.stdout.write(shown.replace("\r\n", "\n"))
    return 0


def _found(
    connection: psycopg.Connection, run_id: str, org: str
) -> tuple[Report, Sequence[PastSync]]:
    """The results that were asked for, and the newest syncs of other orgs."""
    if not has_results(connection):
        raise SettingsInvalid(
            "There are no sync results yet: the first sync makes them (make run)."
        )
    if run_id:
        return _of_run(connection, run_id, org), ()
    newest = newest_syncs(connection)
    if not org:
        chosen = max(newest, key=lambda one: one.started_at)
        others = [one for one in newest if one.org != chosen.org]
        return read_report(connection, chosen.run_id), others
    if (found := newest_sync(connection, org)) is None:
        raise SettingsInvalid(
            f"No org '{org}' was ever synced into this warehouse. There are: "
            f"{', '.join(one.org for one in newest)}."
        )
    return read_report(connection, found.run_id), ()


def _of_run(connection: psycopg.Connection, run_id: str, org: str) -> Report:
    try:
        report = read_report(connection, run_id)
    except LookupError as error:
        newest = ", ".join(one.run_id for one in newest_syncs(connection))
        raise SettingsInvalid(f"{error.args[0]} The newest of each org: {newest}.") from error
    if org and report.run["org"] != org:
        raise SettingsInvalid(
            f"The sync '{run_id}' is one of {report.run['org']}, not of {org}. Leave ORG out."
        )
    return report


def _others(syncs: Sequence[PastSync]) -> str:
    if not syncs:
        return ""
    lines = [f"  {one.org}: {one.status}, {one.started_at:%Y-%m-%d %H:%M} UTC" for one in syncs]
    return printable("\n\nOther orgs' newest syncs (ORG=… shows them):\n" + "\n".join(lines))
