"""query, queryAll and their locators (api.md 2.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from simulator.errors import SalesforceError, pointing_into
from simulator.org import Org
from simulator.rest.child_rows import with_children
from simulator.rest.column_metadata import column_metadata
from simulator.rest.cursors import Cursor, fetch_page, find_cursor, open_cursor
from simulator.rest.page_sizes import page_size
from simulator.rest.typeof_rows import check_type_ofs, with_type_ofs
from simulator.soql import timeouts
from simulator.soql.plan import Plan, plan
from simulator.soql.rows import renderer
from simulator.web.calls import Answer, Call
from simulator.web.routing import Route

SMALLEST_BATCH, LARGEST_BATCH = 200, 2_000
_BATCH_SIZE = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)
Rows = Sequence[tuple[Any, ...]]


def query(org: Org, call: Call) -> Answer:
    """Records that match, without deleted and archived ones."""
    return _first_page(org, call, all_rows=False)


def query_all(org: Org, call: Call) -> Answer:
    """Records that match, deleted and archived ones too."""
    return _first_page(org, call, all_rows=True)


def next_page(org: Org, call: Call) -> Answer:
    """The page that a locator names; valid under both paths, as often as asked."""
    cursor, offset = find_cursor(org, call.params["locator"])
    return Answer(body=_page(org, call, cursor, offset))


def _first_page(org: Org, call: Call, *, all_rows: bool) -> Answer:
    soql = call.query.get("q", "")
    if not soql.strip():
        raise SalesforceError("MALFORMED_QUERY", "The value of the parameter q is missing")
    with pointing_into(soql):
        return _answer(org, call, soql=soql, all_rows=all_rows)


def _answer(org: Org, call: Call, *, soql: str, all_rows: bool) -> Answer:
    token = call.session.token if call.session else ""
    found = plan(soql, org.reader(all_rows=all_rows, token=token))
    if call.query.get("columns", "").lower() == "true":
        return Answer(body=column_metadata(found))
    check_type_ofs(org, found)
    timeouts.check_rest(found, org.store)
    if found.kind == "count":
        return Answer(body=_result(_count(org, found), []))
    batch_size = page_size(found, _batch_size(org, call), org.options)
    rows = _some_rows(org, found, batch_size + 1)
    if len(rows) <= batch_size:
        return Answer(body=_result(len(rows), _records(org, call, found, rows)))
    if not found.is_rows:
        raise SalesforceError("EXCEEDED_ID_LIMIT", _NO_QUERY_MORE)
    cursor = open_cursor(org, found, soql=soql, batch_size=batch_size)
    return Answer(body=_page(org, call, cursor, 0))


def _page(org: Org, call: Call, cursor: Cursor, offset: int) -> dict[str, Any]:
    records = _records(org, call, cursor.plan, fetch_page(org, cursor, offset))
    reached = offset + cursor.batch_size
    if reached >= cursor.total:
        return _result(cursor.total, records)
    more = f"{call.version_path}/query/{cursor.id}-{reached}"
    return {
        "totalSize": cursor.total,
        "done": False,
        "nextRecordsUrl": more,
        "records": records,
    }


def _result(total: int, records: list[dict[str, Any]]) -> dict[str, Any]:
    return {"totalSize": total, "done": True, "records": records}


def _records(org: Org, call: Call, found: Plan, rows: Rows) -> list[dict[str, Any]]:
    render = renderer(found, version=call.version, catalog=org.catalog)
    records = [render(row) for row in rows]
    if found.children:
        by_id = dict(zip((row[0] for row in rows), records, strict=True))
        with_children(org, call, found, records=by_id)
    if found.type_ofs:
        by_id = dict(zip((row[0] for row in rows), records, strict=True))
        with_type_ofs(org, call, found, records=by_id)
    return records


def _some_rows(org: Org, found: Plan, count: int) -> Rows:
    select = found.select(found.expressions()).wrapped("select * from (", ") q limit %s")
    with org.store.connections.transaction() as connection:
        return connection.execute(select.text, (*select.params, count)).fetchall()


def _count(org: Org, found: Plan) -> int:
    select = found.select(("1",)).wrapped("select count(*) from (", ") q")
    with org.store.connections.transaction() as connection:
        row = connection.execute(select.text, select.params).fetchone()
    return int(row[0]) if row else 0


def _batch_size(org: Org, call: Call) -> int:
    match = _BATCH_SIZE.search(call.headers.get("sforce-query-options", ""))
    wanted = int(match.group(1)[:9]) if match else LARGEST_BATCH
    wanted = min(max(wanted, SMALLEST_BATCH), LARGEST_BATCH)
    return max(1, min(wanted, int(org.options.number("query_batch_size"))))


_NO_QUERY_MORE = (
    "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single "
    "batch"
)
_DATA = "/services/data/v{version}"
ROUTES = (
    Route("GET", f"{_DATA}/query", query),
    Route("GET", f"{_DATA}/queryAll", query_all),
    Route("GET", f"{_DATA}/query/{{locator}}", next_page),
    Route("GET", f"{_DATA}/queryAll/{{locator}}", next_page),
)
