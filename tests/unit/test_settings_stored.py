"""The settings that a run began with come back from the results as they were."""

from pathlib import Path

import pytest

from salesforce_elt.settings import load_settings, stored_settings

FILES = {
    "the least": "orgs:\n  acme: {connection: c}\n",
    "everything": """
orgs:
  acme:
    connection: c
    automatically_sync: false
    frequency: every_4_hours
    start_date: 2024-01-31
    opportunity_minimums: {probability: 0.1, amount: 99.50}
    opportunity_types: [New Customer, "true"]
    pipelines: {mode: split, sales_processes: [New Business], without_record_type: exclude}
    imported_members: {availability: no_availability, weekly_capacity_hours: 37.5}
    members: {directory: include/members.csv, overrides: {a@acme.com: b@acme.com}}
    window: {lag: 5s, overlap: 1h}
    quota: {share: 0.5}
    reconcile: never
    notifications:
      about: [failed, checks]
      notifiers:
        operators: {arguments: {to: [ops@acme.com, "007"], timeout: 5, retry: true, ratio: 0.5}}
        slack:
          class_path: acme.Notifier
          arguments: {channel: "#elt", text: "{{ notice.text }}\n.", blocks: [{type: x, n: null}]}
    retention: {results_days: 1000, details_days: 8}
    objects: {Invoice__c: {}, Contact: {exclude_fields: [SSN__c]}}
""",
    "a directory that is a table": """
orgs:
  acme: {connection: c, members: {directory: {table: HR.People}}}
""",
    "a directory that is a query": """
orgs:
  acme:
    connection: c
    members:
      directory:
        query: |
          select id as member_id, name as member_name, email
          from hr.people
          where left_on is null
""",
}


@pytest.mark.parametrize("written", FILES.values(), ids=FILES)
def test_stored_settings_are_the_same_as_the_file_said(tmp_path: Path, written: str):
    path = tmp_path / "sync.yaml"
    path.write_text(written)
    settings = load_settings(path)
    assert stored_settings(settings.effective("acme")) == settings.orgs["acme"]


def test_a_run_that_was_stored_before_a_setting_existed_has_its_default(tmp_path: Path):
    path = tmp_path / "sync.yaml"
    path.write_text(FILES["the least"])
    settings = load_settings(path)
    before = {
        name: value
        for name, value in settings.effective("acme").items()
        if name not in ("notifications", "retention")
    }
    assert stored_settings(before) == settings.orgs["acme"]
