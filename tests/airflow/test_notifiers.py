"""Messages go out by Airflow's own notifiers: by SMTP to a server, and by any other class."""

import email
import json
import logging
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import ClassVar

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import BaseNotifier

from salesforce_elt.hooks.notifiers import senders
from salesforce_elt.notices import Notice
from salesforce_elt.settings import Notifier
from tests.conftest import free_port
from tests.driver import Desk

PROJECT = Path(__file__).resolve().parents[2]
DAG_ID = "salesforce_sync_every_hour"
SETTINGS = """
orgs:
  demo:
    connection: salesforce_demo
    pipelines: {mode: split}
    notifications:
      notifiers:
        operators: {arguments: {to: [ops@acme.example]}}
"""
NOTICE = Notice(
    "acme", "failed", "[Salesforce ELT] acme: the sync is FAILED",
    (("What happened", ("The name is {{ 7 * 7 }} <b> & José.",)),),
)


class Inbox(Message):
    """Keeps the mails that a server takes."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[EmailMessage] = []

    def handle_message(self, message) -> None:
        self.mails.append(email.message_from_bytes(message.as_bytes(), policy=policy.default))

    @property
    def subjects(self) -> list[str]:
        return [str(one["subject"]) for one in self.mails]


class Kept(BaseNotifier):
    """A notifier of someone else."""

    template_fields = ("text",)
    told: ClassVar[list[tuple[str, str]]] = []

    def __init__(self, channel: str, text: str) -> None:
        super().__init__()
        self.channel, self.text = channel, text

    def notify(self, context) -> None:
        self.told.append((self.channel, self.text))


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """What arrives at an SMTP server to which the connection smtp_default leads."""
    kept, port = Inbox(), free_port()
    connect_to(port, monkeypatch)
    server = Controller(kept, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield kept
    finally:
        server.stop()


def connect_to(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": "elt@acme.example",
             "retry_limit": 1, "timeout": 5}
    connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))


def text_of(mail: EmailMessage) -> str:
    (part,) = [one for one in mail.walk() if not one.is_multipart()]
    return str(part.get_content())


def test_an_email_has_the_message_and_nothing_of_it_is_read_as_a_template(inbox):
    mail = Notifier(arguments={"to": ["ops@acme.example", "boss@acme.example"]})
    for _, send in senders({"operators": mail}, {}):
        send(NOTICE)
    (received,) = inbox.mails
    assert received["subject"] == NOTICE.subject
    assert received["from"] == "elt@acme.example"
    assert received["to"] == "ops@acme.example, boss@acme.example"
    assert "The name is {{ 7 * 7 }} &lt;b&gt; &amp; José." in text_of(received)


def test_the_settings_may_say_another_subject(inbox):
    mail = Notifier(arguments={"to": "ops@acme.example", "subject": "{{ notice.org }} is ill"})
    for _, send in senders({"operators": mail}, {}):
        send(NOTICE)
    assert inbox.subjects == ["acme is ill"]


def test_another_notifier_is_its_class_and_its_arguments():
    Kept.told.clear()
    text = "{{ notice.status }}: {{ notice.text }}"
    other = Notifier(class_path=f"{__name__}.Kept", arguments={"channel": "#elt", "text": text})
    for _, send in senders({"slack": other}, {}):
        send(NOTICE)
        send(NOTICE)
    assert Kept.told == [("#elt", f"failed: {NOTICE.text}")] * 2


@pytest.mark.parametrize(
    ("notifier", "reason"),
    [
        (Notifier(class_path="airflow.providers.nobody.Notifier"), "ModuleNotFoundError"),
        (Notifier(class_path="airflow.sdk.NoSuchNotifier"), "NoSuchNotifier"),
        (Notifier(class_path="pathlib.Path"), "pathlib.Path is no notifier of Airflow"),
        (Notifier(arguments={"too": "ops@acme.example"}), "TypeError"),
    ],
)
def test_a_notifier_that_cannot_be_made_is_logged_and_the_others_tell(notifier, reason, caplog):
    good = Notifier(class_path=f"{__name__}.Kept", arguments={"channel": "#elt", "text": ""})
    with caplog.at_level(logging.ERROR):
        found = dict(senders({"wrong": notifier, "good": good}, {}))
    assert list(found) == ["good"]
    assert "notifications.notifiers.wrong cannot be made" in caplog.text
    assert reason in caplog.text


@pytest.fixture(scope="module")
def desk(generated_desk) -> Desk:
    return generated_desk(size=8)


@pytest.fixture
def trigger(desk, metadata, monkeypatch, tmp_path):
    """Runs the DAG on Airflow's own machinery; gives the run's state back."""
    (tmp_path / "sync.yaml").write_text(SETTINGS)
    keys = desk.org.credentials
    extra = {"consumer_key": keys.consumer_key, "consumer_secret": keys.consumer_secret}
    connection = {"conn_type": "salesforce_elt", "host": desk.org.url, "extra": extra}
    monkeypatch.setenv("ELT_SETTINGS", str(tmp_path / "sync.yaml"))
    monkeypatch.setenv("ELT_WAREHOUSE_URL", desk.warehouse_url)
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEMO", json.dumps(connection))
    # Airflow writes a run's choices into the DAG object, so each run reads the file anew.
    return lambda: str(DagBag(str(PROJECT / "dags")).dags[DAG_ID].test().state)


@pytest.mark.slow
def test_a_dag_that_fails_twice_and_recovers_sends_two_mails(
    trigger, desk, inbox, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.delenv("AIRFLOW_CONN_SALESFORCE_DEMO")
        assert [trigger(), trigger()] == ["failed", "failed"]
    assert [trigger(), trigger()] == ["success", "success"]
    failed, recovered = inbox.mails
    assert failed["subject"] == "[Salesforce ELT] demo: the sync is FAILED"
    assert "There is no Airflow connection &#x27;salesforce_demo&#x27;" in text_of(failed)
    assert f"/dags/{DAG_ID}/runs/" in text_of(failed)
    assert "make results RUN=demo/manual__" in text_of(failed)
    assert recovered["subject"] == "[Salesforce ELT] demo: the sync is a success again"
    statuses = desk.rows("select status from sync.runs order by started_at")
    assert [row["status"] for row in statuses] == ["failed", "failed", "success", "success"]


@pytest.mark.slow
def test_a_mail_server_that_is_down_changes_no_status_and_hides_none(
    trigger, desk, inbox, monkeypatch
):
    trigger()
    with monkeypatch.context() as patch:
        connect_to(free_port(), patch)
        with patch.context() as broken:
            broken.delenv("AIRFLOW_CONN_SALESFORCE_DEMO")
            assert trigger() == "failed"
    newest = desk.rows("select status, message from sync.runs order by started_at desc limit 1")[0]
    assert newest["status"] == "failed"
    assert "salesforce_demo" in newest["message"]
    assert desk.rows("select * from sync.notices where incident_id ="
                     " (select max(incident_id) from sync.incidents)") == []
