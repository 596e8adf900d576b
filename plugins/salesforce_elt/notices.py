"""The message that an operator gets: what happened to which org, what comes next, what to do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from salesforce_elt import errors
from salesforce_elt.incidents import CHECKS, FINDINGS, SUCCESS, UNFINISHED, Incident
from salesforce_elt.report import NOT_READY, Report, next_step

# What to do about an error: its class, or the nearest class above it.
ADVICE: Mapping[type[errors.SyncError], str] = {
    errors.SyncError: "Read the log of the red task; it says where the sync stopped and why.",
    errors.RetryableError: "Nothing yet: the next sync tries again. If that fails too, see whether "
    "Salesforce is up (status.salesforce.com) and whether the workers reach it.",
    errors.WarehouseUnavailable: "See whether the warehouse's server is up, lets the sync's user "
    "log in, and has room on its disk; the next sync goes on by itself.",
    errors.QuotaReached: "Nothing, if it may wait. Otherwise find out who uses the quota (in "
    "Salesforce: Setup > Company Information), or raise quota.share in the settings.",
    errors.StopError: "Change what the message names, then clear the red tasks or wait for the "
    "next sync.",
    errors.SettingsInvalid: "Correct what the message names, in the settings file or the member "
    "directory; the next sync reads it anew.",
    errors.ConnectionInvalid: "Correct the Airflow connection (Admin > Connections) until its Test "
    "button is content; docs/connecting-salesforce.md explains each refusal.",
    errors.OrgReplaced: "If the connection should lead to this org, trigger a full synchronization "
    "of all objects; otherwise correct the connection.",
    errors.AccessDenied: "Grant the integration user what the message names; `make check` lists "
    "everything that it lacks.",
    errors.CheckFailed: "Look at the rows that fail (sync.checks has their keys) and correct them "
    "in Salesforce; quality.set_aside lets single records wait while the rest is published.",
    errors.LeaseLost: "Nothing: the newer sync does the work. If none was meant to run, look for a "
    "second Airflow that syncs the same org.",
}
ADVICE_OF_FINDINGS = (
    "Findings do not stop a sync, but the marts lack what they name. Mend what they say; "
    "`make check` lists everything that the org lacks."
)
ADVICE_OF_UNKNOWN = (
    "This is an error that the product does not know: the log of the red task has its details. "
    "The next sync tries again; if it stays, report it with that log."
)


@dataclass(frozen=True)
class Notice:
    """A message: its subject, and its sections as headings with paragraphs."""

    org: str
    status: str
    subject: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def text(self) -> str:
        """For a channel of plain text."""
        blocks = (
            "\n".join([title, *(f"- {one}" for one in told)]) for title, told in self.sections
        )
        return "\n\n".join(blocks) + "\n"

    @property
    def html(self) -> str:
        """For an e-mail."""
        blocks = []
        for title, told in self.sections:
            items = "".join(f"<li>{escape(one)}</li>" for one in told)
            blocks.append(f"<h3>{escape(title)}</h3>\n<ul>{items}</ul>")
        return "\n".join(blocks) + "\n"


def notice(
    report: Report, news: Sequence[Incident], *, still: Sequence[Incident], places: Sequence[str]
) -> Notice:
    """What to say after a sync: `news` were not told before, `still` is everything that is wrong;
    `places` say where the results are."""
    opened = [one for one in news if one.closed_at is None]
    over = [one for one in news if one.closed_at is not None]
    known = [one for one in still if one.incident_id not in {new.incident_id for new in news}]
    sections = (
        ("The sync", (_sync(report),)),
        ("What happened", tuple(one.message for one in opened)),
        ("What is over", tuple(_over(one) for one in over)),
        ("What is still wrong, as told before", tuple(_since(one) for one in known)),
        ("What happens next", tuple(_next(report))),
        ("What to do", tuple(_advice((*opened, *known)))),
        ("Where the results are", tuple(places)),
    )
    told = tuple((title, lines) for title, lines in sections if lines)
    return Notice(report.run["org"], report.status, _subject(report, news), told)


def _subject(report: Report, news: Sequence[Incident]) -> str:
    opened = {one.incident_id: one.occasion for one in news if one.closed_at is None}
    occasions = set(opened.values()) or {one.occasion for one in news}
    is_of_status = bool(occasions - {CHECKS, FINDINGS})
    count = len(opened) or len(news)
    if not opened:
        things = "1 thing is" if count == 1 else f"{count} things are"
        what = "the sync is a success again" if is_of_status else f"{things} no longer wrong"
    elif is_of_status:
        what = f"the sync is {report.status.upper()}"
    elif CHECKS in occasions:
        what = "a critical check fails"
    else:
        what = "a new finding" if count == 1 else f"{count} new findings"
    return f"[Salesforce ELT] {report.run['org']}: {what}"


def _sync(report: Report) -> str:
    run = report.run
    return (
        f"{run['org']}: the {run['kind']} sync that began at {_moment(run['started_at'])} is "
        f"{report.status.upper()} ({run['run_id']})."
    )


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _since(one: Incident) -> str:
    return f"{one.message} (since {_moment(one.opened_at)})"


def _over(one: Incident) -> str:
    ended = f" until {_moment(one.closed_at)}" if one.closed_at else ""
    return f"{one.message} (from {_moment(one.opened_at)}{ended})"


def _next(report: Report) -> Iterator[str]:
    if report.status == SUCCESS:
        yield "The marts are those of this sync, and the syncs go on as scheduled."
        return
    yield next_step(report, report.status)
    if report.resumption:
        yield f"It goes on {report.resumption.words}."


def _advice(incidents: Iterable[Incident]) -> Iterator[str]:
    said = dict.fromkeys(filter(None, map(_advice_of, incidents)))
    yield from said


def _advice_of(one: Incident) -> str | None:
    if one.code == NOT_READY:  # another incident says why the object did not arrive
        return None
    if one.occasion == CHECKS:
        return ADVICE[errors.CheckFailed]
    if one.occasion == FINDINGS:
        return ADVICE_OF_FINDINGS
    if one.code == UNFINISHED:
        return ADVICE[errors.SyncError]
    error = getattr(errors, one.code, None)
    if error is None:
        # Errors that are found rather than raised are named in small letters, and say what to do.
        return ADVICE[errors.StopError] if one.code.islower() else ADVICE_OF_UNKNOWN
    return next(ADVICE[kind] for kind in error.__mro__ if kind in ADVICE)
