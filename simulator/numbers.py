"""How auto-number fields write their numbers."""

from __future__ import annotations

import re

from simulator.catalog.types import Field

PLAIN = "{0}"
_PLACE = re.compile(r"\{(0+)\}")


def formatted_number(field: Field, number: int) -> str:
    """``INV-{0000}`` and 7 give ``INV-0007``."""
    written = field.auto_format or PLAIN
    return _PLACE.sub(lambda place: str(number).zfill(len(place.group(1))), written, count=1)
