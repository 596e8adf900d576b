"""Which version of the API is spoken: the chosen one, or the newest that the org offers."""

import re
from collections.abc import Sequence

import httpx

from salesforce_elt.errors import ConnectionInvalid, ServerUnavailable
from salesforce_elt.salesforce.arrival import ACCEPTED, received
from salesforce_elt.salesforce.refusals import json_body, login_unreachable

VERSIONS_PATH = "/services/data"  # costs no API call, and needs no login
TIMEOUT = httpx.Timeout(60.0, connect=20.0)  # seconds; an org that wakes up takes its time
NUMBER = re.compile(r"[vV]?(\d{1,3})(?:\.0)?")


def version_number(text: str) -> str:
    """`64.0` of `64`, `64.0` and `v64.0`; empty for anything else."""
    found = NUMBER.fullmatch(text)
    return f"{int(found[1])}.0" if found else ""


def spoken_version(http: httpx.Client, *, instance_url: str, chosen: str) -> str:
    """The chosen version if the org offers it, or the newest if none was chosen.

    Raises ConnectionInvalid with the org's range, ServerUnavailable when the org does not say.
    Source: "List Available REST API Versions" in the REST API Developer Guide.
    """
    offered = _offered(http, instance_url=instance_url)
    if chosen and chosen not in offered:
        host = httpx.URL(instance_url).host
        raise ConnectionInvalid(
            f"{host} does not offer version {chosen} of the API, which the connection's extra "
            f"'version' asks for. It offers {offered[0]} to {offered[-1]}: choose one of these, "
            "or leave the extra out for the newest."
        )
    return chosen or offered[-1]


def _offered(http: httpx.Client, *, instance_url: str) -> Sequence[str]:
    asked = f"Ask {httpx.URL(instance_url).host} for its API versions"
    try:
        with http.stream(
            "GET", instance_url + VERSIONS_PATH, headers=ACCEPTED, timeout=TIMEOUT
        ) as streamed:
            response = received(streamed, asked=asked)
    except httpx.HTTPError as error:
        raise login_unreachable(error, asked=asked) from error
    body = json_body(response)
    entries = body if isinstance(body, list) else []
    numbers = {
        version_number(str(entry.get("version"))) for entry in entries if isinstance(entry, dict)
    }
    if not response.is_success or not numbers - {""}:
        raise ServerUnavailable(
            f"{asked}: it answered {response.status_code} without a list of versions. It is tried "
            "again; check the proxy between here and Salesforce."
        )
    return sorted(numbers - {""}, key=float)
