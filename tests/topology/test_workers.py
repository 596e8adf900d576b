"""The services of docker-compose.yaml together: two workers share an org's objects, and one takes
up what the other was doing when it died."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from desk.processes import running, wait_for_the_end
from salesforce_elt.objects import STANDARD_SET
from tests.conftest import folder_of_a_server
from tests.topology.cluster import WORKERS, Cluster, databases, queue
from tests.topology.site import DAG_ID, SECONDS_FOR_A_SYNC, Site

pytestmark = [pytest.mark.server, pytest.mark.slow]

RECORDS, PAGE = 13_000, 4_000
SECONDS_TO_START = 480
# A task of a dead worker is missed sooner than in docker-compose.yaml; the rest is as there.
SOONER = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "AIRFLOW__CELERY__WORKER_CONCURRENCY": "2",
    "AIRFLOW__API__WORKERS": "1",
}
SERVED = ("scheduler", "dag-processor", "triggerer")
LANDED = """
select e.sobject, p.job_id
from sync.extracts as e
join sync.extract_parts as p using (extract_id)
join sync.extract_pages as l using (extract_id, part)
where e.state = 'planned' and p.job_id is not null
"""
ENDED = "select 1 from dag_run where dag_id = %s and state in ('success', 'failed')"
# The second page that is asked for comes so slowly that its worker will not see its end.
ENDLESS_PAGE = {
    "kind": "slow_drip", "bytes": 1_000, "seconds": 5,
    "match": {"path": "/results$", "query": "locator="},
}  # fmt: skip
# No read comes to its end. A task that a worker has taken and not begun when it dies is given to
# nobody for ten minutes; of these each has begun.
ENDLESS_READS = {
    "kind": "slow_drip", "bytes": 1, "seconds": 5, "times": None,
    "method": "GET", "match": {"path": "/(queryAll|results)$"},
}  # fmt: skip
AT_ONCE = len(WORKERS) * int(SOONER["AIRFLOW__CELERY__WORKER_CONCURRENCY"])
# Nothing is spoiled by these; the simulator tells which requests they met.
NOTED = {"kind": "delay", "seconds": 0, "times": None}
PAGES = {**NOTED, "match": {"path": "/results$"}}
JOBS = [
    {**NOTED, "method": "POST", "match": {"path": "/jobs/query$", "body": rf"FROM {one.name}\b"}}
    for one in STANDARD_SET
]


@pytest.fixture(scope="module")
def site(celery: Path) -> Iterator[Site]:
    """Everything that docker-compose.yaml starts with the profiles warehouse and demo."""
    if shutil.which("redis-server") is None:
        pytest.skip("Redis is not installed (apt-get install redis-server)")
    with folder_of_a_server() as folder, ExitStack() as stack:
        cluster = Cluster(folder, celery, SOONER)
        cluster.org.mkdir()
        stack.enter_context(databases(cluster))
        stack.enter_context(queue(cluster))
        migration = stack.enter_context(running(cluster.program("migration")))
        org = stack.enter_context(
            running(cluster.program("simulated-org", more=[f"--size={RECORDS}"]))
        )
        wait_for_the_end(migration)
        site = Site(cluster, stack, {"simulated-org": org})
        site.wait(lambda: is_healthy(site, "simulated-org"), seconds=SECONDS_TO_START)
        with running(cluster.program("demo-connection")) as connecting:
            wait_for_the_end(connecting)
        start(site)
        yield site


def start(site: Site) -> None:
    """Airflow's own services, in the order in which Compose starts them."""
    start_services(site)
    site.wait(lambda: has_dag(site), seconds=SECONDS_TO_START)
    site.airflow("PATCH", f"/dags/{DAG_ID}", is_paused=False)
    # The schedule starts the first sync at once.
    site.wait(lambda: bool(site.ask("metadata", ENDED, [DAG_ID])), seconds=SECONDS_FOR_A_SYNC)


def start_services(site: Site) -> None:
    """The processes alone."""
    site.run("api-server")
    site.wait(lambda: is_healthy(site, "api-server"), seconds=SECONDS_TO_START)
    for service in SERVED:
        site.run(service)
    for host in WORKERS:
        site.run("worker", host)


def is_healthy(site: Site, service: str, host: str = "") -> bool:
    """Whether the file's own health check says so."""
    return site.cluster.health(service, host=host).returncode == 0


def has_dag(site: Site) -> bool:
    """Whether the DAG processor has read the DAG."""
    return bool(site.ask("metadata", "select 1 from dag where dag_id = %s", [DAG_ID]))


def test_two_workers_share_the_objects_of_a_sync(site: Site) -> None:
    run_id = site.trigger()
    assert site.end_of(run_id)["status"] == "success"
    extracts = site.extracts(run_id)
    assert {one["state"] for one in extracts} == {"success"}
    assert {one["hostname"] for one in extracts} == set(WORKERS)
    (counted,) = site.ask("warehouse", "select count(*) as records from staging_demo.opportunity")
    assert counted["records"] >= RECORDS


@pytest.mark.parametrize(
    ("service", "host"),
    [
        ("redis", ""),
        ("simulated-org", ""),
        ("api-server", ""),
        *((one, "") for one in SERVED),
        *(("worker", host) for host in WORKERS),
    ],
)
def test_a_running_service_is_healthy_by_its_own_check(site: Site, service: str, host: str) -> None:
    done = site.cluster.health(service, host=host)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("database", ["metadata", "warehouse"])
def test_owners_of_databases_are_no_superusers_and_those_have_no_password(
    site: Site, database: str
) -> None:
    mine = "select rolsuper from pg_roles where rolname = current_user"
    assert site.ask(database, mine) == [{"rolsuper": False}]
    port = site.cluster.ports.databases[database]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname=database,
                        password=site.cluster.secret(f"{database}_password"))


def test_a_worker_that_is_not_there_is_not_healthy(site: Site) -> None:
    assert not is_healthy(site, "worker", "worker-3")


@pytest.mark.faults
@pytest.mark.exhaustive
def test_one_of_two_schedulers_is_killed_and_the_other_finishes_the_sync(site: Site) -> None:
    site.run("scheduler", "scheduler-2")
    run_id = site.trigger()
    site.wait(lambda: bool(reading(site, run_id)), seconds=SECONDS_FOR_A_SYNC)
    site.kill("scheduler")
    assert site.end_of(run_id)["status"] == "success"
    assert {one["try_number"] for one in site.extracts(run_id)} == {1}


@pytest.mark.faults
@pytest.mark.exhaustive
def test_everything_is_killed_in_the_middle_of_a_sync_and_started_again(site: Site) -> None:
    site.simulator("POST", "/faults", body=[ENDLESS_READS])
    run_id = site.trigger()
    site.wait(lambda: len(reading(site, run_id)) == AT_ONCE, seconds=SECONDS_FOR_A_SYNC)
    killed = {one["map_index"] for one in reading(site, run_id)}
    for name in [one for one in site.started if one != "simulated-org"]:
        site.kill(name)
    site.simulator("DELETE", "/faults")
    start_services(site)
    assert site.end_of(run_id)["status"] == "success"
    (counted,) = site.ask("warehouse", "select count(*) as records from staging_demo.opportunity")
    assert counted["records"] >= RECORDS
    assert killed <= {one["map_index"] for one in site.extracts(run_id) if one["try_number"] > 1}


@pytest.mark.faults
def test_a_worker_is_killed_in_a_download_and_the_other_goes_on_at_its_page(site: Site) -> None:
    site.simulator("PATCH", "/options", body={"bulk_page_records": PAGE})
    site.simulator("POST", "/faults", body=[ENDLESS_PAGE, PAGES, *JOBS])
    # So few records that each page names the next one: they come one after the other.
    run_id = site.trigger("Opportunity")
    site.wait(lambda: bool(half_read(site, run_id)), seconds=SECONDS_FOR_A_SYNC)
    (before,) = half_read(site, run_id)
    site.kill(before["hostname"])
    assert site.end_of(run_id)["status"] == "success"
    (after,) = [one for one in site.extracts(run_id) if one["sobject"] == before["sobject"]]
    assert (after["state"], after["hostname"]) == ("success", other(before["hostname"]))
    assert after["try_number"] > before["try_number"]
    assert jobs_bought(site, before["sobject"]) == 1
    first, second, again, *later = pages_asked_for(site, before["job_id"])
    assert (first, second) == ("", again)
    assert len(set(later) | {second}) == len(later) + 1
    assert later


def reading(site: Site, run_id: str) -> list[dict]:
    """The tasks of the run that read an object at this moment."""
    return [one for one in site.extracts(run_id) if one["state"] == "running"]


def half_read(site: Site, run_id: str) -> list[dict]:
    """The object of which a page has landed and the next one is on its way, with who reads it."""
    dripping = {one["path"] for one in site.simulator("GET", "/faults")["fired"]
                if one["kind"] == ENDLESS_PAGE["kind"]}
    at_work = {one["sobject"]: one for one in site.extracts(run_id) if one["state"] == "running"}
    return [{**at_work[one["sobject"]], **one} for one in site.ask("warehouse", LANDED)
            if one["sobject"] in at_work and any(one["job_id"] in path for path in dripping)]


def jobs_bought(site: Site, sobject: str) -> int:
    """How many Bulk jobs an object was asked for by."""
    armed = site.simulator("GET", "/faults")["armed"]
    return sum(one["hits"] for one in armed
               if one["match"].get("body") == rf"FROM {sobject}\b")


def pages_asked_for(site: Site, job_id: str) -> list[str]:
    """The locators that a job's result pages were asked for by; the first page has none."""
    fired = site.simulator("GET", "/faults")["fired"]
    return [one["query"] for one in fired if one["path"].endswith(f"{job_id}/results")]


def other(host: str) -> str:
    """The worker that is left."""
    (left,) = set(WORKERS) - {host}
    return left
