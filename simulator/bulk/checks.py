"""What Bulk refuses although SOQL allows it (api.md 3.5, 3.6)."""

from __future__ import annotations

from simulator.errors import SalesforceError
from simulator.options import Options
from simulator.soql.plan import Plan

SETUP_OBJECTS = frozenset({"OpportunityStage"})
NOT_IN_BULK = frozenset({"Attachment", "TaskPriority", "TaskStatus"})
UNSUPPORTED_TYPES = ("address", "location")


def check_bulk(plan: Plan, options: Options) -> None:
    """SalesforceError with a code of Bulk 2.0 if this plan is not for Bulk."""
    name = plan.sobject.name
    # what is worked out at the moment of asking is not for Bulk (api.md 6.2)
    is_refused = name in SETUP_OBJECTS and options.text("bulk_setup_objects") == "refused"
    if is_refused or name in NOT_IN_BULK or not plan.sobject.retrieveable:
        message = f"Entity '{name}' is not supported by the Bulk API."
        raise SalesforceError("INVALIDENTITY", message)
    if not plan.is_rows:
        raise _refused("Aggregate queries are not supported in Bulk Query")
    if plan.children:
        raise _refused("Aggregate Relationships not supported in Bulk Query")
    if plan.type_ofs:
        raise _refused("TYPEOF is not supported in Bulk Query")
    if plan.offset is not None:
        raise _refused("OFFSET is not supported in Bulk Query")
    if any(column.field.type in UNSUPPORTED_TYPES for column in plan.columns):
        raise _refused("Selecting compound data not supported in Bulk Query")
    if any(column.field.type == "base64" for column in plan.columns):
        raise _refused("Selecting binary data not supported in Bulk Query")


def _refused(message: str) -> SalesforceError:
    return SalesforceError("API_ERROR", message)
