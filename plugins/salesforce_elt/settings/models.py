"""
The settings as frozen objects: what `include/sync.yaml` may say, with every default.

What concerns several settings at once is in `rules.py`; the words of every setting for people are
in docs/settings.md.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from salesforce_elt.settings import values
from salesforce_elt.settings.arguments import Arguments
from salesforce_elt.settings.directory import Directory
from salesforce_elt.settings.frequency import Frequency

SMTP_NOTIFIER = "airflow.providers.smtp.notifications.smtp.SmtpNotifier"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Minimums(_Frozen):
    """Opportunities below a minimum stay out of the marts."""

    probability: values.Percentage | None = Field(
        default=None, description="Lowest probability in percent that enters the marts."
    )
    amount: values.Amount | None = Field(
        default=None, description="Lowest amount that enters the marts; no amount counts as below."
    )


class Pipelines(_Frozen):
    """One pipeline for everything, or one per sales process."""

    mode: values.PipelineMode = Field(
        default="one", description="one: one pipeline; split: one per sales process."
    )
    sales_processes: tuple[values.SalesProcess, ...] | None = Field(
        default=None,
        min_length=1,
        description="The sales processes that become pipelines; left out: all.",
    )
    without_record_type: values.WithoutRecordType = Field(
        default="default_pipeline", description="Where opportunities without a record type go."
    )


class ImportedMembers(_Frozen):
    """Owners whom the member directory does not know."""

    availability: values.Availability = Field(
        default="default_capacity", description="Whether imported members have working hours."
    )
    weekly_capacity_hours: values.Hours = Field(
        default=Decimal(40),
        description="Hours a week of an imported member, with default_capacity.",
    )


class Members(_Frozen):
    """The people who own records."""

    directory: Directory | None = Field(
        default=None,
        description="The member directory: a CSV file, or a table or a query of the warehouse.",
    )
    overrides: dict[values.Email, values.Email] = Field(
        default_factory=dict, description="E-mail in Salesforce: e-mail in the directory."
    )


class WindowSettings(_Frozen):
    """The span of time that an incremental sync reads."""

    lag: values.Lag = Field(
        default=timedelta(seconds=2), description="How far a sync stays behind Salesforce's clock."
    )
    overlap: values.Overlap = Field(
        default=timedelta(minutes=15), description="How much of the time before is read once more."
    )


class Quota(_Frozen):
    """What a sync leaves to the org's other users."""

    share: values.Share = Field(
        default=Decimal("0.75"),
        description="Share of the org's daily quotas past which a sync defers.",
    )


class Quality(_Frozen):
    """What becomes of records that fail a critical check."""

    set_aside: values.RecordCount = Field(
        default=0,
        description="How many records of a mart may be set aside; 0: one that fails stops all.",
    )


class Notifier(_Frozen):
    """One way by which operators are told: a notifier of Airflow or of one of its providers."""

    class_path: values.ClassPath = Field(
        default=SMTP_NOTIFIER, description="The path of its class; left out: e-mail."
    )
    arguments: Arguments = Field(
        default_factory=dict, description="What the class is given, by name; never a secret."
    )


class Notifications(_Frozen):
    """Who is told when something is wrong with an org's syncs, once, and when it is over."""

    about: tuple[values.Occasion, ...] = Field(
        default=values.OCCASIONS, min_length=1, description="What is told."
    )
    notifiers: dict[values.NotifierName, Notifier] = Field(
        default_factory=dict, description="The ways to tell it, each under a name; none: silence."
    )


class Retention(_Frozen):
    """How long the results of syncs are kept."""

    results_days: values.ResultDays = Field(
        default=400, description="Days after which a sync's results are removed."
    )
    details_days: values.DetailDays = Field(
        default=35, description="Days after which details of a sync that say little are removed."
    )


class ObjectSettings(_Frozen):
    """An object beyond the standard set, or with exceptions."""

    exclude_fields: tuple[values.FieldName, ...] = Field(
        default=(), description="Fields that are never read."
    )
    hash_fields: tuple[values.FieldName, ...] = Field(
        default=(), description="Fields that are kept as a salted hash only."
    )
    refresh_fields: tuple[values.FieldName, ...] = Field(
        default=(), description="Fields that change without a stamp; a reconcile reads them again."
    )


class OrgSettings(_Frozen):
    """One Salesforce org: its connection, its schedule, and what of it enters the marts."""

    key: str = Field(description="The org's key in every table: the name above its settings.")
    connection: values.Connection = Field(description="The Airflow connection to the org.")
    automatically_sync: values.Flag = Field(
        default=True, description="false: scheduled runs skip this org, manual ones do not."
    )
    frequency: values.FrequencyChoice = Field(
        default=Frequency.EVERY_HOUR, description="How often the org is synced."
    )
    start_date: values.StartDate | None = Field(
        default=None, description="Opportunities created before it stay out of the marts."
    )
    opportunity_minimums: Minimums = Minimums()
    opportunity_types: tuple[values.OpportunityType, ...] | None = Field(
        default=None, min_length=1, description="The types that enter the marts; left out: all."
    )
    pipelines: Pipelines = Pipelines()
    imported_members: ImportedMembers = ImportedMembers()
    members: Members = Members()
    window: WindowSettings = WindowSettings()
    quota: Quota = Quota()
    quality: Quality = Quality()
    reconcile: values.Reconcile = Field(
        default="daily", description="How often formulas, untraced deletes and counts are checked."
    )
    notifications: Notifications = Notifications()
    retention: Retention = Retention()
    objects: dict[values.ObjectName, ObjectSettings] = Field(
        default_factory=dict, description="Objects beyond the standard set, or with exceptions."
    )


class Settings(_Frozen):
    """All orgs, in the order of the file."""

    orgs: dict[values.OrgKey, OrgSettings] = Field(
        min_length=1, description="The Salesforce orgs, each under its key."
    )

    def by_frequency(self) -> dict[Frequency, tuple[OrgSettings, ...]]:
        """The orgs of each frequency in use, most often first, orgs in the order of the file."""
        return {
            frequency: tuple(org for org in self.orgs.values() if org.frequency is frequency)
            for frequency in Frequency
            if any(org.frequency is frequency for org in self.orgs.values())
        }

    def effective(self, org: str) -> dict[str, Any]:
        """An org's settings with every default, as JSON; numbers are texts, to stay exact."""
        return self.orgs[org].model_dump(mode="json")
