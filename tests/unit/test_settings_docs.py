"""The shipped settings, the editors' schema and docs/settings.md say what the models say."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.settings import Frequency, load_settings
from salesforce_elt.settings.layout import every_setting
from salesforce_elt.settings.schema import schema, text

PROJECT = Path(__file__).resolve().parents[2]
SHIPPED = PROJECT / "include/sync.yaml"
DOCS = (PROJECT / "docs/settings.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `([^`]+)`\n(.*?)(?=^#|\Z)", DOCS, flags=re.M | re.S))
EXAMPLES = {name: re.findall(r"\*\*Example:\*\* `(.+)`", body) for name, body in SECTIONS.items()}


def commented_example() -> str:
    """The second org of the shipped file, with its comment signs removed."""
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    first = lines.index("  # acme:")
    return "orgs:\n" + "\n".join("  " + line.removeprefix("  # ") for line in lines[first:])


def in_an_org(example: str) -> dict[str, Any]:
    """An example as an editor sees it: dates are texts to JSON."""
    org = {"connection": "sf"} | yaml.load(example, Loader=yaml.BaseLoader)
    return {"orgs": {"acme": org}}


def test_the_shipped_settings_sync_the_demo_org() -> None:
    demo = load_settings(SHIPPED).orgs["demo"]
    assert (demo.connection, demo.frequency) == ("salesforce_demo", Frequency.EVERY_HOUR)
    assert demo.pipelines.mode == "split"


def test_the_shipped_example_shows_every_setting_and_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "sync.yaml"
    file.write_text(commented_example(), encoding="utf-8")
    shown = load_settings(file).orgs["acme"].model_dump(exclude_unset=True)
    assert _leaves(shown) == set(every_setting())


def test_editors_find_the_schema_of_the_shipped_settings() -> None:
    first_line = SHIPPED.read_text(encoding="utf-8").splitlines()[0]
    assert first_line == "# yaml-language-server: $schema=sync.schema.json"


def test_the_schema_is_up_to_date() -> None:
    written = (PROJECT / "include/sync.schema.json").read_text(encoding="utf-8")
    assert written == text(), "run: python -m salesforce_elt.settings.schema"


def test_the_schema_accepts_what_is_shipped() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(yaml.safe_load(SHIPPED.read_text(encoding="utf-8")), schema())


@pytest.mark.parametrize(
    "org",
    [
        {},
        {"connection": ""},
        {"connection": "sf", "frequncy": "daily"},
        {"connection": "sf", "key": "acme"},
        {"connection": "sf", "frequency": "hourly"},
        {"connection": "sf", "opportunity_minimums": {"probability": 101}},
        {"connection": "sf", "opportunity_minimums": {"amount": "1000"}},
        {"connection": "sf", "opportunity_types": []},
        {"connection": "sf", "window": {"lag": 2}},
        {"connection": "sf", "quota": {"share": 0}},
        {"connection": "sf", "objects": {"Invoice-Line": {}}},
        {"connection": "sf", "objects": {"Invoice__c": None}},
        {"connection": "sf", "members": {"directory": {"tabel": "hr.people"}}},
        {"connection": "sf", "members": {"directory": {"table": "hr.people", "query": "select 1"}}},
        {"connection": "sf", "members": {"overrides": {"nobody": "a@acme.com"}}},
        {"connection": "sf", "notifications": {"about": ["everything"]}},
        {"connection": "sf", "notifications": {"notifiers": {"Slack": {}}}},
        {"connection": "sf", "notifications": {"notifiers": {"slack": {"class_path": "Slack"}}}},
        {"connection": "sf", "notifications": {"notifiers": {"m": {"arguments": {"a b": 1}}}}},
        {"connection": "sf", "retention": {"results_days": 30}},
        {"connection": "sf", "retention": {"details_days": "35"}},
    ],
)
def test_the_schema_refuses_what_the_models_refuse(tmp_path: Path, org: Mapping[str, Any]) -> None:
    settings = {"orgs": {"acme": org}}
    file = tmp_path / "sync.yaml"
    file.write_text(yaml.safe_dump(settings))
    with pytest.raises(SettingsInvalid):
        load_settings(file)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(settings, schema())


def test_the_docs_explain_every_setting_and_no_other() -> None:
    assert sorted(SECTIONS) == sorted(every_setting())


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_every_setting_is_documented_with_default_values_and_example(name: str) -> None:
    marks = re.findall(r"^- \*\*(.+?):\*\*", SECTIONS[name], flags=re.M)
    assert marks == ["Default", "Allowed", "Example"]


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_every_example_of_the_docs_is_valid(tmp_path: Path, name: str) -> None:
    (example,) = EXAMPLES[name]
    file = tmp_path / "sync.yaml"
    connection = "" if example.startswith("connection:") else "    connection: sf\n"
    file.write_text(f"orgs:\n  acme:\n{connection}    {example}\n")
    written = load_settings(file).orgs["acme"].model_dump(exclude_unset=True)
    assert name.split(".")[0] in written


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_every_default_of_the_docs_is_the_models_default(name: str) -> None:
    written = re.search(r"\*\*Default:\*\* (?:`(.+)`|none)", SECTIONS[name])
    assert written is not None
    assert written[1] == _default(name)


def test_the_docs_name_every_frequency() -> None:
    assert all(f"`{frequency}`" in SECTIONS["frequency"] for frequency in Frequency)


def test_the_message_in_the_docs_is_the_real_one(tmp_path: Path) -> None:
    file = tmp_path / "sync.yaml"
    settings = "conection: sf\n    opportunity_minimums: {probability: 150}"
    file.write_text(f"# Acme\norgs:\n  acme:\n    {settings}\n")
    with pytest.raises(SettingsInvalid) as refused:
        load_settings(file)
    assert str(refused.value).replace(str(tmp_path), "include") in DOCS


ANY_NAME = {"objects.": "<object>", "notifications.notifiers.": "<notifier>"}


def _leaves(value: Any, above: str = "") -> set[str]:
    """Names as `every_setting` has them: the names of objects and notifiers stand for any."""
    if not isinstance(value, dict) or above.endswith(("overrides.", "arguments.")):
        return {above.removesuffix(".")}
    found = {above.removesuffix(".")} if above in ANY_NAME else set()
    for name, inner in value.items():
        if name != "key":
            found |= _leaves(inner, above + ANY_NAME.get(above, name) + ".")
    return found - {above + name for above, name in ANY_NAME.items()}


def _default(name: str) -> str | None:
    definition = schema()["$defs"]["OrgSettings"]
    for part in name.split("."):
        if part in ANY_NAME.values():
            (definition,) = definition["patternProperties"].values()
        else:
            definition = definition["properties"][part]
        if set(definition) == {"$ref"}:
            definition = schema()["$defs"][definition["$ref"].rsplit("/", 1)[1]]
    default = definition.get("default") or None
    return default if default is None or isinstance(default, str) else json.dumps(default)
