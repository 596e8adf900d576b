"""Salesforce's JSON, read exactly, and refused where it is not what was asked for.

A proxy, an edge or a release that changes something may answer with JSON of another shape. What we
look at in answers is declared here by its name, which has one meaning wherever it stands; a name
that is missing, or holds something else, is an answer that did not arrive, and never a wrong row.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NoReturn

from salesforce_elt.errors import ServerUnavailable

# What every record has; its other names are those of fields, and those that a query gives.
ATTRIBUTES = "attributes"

Check = Callable[[Any], bool]

ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_moment(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _ends_in_an_id(value: Any) -> bool:
    return isinstance(value, str) and ID.fullmatch(value.rpartition("/")[2]) is not None


def _is_path_or_none(value: Any) -> bool:
    return value is None or (isinstance(value, str) and is_path(value))


def is_path(text: str) -> bool:
    """Whether an address that an answer names stays in the org, whose host it is put behind."""
    return text.startswith("/") and not text.startswith("//") and text.isprintable()


CHECKS: Mapping[str, Check] = {
    "totalSize": _is_number,
    "done": _is_flag,
    "records": _are_objects,
    "nextRecordsUrl": _is_path_or_none,
    "nextRecordUrl": _is_path_or_none,
    "compositeResponse": _are_objects,
    "httpStatusCode": _is_number,
    "referenceId": _is_text,
    "numberRecordsProcessed": _is_number,
    "resultPages": _are_objects,
    "resultUrl": _is_path_or_none,
    "deletedRecords": _are_objects,
    "deletedDate": _is_moment,
    "latestDateCovered": _is_moment,
    "fields": lambda value: _are_objects(value) or _are_texts(value),  # of describes, of errors
    "picklistValues": _are_objects,
    "referenceTo": _are_texts,
    "replicateable": _is_flag,
    "childRelationships": _are_objects,
    "cascadeDelete": _is_flag,
    "childSObject": _is_text,
    "field": lambda value: value is None or _is_text(value),
    "filterable": _is_flag,
    "calculated": _is_flag,
    "identity": _ends_in_an_id,
    "sObjects": _are_objects,
    "Max": _is_number,
    "Remaining": _is_number,
}


class JsonObject(dict[str, Any]):
    """An object of an answer; a name that it lacks is an answer of another shape."""

    def __init__(self, found: Mapping[str, Any], asked: str) -> None:
        super().__init__(found)
        self._asked = asked

    def __missing__(self, name: str) -> NoReturn:
        raise strange(self._asked, f"an answer without {name!r}")


def parsed(content: bytes | str, *, asked: str) -> JsonObject:
    """The object that an answer holds; numbers come as their own text, never as floats.

    Raises ServerUnavailable when it is no JSON, no object, or one of another shape.
    """
    try:
        found = json.loads(
            content,
            parse_float=str,
            parse_int=int,
            parse_constant=_no_constant,
            object_hook=partial(_checked, asked=asked),
        )
    except (ValueError, RecursionError) as error:
        raise strange(asked, "something that is not JSON") from error
    if not isinstance(found, JsonObject):
        raise strange(asked, "JSON that is no object")
    return found


def strange(asked: str, what: str) -> ServerUnavailable:
    """The error for an answer that is none to the question."""
    return ServerUnavailable(
        f"{asked}: Salesforce answered with {what}. A proxy or Salesforce's edge is in the way; it "
        "is tried again."
    )


def _checked(found: dict[str, Any], *, asked: str) -> JsonObject:
    looked_at = () if ATTRIBUTES in found else CHECKS.keys() & found.keys()
    for name in looked_at:
        if not CHECKS[name](found[name]):
            raise strange(asked, f"an answer whose {name!r} is not what it should be")
    return JsonObject(found, asked)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
