"""Rules between settings: each is broken once, and told at the very item that breaks it."""

from pathlib import Path

import pytest

from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.objects import STANDARD_SET
from salesforce_elt.settings import load_settings
from salesforce_elt.settings.rules import DECISIVE


def told(folder: Path, settings: str) -> str:
    """The one problem that a line of settings has."""
    file = folder / "sync.yaml"
    file.write_text(f"orgs:\n  acme:\n    connection: sf\n    {settings}\n", encoding="utf-8")
    with pytest.raises(SettingsInvalid, match="has 1 problem") as refused:
        load_settings(file)
    return str(refused.value).splitlines()[1]


@pytest.mark.parametrize(
    "pipelines",
    [
        "{sales_processes: [Renewals]}",
        "{mode: one, sales_processes: [Renewals]}",
        "{mode: one, without_record_type: exclude}",
    ],
)
def test_choosing_sales_processes_needs_split_pipelines(tmp_path: Path, pipelines: str) -> None:
    problem = told(tmp_path, f"pipelines: {pipelines}")
    assert "has no effect with one pipeline: set mode: split beside it, or remove it" in problem


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("opportunity_types: [A, B, A]", "column 31: orgs.acme.opportunity_types, item 3 names A"),
        ("pipelines: {mode: split, sales_processes: [A, A]}", "sales_processes, item 2 names A"),
        ("objects: {Lead: {hash_fields: [Email, EMAIL]}}", "hash_fields, item 2 names EMAIL again"),
        ("objects: {Lead: {exclude_fields: [Fax, Fax]}}", "exclude_fields, item 2 names Fax again"),
    ],
)
def test_a_list_names_everything_once(tmp_path: Path, settings: str, problem: str) -> None:
    assert problem in told(tmp_path, settings)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("objects: {Lead: {}, LEAD: {}}", "orgs.acme.objects.LEAD is the same as Lead: keep one"),
        (
            "members: {overrides: {a@b.org: c@d.org, A@b.org: e@f.org}}",
            "orgs.acme.members.overrides.A@b.org is the same as a@b.org: keep one of the two.",
        ),
        ("objects: {contact: {}}", "orgs.acme.objects.contact is a standard object: write Contact"),
        (
            "objects: {Lead: {exclude_fields: [Fax], hash_fields: [fax]}}",
            "names fax, which exclude_fields names too: keep one of the two.",
        ),
        (
            "objects: {Lead: {exclude_fields: [Fax], refresh_fields: [fax]}}",
            "names fax, which exclude_fields names too: keep one of the two.",
        ),
        (
            "objects: {Lead: {refresh_fields: [Score__c, score__c]}}",
            "refresh_fields, item 2 names score__c again",
        ),
        (
            "objects: {Lead: {refresh_fields: [SystemModstamp]}}",
            "names SystemModstamp, which every sync reads anyway: remove it.",
        ),
    ],
)
def test_names_have_one_spelling_and_one_place(tmp_path: Path, settings: str, problem: str) -> None:
    assert problem in told(tmp_path, settings)


@pytest.mark.parametrize("key", ["exclude_fields", "hash_fields"])
@pytest.mark.parametrize(
    ("sobject", "field"),
    [
        ("Invoice__c", "Id"),
        ("Invoice__c", "systemmodstamp"),
        ("Contact", "IsDeleted"),
        ("Lead", "CreatedDate"),
        ("LoginHistory", "LoginTime"),
        ("User", "Email"),
        ("Opportunity", "OwnerId"),
        ("Opportunity", "StageName"),
        ("Opportunity", "Type"),
        ("Task", "WhatId"),
        ("BusinessProcess", "Name"),
        ("Organization", "TimeZoneSidKey"),
        ("RecordTypeStage", "StageName"),
        ("Group", "EMAIL"),
        ("Account", "isdeleted"),
    ],
)
def test_what_a_sync_or_the_marts_find_rows_by_stays_readable(
    tmp_path: Path, sobject: str, field: str, key: str
) -> None:
    problem = told(tmp_path, f"objects: {{{sobject}: {{{key}: [{field}]}}}}")
    assert f"orgs.acme.objects.{sobject}.{key}, item 1 names {field}, but " in problem
    assert problem.startswith("  line 4, column ")
    assert problem.endswith("so take it out of the list.")


def test_numbers_and_dates_that_marts_need_are_not_hashed(tmp_path: Path) -> None:
    problem = told(tmp_path, "objects: {Task: {hash_fields: [ActivityDate]}}")
    assert "but the marts need its date values: it must stay readable" in problem


@pytest.mark.parametrize(
    "settings",
    [
        "objects: {Contact: {exclude_fields: [SSN__c], hash_fields: [Email]}}",
        "objects: {Task: {exclude_fields: [ActivityDate]}}",
        "objects: {Invoice__c: {hash_fields: [OwnerId, Name]}}",
        "pipelines: {mode: one, without_record_type: default_pipeline}",
        "opportunity_types: [New, new]",
    ],
)
def test_what_harms_nothing_is_allowed(tmp_path: Path, settings: str) -> None:
    file = tmp_path / "sync.yaml"
    file.write_text(f"orgs:\n  acme:\n    connection: sf\n    {settings}\n")
    assert load_settings(file).orgs.keys() == {"acme"}


def test_every_decisive_field_is_one_that_the_marts_need() -> None:
    needs = {sobject.name: set(sobject.needs) for sobject in STANDARD_SET}
    unknown = {name: set(fields.split()) - needs[name] for name, fields in DECISIVE.items()}
    assert {name: fields for name, fields in unknown.items() if fields} == {}
