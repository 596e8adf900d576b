"""The runbook knows every status and every error."""

from pathlib import Path

import pytest

from salesforce_elt import errors
from salesforce_elt.report import NEXT_STEPS, PUBLISHED_IN_PART

RUNBOOK = (Path(__file__).resolve().parents[2] / "docs/operating.md").read_text("utf-8")
# Not raised themselves: what others are kinds of.
KINDS = {"SyncError", "RetryableError"}
RAISED = sorted({name for name, one in vars(errors).items() if isinstance(one, type)} - KINDS)


@pytest.mark.parametrize("name", RAISED)
def test_the_runbook_says_what_every_error_means_and_whether_it_is_retried(name: str) -> None:
    (row,) = [line for line in RUNBOOK.splitlines() if line.startswith(f"| `{name}` |")]
    is_retried = issubclass(getattr(errors, name), errors.RetryableError)
    assert row.split("|")[2].strip() == ("yes" if is_retried else "no")


@pytest.mark.parametrize("status", [*sorted(set(NEXT_STEPS) - {PUBLISHED_IN_PART}), "running"])
def test_the_runbook_says_what_every_status_means(status: str) -> None:
    assert f"\n| `{status}` |" in RUNBOOK
