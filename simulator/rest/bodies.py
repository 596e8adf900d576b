"""What a base64 field holds, as bytes: answers to a row name the place, and here it is (2.3)."""

from __future__ import annotations

import base64
import re

from simulator import ids
from simulator.errors import not_found
from simulator.org import Org
from simulator.rest.discovery import visible_object
from simulator.rest.external_ids import read as read_by_external_id
from simulator.rest.rows import found
from simulator.web.calls import Answer, Call
from simulator.web.routing import Route

_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?[\w-]+=[\w.+-]+)*", re.ASCII)
UNKNOWN_TYPE = "application/octetstream"


def read(org: Org, call: Call) -> Answer:
    """The bytes; any other pair of a name and a value is an external Id."""
    sobject = visible_object(org, call.params["sobject"])
    field = sobject.field(call.params["value"])
    is_body = field is not None and field.type == "base64" and ids.is_id(call.params["field"])
    if field is None or not is_body:
        return read_by_external_id(org, call)
    record = found(org, sobject, call.params["field"])
    if record[field.name] is None:
        raise not_found()
    content = base64.b64decode(record[field.name])
    kind = str(record.get("ContentType") or "")
    # whatever somebody has written there, a header is no place for it
    kind = kind if _MEDIA_TYPE.fullmatch(kind) else UNKNOWN_TYPE
    return Answer(stream=iter([content]), content_type=kind)


ROUTES = (Route("GET", "/services/data/v{version}/sobjects/{sobject}/{field}/{value}", read),)
