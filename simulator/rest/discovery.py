"""What there is: versions, resources, objects, fields (api.md 2.2, 7.1)."""

from __future__ import annotations

from typing import Any

from simulator.catalog import RecordTypeInfo, describe, describe_global
from simulator.catalog.types import SObject
from simulator.errors import not_found
from simulator.org import Org
from simulator.rest.validators import conditional
from simulator.web.calls import Answer, Call
from simulator.web.routing import Access, Route
from simulator.web.serving import LAST_VERSION, RETIRED_BEFORE

SEASONS = ("Summer", "Winter", "Spring")
FIRST_LABELLED, ITS_YEAR = 31, 14
RESOURCES = ("composite", "jobs", "limits", "query", "queryAll", "sobjects", "ui-api")


def versions(org: Org, call: Call) -> Answer:
    """The versions of the API; needs no login."""
    return Answer(body=[_version(number) for number in range(RETIRED_BEFORE, LAST_VERSION + 1)])


def resources(org: Org, call: Call) -> Answer:
    """The resources of a version, by name."""
    listed: dict[str, str] = {name: f"{call.version_path}/{name}" for name in RESOURCES}
    identity = f"{call.base_url}/id/{org.organization_id}/{call.user_id}"
    return Answer(body={**listed, "identity": identity})


def global_describe(org: Org, call: Call) -> Answer:
    """The objects that the user may access."""
    return _described_answer(org, call, describe_global(org.catalog, version=call.version))


def full_describe(org: Org, call: Call) -> Answer:
    """All about one object."""
    sobject = visible_object(org, call.params["sobject"])
    return _described_answer(org, call, _described(org, sobject, call.version))


def _described_answer(org: Org, call: Call, body: object) -> Answer:
    """A describe, or 304 where it is as old as the client's."""
    since, now = org.store.defined_at, org.clock.now()
    validator = org.described.validator(call.path.lower(), body, since=since, now=now)
    return conditional(body, validator, call.headers)


def basic(org: Org, call: Call) -> Answer:
    """One object in short, and what the user has looked at lately: nothing."""
    sobject = visible_object(org, call.params["sobject"])
    listed = describe_global({sobject.name: sobject}, version=call.version)["sobjects"]
    return Answer(body={"objectDescribe": listed[0], "recentItems": []})


def visible_object(org: Org, name: str) -> SObject:
    """The object of that name in any case; NOT_FOUND when the user has none."""
    catalog = org.catalog
    found = catalog.get(name) or next(
        (sobject for known, sobject in catalog.items() if known.lower() == name.lower()), None
    )
    if found is None:
        raise not_found()
    return found


def _described(org: Org, sobject: SObject, version: str) -> dict[str, Any]:
    return describe(
        sobject, catalog=org.catalog, version=version, record_types=_record_types(org, sobject)
    )


def _record_types(org: Org, sobject: SObject) -> list[RecordTypeInfo]:
    if "RecordType" not in org.store.sobjects:
        return []
    return [
        RecordTypeInfo(row["Id"], row["Name"], row["DeveloperName"], bool(row["IsActive"]))
        for row in org.store.records("RecordType")
        if row.get("SobjectType") == sobject.name
    ]


def _version(number: int) -> dict[str, str]:
    releases = number - FIRST_LABELLED
    season = SEASONS[releases % len(SEASONS)]
    year = ITS_YEAR + (releases + 2) // len(SEASONS)
    url = f"/services/data/v{number}.0"
    return {"label": f"{season} '{year}", "url": url, "version": f"{number}.0"}


_DATA = "/services/data/v{version}"
ROUTES = (
    Route("GET", "/services/data", versions, Access.OPEN),
    Route("GET", _DATA, resources),
    Route("GET", f"{_DATA}/sobjects", global_describe),
    Route("GET", f"{_DATA}/sobjects/{{sobject}}", basic),
    Route("GET", f"{_DATA}/sobjects/{{sobject}}/describe", full_describe),
)
