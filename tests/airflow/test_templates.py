"""Airflow renders templates; nothing that a person or an org wrote is ever one of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.dag_processing.dagbag import DagBag

from salesforce_elt import stations
from salesforce_elt.batches import Counts
from salesforce_elt.errors import StopError
from salesforce_elt.run import Run
from tests.attackers.hostile import PAYLOADS

PROJECT = Path(__file__).resolve().parents[2]
DAG_ID = "salesforce_sync_every_hour"
RENDERED = str(7 * 191)  # what the payloads would become

pytestmark = pytest.mark.faults


@pytest.fixture
def dags(monkeypatch, tmp_path) -> dict[str, Any]:
    """The DAGs of settings in which every text that may be anything is a template."""
    texts = [text for text in PAYLOADS.values() if text.isprintable()]
    org = {"connection": "salesforce_acme", "opportunity_types": texts,
           "pipelines": {"mode": "split", "sales_processes": texts},
           "members": {"directory": {"query": "select '{{ 7 * 191 }}'"}},
           "notifications": {"notifiers": {"x": {"arguments": {"text": "{{ 7 * 191 }}"}}}}}
    (tmp_path / "sync.yaml").write_text(yaml.safe_dump({"orgs": {"acme": org}}))
    monkeypatch.setenv("ELT_SETTINGS", str(tmp_path / "sync.yaml"))
    monkeypatch.setenv("ELT_WAREHOUSE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    bag = DagBag(str(PROJECT / "dags"))
    assert bag.import_errors == {}
    return bag.dags


def texts_in(value: Any) -> Iterator[str]:
    """The texts in a templated field, whatever it is made of."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts_in(one)
    elif isinstance(value, list | tuple | set):
        for one in value:
            yield from texts_in(one)


def templated(task: Any) -> Iterator[str]:
    """The texts that Airflow renders before a task runs."""
    given = task.partial_kwargs if task.is_mapped else vars(task)
    for name in task.template_fields:
        yield from texts_in(given.get(name))


def test_the_templated_fields_of_every_task_hold_keys_of_orgs_alone(dags) -> None:
    found = {text for dag in dags.values() for task in dag.tasks for text in templated(task)}
    assert found == {"acme"}


def test_what_people_read_of_a_dag_has_nothing_of_the_settings_but_names(dags) -> None:
    shown = [str(one) for dag in dags.values() for one in (
        dag.description, dag.doc_md, dag.params.dump(), *(
            group.tooltip for group in dag.task_group.get_task_group_dict().values()))]
    hostile = [text for text in PAYLOADS.values() if len(text) > 3]
    assert [text for text in hostile for one in shown if text in one] == []


@pytest.mark.slow
def test_an_object_whose_name_is_a_template_reaches_its_task_as_it_is(
    dags, metadata, monkeypatch
) -> None:
    reached: list[str] = []
    now = Run.from_json({"org": "acme", "run_id": "acme/1", "fence": 1, "kind": "full",
                         "until": "2026-03-01T12:00:00+00:00", "objects": []})
    names = [PAYLOADS["jinja value"], PAYLOADS["jinja statement"], "{{ run_id }}"]

    def extract(_site: Any, _run: Run, sobject: str) -> Counts:
        reached.append(sobject)
        return Counts()

    def end(*_: Any) -> None:
        raise StopError("It ends here.")

    monkeypatch.setattr(stations, "start", lambda *_: now)
    monkeypatch.setattr(stations, "make_plan", lambda *_: names)
    monkeypatch.setattr(stations, "extract_object", extract)
    monkeypatch.setattr(stations, "transform_marts", lambda *_: None)
    monkeypatch.setattr(stations, "finish", end)
    dags[DAG_ID].test()
    assert sorted(reached) == sorted(names)
    assert RENDERED not in "".join(reached)
