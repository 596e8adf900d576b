"""
What a plan costs the org, and which of it the org's quotas allow (the share that is a setting).

Estimated before the first record is asked for. Watched afterwards by the client, which stops when
an answer says that the share is used up, before Bulk jobs where the plan comes near the share (see
`quota_results`), and by Salesforce, which refuses Bulk jobs past a quota.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import psycopg
from psycopg import sql

from salesforce_elt.errors import AccessDenied, QuotaReached, RequestRefused
from salesforce_elt.fields import Column
from salesforce_elt.results import Finding
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.limits import (
    API_REQUESTS,
    BULK_JOBS,
    BULK_STORAGE,
    GOES_ON,
    WORDS,
    Quota,
    told,
)
from salesforce_elt.salesforce.query import PAGE_ROWS
from salesforce_elt.warehouse.staging import StagingTable

MEGABYTE = 1024 * 1024

# What Bulk 2.0 costs in API calls, each an HTTP request: the job is created, looked at more and
# more rarely, and deleted; its results come in pages, whose addresses come five at a time.
LEAST_LOOKS, RECORDS_A_LOOK = 3, 300_000
BULK_PAGE_ROWS, PAGES_A_LISTING = 50_000, 5

# Bytes of a value in a Bulk result, with its quotes and its comma, where no row has been seen yet.
# Half of all texts are empty in most orgs.
VALUE_BYTES = {"boolean": 8, "numeric": 9, "date": 13, "timestamptz": 27, "time": 15}
TEXT_BYTES = 18
QUOTES = 2  # which a Bulk result has around each value, and a row as text does not
SAMPLE_ROWS = 200


@dataclass(frozen=True)
class Cost:
    """What reading takes of the org's daily quotas."""

    api_calls: int = 0
    bulk_jobs: int = 0
    bulk_bytes: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.api_calls + other.api_calls,
            self.bulk_jobs + other.bulk_jobs,
            self.bulk_bytes + other.bulk_bytes,
        )

    def of(self, quota: str) -> int:
        """The part that one quota counts, in its own unit."""
        units = {
            API_REQUESTS: self.api_calls,
            BULK_JOBS: self.bulk_jobs,
            BULK_STORAGE: ceil(self.bulk_bytes / MEGABYTE),
        }
        return units[quota]


@dataclass(frozen=True)
class Waiting:
    """Objects that are not begun, since one quota leaves too little for them."""

    quota: Quota
    sobjects: tuple[str, ...]
    cost: Cost

    @property
    def finding(self) -> Finding:
        """What a person should know; the report calls a sync with it deferred."""
        quota = self.quota
        return Finding(
            "error",
            QuotaReached.__name__,
            f"Not begun: {', '.join(self.sobjects)}. They would take about "
            f"{self.cost.of(quota.name):,} {quota.words}; {quota.used:,} of the org's "
            f"{quota.allowed:,} are used, and this sync may use {quota.ours:,} (quota.share "
            f"{quota.share}). {GOES_ON}",
        )


def rest_calls(records: int) -> int:
    """How many API calls REST takes for so many records."""
    return max(1, ceil(records / PAGE_ROWS))


def bulk_calls(records: int) -> int:
    """How many API calls a Bulk job takes for so many records."""
    pages = max(1, ceil(records / BULK_PAGE_ROWS))
    listings = ceil(pages / PAGES_A_LISTING) if pages > 1 else 0
    looks = LEAST_LOOKS + records // RECORDS_A_LOOK
    return 1 + looks + pages + listings + 1


def cost_of(way: str, records: int, *, row_bytes: int = 0) -> Cost:
    """What it takes to read so many records by REST, or by Bulk at so many bytes a record."""
    if way == "rest":
        return Cost(api_calls=rest_calls(records))
    return Cost(bulk_calls(records), bulk_jobs=1, bulk_bytes=records * row_bytes)


def row_bytes(conn: psycopg.Connection, table: StagingTable, columns: Sequence[Column]) -> int:
    """About how many bytes a record has in a Bulk result: as its rows in staging have, or, before
    the first load, by its fields."""
    cursor = conn.execute(
        sql.SQL(
            "select avg(octet_length(seen::text))::int from (select {} from {} limit {}) as seen"
        ).format(
            sql.SQL(", ").join(sql.Identifier(one.name) for one in columns),
            table.name,
            SAMPLE_ROWS,
        )
    )
    (seen,) = next(cursor)
    if seen is not None:
        return int(seen) + QUOTES * len(columns)
    return sum(VALUE_BYTES.get(one.type, TEXT_BYTES) for one in columns)


def ask_quotas(
    client: SalesforceClient, *, has_bulk: bool
) -> tuple[dict[str, Quota], list[Finding]]:
    """The org's quotas, by name. The Bulk ones are asked for only when a Bulk job is planned: one
    call. What the org does not tell is unknown, not used up, and a finding says so."""
    if not has_bulk:
        return _with_usage(client, {}), []
    try:
        body = client.get(f"{client.data_path}/limits", asked="Ask for the org's quotas")
    except (AccessDenied, RequestRefused) as error:
        return _with_usage(client, {}), [_unknown((BULK_JOBS, BULK_STORAGE), reason=f" ({error})")]
    quotas = _with_usage(client, told(body, share=client.share))
    missing = [name for name in WORDS if name not in quotas]
    return quotas, [_unknown(missing)] if missing else []


def afford(
    costs: Mapping[str, Cost], quotas: Mapping[str, Quota]
) -> tuple[frozenset[str], list[Waiting]]:
    """The objects that may be read now, and those that wait for a quota.

    The cheapest come first, so that as many as possible arrive. An object that would not fit into
    an unused share either is begun as long as something is left: its pages stay, so it arrives in
    several syncs, where waiting would never end.
    """
    left = {name: quota.left for name, quota in quotas.items()}
    waiting: dict[str, list[str]] = {}
    for sobject, cost in sorted(costs.items(), key=lambda one: one[1].api_calls):
        if short := _too_little(cost, quotas, left):
            waiting.setdefault(short, []).append(sobject)
        else:
            left = {name: max(0, room - cost.of(name)) for name, room in left.items()}
    late = [name for names in waiting.values() for name in names]
    return frozenset(costs) - set(late), [
        Waiting(quotas[name], tuple(names), total(costs[one] for one in names))
        for name, names in waiting.items()
    ]


def total(costs: Iterable[Cost]) -> Cost:
    """All of them together."""
    return sum(costs, Cost())


def _too_little(cost: Cost, quotas: Mapping[str, Quota], left: Mapping[str, int]) -> str | None:
    for name, room in left.items():
        needed = cost.of(name)
        fits_a_day = needed <= quotas[name].ours
        if needed and (room == 0 or (fits_a_day and needed > room)):
            return name
    return None


def _with_usage(client: SalesforceClient, quotas: Mapping[str, Quota]) -> dict[str, Quota]:
    """The header of the last answer is fresher than the limits resource."""
    return {**quotas, **({API_REQUESTS: client.usage} if client.usage else {})}


def _unknown(names: Sequence[str], *, reason: str = "") -> Finding:
    unknown = " and its ".join(WORDS[name] for name in names)
    return Finding(
        "info",
        "quota_unknown",
        f"The org does not tell how much is used of its {unknown}{reason}. A Bulk job is made "
        "without knowing, and the sync defers when Salesforce refuses it. To have the quota kept, "
        "give the integration user View Setup and Configuration.",
    )
