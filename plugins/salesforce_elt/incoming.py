"""A complete landing, on its way into staging."""

from dataclasses import dataclass

from salesforce_elt.extracts import Extract
from salesforce_elt.warehouse.landing import Landing
from salesforce_elt.warehouse.staging import StagingTable


@dataclass(frozen=True)
class Incoming:
    """A complete landing, and what it says about its SObject.

    `cursor` is the column of the stamp (None: rows have none, and the incoming one counts);
    `is_setup` rows that a whole read lacks are gone, without asking for a witness (rule 11).
    """

    landing: Landing
    cursor: str | None
    is_setup: bool

    @property
    def extract(self) -> Extract:
        """The extract whose landing this is."""
        return self.landing.extract

    @property
    def table(self) -> StagingTable:
        """Where it goes."""
        return StagingTable(self.extract.org, self.extract.sobject)

    @property
    def has_is_deleted(self) -> bool:
        """Whether Salesforce flags the object's deleted records; setup objects just vanish."""
        return any(column.name == "is_deleted" for column in self.landing.columns)
