"""What a settings file means: every value, every default, and how orgs are found by it."""

import json
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from salesforce_elt.settings import (
    Frequency,
    ImportedMembers,
    Members,
    Minimums,
    ObjectSettings,
    OrgSettings,
    Pipelines,
    Quality,
    Quota,
    Settings,
    WindowSettings,
    load_settings,
)

PROJECT = Path(__file__).resolve().parents[2]
EVERYTHING = """\
orgs:
  acme:
    connection: salesforce_acme
    automatically_sync: false
    frequency: every_4_hours
    start_date: 2024-01-01
    opportunity_minimums: {probability: 10, amount: 1000}
    opportunity_types: [New Customer, Existing Customer - Upgrade]
    pipelines:
      mode: split
      sales_processes: [New Business, Renewals]
      without_record_type: exclude
    imported_members: {availability: no_availability, weekly_capacity_hours: 37.5}
    members:
      directory: members.csv
      overrides: {ops-queue@acme.com: dispatcher@acme.com}
    window: {lag: 5s, overlap: 1h}
    quota: {share: 0.1}
    quality: {set_aside: 20}
    reconcile: weekly
    objects:
      Invoice__c: {}
      Contact: {exclude_fields: [SSN__c], hash_fields: [Email]}
"""
ACME = OrgSettings(
    key="acme",
    connection="salesforce_acme",
    automatically_sync=False,
    frequency=Frequency.EVERY_4_HOURS,
    start_date=date(2024, 1, 1),
    opportunity_minimums=Minimums(probability=Decimal(10), amount=Decimal(1000)),
    opportunity_types=("New Customer", "Existing Customer - Upgrade"),
    pipelines=Pipelines(
        mode="split",
        sales_processes=("New Business", "Renewals"),
        without_record_type="exclude",
    ),
    imported_members=ImportedMembers(
        availability="no_availability", weekly_capacity_hours=Decimal("37.5")
    ),
    members=Members(
        directory=Path("members.csv"), overrides={"ops-queue@acme.com": "dispatcher@acme.com"}
    ),
    window=WindowSettings(lag=timedelta(seconds=5), overlap=timedelta(hours=1)),
    quota=Quota(share=Decimal("0.1")),
    quality=Quality(set_aside=20),
    reconcile="weekly",
    objects={
        "Invoice__c": ObjectSettings(),
        "Contact": ObjectSettings(exclude_fields=("SSN__c",), hash_fields=("Email",)),
    },
)


def loaded(folder: Path, text: str) -> Settings:
    """The settings that a text in a file means; paths in it start at the folder."""
    (folder / "members.csv").write_text("member_id\n")
    file = folder / "sync.yaml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, root=folder)


def acme(folder: Path, settings: str) -> OrgSettings:
    """The org that one line of settings makes."""
    return loaded(folder, f"orgs:\n  acme:\n    connection: sf\n    {settings}\n").orgs["acme"]


def test_every_setting_is_read_as_written(tmp_path: Path) -> None:
    org = loaded(tmp_path, EVERYTHING).orgs["acme"]
    members = ACME.members.model_copy(update={"directory": tmp_path / "members.csv"})
    assert org == ACME.model_copy(update={"members": members})


def test_a_connection_is_all_that_an_org_needs(tmp_path: Path) -> None:
    org = acme(tmp_path, "")
    assert org == OrgSettings(key="acme", connection="sf")
    assert org.model_dump(exclude={"key", "connection"}) == {
        "automatically_sync": True,
        "frequency": Frequency.EVERY_HOUR,
        "start_date": None,
        "opportunity_minimums": {"probability": None, "amount": None},
        "opportunity_types": None,
        "pipelines": {
            "mode": "one",
            "sales_processes": None,
            "without_record_type": "default_pipeline",
        },
        "imported_members": {"availability": "default_capacity", "weekly_capacity_hours": 40},
        "members": {"directory": None, "overrides": {}},
        "window": {"lag": timedelta(seconds=2), "overlap": timedelta(minutes=15)},
        "quota": {"share": Decimal("0.75")},
        "quality": {"set_aside": 0},
        "reconcile": "daily",
        "notifications": {
            "about": ("failed", "partial", "deferred", "checks", "findings"),
            "notifiers": {},
        },
        "retention": {"results_days": 400, "details_days": 35},
        "objects": {},
    }


@pytest.mark.parametrize("written", ["0.1", "0.10", "999999999999999999.999999999", "0", "33.333"])
def test_numbers_keep_every_digit(tmp_path: Path, written: str) -> None:
    org = acme(tmp_path, f"opportunity_minimums: {{amount: {written}}}")
    assert str(org.opportunity_minimums.amount) == written


@pytest.mark.parametrize(
    ("written", "seconds"), [("0s", 0), ("2s", 2), ("90s", 90), ("15m", 900), ("24h", 86_400)]
)
def test_times_are_a_number_and_a_unit(tmp_path: Path, written: str, seconds: int) -> None:
    org = acme(tmp_path, f"window: {{overlap: {written}}}")
    assert org.window.overlap == timedelta(seconds=seconds)


@pytest.mark.parametrize("written", ["2024-02-29", "'2024-02-29'", '"2024-02-29"'])
def test_a_date_may_stand_in_quotes(tmp_path: Path, written: str) -> None:
    assert acme(tmp_path, f"start_date: {written}").start_date == date(2024, 2, 29)


@pytest.mark.parametrize("written", ["'2024'", '"yes"', "Größe & Co. – 日本", "=1+1"])
def test_texts_stay_as_they_are(tmp_path: Path, written: str) -> None:
    org = acme(tmp_path, f"opportunity_types: [{written}]")
    assert org.opportunity_types == (written.strip("'\""),)


@pytest.mark.parametrize("nothing", ["", "null", "~"])
def test_an_empty_choice_is_no_choice(tmp_path: Path, nothing: str) -> None:
    org = acme(tmp_path, f"start_date: {nothing}\n    opportunity_types: {nothing}")
    assert (org.start_date, org.opportunity_types) == (None, None)


def test_an_alias_repeats_what_it_names(tmp_path: Path) -> None:
    first = "one: {connection: sf, quota: &quota {share: 0.5}}"
    settings = loaded(tmp_path, f"orgs:\n  {first}\n  two: {{connection: sf, quota: *quota}}")
    assert settings.orgs["two"].quota == settings.orgs["one"].quota == Quota(share=Decimal("0.5"))


def test_two_orgs_may_use_one_connection(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "orgs: {one: {connection: sf}, two: {connection: sf}}")
    assert [org.connection for org in settings.orgs.values()] == ["sf", "sf"]


def test_a_byte_order_mark_is_no_setting(tmp_path: Path) -> None:
    assert loaded(tmp_path, "\ufefforgs: {acme: {connection: sf}}").orgs.keys() == {"acme"}


def test_orgs_are_grouped_by_frequency_most_often_first(tmp_path: Path) -> None:
    orgs = {"b": "daily", "a": "every_hour", "c": "daily"}
    text = "".join(f"  {key}: {{connection: sf, frequency: {how}}}\n" for key, how in orgs.items())
    groups = loaded(tmp_path, f"orgs:\n{text}").by_frequency()
    assert {how: [org.key for org in orgs] for how, orgs in groups.items()} == {
        Frequency.EVERY_HOUR: ["a"],
        Frequency.DAILY: ["b", "c"],
    }
    assert list(groups) == [Frequency.EVERY_HOUR, Frequency.DAILY]


@pytest.mark.parametrize(
    ("frequency", "cron", "hours"),
    [
        ("every_hour", "0 * * * *", 1),
        ("every_2_hours", "0 */2 * * *", 2),
        ("every_3_hours", "0 */3 * * *", 3),
        ("every_4_hours", "0 */4 * * *", 4),
        ("every_8_hours", "0 */8 * * *", 8),
        ("every_12_hours", "0 */12 * * *", 12),
        ("daily", "0 0 * * *", 24),
    ],
)
def test_a_frequency_is_a_schedule(frequency: str, cron: str, hours: int) -> None:
    assert Frequency(frequency).cron == cron
    assert Frequency(frequency).period == timedelta(hours=hours)


def test_effective_settings_show_every_default_and_are_json(tmp_path: Path) -> None:
    effective = loaded(tmp_path, "orgs: {acme: {connection: sf}}").effective("acme")
    assert json.loads(json.dumps(effective)) == effective
    assert effective["window"] == {"lag": "2s", "overlap": "15m"}
    assert effective["quota"] == {"share": "0.75"}


def test_effective_settings_name_files_of_the_project_as_written() -> None:
    org = OrgSettings(
        key="acme",
        connection="sf",
        members=Members(directory=PROJECT / "include/members.csv"),
    )
    effective = Settings(orgs={"acme": org}).effective("acme")
    assert effective["members"]["directory"] == "include/members.csv"


@pytest.mark.parametrize(
    ("seconds", "written"), [(0, "0s"), (90, "90s"), (120, "2m"), (7200, "2h")]
)
def test_effective_times_are_written_with_the_largest_unit(seconds: int, written: str) -> None:
    window = WindowSettings(overlap=timedelta(seconds=seconds))
    assert window.model_dump(mode="json")["overlap"] == written


def test_settings_never_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        ACME.connection = "another"  # type: ignore[misc]


@pytest.mark.parametrize("share", [Decimal(0), Decimal("1.01"), 0.5, "0.5", None])
def test_settings_made_in_python_keep_the_same_bounds(share: object) -> None:
    with pytest.raises(ValidationError, match="a share more than 0 and at most 1"):
        Quota(share=share)  # type: ignore[arg-type]


def test_reading_settings_loads_neither_airflow_nor_pandas() -> None:
    code = "import sys, salesforce_elt.settings; print(*{'airflow', 'pandas'} & set(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(PROJECT / "plugins")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == ""
