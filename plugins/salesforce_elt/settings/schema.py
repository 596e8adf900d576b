"""
The JSON schema of the settings file, from which editors complete and check.

    python -m salesforce_elt.settings.schema > include/sync.schema.json
"""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from salesforce_elt.settings.layout import NOT_WRITTEN
from salesforce_elt.settings.models import Settings
from salesforce_elt.settings.reading import written_duration

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _AsWritten(GenerateJsonSchema):
    """Shows defaults as one would write them: 2s, 0.75."""

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, timedelta):
            return written_duration(dft)
        return json.loads(str(dft)) if isinstance(dft, Decimal) else super().encode_default(dft)


def schema() -> dict[str, Any]:
    """The schema of `include/sync.yaml`, as JSON."""
    made = {"$schema": DIALECT, **Settings.model_json_schema(schema_generator=_AsWritten)}
    for model, names in NOT_WRITTEN.items():
        definition = made["$defs"][model.__name__]
        for name in names:
            del definition["properties"][name]
            definition["required"].remove(name)
    cleaned: dict[str, Any] = _for_editors(made)
    return cleaned


def text() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _for_editors(part: Any) -> Any:
    """Without titles, which repeat names, and defaults of groups, whose settings have them."""
    if isinstance(part, list):
        return [_for_editors(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {name: _for_editors(one) for name, one in part.items() if not _is_noise(name, one)}
    # Names that match no pattern are refused.
    return kept | ({"additionalProperties": False} if "patternProperties" in part else {})


def _is_noise(name: str, one: Any) -> bool:
    return (name == "title" and isinstance(one, str)) or (
        name == "default" and isinstance(one, dict)
    )


if __name__ == "__main__":
    print(text(), end="")
