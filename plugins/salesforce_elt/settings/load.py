"""From `include/sync.yaml` to settings, or to one error that lists everything wrong with it."""

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath

from pydantic import ValidationError

from salesforce_elt.environment import PROJECT
from salesforce_elt.settings.complaints import complaints
from salesforce_elt.settings.models import OrgSettings, Settings
from salesforce_elt.settings.rules import broken_rules
from salesforce_elt.settings.text import read_tree
from salesforce_elt.settings.tree import Scalar, Tree, Value
from salesforce_elt.settings.wording import Problem, invalid


def load_settings(path: FilePath, *, root: FilePath = PROJECT) -> Settings:
    """
    The settings that a file holds; paths in it start at `root`, the project's folder.

    Raises SettingsInvalid, which lists every problem with its line, in the order of the file.
    """
    tree = read_tree(path)
    problems = [*tree.problems, *_broken_rules(tree)]
    try:
        settings = Settings.model_validate(_with_keys(tree), context={"root": root})
    except ValidationError as error:
        found = complaints(error, tree)
        raise invalid(path, _once(problems + found)) from None
    if problems:
        raise invalid(path, problems)
    return settings


def stored_settings(stored: Mapping[str, object], *, root: FilePath = PROJECT) -> OrgSettings:
    """An org's settings from the JSON that `effective` makes of them: what a run began with."""
    written = {name: _as_written(value) for name, value in stored.items() if name != "key"}
    return OrgSettings.model_validate({**written, "key": stored["key"]}, context={"root": root})


def _as_written(value: object) -> object:
    """JSON as a file's values: numbers, dates and times are texts in both."""
    if isinstance(value, Mapping):
        return {name: _as_written(one) for name, one in value.items()}
    if isinstance(value, list):
        return tuple(_as_written(one) for one in value)
    return Scalar(value, tag="str", plain=True) if isinstance(value, str) else value


def _orgs(tree: Tree) -> dict[str, Value]:
    orgs = tree.root.get("orgs")
    return orgs if isinstance(orgs, dict) else {}


def _with_keys(tree: Tree) -> dict[str, object]:
    told = {
        key: {**org, "key": key} if isinstance(org, dict) else org
        for key, org in _orgs(tree).items()
    }
    return {**tree.root, "orgs": told} if told else dict(tree.root)


def _broken_rules(tree: Tree) -> Iterator[Problem]:
    for key, org in _orgs(tree).items():
        for path, text in broken_rules(org) if isinstance(org, dict) else ():
            here = ("orgs", key, *path)
            yield Problem(tree.place(here), here, text)


def _once(problems: list[Problem]) -> list[Problem]:
    """The first problem of each setting and place; what follows from it is not told."""
    return list({(one.place, one.path): one for one in reversed(problems)}.values())
