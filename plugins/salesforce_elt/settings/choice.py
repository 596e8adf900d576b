"""What a person chose in the trigger form: the kind of sync, the orgs, the objects."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.objects import STANDARD_SET
from salesforce_elt.settings.models import Settings
from salesforce_elt.settings.wording import did_you_mean, printable, shown

KINDS = ("incremental", "full", "reconcile")
FIELDS = ("kind", "orgs", "objects")


@dataclass(frozen=True)
class Choice:
    """A valid choice: every org is in the settings; no objects stand for all of them."""

    kind: str
    orgs: tuple[str, ...]
    objects: tuple[str, ...]


def chosen(settings: Settings, params: Mapping[str, object]) -> Choice:
    """
    The choice that the trigger form's values make; what is left empty is incremental and all.

    Raises SettingsInvalid, which lists every wrong value with the nearest right one.
    """
    problems = list(_problems(settings, params))
    if problems:
        count = "1 wrong value" if len(problems) == 1 else f"{len(problems)} wrong values"
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise SettingsInvalid(f"The trigger form has {count}; trigger again without:\n{lines}")
    return Choice(
        kind=str(params.get("kind") or KINDS[0]),
        orgs=_names(params.get("orgs")) or tuple(settings.orgs),
        objects=_names(params.get("objects")),
    )


def _problems(settings: Settings, params: Mapping[str, object]) -> Iterator[str]:
    for name in params:
        if name not in FIELDS:
            yield f"{shown(name)} is no field of the form. {did_you_mean(name, FIELDS)}"
    kind = params.get("kind") or KINDS[0]
    if kind not in KINDS:
        yield f"kind is {_written(kind)}. {did_you_mean(str(kind), KINDS)}"
    yield from _unknown("orgs", params, known=tuple(settings.orgs))
    yield from _unknown("objects", params, known=_objects(settings))


def _unknown(field: str, params: Mapping[str, object], *, known: tuple[str, ...]) -> Iterator[str]:
    value = params.get(field)
    if not _is_list_of_names(value):
        yield f"{field} is {_written(value)}, but must be a list of names"
        return
    for name in _names(value):
        if name not in known:
            yield f"{field} names {shown(name)}. {did_you_mean(name, known)}"


def _objects(settings: Settings) -> tuple[str, ...]:
    configured = (name for org in settings.orgs.values() for name in org.objects)
    return tuple(dict.fromkeys([*(one.name for one in STANDARD_SET), *configured]))


def _is_list_of_names(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, list | tuple) and all(isinstance(name, str) for name in value)


def _names(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value)) if isinstance(value, list | tuple) else ()


def _written(value: object) -> str:
    return shown(printable(str(value)))
