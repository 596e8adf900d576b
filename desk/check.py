"""`make check`: what a sync would stumble over, what it will cost, and how to mend it."""

import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

from rich.console import Console
from rich.table import Table

from desk.org import ORG
from desk.org_client import OpenClient, org_clients
from desk.permission_set import org_of
from desk.postgres import is_free
from desk.sql import console
from salesforce_elt.environment import PROJECT, Environment, warehouse_url
from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.models import load_models
from salesforce_elt.org_check import Checked, check_org
from salesforce_elt.printable import printable
from salesforce_elt.settings import OrgSettings, load_settings
from salesforce_elt.warehouse.connection import connect

WIDTH = 120
FORMATS = ("table", "json")
ERROR = "error"
EXIT_CODES = {"": 0, "info": 0, "warning": 3, ERROR: 4}
SIMULATED = f"salesforce_{ORG}"
NOT_RUNNING = (
    f"\nThe simulated org of this copy, which {SIMULATED} leads to, is not running: 'make up' "
    "starts it. Check again while that runs."
)
STYLES = {ERROR: "bold red", "warning": "yellow", "info": ""}


def main(arguments: Sequence[str]) -> int:
    """Check one org, or all; the exit code tells the worst severity."""
    org, form = arguments
    if form not in FORMATS:
        raise SettingsInvalid(f"FORMAT is '{form}'. Use table or json, or leave it out: table.")
    environment = Environment.read(os.environ)
    settings = load_settings(environment.settings)
    chosen = [org_of(settings, org)] if org else list(settings.orgs.values())
    with org_clients(environment) as open_client:
        checked = [_check(environment, one, open_client) for one in chosen]
    _print(checked, form)
    failed = [
        one.connection for one, seen in zip(chosen, checked, strict=True) if seen.worst == ERROR
    ]
    if SIMULATED in failed and is_free(environment.simulator_port):
        print(NOT_RUNNING, file=sys.stderr)
    return max(EXIT_CODES[one.worst] for one in checked)


def _check(environment: Environment, settings: OrgSettings, open_client: OpenClient) -> Checked:
    with connect(warehouse_url(environment)) as conn:
        return check_org(
            conn,
            settings,
            open_client=lambda: open_client(settings.connection, Decimal(1)),
            models=load_models(PROJECT / "include"),
            now=partial(datetime.now, UTC),
        )


def _print(checked: Sequence[Checked], form: str) -> None:
    if form == "json":
        json.dump([one.to_json() for one in checked], sys.stdout, indent=2)
        print()
        return
    # A pipe or a file has no width of its own; a table of sentences needs one.
    out = console() if sys.stdout.isatty() else Console(markup=False, width=WIDTH)
    for one in checked:
        _print_table(one, out)


def _print_table(checked: Checked, out: Console) -> None:
    head, *_ = checked.lines()
    out.print(head)
    if not checked.findings:
        out.print("Nothing to mend.")
        return
    table = Table(header_style="bold", show_lines=True)
    for name in ("severity", "what, and how to mend it", "what will be missing"):
        table.add_column(name, overflow="fold")
    for one in checked.findings:
        cells = map(printable, (one.severity, one.message, one.missing or ""))
        table.add_row(*cells, style=STYLES[one.severity])
    out.print(table)
