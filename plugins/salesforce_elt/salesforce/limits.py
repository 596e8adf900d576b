"""An org's daily quotas: what it says of them, and how much of them a sync may use.

A header on each answer tells the API requests; the limits resource tells all of them, to users with
View Setup and Configuration, as of some minutes ago ("Limits" in the REST API Developer Guide).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from salesforce_elt.errors import QuotaReached

# By the names of the limits resource.
API_REQUESTS = "DailyApiRequests"
BULK_JOBS = "DailyBulkV2QueryJobs"
BULK_STORAGE = "DailyBulkV2QueryFileStorageMB"

WORDS = {
    API_REQUESTS: "daily API requests",
    BULK_JOBS: "daily Bulk query jobs",
    BULK_STORAGE: "daily MB of Bulk results",
}

GOES_ON = "What came stays; the rest is read when the quota allows."

# The org's own part; an app's part may follow: `; per-app-api-usage=17/250(appName=etl)`.
USAGE = re.compile(r"(?<![\w-])api-usage=([0-9]{1,15})/([0-9]{1,15})")


@dataclass(frozen=True)
class Quota:
    """One quota of an org: used by anyone and allowed in 24 hours; `share` of it may be used up
    before a sync stops. Salesforce's numbers are estimates, and may go back between two answers."""

    name: str
    used: int
    allowed: int
    share: Decimal

    @property
    def words(self) -> str:
        """What the quota counts, for people."""
        return WORDS[self.name]

    @property
    def ours(self) -> int:
        """The use, by anyone, at which a sync stops."""
        return int(self.allowed * self.share)

    @property
    def left(self) -> int:
        """What a sync may still use."""
        return max(0, self.ours - self.used)

    @property
    def is_reached(self) -> bool:
        """Whether nothing is left to a sync."""
        return self.used >= self.ours

    def reached(self, asked: str) -> QuotaReached:
        """The error of a request that is not sent any more."""
        return QuotaReached(
            f"{asked}: not asked, because {self.used:,} of the org's {self.allowed:,} {self.words} "
            f"are used and this sync may use {self.ours:,} (quota.share {self.share}). {GOES_ON}",
            quota=self.name,
            used=self.used,
            allowed=self.ours,
        )


def usage(header: str, *, share: Decimal) -> Quota | None:
    """The daily API requests as the header `Sforce-Limit-Info` tells them."""
    found = USAGE.search(header)
    return Quota(API_REQUESTS, int(found[1]), int(found[2]), share) if found else None


def told(body: Mapping[str, Any], *, share: Decimal) -> dict[str, Quota]:
    """The quotas that a limits answer has. One that is missing is unknown, not used up."""
    return {
        name: Quota(name, body[name]["Max"] - body[name]["Remaining"], body[name]["Max"], share)
        for name in WORDS
        if name in body
    }
