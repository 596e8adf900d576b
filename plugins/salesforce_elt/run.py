"""What every station is told about the sync that it works for."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class RunRequest:
    """What a schedule or a person asked for.

    `objects` narrows a full synchronization or a reconciling to these API names; none given:
    every object.
    """

    org: str
    run_id: str
    kind: str
    objects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """One sync of one org; `until` is the end (UTC, exclusive) that all its windows share."""

    org: str
    run_id: str
    fence: int
    kind: str
    until: datetime
    objects: tuple[str, ...] = ()

    def reads_whole(self, sobject: str) -> bool:
        """Whether this sync reads all of an object's records, whatever its watermark says."""
        return self.kind == "full" and (not self.objects or sobject in self.objects)

    def reconciles(self, sobject: str) -> bool:
        """Whether this sync also looks for what changes of an object do not tell."""
        return self.kind == "reconcile" and (not self.objects or sobject in self.objects)

    def to_json(self) -> dict[str, Any]:
        """A form that XCom carries."""
        return {**asdict(self), "until": self.until.isoformat(), "objects": list(self.objects)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Run":
        """The run that `to_json` wrote."""
        typed = {
            "until": datetime.fromisoformat(value["until"]),
            "objects": tuple(value["objects"]),
        }
        return cls(**{**value, **typed})
