"""Changes in the middle of a sync, tasks that are killed and tried again, runs that take over."""

import pytest

from salesforce_elt import extract as extract_station
from salesforce_elt import loading, stations
from salesforce_elt.errors import ServerUnavailable
from salesforce_elt.run import Run
from tests.driver import Desk


class Killed(BaseException):
    """What a SIGKILL looks like from inside: nothing is cleaned up, nothing recorded."""


@pytest.fixture
def desk(generated_desk) -> Desk:
    made = generated_desk(size=30)
    made.org.org.options.update({"query_batch_size": 10, "bulk_page_records": 10})
    return made


def ids(desk: Desk, sobject: str) -> list[str]:
    return [one["Id"] for one in desk.org.org.store.records(sobject)]


@pytest.mark.parametrize("kind", ["full", "incremental"])
@pytest.mark.parametrize("way", ["rest", "bulk"])
def test_what_changes_while_a_sync_reads_is_neither_lost_nor_deleted(desk, kind, way, read_by):
    read_by(way)
    desk.sync("full")
    store = desk.org.org.store
    desk.wait(3600)

    def work(station: str, run: Run) -> None:
        desk.wait(5)
        store.update("Account", ids(desk, "Account")[0], {"Name": f"Changed before {station}"})
        store.update("OpportunityStage", ids(desk, "OpportunityStage")[0], {"SortOrder": 1})

    assert desk.sync(kind, between=work).status == "success"
    assert desk.value("select count(*) from marts.companies") == len(ids(desk, "Account"))
    desk.wait(3600)
    desk.sync()
    assert desk.differences() == []


def test_a_record_that_is_purged_while_a_full_sync_reads_is_deleted_and_not_a_lost_permission(desk):
    desk.sync("full")
    desk.wait(3600)
    gone = ids(desk, "Contact")[0]

    def purge(station: str, run: Run) -> None:
        if station == "extract Account":
            desk.org.org.store.hard_delete("Contact", gone)
            desk.wait(120)

    report = desk.sync("full", between=purge)
    assert report.status == "success", report.run["message"]
    query = f"select count(*) from marts.contacts where contact_id = '{gone}'"
    assert desk.value(query) == 0


@pytest.mark.parametrize("way", ["rest", "bulk"])
def test_a_killed_extract_goes_on_at_its_page_in_the_same_run_and_in_the_next(
    desk, way, read_by, monkeypatch
):
    read_by(way)
    for runs in ("the same run", "the next run"):
        kill_at_page(2, monkeypatch)
        run = begin(desk)
        with pytest.raises(Killed):
            stations.extract_object(desk.site, run, "OpportunityHistory")
        monkeypatch.undo()
        read_by(way)
        jobs = bulk_jobs(desk)
        if runs == "the next run":
            run = begin(desk, kind="incremental")
        counts = stations.extract_object(desk.site, run, "OpportunityHistory")
        assert counts.inserted == len(ids(desk, "OpportunityHistory"))
        asks_for_its_own_window = way == "bulk" and runs == "the next run"
        assert bulk_jobs(desk) == jobs + asks_for_its_own_window
        desk = desk.with_an_empty_warehouse()


def test_a_picklist_read_that_is_killed_before_its_merge_is_merged_by_the_next_try(
    desk, monkeypatch
):
    run = begin(desk)

    def killed(*arguments: object, **options: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(extract_station, "merge", killed)
        with pytest.raises(Killed):
            stations.extract_object(desk.site, run, "RecordTypeStage")
    assert stations.extract_object(desk.site, run, "RecordTypeStage").inserted > 0


def test_a_locator_that_is_lost_is_asked_for_anew(desk, read_by, monkeypatch):
    """api.md 2.3: a cursor lives two days."""
    read_by("rest")
    kill_at_page(2, monkeypatch)
    with pytest.raises(Killed):
        stations.extract_object(desk.site, begin(desk), "OpportunityHistory")
    monkeypatch.undo()
    desk.wait(3 * 24 * 3600)
    assert desk.sync("incremental").status in ("partial", "success")
    desk.wait(60)
    assert desk.sync("incremental").status == "success"
    assert desk.differences() == []


def test_a_success_does_not_carry_the_errors_of_a_try_before(desk, monkeypatch):
    run = begin(desk)
    failing = desk.fail_on("Contact", monkeypatch)
    with pytest.raises(ServerUnavailable):
        stations.extract_object(desk.site, run, "Contact")
    failing.undo()
    for sobject in [row["sobject"] for row in desk.rows("select sobject from sync.run_objects")]:
        stations.extract_object(desk.site, run, sobject)
    transformed = stations.transform_marts(desk.site, run)
    assert transformed is not None
    stations.publish_marts(desk.site, run, transformed)
    report = stations.finish(desk.site, desk.requested)
    assert (report.status, report.run["message"], report.errors) == ("success", "", [])


def test_a_run_keeps_the_settings_that_it_began_with(desk):
    desk.sync("full")
    desk.wait(3600)
    desk.org.org.store.insert("Account", {"Name": "New"})
    desk.wait(60)
    request = desk.request()
    run = stations.start(desk.site, request)
    changed = desk.configured(opportunity_minimums={"amount": "1000000000000"})
    for sobject in stations.make_plan(changed.site, run):
        stations.extract_object(changed.site, run, sobject)
    transformed = stations.transform_marts(changed.site, run)
    assert transformed is not None
    stations.publish_marts(changed.site, run, transformed)
    assert desk.value("select count(*) from marts.opportunities") == 30


def begin(desk: Desk, kind: str = "full") -> Run:
    desk.requested = desk.request(kind)
    run = stations.start(desk.site, desk.requested)
    stations.make_plan(desk.site, run)
    return run


def kill_at_page(killing: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real = loading.load_page

    def load_page(conn, landing, part, *, number, page):
        if number == killing:
            raise Killed
        real(conn, landing, part, number=number, page=page)

    monkeypatch.setattr(loading, "load_page", load_page)


def bulk_jobs(desk: Desk) -> int:
    """How many jobs were ever made; those that are done with are deleted."""
    return desk.org.org.usage.used("DailyBulkV2QueryJobs")
