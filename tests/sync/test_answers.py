"""Answers that are cut off, repeated, lost or refused: every record once, or a loud end."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from salesforce_elt import answers, loading, stations
from salesforce_elt.batches import Counts
from salesforce_elt.errors import (
    AccessDenied,
    AnswerLost,
    Incomplete,
    RetryableError,
    SchemaDrift,
)
from salesforce_elt.salesforce import bulk
from tests.desks import borrowed
from tests.driver import Desk

PAGE = 2

Arm = Callable[..., None]


@pytest.fixture(scope="module")
def org(generated_desk) -> Desk:
    made = generated_desk(size=30)
    made.org.org.options.update({"query_batch_size": PAGE, "bulk_page_records": PAGE})
    return made


@pytest.fixture
def desk(org: Desk):
    with borrowed(org) as lent:
        yield lent


@pytest.fixture
def arm(desk: Desk) -> Arm:
    return lambda kind, **values: desk.administer("faults", {"kind": kind, **values})


@pytest.fixture(params=["listed", "chained"])
def paged(request, monkeypatch, read_by) -> str:
    """Bulk, with result pages that Salesforce lists, or that name each other."""
    read_by("bulk")
    monkeypatch.setattr(bulk, "LISTED_FROM", 0 if request.param == "listed" else 10**9)
    return str(request.param)


def read(desk: Desk, kind: str = "full") -> Counts:
    """Reads the accounts as a sync would, without what follows."""
    return desk.read("Account", kind)


class Stopped(BaseException):
    """What a kill looks like from inside."""


def stopped(*arguments: object, **options: object) -> None:
    raise Stopped


def hits(desk: Desk) -> int:
    return len(desk.org.org.faults.fired())


def accounts(desk: Desk) -> int:
    return len(list(desk.org.org.store.records("Account")))


def differences(desk: Desk) -> list[str]:
    return list(desk.differences_of("Account"))


def parts_of_rows(desk: Desk, condition: str) -> int:
    """How many questions of such a kind were asked for what changed."""
    return int(desk.value("select count(*) from sync.extract_parts as p"
                          " inner join sync.extracts as e on e.extract_id = p.extract_id"
                          f" where e.purpose = 'rows' and {condition}"))


def change_every_account(desk: Desk, *, seconds_between: int) -> None:
    desk.wait(3600)
    text = f"Changed {desk.org.org.clock.now()}"
    for one in desk.org.org.store.records("Account"):
        desk.org.org.clock.advance(timedelta(seconds=seconds_between))
        desk.org.org.store.update("Account", one["Id"], {"Description": text})
    desk.wait(60)


def test_every_result_page_arrives_whether_listed_or_chained(desk, paged):
    assert read(desk).fetched == accounts(desk)
    assert differences(desk) == []


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("truncation", {"after_bytes": 300}),
        ("reset", {"after_bytes": 300}),
        ("lost_rows", {"rows": 1}),
        ("wrong_header_count", {"by": 1}),
        ("repeated_rows", {}),
        ("first_page_again", {}),
        ("corrupted_page", {}),
        ("status", {"status": 503, "body": "<html>We are down</html>"}),
        ("status", {"status": 420, "body": ""}),
        ("expired_session", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_result_page_that_is_not_what_it_should_be_is_fetched_again(
    desk, paged, arm, kind, values
):
    arm(kind, match={"path": "/results", "query": "locator="}, **values)
    read(desk)
    assert hits(desk) == 1
    assert differences(desk) == []


@pytest.mark.parametrize("kind", ["lost_rows", "first_page_again", "repeated_rows", "truncation"])
def test_a_result_page_that_stays_wrong_changes_nothing(desk, paged, arm, kind):
    read(desk)
    change_every_account(desk, seconds_between=0)
    arm(kind, match={"path": "/results", "query": "locator="}, times=None)
    with pytest.raises(RetryableError):
        read(desk, "incremental")
    assert len(differences(desk)) >= accounts(desk)
    assert desk.value("select count(*) from staging_demo.account") == accounts(desk)


def test_a_number_of_records_that_does_not_fit_is_not_believed(desk, paged, arm):
    arm("wrong_processed", match={"path": r"/jobs/query/750\w+$"}, times=None, by=1)
    with pytest.raises(Incomplete, match="records landed, and Salesforce says that it sent"):
        read(desk)
    assert desk.value("select count(*) from staging_demo.account") == 0


@pytest.mark.parametrize("kind", ["vanished_job", "failed_job", "aborted_job"])
def test_a_job_that_ends_badly_or_vanishes_is_asked_for_anew(desk, paged, arm, kind):
    before = {job.id for job in desk.org.org.bulk.listed()}
    arm(kind, match={"path": "/jobs/query/750"})
    read(desk)
    assert hits(desk) == 1
    assert differences(desk) == []
    assert {job.id for job in desk.org.org.bulk.listed()} <= before


def test_a_job_that_always_ends_badly_is_given_up_after_a_few_tries(desk, paged, arm):
    arm("failed_job", method="POST", match={"path": "/jobs/query$"}, times=None,
        message="InternalServerError : retry")
    with pytest.raises(AnswerLost, match="ended as Failed: InternalServerError"):
        read(desk)
    assert hits(desk) == 3


def test_a_whole_read_that_times_out_is_asked_for_in_halves_of_its_ids(desk, read_by):
    read_by("bulk")
    desk.org.org.options.update({"bulk_timeout_records": 2})
    read(desk)
    assert differences(desk) == []
    assert desk.value("select count(*) from sync.extract_parts where not is_replaced") > 3


def test_a_window_that_times_out_is_asked_for_in_halves_of_its_time(desk, read_by):
    read_by("bulk")
    read(desk)
    change_every_account(desk, seconds_between=200)
    desk.org.org.options.update({"bulk_timeout_records": 2})
    assert read(desk, "incremental").updated == accounts(desk)
    assert differences(desk) == []
    assert parts_of_rows(desk, "p.first_id is not null") == 0
    assert parts_of_rows(desk, "not p.is_replaced and p.since is not null") > 3


def test_equal_stamps_that_no_time_can_part_are_parted_by_id(desk, read_by):
    read_by("bulk")
    read(desk)
    change_every_account(desk, seconds_between=0)
    desk.org.org.options.update({"bulk_timeout_records": 2})
    assert read(desk, "incremental").updated == accounts(desk)
    assert differences(desk) == []
    assert parts_of_rows(desk, "p.end_id is not null") > 0


def test_a_query_that_times_out_by_rest_is_asked_for_by_bulk(desk, read_by):
    read_by("rest")
    desk.org.org.options.update({"query_timeout_records": 2})
    read(desk)
    assert differences(desk) == []


@pytest.mark.parametrize("way", ["rest", "bulk"])
def test_a_record_that_times_out_alone_is_reported(desk, read_by, arm, way):
    read_by(way)
    timeout = [{"errorCode": "QUERY_TIMEOUT", "message": "It was running for too long."}]
    arm("status", match={"path": "/queryAll$", "query": "SELECT .*Name"}, times=None, status=400,
        body=timeout)
    arm("failed_job", method="POST", match={"path": "/jobs/query$"}, times=None,
        message="QUERY_TIMEOUT: Your query request was running for too long.")
    with pytest.raises(AnswerLost, match="QUERY_TIMEOUT"):
        read(desk)


def test_an_object_that_bulk_does_not_read_is_asked_for_by_rest(desk, read_by, arm):
    read_by("bulk")
    refusal = [{"errorCode": "INVALIDENTITY",
                "message": "Entity 'Account' is not supported by the Bulk API."}]
    arm("status", method="POST", match={"path": "/jobs/query$"}, times=None, status=400,
        body=refusal)
    read(desk)
    assert differences(desk) == []


def test_an_org_that_lists_no_result_pages_is_read_page_after_page(desk, read_by, monkeypatch, arm):
    read_by("bulk")
    monkeypatch.setattr(bulk, "LISTED_FROM", 0)
    arm("status", match={"path": "/resultPages"}, times=None, status=404,
        body=[{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}])
    read(desk)
    assert differences(desk) == []


def test_a_job_that_another_api_version_made_is_read_by_that_version(desk, paged, monkeypatch):
    """api.md 3.3: results are told to the version that made the job; all others get a 409."""
    run = stations.start(desk.site, desk.request("full"))
    stations.make_plan(desk.site, run)
    jobs = desk.org.org.usage.used("DailyBulkV2QueryJobs")
    with monkeypatch.context() as patch:
        patch.setattr(loading, "load_page", stopped)
        with pytest.raises(Stopped):
            stations.extract_object(replace(desk, version="58.0").site, run, "Account")
    stations.extract_object(desk.site, run, "Account")
    assert desk.org.org.usage.used("DailyBulkV2QueryJobs") == jobs + 1
    assert differences(desk) == []


@pytest.mark.parametrize("kind", ["lost_rows", "repeated_rows", "first_page_again"])
def test_a_page_of_rest_that_is_not_whole_is_not_believed(desk, read_by, arm, kind):
    read_by("rest")
    arm(kind, match={"path": r"/query/01g\w+-2$"}, times=1)
    read(desk)
    assert hits(desk) == 1
    assert differences(desk) == []


def test_a_locator_that_expires_in_the_middle_is_asked_for_anew_at_once(desk, read_by, arm):
    read_by("rest")
    lost = [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]
    arm("status", match={"path": r"/query/01g\w+-2$"}, status=400, body=lost)
    read(desk)
    assert differences(desk) == []


def test_a_full_read_that_lacks_records_is_not_gone_on_with(desk, read_by):
    """What was read without a right would lack the same records for ever."""
    read_by("rest")
    read(desk)
    hidden = list(desk.org.org.store.records("Account"))[:3]
    hide(desk, [one["Id"] for one in hidden])
    with pytest.raises(AccessDenied, match="are missing from a full read"):
        read(desk)
    desk.org.org.store.replace("Account", hidden)
    desk.wait(3600)
    read(desk, "incremental")
    assert differences(desk) == []
    assert desk.value("select count(*) from sync.extracts where state = 'planned'") == 0


def test_a_value_that_a_column_cannot_hold_is_asked_for_anew_by_the_next_try(desk, monkeypatch):
    def refuse(*arguments: object, **options: object) -> None:
        raise SchemaDrift("A value does not fit.")

    with monkeypatch.context() as patch:
        patch.setattr(loading, "load_page", refuse)
        with pytest.raises(SchemaDrift):
            read(desk)
    assert desk.value("select state from sync.extracts where sobject = 'Account'") == "abandoned"


def test_a_short_answer_is_not_believed_by_the_try_after_a_kill(desk, read_by, arm, monkeypatch):
    read_by("rest")
    arm("lost_rows", match={"path": r"/query/01g\w+-2$"})
    run = stations.start(desk.site, desk.request("full"))
    stations.make_plan(desk.site, run)
    with monkeypatch.context() as patch:
        patch.setattr(answers, "seal_landing", stopped)
        patch.setattr(answers.parts, "landed", stopped)
        with pytest.raises(Stopped):
            stations.extract_object(desk.site, run, "Account")
    stations.extract_object(desk.site, run, "Account")
    assert differences(desk) == []


def hide(desk: Desk, record_ids: list[str]) -> None:
    """What a sharing rule does: the records are not there for this user, and nothing tells so."""
    store = desk.org.org.store
    with store.connections.transaction() as connection:
        statement = f'delete from "{store.schema}"."Account" where "Id" = any(%s)'
        connection.execute(statement, [record_ids])


def test_finished_jobs_are_deleted_at_salesforce_also_those_that_were_split(desk, read_by):
    read_by("bulk")
    desk.org.org.options.update({"bulk_timeout_records": 2})
    before = {job.id for job in desk.org.org.bulk.listed()}
    read(desk)
    assert {job.id for job in desk.org.org.bulk.listed()} <= before
    assert desk.value("select count(*) from sync.extract_parts where is_replaced") > 0
