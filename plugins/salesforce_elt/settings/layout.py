"""Which settings there are and what each may hold, asked of the models themselves."""

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from salesforce_elt.settings.models import OrgSettings, Settings
from salesforce_elt.settings.wording import Path

NOT_WRITTEN = {OrgSettings: frozenset({"key"})}


def names_in(path: Path) -> tuple[str, ...]:
    """The names that may be written at a path; none where any name may stand."""
    kind = _kind_at(path)
    return tuple(_fields(kind)) if _is_model(kind) else ()


def description(path: Path) -> str:
    """What a setting is, in a sentence."""
    kind = _kind_at(path[:-1])
    field = _fields(kind).get(str(path[-1])) if _is_model(kind) else None
    return (field.description or "") if field else ""


def every_setting(kind: Any = OrgSettings, above: str = "") -> Iterator[str]:
    """Every setting of an org: `pipelines.mode`, `objects.<object>.hash_fields`."""
    for name, field in _fields(kind).items():
        here = above + name
        inner = _inner(field.annotation)
        if _is_model(field.annotation):
            yield from every_setting(field.annotation, here + ".")
        else:
            yield here
        if _is_model(inner):
            yield from every_setting(inner, f"{here}.<{name.removesuffix('s')}>.")


def _fields(kind: Any) -> dict[str, FieldInfo]:
    hidden = NOT_WRITTEN.get(kind, frozenset())
    return {name: field for name, field in kind.model_fields.items() if name not in hidden}


def _kind_at(path: Path) -> Any:
    kind: Any = Settings
    for part in path:
        if _is_model(kind):
            field = _fields(kind).get(str(part))
            kind = field.annotation if field else None
        else:
            kind = _inner(kind)
    return kind


def _inner(kind: Any) -> Any:
    return get_args(kind)[1] if get_origin(kind) is dict else None


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
