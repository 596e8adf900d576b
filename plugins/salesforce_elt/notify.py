"""
After the report: operators are told what is new, each notifier by itself.

It changes nothing in what the sync is. A notifier is other people's code and other people's server:
whatever it raises is logged, and the next sync makes up for it.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import psycopg

from salesforce_elt import incidents
from salesforce_elt.notices import Notice, notice
from salesforce_elt.report import Report

log = logging.getLogger(__name__)

Send = Callable[[Notice], None]


@dataclass(frozen=True)
class Channels:
    """Who is told: `about` which occasions, by which notifiers, and where the results are."""

    about: Sequence[str]
    notifiers: Iterable[tuple[str, Send]]
    places: Sequence[str]


def tell(conn: psycopg.Connection, report: Report, channels: Channels) -> None:
    """Notes what is wrong and what is over, and sends each notifier what it does not know.

    What is sent is noted afterwards: a worker that is killed between the two sends it again.
    """
    incidents.record(conn, report, occasions=channels.about)
    org = report.run["org"]
    for name, send in channels.notifiers:
        news = incidents.untold(conn, org, notifier=name, occasions=channels.about)
        if not news:
            continue
        still = incidents.still_open(conn, org)
        told = notice(report, news, still=still, places=channels.places)
        if _is_sent(send, told, notifier=name):
            incidents.note_told(conn, news, notifier=name)


def _is_sent(send: Send, told: Notice, *, notifier: str) -> bool:
    try:
        send(told)
    except Exception as error:
        log.exception(
            "The notifier %s did not take the message '%s' (%s). The sync is %s all the same; the "
            "next one tries to send it again.",
            notifier,
            told.subject,
            type(error).__name__,
            told.status,
        )
        return False
    log.info("The notifier %s was told: %s", notifier, told.subject)
    return True
