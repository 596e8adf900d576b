"""Operators are told once what is wrong with an org, and once that it is over."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from salesforce_elt import notify
from salesforce_elt.deferral import Resumption
from salesforce_elt.incidents import HAPPENED
from salesforce_elt.notices import Notice
from salesforce_elt.notify import Channels
from salesforce_elt.report import close_run, read_report
from salesforce_elt.results import Finding, note_findings
from salesforce_elt.run import RunRequest
from salesforce_elt.settings.values import OCCASIONS
from salesforce_elt.warehouse.connection import connect

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DOWN = Finding("error", "ServerUnavailable", "Salesforce answered 503 after 3 tries.", "Account")
REFUSED = Finding("error", "ConnectionInvalid", "salesforce_acme: the login is refused.")
OVER_QUOTA = Finding("error", "QuotaReached", "76 % of the daily API requests are used.")
HIDDEN = Finding("warning", "field_hidden", "Contact.Phone is not visible.", "Contact", "Phone")


@dataclass
class Mailbox:
    """A notifier that keeps what it is told, or is out of order."""

    notices: list[Notice] = field(default_factory=list)
    is_broken: bool = False

    def __call__(self, notice: Notice) -> None:
        if self.is_broken:
            raise ConnectionRefusedError("nobody listens on port 25")
        self.notices.append(notice)

    @property
    def subjects(self) -> list[str]:
        return [one.subject.removeprefix("[Salesforce ELT] ") for one in self.notices]


@dataclass
class Syncs:
    """An org's syncs, an hour apart, each with its findings, and whom they tell."""

    conn: psycopg.Connection
    mailboxes: dict[str, Mailbox]
    about: tuple[str, ...] = OCCASIONS
    hours: int = 0

    def end(self, *findings: Finding, kind: str = "incremental", org: str = "acme",
            is_published: bool | None = None, checks: tuple[dict[str, Any], ...] = ()) -> str:
        """A sync that found this has ended, and its report tells; returns its status."""
        self.hours += 1
        at, request = START + self.hours * HOUR, RunRequest(org, f"{org}/{self.hours}", kind)
        if is_published is None:
            is_published = not any(one.severity == "error" for one in findings)
        self.conn.execute(
            "insert into sync.runs (run_id, org, kind, status, fence, started_at, planned_at,"
            " published_at) values (%s, %s, %s, 'running', 1, %s, %s, %s)",
            [request.run_id, org, kind, at, at, at if is_published else None])
        note_findings(self.conn, request, findings, station="plan")
        for one in checks:
            self.check(request, **one)
        close_run(self.conn, request, goes_on=Resumption(at + HOUR, "schedule"))
        self.conn.execute("update sync.runs set finished_at = %s where run_id = %s",
                          [at + HOUR / 2, request.run_id])
        report = read_report(self.conn, request.run_id)
        notify.tell(self.conn, report, Channels(self.about, self.mailboxes.items(), ("a place",)))
        return report.status

    def check(self, request: RunRequest, *, severity: str = "critical", passes: bool = False,
              aside: int = 0) -> None:
        self.conn.execute(
            "insert into sync.checks (run_id, org, mart, check_name, severity, is_passed,"
            " unexpected_count, set_aside_count) values (%s, %s, 'opportunities', 'is_percent',"
            " %s, %s, %s, %s)",
            [request.run_id, request.org, severity, passes, 0 if passes else 2, aside])

    def quarantine(self) -> None:
        self.conn.execute("insert into sync.quarantine (org, mart, key, reason, run_id)"
                          " values ('acme', 'opportunities', '006A', 'is_percent', 'acme/1')")


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def syncs(warehouse_18: str, mailbox: Mailbox):
    with connect(warehouse_18) as conn:
        yield Syncs(conn, {"operators": mailbox})


def test_a_success_without_findings_tells_nothing(syncs, mailbox):
    assert [syncs.end(), syncs.end()] == ["success", "success"]
    assert mailbox.notices == []


def test_the_same_failure_hour_after_hour_is_one_message(syncs, mailbox):
    for _ in range(5):
        assert syncs.end(REFUSED) == "failed"
    assert mailbox.subjects == ["acme: the sync is FAILED"]


def test_a_failure_with_another_text_is_the_same_failure(syncs, mailbox):
    for tries in (3, 4):
        syncs.end(Finding("error", "ServerUnavailable", f"503 after {tries} tries.", "Account"))
    assert len(mailbox.notices) == 1


def test_another_cause_is_another_message_that_recalls_the_first(syncs, mailbox):
    syncs.end(REFUSED)
    syncs.end(DOWN)
    assert len(mailbox.notices) == 2
    told = dict(mailbox.notices[1].sections)
    assert told["What happened"] == ("Salesforce answered 503 after 3 tries.",)
    assert told["What is still wrong, as told before"] == (
        "salesforce_acme: the login is refused. (since 2026-03-02 10:30 UTC)",)


def test_causes_that_take_turns_are_told_once_each_until_a_sync_is_a_success(syncs, mailbox):
    for cause in (REFUSED, DOWN, REFUSED, DOWN):
        syncs.end(cause)
    assert len(mailbox.notices) == 2


def test_recovery_is_told_once(syncs, mailbox):
    syncs.end(REFUSED)
    syncs.end()
    syncs.end()
    assert mailbox.subjects == ["acme: the sync is FAILED", "acme: the sync is a success again"]
    assert dict(mailbox.notices[1].sections)["What is over"] == (
        "salesforce_acme: the login is refused. (from 2026-03-02 10:30 UTC until 2026-03-02 11:30"
        " UTC)",)


def test_a_failure_that_comes_back_is_told_again(syncs, mailbox):
    for findings in ([REFUSED], [], [REFUSED]):
        syncs.end(*findings)
    assert len(mailbox.notices) == 3


@pytest.mark.parametrize(
    ("finding", "is_published", "status"),
    [(DOWN, True, "partial"), (OVER_QUOTA, False, "deferred"), (REFUSED, False, "failed")],
)
def test_every_status_but_success_is_told(syncs, mailbox, finding, is_published, status):
    assert syncs.end(finding, is_published=is_published) == status
    assert mailbox.subjects == [f"acme: the sync is {status.upper()}"]


def test_a_deferred_sync_says_when_it_goes_on_and_what_can_be_done(syncs, mailbox):
    syncs.end(OVER_QUOTA)
    told = dict(mailbox.notices[0].sections)
    assert told["What happens next"][1] == (
        "It goes on at 2026-03-02 11:00 UTC, with the next scheduled run.")
    assert "raise quota.share" in told["What to do"][0]


def test_a_run_in_which_nothing_says_why_it_stopped_is_told_too(syncs, mailbox):
    syncs.end(is_published=False)
    assert "A station did not finish and left no word of why" in mailbox.notices[0].text


def test_each_org_has_incidents_of_its_own(syncs, mailbox):
    syncs.end(REFUSED)
    syncs.end(REFUSED, org="other")
    syncs.end(org="acme")
    assert mailbox.subjects == [
        "acme: the sync is FAILED", "other: the sync is FAILED",
        "acme: the sync is a success again"]


def test_a_new_finding_of_a_success_is_told_once_and_its_end_too(syncs, mailbox):
    for findings in ([HIDDEN], [HIDDEN], []):
        assert syncs.end(*findings) == "success"
    assert mailbox.subjects == ["acme: a new finding", "acme: 1 thing is no longer wrong"]


def test_what_the_warehouse_lacks_because_of_a_finding_is_told(syncs, mailbox):
    syncs.end(Finding("warning", "field_hidden", "Phone is hidden.", "Contact", "Phone",
                      missing="contacts.phone"))
    assert "Phone is hidden. Missing: contacts.phone." in mailbox.notices[0].text


def test_findings_without_an_object_are_told_apart_by_their_words_but_not_their_numbers(
    syncs, mailbox
):
    for words in ("3 roles lack it.", "4 roles lack it.", "2 groups lack it."):
        syncs.end(Finding("warning", "lacking", words))
    opened = [dict(one.sections).get("What happened") for one in mailbox.notices]
    assert [one for one in opened if one] == [("3 roles lack it.",), ("2 groups lack it.",)]


def test_notes_for_information_are_not_told(syncs, mailbox):
    syncs.end(Finding("info", "field_added", "Account has a new field.", "Account"))
    assert mailbox.notices == []


def test_what_a_reconcile_finds_is_not_over_because_an_incremental_sync_does_not_look(
    syncs, mailbox
):
    differs = Finding("warning", "counts_differ", "The org has 3 more.", "Account")
    syncs.end(differs, kind="reconcile")
    syncs.end()
    syncs.end(differs, kind="reconcile")
    assert len(mailbox.notices) == 1
    syncs.end(kind="reconcile")
    assert mailbox.subjects[-1] == "acme: 1 thing is no longer wrong"


@pytest.mark.parametrize("code", HAPPENED)
def test_what_happened_once_has_no_end_to_tell_and_is_new_again_after_a_week(syncs, mailbox, code):
    happened = Finding("warning", code, "It happened.", "Account")
    for findings in ([happened], [], [happened]):
        syncs.end(*findings)
    assert len(mailbox.notices) == 1
    syncs.hours += 24 * 7
    syncs.end()
    syncs.end(happened)
    assert mailbox.subjects == ["acme: a new finding"] * 2


def test_a_critical_check_that_stops_the_publish_is_told_with_what_to_do(syncs, mailbox):
    stopped = Finding("error", "CheckFailed", "opportunities: is_percent fails.")
    syncs.end(stopped, checks=({},))
    syncs.end(stopped, checks=({},))
    (notice,) = mailbox.notices
    assert "The critical check is_percent of opportunities fails: 2 rows do not" in notice.text
    assert "quality.set_aside" in notice.text


def test_a_check_for_which_records_are_set_aside_lasts_until_they_are_released(syncs, mailbox):
    syncs.quarantine()
    syncs.end(checks=({"aside": 1},))
    syncs.end(checks=({"passes": True},))
    assert mailbox.subjects == ["acme: a critical check fails"]
    syncs.conn.execute("delete from sync.quarantine")
    syncs.end()
    assert mailbox.subjects[1:] == ["acme: 1 thing is no longer wrong"]


def test_a_warning_of_a_check_is_not_told(syncs, mailbox):
    syncs.end(checks=({"severity": "warning"},))
    assert mailbox.notices == []


def test_a_failed_check_is_not_over_before_a_sync_published(syncs, mailbox):
    syncs.end(Finding("error", "CheckFailed", "It fails."), checks=({},))
    syncs.end(REFUSED)
    assert "is_percent" in dict(mailbox.notices[1].sections)[
        "What is still wrong, as told before"][1]


def test_only_what_the_settings_name_is_told(syncs, mailbox):
    syncs.about = ("failed",)
    syncs.end(HIDDEN)
    syncs.end(OVER_QUOTA)
    assert mailbox.notices == []
    syncs.end(REFUSED)
    assert mailbox.subjects == ["acme: the sync is FAILED"]


def test_a_notifier_that_fails_is_logged_and_tried_again_with_the_next_sync(
    syncs, mailbox, caplog
):
    mailbox.is_broken = True
    assert syncs.end(REFUSED) == "failed"
    assert "The notifier operators did not take the message" in caplog.text
    mailbox.is_broken = False
    syncs.end(REFUSED)
    syncs.end(REFUSED)
    assert mailbox.subjects == ["acme: the sync is FAILED"]


def test_a_notifier_that_fails_keeps_no_other_from_being_told_once(syncs, mailbox):
    other = Mailbox()
    syncs.mailboxes = {"broken": mailbox, "works": other}
    mailbox.is_broken = True
    for _ in range(3):
        syncs.end(REFUSED)
    assert (mailbox.subjects, other.subjects) == ([], ["acme: the sync is FAILED"])


def test_what_came_and_went_while_a_notifier_was_out_of_order_is_not_told_afterwards(
    syncs, mailbox
):
    mailbox.is_broken = True
    syncs.end(REFUSED)
    mailbox.is_broken = False
    syncs.end()
    assert mailbox.notices == []


def test_a_recovery_that_was_not_sent_is_made_up_for(syncs, mailbox):
    syncs.end(REFUSED)
    mailbox.is_broken = True
    syncs.end()
    mailbox.is_broken = False
    syncs.end()
    syncs.end()
    assert mailbox.subjects == ["acme: the sync is FAILED", "acme: the sync is a success again"]


def test_a_new_notifier_is_told_what_is_wrong_at_the_time(syncs, mailbox):
    syncs.end(REFUSED)
    late = syncs.mailboxes["late"] = Mailbox()
    syncs.end(REFUSED)
    assert (len(mailbox.notices), late.subjects) == (1, ["acme: the sync is FAILED"])
