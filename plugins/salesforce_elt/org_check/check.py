"""A check of one org, from its connection to its members, kept in `sync.findings`."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg

from salesforce_elt.errors import (
    OrgReplaced,
    QuotaReached,
    RetryableError,
    SettingsInvalid,
    SyncError,
)
from salesforce_elt.known_fields import KnownField, known_fields
from salesforce_elt.models import Models
from salesforce_elt.org_check.access import access_findings
from salesforce_elt.org_check.facts import Facts, gather
from salesforce_elt.org_check.named import member_findings, value_findings
from salesforce_elt.org_check.state import state_findings
from salesforce_elt.printable import one_line
from salesforce_elt.replaced_org import refuse_another_org
from salesforce_elt.results import Finding
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.whoami import Identity, whoami
from salesforce_elt.settings import OrgSettings
from salesforce_elt.settings_tables import directory_members
from salesforce_elt.warehouse.connection import prepare

log = logging.getLogger(__name__)

STATION = "check"
UNTIL_LATER = "whatever syncs would read, until the quota allows it; the rest was not checked"
SEVERITIES = ("error", "warning", "info")  # the worst first


@dataclass(frozen=True)
class Checked:
    """What a check of an org found; `who` is None when nobody could be logged in."""

    org: str
    who: Identity | None
    findings: Sequence[Finding]
    api_calls: int

    @property
    def worst(self) -> str:
        """The worst severity; empty when nothing was found."""
        found = {one.severity for one in self.findings}
        return next((one for one in SEVERITIES if one in found), "")

    @property
    def may_pass(self) -> bool:
        """Whether what stopped the check goes away by waiting."""
        passing: list[type[SyncError]] = [RetryableError, *_kinds(RetryableError)]
        return bool({one.__name__ for one in passing} & {one.code for one in self.findings})

    def lines(self) -> Iterator[str]:
        """The same for a log: who it was, then finding by finding, the worst first.

        Names come from the org, and may be made to move a terminal or to look like other lines.
        """
        yield from (one_line(line) for line in self._lines())

    def _lines(self) -> Iterator[str]:
        connected = f"connected as {self.who}" if self.who else "not connected"
        yield f"{self.org}: {connected} ({self.api_calls} API calls)"
        if not self.findings:
            yield f"{self.org}: nothing to mend."
        for one in self.findings:
            yield f"  {one.severity.upper():7}  {one.message}"
            if one.missing:
                yield f"           missing: {one.missing}"

    def to_json(self) -> dict[str, Any]:
        """A form that programs read."""
        return {
            "org": self.org,
            "connected_as": asdict(self.who) if self.who else None,
            "api_calls": self.api_calls,
            "findings": [asdict(one) for one in self.findings],
        }


def _kinds(error: type[SyncError]) -> Iterator[type[SyncError]]:
    for kind in error.__subclasses__():
        yield kind
        yield from _kinds(kind)


def check_org(
    conn: psycopg.Connection,
    settings: OrgSettings,
    *,
    open_client: Callable[[], SalesforceClient],
    models: Models,
    now: Callable[[], datetime],
) -> Checked:
    """Everything that a sync of the org would stumble over, and what each of it would cost.

    `open_client` gives one that may use all of the org's quota: a check is not to be deferred. What
    stops the check (no connection, no answer) is a finding as well; nothing is raised for it.
    """
    prepare(conn)
    who, calls = None, 0
    findings: list[Finding] = []
    try:
        client = open_client()
        try:
            who = whoami(client)
            findings += _another_org(conn, settings.key, who.org_id)
            facts = gather(client, settings, user_id=who.user_id, now=now)
        finally:
            calls = client.calls
        findings += _judged(conn, facts, settings, models=models, now=now())
    except QuotaReached as error:
        findings.append(Finding("warning", type(error).__name__, str(error), missing=UNTIL_LATER))
    except SyncError as error:
        findings.append(Finding("error", type(error).__name__, str(error), missing="every sync"))
    findings.sort(key=lambda one: SEVERITIES.index(one.severity))
    _keep(conn, settings.key, findings)
    return Checked(settings.key, who, tuple(findings), calls)


def _another_org(conn: psycopg.Connection, org: str, organization_id: str) -> Iterator[Finding]:
    try:
        refuse_another_org(conn, org, organization_id)
    except OrgReplaced as error:
        yield Finding(
            "error", OrgReplaced.__name__, str(error), missing="every sync but a full one"
        )


def _judged(
    conn: psycopg.Connection, facts: Facts, settings: OrgSettings, *, models: Models, now: datetime
) -> Iterator[Finding]:
    yield from access_findings(facts, settings, models=models, loaded=_loaded(conn, settings.key))
    yield from value_findings(facts, settings, accepted=_accepted(conn, settings.key))
    try:
        yield from member_findings(facts, settings, directory_members(conn, settings))
    except SettingsInvalid as error:
        yield Finding("error", SettingsInvalid.__name__, str(error), missing="every publish")
    marks = _deletes_known_until(conn, settings.key)
    yield from state_findings(facts, settings, deletes_known_until=marks, now=now)


def _accepted(conn: psycopg.Connection, org: str) -> set[str]:
    rows = conn.execute("select lower_name from sync.accepted_values where org = %s", [org])
    return {name for (name,) in rows.fetchall()}


def _loaded(conn: psycopg.Connection, org: str) -> dict[str, list[KnownField]]:
    rows = conn.execute("select distinct sobject from sync.fields where org = %s", [org])
    return {name: known_fields(conn, org, name) for (name,) in rows.fetchall()}


def _deletes_known_until(conn: psycopg.Connection, org: str) -> dict[str, datetime]:
    rows = conn.execute(
        "select sobject, complete_until from sync.watermarks where org = %s and kind = 'deletes'",
        [org],
    )
    return dict(rows.fetchall())


def _keep(conn: psycopg.Connection, org: str, findings: Sequence[Finding]) -> None:
    """The findings of the newest check replace those of the one before."""
    with conn.transaction():
        conn.execute(
            "delete from sync.findings where org = %s and station = %s and run_id is null",
            [org, STATION],
        )
        for one in findings:
            conn.execute(
                "insert into sync.findings (org, station, severity, code, sobject, field, message,"
                " missing) values (%(org)s, %(station)s, %(severity)s, %(code)s, %(sobject)s,"
                " %(field)s, %(message)s, %(missing)s)",
                {"org": org, "station": STATION, **asdict(one)},
            )
