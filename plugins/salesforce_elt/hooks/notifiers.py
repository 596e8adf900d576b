"""Airflow's notifiers, as the settings name them, as functions that send a notice."""

import logging
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from airflow.sdk import BaseNotifier, get_current_context

from salesforce_elt.notices import Notice
from salesforce_elt.notify import Channels, Send
from salesforce_elt.report import Report
from salesforce_elt.settings import Notifications, Notifier
from salesforce_elt.settings.models import SMTP_NOTIFIER

log = logging.getLogger(__name__)

# What an e-mail says unless the settings say otherwise; templates, so that what the message holds
# is put in and never read as one.
MAIL = {"subject": "{{ notice.subject }}", "html_content": "{{ notice.html }}"}


def channels(notifications: Notifications, report: Report) -> Channels:
    """Whom the settings want to be told, from within the task that reports."""
    context: dict[str, Any] = {**get_current_context()}
    places = (
        f"In Airflow, with what was read, left out and found: {context['ti'].log_url}",
        "In Airflow's navigation, with the syncs before: Sync results",
        f"In a terminal: make results RUN={report.run['run_id']}",
    )
    return Channels(notifications.about, senders(notifications.notifiers, context), places)


def senders(
    notifiers: Mapping[str, Notifier], context: Mapping[str, Any]
) -> Iterator[tuple[str, Send]]:
    """A function for each notifier that sends a notice, or raises what the notifier raises.

    One that cannot be made (its class is not there, an argument is not its own) is in the log of
    every sync, not only of the first that has something to tell.
    """
    for name, settings in notifiers.items():
        try:
            make(settings)
        except Exception as error:
            log.error(
                "notifications.notifiers.%s cannot be made, so it tells nothing: %s: %s. Correct "
                "its class_path or its arguments in the settings, or install its provider.",
                name,
                type(error).__name__,
                error,
            )
            continue
        yield name, _sender(settings, context)


def make(settings: Notifier) -> BaseNotifier:
    """A fresh notifier: rendering changes it.

    Raises TypeError for a class that is none, and whatever the class raises.
    """
    module, _, name = settings.class_path.rpartition(".")
    made = getattr(import_module(module), name)
    if not (isinstance(made, type) and issubclass(made, BaseNotifier)):
        raise TypeError(f"{settings.class_path} is no notifier of Airflow")
    usual = MAIL if settings.class_path == SMTP_NOTIFIER else {}
    return made(**{**usual, **settings.arguments})


def _sender(settings: Notifier, context: Mapping[str, Any]) -> Send:
    def send(notice: Notice) -> None:
        told = {
            "org": notice.org,
            "status": notice.status,
            "subject": notice.subject,
            "text": notice.text,
            "html": notice.html,
        }
        make(settings)({**context, "notice": told})

    return send
