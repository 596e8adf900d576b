"""What a person reads at the end of a sync."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from salesforce_elt.report import Report
from salesforce_elt.results_text import render

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def counted(sobject: str, way: str, *counts: int) -> dict:
    names = ("fetched", "inserted", "updated", "deleted")
    return {"sobject": sobject, "way": way, "status": "success", "seconds": None,
            **dict(zip(names, counts, strict=True))}


REPORT = Report(
    run={"org": "acme", "kind": "incremental", "status": "success", "run_id": "acme/1",
         "until": START, "started_at": START, "finished_at": START + timedelta(seconds=9),
         "api_calls": 6, "message": ""},
    objects=[counted("Account", "rest", 1_200, 1_000, 150, 50),
             counted("Contact", "nothing", 0, 0, 0, 0)],
    marts=[{"mart": "opportunities", "row_count": 85, "excluded_count": 8_715, "inserted": 85,
            "updated": 0, "deleted": 0, "reason": "first publish"}],
    exclusions=[{"reason": "type_not_selected", "opportunity_count": 8_715}],
    checks=[{"mart": "opportunities", "check_name": "close_date_is_in_reason",
             "severity": "warning", "is_passed": False, "unexpected_count": 3}],
    findings=[],
)


def test_a_result_reads_from_what_came_to_what_was_left_out_and_why():
    assert render(REPORT) == """\
acme: incremental sync SUCCESS
  run        acme/1
  changes    until 2026-03-01 12:00:00 UTC
  took       9.0 s, 6 API calls

  object   way   fetched  inserted  updated  deleted  seconds
  Account  rest    1,200     1,000      150       50      0.0
  total            1,200     1,000      150       50
  nothing changed in Contact

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
