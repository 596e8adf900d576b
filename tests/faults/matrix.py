"""The fault matrix as data: where in a sync something goes wrong, and what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

JSON, SHAPED, PAGE, CSV = "json", "shaped", "page", "csv"
LOGIN, STATUS, EMPTY = "login", "status", "empty"
FIRST_TOTAL, TOTAL = "first total", "total"  # it may move from page to page; the last is believed
LATER, NEW_JOB = "later", "new job"
DATA = r"/services/data/v\d+\.\d"
TURNS = 3
# Each of the other scenes meets every second fault of a place, beginning with this one.
HALVES = {"unread": 0, "reconciled": 1}
BUSY = "tried again"
PAGE_OF_ROWS = frozenset({PAGE})
ANSWERS = frozenset({JSON, PAGE, LOGIN})


@dataclass(frozen=True)
class Place:
    """A request that every sync of one way makes: its name, what finds it, what it answers with.

    `is_needed`: a sync without its answer is no success. `not_in` are the scenes that have no such
    request.
    """

    name: str
    way: str
    match: Mapping[str, str]
    answers: frozenset[str]
    method: str = "GET"
    is_needed: bool = True
    not_in: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name

    @property
    def pattern(self) -> dict[str, object]:
        """How the simulated org is told which requests are meant."""
        return {"method": self.method, "match": dict(self.match)}


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong: a fault of the simulated org with its values.

    `says` is what the results say when it does not pass; a fault that never does harm has none.
    `once` and `always` are the statuses that are right for it. Of those that differ by what little
    matters, a place sees one in three: the one whose `turn` it is.
    """

    name: str
    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    where: frozenset[str] = ANSWERS
    says: str = BUSY
    once: str = "success"
    always: str = "failed partial"
    turn: int | None = None


def _composite(body: str) -> dict[str, str]:
    return {"path": f"{DATA}/composite", "body": body}


PLACES = (
    Place("login", "rest", {"path": "/services/oauth2/token"}, frozenset({LOGIN}), "POST"),
    Place("the server's clock", "rest", {"path": "/services/data/?$"}, frozenset({EMPTY})),
    Place("is the session alive", "rest", {"path": f"{DATA}/$"}, frozenset({JSON})),
    Place("describes", "rest", _composite("/describe"), frozenset({JSON, SHAPED}), "POST"),
    Place("counts of setup objects", "rest", _composite(r"MAX%28"),
          frozenset({JSON, SHAPED}), "POST", not_in=("unread",)),
    Place("counts and deletes", "rest", _composite(r"COUNT%28%29|/deleted/"),
          frozenset({JSON, SHAPED}), "POST"),
    Place("query", "rest", {"path": "/queryAll$", "query": r"FROM Opportunity\b"},
          frozenset({JSON, SHAPED, PAGE, FIRST_TOTAL})),
    Place("next page of a query", "rest", {"path": "/query/01g"},
          frozenset({JSON, SHAPED, PAGE, LATER, TOTAL})),
    Place("limits", "bulk", {"path": "/limits"}, frozenset({JSON})),
    Place("create a job", "bulk", {"path": "/jobs/query$", "body": r"FROM Opportunity\b"},
          frozenset({JSON, SHAPED, STATUS, NEW_JOB}), "POST"),
    Place("look at a job", "bulk", {"path": r"/jobs/query/750\w+$"},
          frozenset({JSON, SHAPED, STATUS})),
    Place("result page", "bulk", {"path": "/results$"}, frozenset({PAGE, CSV})),
    Place("later result page", "bulk", {"path": "/results$", "query": "locator="},
          frozenset({PAGE, LATER, CSV})),
    Place("delete a job", "bulk", {"path": "/jobs/query/750"}, frozenset({EMPTY}), "DELETE",
          is_needed=False),
)  # fmt: skip

_ANY = ANSWERS | {EMPTY}
_BODIES = {"HTML": "<html>We are down</html>", "no body": "",
           "JSON": [{"errorCode": "SERVER_UNAVAILABLE", "message": "busy"}]}  # fmt: skip
_SHAPES = {"a list": [], "nothing": None, "an empty object": {},
           "an object of lists": {"records": 1, "totalSize": [], "compositeResponse": {}, "id": [],
                                  "state": {}, "access_token": []}}  # fmt: skip

FAULTS = (
    Fault("reset before the answer", "reset", where=_ANY, says="no answer"),
    Fault("reset in the answer", "reset", {"after_bytes": 20},
          says="no answer|broke|rows|damaged|not JSON|answered the login with"),
    Fault("cut off", "truncation", {"after_bytes": 20},
          says="no answer|broke|rows|damaged|not JSON|answered the login with"),
    Fault("slow drip", "slow_drip", {"bytes": 200, "seconds": 0.001}, says="", always="success"),
    Fault("a page for people", "html", where=_ANY),
    *(Fault(f"{status} with {name}", "status", {"status": status, "body": body}, where=_ANY,
            says=rf"\b{status}\b|refused the login: SERVER_UNAV", turn=(first + second) % TURNS)
      for (first, status), (second, (name, body))
      in product(enumerate((406, 420, 429, 502, 503)), enumerate(_BODIES.items()))),
    *(Fault(f"JSON that is {name}", "status", {"status": 200, "body": body},
            where=frozenset({SHAPED, LOGIN}), says="answered")
      for name, body in _SHAPES.items()),
    Fault("session ended", "expired_session", where=frozenset({JSON, PAGE}),
          says="session|login"),
    Fault("calls of the day used up", "daily_quota", where=frozenset({JSON, PAGE}),
          says="used up", once="deferred", always="deferred"),
    Fault("jobs of the day used up", "bulk_quota", where=frozenset({NEW_JOB}),
          says="used up", once="deferred", always="deferred"),
    Fault("too many calls at once", "concurrent_quota", where=frozenset({JSON, PAGE})),
    Fault("a row is missing", "lost_rows", where=PAGE_OF_ROWS, says="rows|records"),
    Fault("rows twice", "repeated_rows", where=PAGE_OF_ROWS, says="rows|records|Ids"),
    Fault("the first page again", "first_page_again", where=frozenset({LATER}),
          says="Salesforce sent that one again"),
    Fault("rows backwards", "reordered_rows", where=PAGE_OF_ROWS, says="", always="success"),
    Fault("bytes that are no text", "corrupted_page", where=frozenset({CSV}),
          says="damaged|garbled"),
    Fault("a total too high", "wrong_total", {"by": 1}, where=frozenset({TOTAL}), says="records"),
    Fault("a total too high at first", "wrong_total", {"by": 1}, where=frozenset({FIRST_TOTAL}),
          says="", always="success"),
    Fault("a job that failed", "failed_job", {"message": None}, where=frozenset({STATUS}),
          says="ended as Failed|is gone"),
    Fault("a job that somebody aborted", "aborted_job", where=frozenset({STATUS}),
          says="ended as Aborted|is gone"),
    Fault("a job that is gone", "vanished_job", where=frozenset({STATUS}), says="is gone"),
    Fault("job with a wrong number", "wrong_processed", where=frozenset({STATUS}),
          says="records"),
    Fault("page with a wrong number", "wrong_header_count", where=frozenset({CSV}), says="rows"),
)  # fmt: skip


def fitting(fault: Fault, *, way: str) -> list[Place]:
    """The places of a way at which the fault can occur."""
    return [
        place
        for number, place in enumerate(PLACES)
        if place.way == way and _fits(place, fault) and fault.turn in (None, number % TURNS)
    ]


def rounds(way: str, *, scene_name: str) -> list[list[tuple[Place, Fault]]]:
    """
    The faults that pass, once at each place where they can occur, in as few syncs as that takes.

    Each round is for one sync: a place meets one fault in it, and two places that are the same
    request meet two different ones, as no two places begin at the same number. Of what a place
    meets in the scene `changed`, it meets half in each of the two others.
    """
    places = [one for one in PLACES if one.way == way and scene_name not in one.not_in]
    known = [_passing(place, scene_name) for place in places]
    count = max(map(len, known))
    padded = [[*faults, *[None] * (count - len(faults))] for faults in known]
    return [
        [(place, fault) for shift, place in enumerate(places)
         if (fault := padded[shift][(number + shift) % count])]
        for number in range(count)
    ]  # fmt: skip


def _passing(place: Place, scene_name: str) -> list[Fault]:
    """The faults that pass which a place meets in a scene."""
    every = [one for one in FAULTS
             if one.once == "success" and place in fitting(one, way=place.way)]  # fmt: skip
    return every[HALVES[scene_name] :: 2] if scene_name in HALVES else every


def is_endless(place: Place, fault: Fault) -> bool:
    """Whether a sync survives the fault at this place however often it comes."""
    return fault.always == "success" or not place.is_needed


def _fits(place: Place, fault: Fault) -> bool:
    """A job is not there before it is created."""
    if fault.kind in ("vanished_job", "wrong_processed") and place.name == "create a job":
        return False
    return bool(place.answers & fault.where)
