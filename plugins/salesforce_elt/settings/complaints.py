"""What pydantic complains about, in the words of someone who edits the settings file."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from salesforce_elt.settings.layout import description, every_setting, names_in
from salesforce_elt.settings.tree import Tree
from salesforce_elt.settings.values import WRONG_VALUE
from salesforce_elt.settings.wording import (
    NAME_ITSELF,
    Path,
    Problem,
    did_you_mean,
    nearest,
    shown,
)

UNKNOWN = "extra_forbidden"
MISSING = "missing"
TOO_SHORT = "too_short"
LEVEL_OF_AN_ORG = 2
IN_GENERAL = {
    "tuple_type": "must be a list such as [A, B]",
    "dict_type": "must be a mapping: a name, a colon, its settings",
}


def complaints(error: ValidationError, tree: Tree) -> list[Problem]:
    """The problems that an error stands for, each at its place in the file."""
    found = error.errors(include_url=False)
    meant = {_meant(one["loc"]) for one in found if one["type"] == UNKNOWN}
    return [_problem(one, tree) for one in found if not _follows(one, meant)]


def _follows(one: ErrorDetails, meant: set[Path]) -> bool:
    """Whether another problem says it already: the name is misspelt, the items are wrong."""
    if one["type"] == TOO_SHORT:
        return len(one["input"]) > 0
    return one["type"] == MISSING and one["loc"] in meant


def _meant(path: Path) -> Path:
    """The setting that a misspelt name probably stands for."""
    *above, name = path
    return (*above, nearest(str(name), names_in(tuple(above))) or name)


def _problem(one: ErrorDetails, tree: Tree) -> Problem:
    path = one["loc"]
    if one["type"] == UNKNOWN:
        return Problem(tree.name_place(path), path, f"is no setting. {_known(path)}")
    if one["type"] == MISSING:
        return Problem(tree.name_place(path[:-1]), path, f"is missing: {_lower(description(path))}")
    place = tree.place(path)
    if path[-1] == NAME_ITSELF:
        return Problem(place, path, _right(one))
    if one["type"] == TOO_SHORT:
        return Problem(place, path, "is empty: name one at least, or remove it")
    written = shown(place.written) if one["input"] is not None else "empty"
    return Problem(place, path, f"is {written}, but {_right(one)}")


def _known(path: Path) -> str:
    *above, name = path
    elsewhere = [setting for setting in every_setting() if setting.endswith(f".{name}")]
    known = names_in(tuple(above))
    if elsewhere and not nearest(str(name), known):
        return f"It belongs under orgs.<org>.{elsewhere[0].removesuffix(f'.{name}')}"
    return did_you_mean(str(name), known)


def _right(one: ErrorDetails) -> str:
    context = one.get("ctx", {})
    if one["type"] == WRONG_VALUE:
        hint = f". {context['hint']}" if context["hint"] else ""
        return f"must be {context['right']}{hint}"
    if one["type"] == "model_type":
        none = "; {} stands for none" if len(one["loc"]) > LEVEL_OF_AN_ORG else ""
        return f"must hold settings: {', '.join(names_in(one['loc']))}{none}"
    return IN_GENERAL[one["type"]]


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
