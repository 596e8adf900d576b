"""One simulated org: its data, its clock, its options, who is logged in and what was used."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulator.access.rights import Rights, read_rights
from simulator.access.sharing import Sharing
from simulator.access.virtual import WORKED_OUT, Asker, Virtual
from simulator.auth.grants import Grants
from simulator.auth.restrictions import LoginRules
from simulator.auth.sessions import Sessions
from simulator.bulk.jobs import BulkJobs
from simulator.bulk_first.jobs import BatchJobs
from simulator.catalog.types import SObject
from simulator.clock import Clock
from simulator.credentials import Credentials
from simulator.faults.armed import Faults
from simulator.ingest.jobs import IngestJobs
from simulator.options import Options
from simulator.permissions import Permissions
from simulator.rest.validators import Described
from simulator.seeds import ORGANIZATION_ID, RUNNING_USER_ID
from simulator.soql.dates import Today
from simulator.soql.reader import Reader
from simulator.storage.facts import fiscal_start
from simulator.store import Record, Store
from simulator.usage import Usage

DEFAULT_ZONE = "America/Los_Angeles"
BYTES_A_MEGABYTE = 1024 * 1024
AUTH_SESSION = "AuthSession"


class Quota(Enum):
    """What an org may use in 24 hours, by the names of the limits resource."""

    API_CALLS = "DailyApiRequests"
    BATCHES = "DailyBulkApiBatches"
    BULK_JOBS = "DailyBulkV2QueryJobs"
    BULK_RESULTS = "DailyBulkV2QueryFileStorageMB"


# the option with the amount, the option with what others used, how many counts make one
_QUOTAS = {
    Quota.API_CALLS: ("daily_api_requests", "used_api_requests", 1),
    Quota.BATCHES: ("daily_bulk_batches", "used_bulk_batches", 1),
    Quota.BULK_JOBS: ("daily_bulk_query_jobs", "used_bulk_query_jobs", 1),
    Quota.BULK_RESULTS: ("daily_bulk_result_mb", "used_bulk_result_mb", BYTES_A_MEGABYTE),
}


@dataclass
class Org:
    """Everything that handlers work with."""

    store: Store
    credentials: Credentials
    data_dir: Path
    sessions: Sessions = field(init=False)
    grants: Grants = field(init=False)
    logins: LoginRules = field(default_factory=LoginRules)
    usage: Usage = field(init=False)
    permissions: Permissions = field(default_factory=Permissions)
    faults: Faults = field(default_factory=Faults)
    described: Described = field(default_factory=Described)
    bulk: BulkJobs = field(init=False)
    batches: BatchJobs = field(init=False)
    ingest: IngestJobs = field(init=False)

    def __post_init__(self) -> None:
        self.sessions, self.usage = Sessions(self.clock), Usage(self.clock)
        self.grants = Grants(self.clock)
        self.store.user_id = RUNNING_USER_ID
        self.bulk = BulkJobs(self.store, self.usage, self.data_dir / "bulk")
        self.batches = BatchJobs(self.store, self.data_dir / "batches")
        self.ingest = IngestJobs(self.data_dir / "ingest", self.clock)

    @property
    def clock(self) -> Clock:
        """The org's clock."""
        return self.store.clock

    @property
    def options(self) -> Options:
        """The org's switches."""
        return self.store.options

    @property
    def catalog(self) -> dict[str, SObject]:
        """The objects and fields that the integration user sees."""
        return self.permissions.visible(self.store.sobjects, self.rights())

    def rights(self) -> Rights:
        """What the integration user's profile and permission sets grant now."""
        rights = read_rights(self.store, self.store.user_id)
        if self.options.on("audit_trail_needs_view_setup"):
            return rights
        return replace(rights, without_need=frozenset({"SetupAuditTrail"}))

    @property
    def session_lifetime(self) -> timedelta:
        """How long a session lives without a call."""
        return timedelta(seconds=self.options.number("session_seconds"))

    @property
    def organization_id(self) -> str:
        """The org's own Id."""
        return ORGANIZATION_ID

    def user(self) -> Record:
        """The integration user's record."""
        return self.store.get("User", RUNNING_USER_ID) or {"Id": RUNNING_USER_ID}

    def record(self, sobject: SObject, record_id: str) -> Record | None:
        """A record by its Id, stored or worked out, deleted or not, or None."""
        if sobject.name not in WORKED_OUT:
            return self.store.get(sobject.name, record_id)
        table = self.reader().table(sobject)
        names = [field.name for field in sobject.stored_fields]
        query = f'select * from {table} v where "Id" = %s'
        with self.store.connections.transaction() as connection:
            row = connection.execute(query, (record_id,)).fetchone()
        return None if row is None else dict(zip(names, row, strict=True))

    def delete(self, sobject: SObject, record_id: str) -> None:
        """Move a record to the recycle bin; a session that is deleted ends."""
        if sobject.name == AUTH_SESSION:
            self.sessions.end_by_id(record_id)
        else:
            self.store.delete(sobject.name, record_id)

    def reader(self, *, all_rows: bool = False, token: str = "") -> Reader:
        """The integration user as a reader of SOQL, today; ``token`` is the session's."""
        self.store.keep_up()
        if all_rows and self.options.on("purged_rows_linger"):
            self.store.sweep()
        zone = _zone(str(self.user().get("TimeZoneSidKey") or DEFAULT_ZONE))
        now = self.clock.now()
        today = Today(now.astimezone(zone).date(), self._fiscal_start(), now)
        rights = self.rights()
        catalog = self.permissions.visible(self.store.sobjects, rights)
        virtual = self._virtual(catalog, rights, token)
        return Reader(
            catalog,
            self.store.schema,
            today,
            zone,
            all_rows,
            everything=self.store.sobjects,
            shared=self.sharing(rights).conditions,
            virtual=virtual.table,
        )

    def _virtual(self, catalog: dict[str, SObject], rights: Rights, token: str = "") -> Virtual:
        lifetime = self.session_lifetime
        asker = Asker(
            self.store.user_id,
            self.clock.stamp(),
            token,
            self.sessions.live(lifetime),
            int(lifetime.total_seconds()),
        )
        return Virtual(catalog, rights, asker)

    def sharing(self, rights: Rights) -> Sharing:
        """Which records a user with these rights sees."""
        return Sharing(
            self.store.schema,
            self.store.user_id,
            rights,
            frozenset(self.permissions.private),
            self.store.sobjects,
        )

    def is_shared(self, sobject: SObject, record_id: str) -> bool:
        """Whether the integration user sees a record."""
        conditions = self.sharing(self.rights()).conditions(sobject, "t")
        if not conditions:
            return True
        table = self.reader().table(sobject)
        query = f'select from {table} t where t."Id" = %s and {" and ".join(conditions)}'
        with self.store.connections.transaction() as connection:
            return connection.execute(query, (record_id,)).fetchone() is not None

    def quota(self, quota: Quota) -> tuple[int, int]:
        """The amount of a quota, and how much of it was used in the last 24 hours."""
        amount, others, unit = _QUOTAS[quota]
        own = self.usage.used(quota.value) // unit
        return int(self.options.number(amount)), own + int(self.options.number(others))

    def covered_until(self, end: datetime) -> datetime:
        """How far replication is complete: up to the start of the oldest open transaction."""
        held = timedelta(seconds=self.options.number("open_transaction_seconds"))
        moments = [end, self.clock.now() - held]
        since = self.store.open_since()
        return min([*moments, since] if since else moments)

    def _fiscal_start(self) -> int:
        with self.store.connections.transaction() as connection:
            return fiscal_start(connection, self.store.schema, self.store.sobjects)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(DEFAULT_ZONE)
