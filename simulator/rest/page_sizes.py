"""How many records fit a page: fewer when they are wide (api.md 2.3)."""

from __future__ import annotations

from simulator.catalog.types import Field
from simulator.options import Options
from simulator.soql.plan import Plan

SHORT_TEXT = 255
WIDE_COLUMNS, WIDE_PAGE, BODY_PAGE = 2, 200, 1


def page_size(plan: Plan, wanted: int, options: Options) -> int:
    """What a page holds of what the client asked for."""
    if not options.on("wide_rows_shrink"):
        return wanted
    fields = [column.field for column in plan.columns]
    if any(field.type == "base64" for field in fields):
        return BODY_PAGE
    wide = sum(_is_wide(field) for field in fields)
    return min(wanted, WIDE_PAGE) if wide >= WIDE_COLUMNS else wanted


def _is_wide(field: Field) -> bool:
    return field.custom and field.type == "textarea" and field.length > SHORT_TEXT
