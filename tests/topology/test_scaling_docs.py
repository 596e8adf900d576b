"""docs/scaling.md: its commands exist, its queries run, its policy does what it says."""

import re
from types import SimpleNamespace

import psycopg
import pytest
import yaml

from salesforce_elt.environment import PROJECT
from tests.topology.compose_file import services

PAGE = (PROJECT / "docs/scaling.md").read_text(encoding="utf-8")
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The page's code in one language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def test_every_target_and_every_link_of_the_page_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, flags=re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z-]+)", "\n".join(blocks("sh")))) <= targets
    links = re.findall(r"\]\(([^)#:]+)[^)]*\)", PAGE)
    assert [one for one in links if not (PROJECT / "docs" / one).resolve().exists()] == []


def test_services_that_commands_name_are_in_the_compose_file() -> None:
    named = re.findall(r"docker compose (?:exec|logs --follow) ([a-z-]+)", PAGE)
    profiles = re.findall(r"--profile ([a-z]+)", PAGE)
    assert set(named) <= set(services())
    known = {one for said in services().values() for one in said.get("profiles", [])}
    assert set(profiles) == known


def test_the_queries_of_the_page_run(warehouse_18: str) -> None:
    queries = re.findall(r'make sql Q="([^"]+)"', PAGE)
    with psycopg.connect(warehouse_18) as connection:
        columns = [[one.name for one in connection.execute(query.encode()).description or []]
                   for query in queries]
    assert [names[:2] for names in columns] == [["org", "sobject"], ["org", "run_id"]]


@pytest.mark.parametrize(
    ("dag_id", "task_id", "pool"),
    [
        ("salesforce_sync_every_hour", "acme.extract", "org_acme"),
        ("salesforce_check", "acme", "default_pool"),
    ],
)
def test_the_policy_gives_each_org_a_pool_of_its_own(dag_id: str, task_id: str, pool: str) -> None:
    (source,) = blocks("python")
    found: dict[str, object] = {}
    exec(source, found)
    task = SimpleNamespace(dag_id=dag_id, task_id=task_id, pool="default_pool")
    found["task_policy"](task)
    assert task.pool == pool


def test_kubernetes_is_given_the_secrets_that_the_page_makes_and_the_same_versions() -> None:
    (values,) = map(yaml.safe_load, blocks("yaml"))
    made = set(re.findall(r"create secret generic ([a-z-]+)", PAGE))
    named = set(re.findall(r"elt-[a-z]+", str({**values, "volumeMounts": None})))
    assert named == made
    assert f"apache-airflow=={values['airflowVersion']}\n" in (
        PROJECT / "requirements.txt").read_text()
    files = set(re.findall(r"=secrets/(\w+)", PAGE))
    assert files <= {name for said in services().values() for name in said.get("secrets", [])}
