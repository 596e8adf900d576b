"""What a person reads at the end of a sync."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from salesforce_elt.report import Report
from salesforce_elt.results_text import render

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def counted(sobject: str, way: str, *counts: int) -> dict:
    names = ("fetched", "inserted", "updated", "deleted")
    return {"sobject": sobject, "way": way, "status": "success", "seconds": None,
            "estimated_calls": 0 if way == "nothing" else 1,
            **dict(zip(names, counts, strict=True))}


REPORT = Report(
    run={"org": "acme", "kind": "incremental", "status": "success", "run_id": "acme/1",
         "until": START, "started_at": START, "finished_at": START + timedelta(seconds=9),
         "api_calls": 6, "message": "", "resumes_at": None, "resumes_by": None},
    objects=[counted("Account", "rest", 1_200, 1_000, 150, 50),
             counted("Contact", "nothing", 0, 0, 0, 0)],
    marts=[{"mart": "opportunities", "row_count": 85, "excluded_count": 8_715, "inserted": 85,
            "updated": 0, "deleted": 0, "set_aside_count": 0, "reason": "first publish"}],
    exclusions=[{"reason": "type_not_selected", "opportunity_count": 8_715}],
    checks=[{"mart": "opportunities", "check_name": "close_date_is_in_reason",
             "severity": "warning", "is_passed": False, "unexpected_count": 3,
             "set_aside_count": 0, "words": None}],
    findings=[],
    quotas=[{"quota": "DailyApiRequests", "used": 1_200, "allowed": 100_000, "ours": 75_000,
             "estimated": 1},
            {"quota": "DailyBulkV2QueryJobs", "used": None, "allowed": None, "ours": None,
             "estimated": 0}],
)


def test_a_result_reads_from_what_came_to_what_was_left_out_and_why():
    assert render(REPORT) == """\
acme: incremental sync SUCCESS
  run        acme/1
  changes    until 2026-03-01 12:00:00 UTC
  took       9.0 s, 6 API calls

  object   way   fetched  inserted  updated  deleted  calls planned  seconds
  Account  rest    1,200     1,000      150       50              1      0.0
  total            1,200     1,000      150       50              1
  nothing changed in Contact

  quota                  used before       of  ours until  planned
  daily API requests           1,200  100,000      75,000        1
  daily Bulk query jobs            ?        ?           ?        0

  mart           rows  excluded  inserted  updated  deleted  because
  opportunities    85     8,715        85        0        0  first publish

  left out of opportunities (marts.opportunity_exclusions has each)
  type_not_selected  8,715

  checks: 0 hold, 1 do not
    WARNING opportunities.close_date_is_in_reason: 3 rows

  findings: none"""


def test_a_reconcile_shows_what_it_read_beside_and_what_the_proof_found():
    read = {"sobject": "Account", "way": "bulk", "filled": ["Region__c"], "refreshed": [],
            "fetched": 20_000, "updated": 3, "deleted": 1}
    proven = {"sobject": "Account", "their_count": 19_999, "our_count": 20_000, "sampled": 200,
              "differing": 2, "repaired": 1}
    shown = render(replace(REPORT, reads=[read, {**read, "filled": []}], proofs=[proven]))
    assert """
  read of every record, beside what changed
  object   way   fields     fetched  updated  deleted
  Account  bulk  Region__c   20,000        3        1
  Account  bulk  Ids         20,000        3        1

  proof: 1 objects counted, 200 records sampled; 2 differed, 1 repaired
    Account: the org had 19,999 when it was counted, we have 20,000
""" in shown


def test_a_deferred_sync_says_what_waits_and_when_it_goes_on():
    waits = {**REPORT.objects[0], "status": "deferred"}
    run = {**REPORT.run, "status": "deferred", "message": "Not begun: Account.",
           "resumes_at": START + timedelta(hours=1), "resumes_by": "itself"}
    text = render(replace(REPORT, run=run, objects=[waits]))
    assert "acme: incremental sync DEFERRED" in text
    assert "  goes on    at 2026-03-01 13:00 UTC, by itself" in text
    assert "  Account  DEFERRED" in text


def test_records_that_are_set_aside_are_counted_by_mart_and_check():
    mart = {**REPORT.marts[0], "set_aside_count": 2}
    check = {**REPORT.checks[0], "severity": "critical", "unexpected_count": 2,
             "set_aside_count": 2}
    shown = render(replace(REPORT, marts=[mart], checks=[check]))
    assert """first publish
  set aside by checks (sync.quarantine has each)
  opportunities  2
""" in shown
    assert "CRITICAL opportunities.close_date_is_in_reason: 2 rows, 2 set aside" in shown


def test_a_check_that_looks_at_no_row_says_what_it_found():
    check = {**REPORT.checks[0], "words": "it had 2,000 rows and would have 3"}
    shown = render(replace(REPORT, checks=[check]))
    assert "close_date_is_in_reason: it had 2,000 rows and would have 3" in shown


def test_a_finding_says_what_will_be_missing_because_of_it():
    hidden = {"severity": "warning", "message": "Opportunity.Amount is not visible.",
              "missing": "marts.opportunities.amount will be empty"}
    text = render(replace(REPORT, findings=[hidden]))
    assert text.endswith("""\
    WARNING Opportunity.Amount is not visible.
      missing: marts.opportunities.amount will be empty""")


def test_names_and_messages_cannot_move_the_cursor_or_hide_anything():
    run = {**REPORT.run, "message": "\x1b]0;owned\x07 \x9b2J \u202egnp.exe\rok"}
    found = {"severity": "error", "message": "Caf\u00e9\x1b[31m\x08", "missing": "\x1b[2J"}
    shown = render(replace(REPORT, run=run, findings=[found]))
    assert r"\x1b]0;owned\x07 \x9b2J \u202egnp.exe\rok" in shown
    assert r"ERROR Café\x1b[31m\x08" in shown
    assert r"missing: \x1b[2J" in shown
    assert all(one.isprintable() or one == "\n" for one in shown)
