"""Quotas and record counts (api.md 2.5)."""

from __future__ import annotations

from typing import Any

from simulator.org import Org, Quota
from simulator.soql.sql import quote
from simulator.web.calls import Answer, Call
from simulator.web.routing import Route

# what an org is granted of things that nobody uses here
UNUSED = {
    "AnalyticsExternalDataSizeMB": 40_960,
    "ConcurrentAsyncGetReportInstances": 200,
    "ConcurrentEinsteinDataInsightsStoryCreation": 5,
    "ConcurrentEinsteinDiscoveryStoryCreation": 2,
    "ConcurrentSyncReportRuns": 20,
    "DailyAnalyticsDataflowJobExecutions": 60,
    "DailyAnalyticsUploadedFilesSizeMB": 51_200,
    "DailyAsyncApexExecutions": 250_000,
    "DailyDurableGenericStreamingApiEvents": 10_000,
    "DailyDurableStreamingApiEvents": 10_000,
    "DailyEinsteinDataInsightsStoryCreation": 1_000,
    "DailyEinsteinDiscoveryPredictAPICalls": 50_000,
    "DailyEinsteinDiscoveryPredictionsByCDC": 500_000,
    "DailyEinsteinDiscoveryStoryCreation": 100,
    "DailyFunctionsApiCallLimit": 50_000,
    "DailyGenericStreamingApiEvents": 10_000,
    "DailyStandardVolumePlatformEvents": 10_000,
    "DailyStreamingApiEvents": 10_000,
    "DailyWorkflowEmails": 195,
    "DataStorageMB": 1_073,
    "DurableStreamingApiConcurrentClients": 20,
    "FileStorageMB": 1_073,
    "HourlyAsyncReportRuns": 1_200,
    "HourlyDashboardRefreshes": 200,
    "HourlyDashboardResults": 5_000,
    "HourlyDashboardStatuses": 999_999_999,
    "HourlyLongTermIdMapping": 100_000,
    "HourlyManagedContentPublicRequests": 50_000,
    "HourlyODataCallout": 1_000,
    "HourlyPublishedPlatformEvents": 50_000,
    "HourlyPublishedStandardVolumePlatformEvents": 1_000,
    "HourlyShortTermIdMapping": 100_000,
    "HourlySyncReportRuns": 500,
    "HourlyTimeBasedWorkflow": 50,
    "MassEmail": 10,
    "MonthlyEinsteinDiscoveryStoryCreation": 500,
    "MonthlyPlatformEventsUsageEntitlement": 0,
    "Package2VersionCreates": 6,
    "Package2VersionCreatesWithoutValidation": 500,
    "PermissionSets": 1_500,
    "PrivateConnectOutboundCalloutHourlyLimitMB": 0,
    "SingleEmail": 15,
    "StreamingApiConcurrentClients": 20,
}
WITHOUT_VIEW_SETUP = ("DailyApiRequests",)
# what the batches of Bulk 1.0 were called before
BATCHES_NAMED_FROM, BATCHES_BEFORE = 49.0, "DailyBulkApiRequests"


def limits(org: Org, call: Call) -> Answer:
    """Each quota with what is left; users without View Setup see few of them."""
    entries: dict[str, Any] = {name: {"Max": m, "Remaining": m} for name, m in UNUSED.items()}
    for quota in Quota:
        most, used = org.quota(quota)
        entries[quota.value] = {"Max": most, "Remaining": max(0, most - used)}
    if not (org.options.on("limits_complete") and org.rights().has("ViewSetup")):
        entries = {name: entries[name] for name in WITHOUT_VIEW_SETUP}
    if float(call.version) < BATCHES_NAMED_FROM and Quota.BATCHES.value in entries:
        entries[BATCHES_BEFORE] = entries.pop(Quota.BATCHES.value)
    return Answer(body=dict(sorted(entries.items())))


def record_count(org: Org, call: Call) -> Answer:
    """How many records some objects have, deleted and archived ones not counted."""
    wanted = {name.strip().lower() for name in call.query.get("sObjects", "").split(",")} - {""}
    counts = []
    for sobject in org.catalog.values():
        if wanted and sobject.name.lower() not in wanted:
            continue
        count = _count(org, sobject.name)
        # an object without records is not listed, as recorded
        if count:
            counts.append({"count": count, "name": sobject.name})
    return Answer(body={"sObjects": counts})


def _count(org: Org, name: str) -> int:
    sobject = org.store.sobjects[name]
    conditions = org.reader().alive(sobject, "t")
    where = f" where {' and '.join(conditions)}" if conditions else ""
    table = f"{quote(org.store.schema)}.{quote(name)}"
    with org.store.connections.transaction() as connection:
        row = connection.execute(f"select count(*) from {table} t{where}").fetchone()
    return int(row[0]) if row else 0


_DATA = "/services/data/v{version}"
ROUTES = (
    Route("GET", f"{_DATA}/limits", limits),
    Route("GET", f"{_DATA}/limits/recordCount", record_count),
)
