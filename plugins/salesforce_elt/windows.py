"""Which part of an SObject's history a run is responsible for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from salesforce_elt.slices import Slice


@dataclass(frozen=True)
class Window:
    """Half-open: `since <= SystemModstamp < until`, both UTC. No `since`: every record there is."""

    since: datetime | None
    until: datetime

    @property
    def asked(self) -> Slice:
        """What Salesforce is asked for; every record means also those that change meanwhile."""
        return Slice(self.since, self.until) if self.since else Slice()


def closed_until(server_time: datetime, *, lag: timedelta, now: datetime) -> datetime:
    """The end of a run's windows: held back from the server's clock, so that it is over.

    Salesforce stamps whole seconds and its `Date` header shows whole seconds, so the second that
    the header names is still open. A header that is ahead of our own clock (`now`) is not believed:
    a window that ended in the future would hide what changes until then from every later one.
    """
    return min(server_time, now).replace(microsecond=0) - lag


def next_window(watermark: datetime | None, until: datetime, *, overlap: timedelta) -> Window:
    """The window after a watermark, opened again by the overlap.

    A record is stamped when it is written and visible when its transaction commits, up to ten
    minutes later (Salesforce's longest transaction); the overlap reads those again.
    """
    if watermark is None:
        return Window(None, until)
    return Window(min(watermark, until) - overlap, until)
