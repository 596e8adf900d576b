"""Settings files that are wrong in one way: told where, what, and what to do; nothing is begun."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.__main__ import main
from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.settings import load_settings
from tests.attackers.hostile import PAYLOADS, moves_a_terminal
from tests.bad_input.damages import Damage, Damaged, places, renamed, spoilt, without
from tests.bad_input.fuzzing import read_or_refused

pytestmark = pytest.mark.faults

GOOD = {"orgs": {"acme": {
    "connection": "salesforce_acme", "automatically_sync": True, "frequency": "every_4_hours",
    "start_date": "2024-01-01",
    "opportunity_minimums": {"probability": 10, "amount": 1000},
    "opportunity_types": ["New Customer"],
    "pipelines": {"mode": "split", "sales_processes": ["Renewals"],
                  "without_record_type": "exclude"},
    "imported_members": {"availability": "default_capacity", "weekly_capacity_hours": 40},
    "members": {"directory": {"table": "hr.people"},
                "overrides": {"ops@acme.com": "dispatcher@acme.com"}},
    "window": {"lag": "2s", "overlap": "15m"},
    "quota": {"share": 0.75},
    "quality": {"set_aside": 20},
    "reconcile": "daily",
    "notifications": {"about": ["failed"], "notifiers": {"operators": {
        "class_path": "airflow.providers.smtp.notifications.smtp.SmtpNotifier",
        "arguments": {"to": "ops@acme.com"}}}},
    "retention": {"results_days": 400, "details_days": 35},
    "objects": {"Invoice__c": {}, "Contact": {
        "exclude_fields": ["SSN__c"], "hash_fields": ["Email"], "refresh_fields": ["Score__c"]}},
}}}  # fmt: skip
ARGUMENTS = ("orgs", "acme", "notifications", "notifiers", "operators", "arguments")
# Names that people choose; another one is another choice.
CHOSEN = {("orgs", "acme"), ("orgs", "acme", "members", "overrides", "ops@acme.com"),
          (*ARGUMENTS[:-1],), (*ARGUMENTS, "to"), ("orgs", "acme", "objects", "Invoice__c"),
          ("orgs", "acme", "objects", "Contact")}
# A notifier's class takes whatever it likes, and nothing stands for no date and no minimum.
NO_DAMAGE = {
    *((f"{what}", ".".join((*ARGUMENTS, "to"))) for what in (
        "a list for a value", "a mapping for a value", "nothing", "an empty text",
        "an endless text")),
    *(("nothing", f"orgs.acme.{name}") for name in (
        "start_date", "opportunity_minimums.probability", "opportunity_minimums.amount")),
}  # fmt: skip


def is_text(value: object) -> bool:
    return isinstance(value, str)


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_scalar(value: object) -> bool:
    return is_text(value) or is_number(value) or isinstance(value, bool)


DAMAGES = (
    Damage("a list for a value", is_scalar, lambda value: [value]),
    Damage("a mapping for a value", is_scalar, lambda value: {"value": value}),
    Damage("a value for a mapping", lambda value: isinstance(value, dict) and value, lambda _: "x"),
    Damage("a value for a list", lambda value: isinstance(value, list), lambda _: "x"),
    Damage("a control character", is_text, lambda value: f"{value}\x07"),
    Damage("nothing", is_scalar, lambda _: None),
    Damage("a number that is not finite", is_number, lambda _: float("inf")),
    Damage("a number below zero", is_number, lambda value: -value),
    Damage("a number beyond all bounds", is_number, lambda _: 10**30),
    Damage("a number in words", is_number, lambda _: "ten"),
    Damage("a quoted number", is_number, str),
    Damage("a number for yes or no", lambda value: isinstance(value, bool), lambda _: 1),
    Damage("a list in a list", lambda value: isinstance(value, list), lambda value: [value]),
    Damage("an empty text", is_text, lambda _: ""),
    Damage("an endless text", is_text, lambda value: value * 1000),
)


def structures() -> Iterator[Damaged]:
    yield from spoilt(GOOD, DAMAGES, but=NO_DAMAGE)
    for path, _ in places(GOOD):
        if isinstance(path[-1], str) and path not in CHOSEN:
            where = ".".join(map(str, path))
            yield Damaged(f"a misspelt name at {where}", renamed(GOOD, path, f"{path[-1]}x"))
            yield Damaged(f"a name in capitals at {where}", renamed(GOOD, path, path[-1].upper()))
    yield Damaged("no connection", without(GOOD, ("orgs", "acme", "connection")))
    for key in ("Acme", "1acme", "acme-eu", "a" * 40, "acme;drop", "äcme", " acme", "acme.marts"):
        yield Damaged(f"an org called {key!r}", renamed(GOOD, ("orgs", "acme"), key))
    for name in ("Invoice c", "1nvoice__c", "Invoice__c;", "Invoice__c FROM User", "../Account"):
        path = ("orgs", "acme", "objects", "Invoice__c")
        yield Damaged(f"an object called {name!r}", renamed(GOOD, path, name))


TEXT = yaml.safe_dump(GOOD, sort_keys=False)
TEXTS = {
    "nothing in it": b"", "a blank": b"  \n", "a comment alone": b"# orgs\n", "a list": b"- orgs\n",
    "a text": b"orgs\n", "no orgs": b"orgs: {}\n", "orgs that are nothing": b"orgs:\n",
    "a tab": TEXT.replace("  acme", "\tacme").encode(), "an open bracket": f"{TEXT}  x: [".encode(),
    "an open quote": f"{TEXT}  x: 'y".encode(), "a NUL": TEXT.encode() + b"\x00",
    "bytes that are no text": TEXT.encode() + b"# \xff\xfe", "UTF-16": TEXT.encode("utf-16"),
    "two documents": f"{TEXT}---\n{TEXT}".encode(), "an alias of nothing": f"{TEXT}x: *y".encode(),
    "a Python object": b"orgs: !!python/object/apply:os.system [id]\n",
    "a merge key": TEXT.replace("    quota:", "    <<: {a: 1}\n    quota:").encode(),
    "a name that is a list": f"{TEXT}? [a]\n: b\n".encode(),
    "a name twice": TEXT.replace("    quota:", "    reconcile: daily\n    quota:").encode(),
    "an alias that holds itself": b"orgs: &o {acme: *o}\n",
    "a bomb of aliases": ("a: &a0 [x,x]\n" + "".join(
        f"b{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))).encode(),
    "depth without end": b"orgs: " + b"[" * 5000,
    "half a file": TEXT[: TEXT.index("mode")].encode() + b"mode: [",
}  # fmt: skip


def all_damaged() -> list[Damaged]:
    """Each with the bytes of the file, in one order."""
    dumped = [Damaged(one.name, yaml.safe_dump(one.content, sort_keys=False, allow_unicode=True)
                      .encode()) for one in structures()]
    every = [*dumped, *(Damaged(name, content) for name, content in TEXTS.items())]
    return list({one.content: one for one in every}.values())


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home, which a command that is refused leaves empty."""
    handlers = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGHUP)}
    monkeypatch.setenv("ELT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ELT_SETTINGS", str(tmp_path / "sync.yaml"))
    monkeypatch.setenv("ELT_WAREHOUSE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    yield tmp_path / "home"
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_the_file_that_is_damaged_is_right(tmp_path: Path) -> None:
    (tmp_path / "sync.yaml").write_text(TEXT)
    assert list(load_settings(tmp_path / "sync.yaml").orgs) == ["acme"]


@pytest.mark.parametrize("damaged", all_damaged(), ids=str)
def test_a_settings_file_is_refused_for(damaged: Damaged, home: Path, capsys) -> None:
    file = Path(os.environ["ELT_SETTINGS"])
    file.write_bytes(damaged.content)
    assert main(["check", "acme", "table"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith(f"\n{file} has ")
    assert re.search(r"\n  line [0-9]+, column [0-9]+: .+[.?]\n", said.err)
    assert (said.out, moves_a_terminal(said.err), home.exists()) == ("", [], False)
    assert file.read_bytes() == damaged.content


def test_there_are_hundreds_of_damaged_settings_files() -> None:
    assert len(all_damaged()) > 300


pieces = st.sampled_from([*TEXT.splitlines(keepends=True), *PAYLOADS.values(), "- ", ": ", "\n",
                          "    ", "[", "]", "{", "}", "&a ", "*a", "!!int ", "'", '"', "\t", "? "])


@settings(derandomize=True, max_examples=300, deadline=2000)
@given(st.lists(pieces, max_size=20).map("".join) | st.text(max_size=200))
def test_whatever_stands_in_the_file_is_settings_or_refused(tmp_path_factory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzzed.yaml"
    file.write_text(text, encoding="utf-8", errors="replace", newline="")
    read_or_refused(lambda: load_settings(file), SettingsInvalid)
