"""The pages and files, each for those who may see the org that it is about.

Every route is a plain function: FastAPI runs it in a thread, so Airflow's own requests go on.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime

from salesforce_elt import history
from salesforce_elt.history import History, Listed, PastSync
from salesforce_elt.report import Report, next_step, read_report
from salesforce_elt.results_files import (
    PARTS,
    history_csv,
    history_json,
    report_csv,
    report_json,
)
from salesforce_elt.results_page.charts import charts
from salesforce_elt.results_page.links import dag_path, links_of
from salesforce_elt.results_page.lists import LISTS
from salesforce_elt.results_page.rendering import render_page
from salesforce_elt.results_page.tables import settings_rows, tables
from salesforce_elt.results_page.visitor import Admitted, Visitor, not_there

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
LONGEST_ID = 500

routes = APIRouter()
RunId = Annotated[str, Query(alias="id", max_length=LONGEST_ID)]
Before = Annotated[AwareDatetime | None, Query()]
Form = Literal["csv", "json"]


@dataclass(frozen=True)
class Asked:
    """Which part of a long list: of `only` one reason or mart, and from `after` on."""

    org: str
    only: Annotated[str, Query(max_length=LONGEST_ID)] = ""
    after: Annotated[tuple[str, ...], Query(max_length=3)] = ()


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page from a template; `root` is where the page's own paths begin."""
    host = request.app.state.host
    text = render_page(
        template, root=request.scope["root_path"], base_path=host.base_path, **values
    )
    return HTMLResponse(text, status_code=status)


@routes.get("/")
def overview(request: Request, visitor: Admitted) -> Response:
    """The newest sync of every org."""
    with visitor.warehouse() as conn:
        is_empty = not history.has_results(conn)
        newest = [] if is_empty else history.newest_syncs(conn)
    orgs = visitor.orgs(newest)
    base = visitor.host.base_path
    links = {org.key: dag_path(base, org.dag_id) for org in orgs if org.dag_id}
    return page(
        request, "overview.html", orgs=orgs, links=links, is_empty=is_empty, now=datetime.now(UTC)
    )


@routes.get("/orgs/{org}")
def org_page(request: Request, visitor: Admitted, org: str, before: Before = None) -> Response:
    """An org's history, with charts."""
    found, newest = _history(visitor, org, before)
    shown = visitor.org(org, newest)
    base = visitor.host.base_path
    return page(
        request,
        "org.html",
        org=shown,
        charts=charts(found),
        syncs=found.syncs,
        older=found.syncs[-1].started_at.isoformat() if found.has_older else None,
        before=before.isoformat() if before else None,
        trigger=dag_path(base, shown.dag_id) if shown.dag_id else None,
        now=datetime.now(UTC),
    )


@routes.get("/orgs/{org}/history.{form}")
def history_file(visitor: Admitted, org: str, form: Form, before: Before = None) -> Response:
    """The syncs of the history's page; as JSON with what its charts show."""
    found, _ = _history(visitor, org, before)
    return _file(
        history_csv(found) if form == "csv" else history_json(found), f"{org}-history.{form}"
    )


@routes.get("/orgs/{org}/run")
def run_page(request: Request, visitor: Admitted, org: str, run_id: RunId) -> Response:
    """One sync in full."""
    report = _report(visitor, org, run_id)
    run = report.run
    ended = run["finished_at"]
    frequency = run["settings"].get("frequency") or visitor.frequency(org)
    return page(
        request,
        "run.html",
        run=run,
        seconds=(ended - run["started_at"]).total_seconds() if ended else None,
        next_step=next_step(report, report.status) if ended else "",
        goes_on=report.resumption.words if report.resumption else "",
        tables=tables(report),
        settings=list(settings_rows(run["settings"])),
        airflow=links_of(visitor.host, run_id, frequency=frequency),
        has_set_aside=any(one["set_aside_count"] for one in report.marts),
    )


@routes.get("/orgs/{org}/run.json")
def run_as_json(visitor: Admitted, org: str, run_id: RunId) -> Response:
    """Everything that is known of a sync."""
    report = _report(visitor, org, run_id)
    return _file(report_json(report), f"{_name(report)}.json")


@routes.get("/orgs/{org}/run.csv")
def run_as_csv(visitor: Admitted, org: str, run_id: RunId, part: str = "objects") -> Response:
    """A part of what is known of a sync."""
    if part not in PARTS:
        raise not_there()
    report = _report(visitor, org, run_id)
    return _file(report_csv(report, part), f"{_name(report)}-{part}.csv")


@routes.get("/orgs/{org}/{path}")
def long_list(
    request: Request, visitor: Admitted, path: str, asked: Annotated[Asked, Depends()]
) -> Response:
    """A list that may be long, a page at a time: what was left out, what is set aside."""
    org, kind = asked.org, LISTS.get(path)
    visitor.require(org)
    if kind is None or len(asked.after) not in (0, len(kind.key)):
        raise not_there()
    with visitor.warehouse() as conn:
        published = history.last_published(conn, org) if history.has_results(conn) else None
        found = kind.read(conn, org, asked.only or None, asked.after) if published else Listed(())
        choices = kind.choices(conn, org) if published else []
    return page(
        request,
        "list.html",
        org=org,
        kind=kind,
        table=kind.table(found),
        published=published,
        choices=choices,
        asked=asked,
        after=found.after,
    )


def _history(visitor: Visitor, org: str, before: datetime | None) -> tuple[History, PastSync]:
    """A part of an org's history, and its newest sync."""
    visitor.require(org)
    with visitor.warehouse() as conn:
        newest = history.newest_sync(conn, org) if history.has_results(conn) else None
        if newest is None:
            raise not_there()
        found = history.read_history(conn, org, before=before)
    if not found.syncs:
        raise not_there()
    return found, newest


def _report(visitor: Visitor, org: str, run_id: str) -> Report:
    visitor.require(org)
    with visitor.warehouse() as conn:
        try:
            report = read_report(conn, run_id) if history.has_results(conn) else None
        except LookupError:
            report = None
    if report is None or report.run["org"] != org:
        raise not_there()
    return report


def _name(report: Report) -> str:
    return f"{report.run['org']}-{report.run['started_at']:%Y%m%dT%H%M%SZ}"


def _file(content: str, name: str) -> Response:
    plain = re.sub(r"[^A-Za-z0-9_.-]", "_", name)
    return Response(
        content,
        media_type=MEDIA_TYPES[plain.rsplit(".", 1)[1]],
        headers={"Content-Disposition": f'attachment; filename="{plain}"'},
    )
