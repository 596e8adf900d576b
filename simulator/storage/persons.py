"""Person accounts: every one has a contact that is the same person (api.md 5.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.catalog.features import SHADOWED
from simulator.catalog.types import SObject
from simulator.errors import RowError
from simulator.storage import rows

if TYPE_CHECKING:
    from simulator.storage.transaction import Transaction

Record = dict[str, Any]


def follow(
    work: Transaction, sobject: SObject, *, after: Record, before: Mapping[str, Any] | None
) -> None:
    """Keep the contact of a person account in step with it."""
    if sobject.name != "Account" or sobject.field("PersonContactId") is None:
        return
    if not after.get("Name"):
        raise RowError(
            "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", fields=("Name",)
        )
    if not after.get("LastName"):
        return
    values = {contact: after.get(account) for account, contact in SHADOWED.items()}
    if before is None or not before.get("PersonContactId"):
        _begin(work, sobject, after, values)
    elif any(before.get(name) != after.get(name) for name in SHADOWED):
        work.update("Contact", before["PersonContactId"], values)


def _begin(work: Transaction, sobject: SObject, account: Record, values: Record) -> None:
    contact_id = work.insert("Contact", {**values, "AccountId": account["Id"]})
    contact = {"Id": contact_id, "IsPersonAccount": True}
    rows.write_changed(
        work.connection, work.org.schema, sobject=work.sobject("Contact"), record=contact
    )
    link = {"Id": account["Id"], "PersonContactId": contact_id}
    rows.write_changed(work.connection, work.org.schema, sobject=sobject, record=link)
