"""How often an org is synced."""

from datetime import datetime, timedelta
from enum import StrEnum


class Frequency(StrEnum):
    """The frequencies to choose from, most often first; each is a DAG with its own schedule."""

    EVERY_HOUR = "every_hour"
    EVERY_2_HOURS = "every_2_hours"
    EVERY_3_HOURS = "every_3_hours"
    EVERY_4_HOURS = "every_4_hours"
    EVERY_8_HOURS = "every_8_hours"
    EVERY_12_HOURS = "every_12_hours"
    DAILY = "daily"

    @property
    def hours(self) -> int:
        """Hours from one sync to the next."""
        return _HOURS[self]

    @property
    def dag_id(self) -> str:
        """The DAG that syncs the orgs of this frequency."""
        return f"salesforce_sync_{self}"

    @property
    def period(self) -> timedelta:
        """The time from one sync to the next."""
        return timedelta(hours=self.hours)

    @property
    def cron(self) -> str:
        """The schedule, at full hours (UTC): `0 */2 * * *`."""
        return {1: "0 * * * *", 24: "0 0 * * *"}.get(self.hours, f"0 */{self.hours} * * *")

    def next_after(self, moment: datetime) -> datetime:
        """When the schedule is due next after a moment in UTC; never at the moment itself."""
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        passed = (moment - midnight) // self.period
        return midnight + (passed + 1) * self.period


_HOURS = dict(zip(Frequency, (1, 2, 3, 4, 8, 12, 24), strict=True))
