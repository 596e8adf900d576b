"""Which stages belong to a record type: not in SOQL, so the UI API's picklist values are asked.

Source: "Get Values for a Picklist Field" in the User Interface API Developer Guide.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

from salesforce_elt.errors import AccessDenied, RequestRefused
from salesforce_elt.parts import Cell, Done, KeptPage, Page
from salesforce_elt.salesforce.client import SalesforceClient


class PicklistSource:
    """The stages of each record type of Opportunity, in order, as rows of one page.

    `on_refusal` hears of the record types whose values the org does not tell. The record types
    are asked for here: the object RecordType may be read by another task at the same time.
    """

    def __init__(
        self, client: SalesforceClient, *, on_refusal: Callable[[Sequence[str]], None]
    ) -> None:
        self._client = client
        self._on_refusal = on_refusal
        self._refused: list[str] = []
        self._count = 0

    ahead = 0

    def pages(self, done: Done) -> Iterator[KeptPage]:
        """One page: `Id`, `RecordTypeId`, `StageName`, `SortOrder`."""
        if done:  # there is one page: it is here
            self._count = done[1].row_count
            return
        rows = [
            row for record_type_id in self._record_types() for row in self._stages(record_type_id)
        ]
        self._count = len(rows)
        if self._refused:
            self._on_refusal(self._refused)
        yield KeptPage(1, lambda: nullcontext(Page(len(rows), None, rows=rows)))

    def expected(self) -> int:
        """As many as were read: the UI API gives no count of its own."""
        return self._count

    def _record_types(self) -> list[str]:
        soql = "SELECT Id FROM RecordType WHERE SobjectType = 'Opportunity' ORDER BY Id"
        try:
            answer = self._client.get(
                f"{self._client.data_path}/query",
                params={"q": soql},
                asked="Record types of Opportunity",
            )
        except AccessDenied:
            return []  # RecordType is hidden, which is a finding of its own
        return [str(record["Id"]) for record in answer["records"]]

    def _stages(self, record_type_id: str) -> list[list[Cell]]:
        path = (
            f"{self._client.data_path}/ui-api/object-info/Opportunity/picklist-values/"
            f"{record_type_id}/StageName"
        )
        try:
            answer: Any = self._client.get(path, asked=f"Stages of record type {record_type_id}")
        except (AccessDenied, RequestRefused):
            self._refused.append(record_type_id)
            return []
        return [
            [f"{record_type_id}:{value['value']}", record_type_id, value["value"], str(order)]
            for order, value in enumerate(answer["values"], start=1)
        ]
