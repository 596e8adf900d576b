"""Org folders that are wrong in one way: told where, what, and what to do; nothing is loaded."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.__main__ import main
from simulator.catalog import standard_catalog
from simulator.clock import Clock
from simulator.folders import OrgFolderInvalid, load_folder, prepare
from simulator.store import Store
from tests.attackers.hostile import PAYLOADS, moves_a_terminal
from tests.bad_input.damages import Damaged
from tests.bad_input.fuzzing import read_or_refused

pytestmark = pytest.mark.faults

NOW = datetime(2026, 3, 5, 10, 30, tzinfo=UTC)
CATALOG = standard_catalog()
Folder = Mapping[str, bytes]

# Of each column a value that is right; what it holds says how it can be spoilt.
GOOD: Mapping[str, Mapping[str, str]] = {
    "User": {"Id": "u1", "LastName": "King", "Username": "king@acme.example", "IsActive": "true"},
    "Account": {"Id": "a1", "Name": "Acme", "AnnualRevenue": "10.5", "NumberOfEmployees": "3",
                "OwnerId": "u1", "CreatedDate": "2025-01-01T00:00:00.000Z"},
    "Contact": {"Id": "c1", "LastName": "Queen", "AccountId": "a1", "Birthdate": "1990-01-31",
                "HasOptedOutOfEmail": "false"},
    "Opportunity": {"Id": "o1", "Name": "Deal", "StageName": "Prospecting", "AccountId": "a1",
                    "CloseDate": "2026-01-31", "Amount": "1000", "Probability": "10"},
}  # fmt: skip
SPOILT = {
    "NUMBER": ("lots", "NaN", "Infinity", "1,000", "0x10", "--1", "1e", "€5", "1 000", "ten%"),
    "WHOLE": ("1.5", "3000000000", "three"),
    "DAY": ("2025-02-30", "31.01.2025", "2025-1-5", "0000-00-00", "1600-01-01", "9999-12-31",
            "yesterday"),
    "MOMENT": ("2025-01-01", "2025-01-01T00:00:00", "2025-13-01T00:00:00Z", "now",
               "2025-01-01T25:00:00Z", "9999-12-31T23:59:59Z"),
    "FLAG": ("yes", "1", "wahr", "truefalse"),
    "REFERENCE": ("a9", "u9", "0016g000007WEfsAAG", "'; drop table x; --", "{{ 7 }}"),
    "REQUIRED": ("",),
    "SHORT": ("x" * 300, "a\0b"),
}
KINDS = {
    "AnnualRevenue": ("NUMBER",), "Amount": ("NUMBER",), "Probability": ("NUMBER",),
    "NumberOfEmployees": ("NUMBER", "WHOLE"), "Birthdate": ("DAY",),
    "CloseDate": ("DAY", "REQUIRED"), "CreatedDate": ("MOMENT",), "IsActive": ("FLAG",),
    "HasOptedOutOfEmail": ("FLAG",), "AccountId": ("REFERENCE",), "OwnerId": ("REFERENCE",),
    "Name": ("SHORT", "REQUIRED"), "LastName": ("SHORT", "REQUIRED"),
    "StageName": ("SHORT", "REQUIRED"), "Username": ("SHORT",),
}  # fmt: skip


def written(rows: Mapping[str, str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows), lineterminator="\n")
    writer.writeheader()
    writer.writerow(rows)
    return text.getvalue().encode()


RIGHT: Folder = {name: written(rows) for name, rows in GOOD.items()}


def with_file(name: str, content: bytes | Mapping[str, str]) -> Folder:
    return {**RIGHT, name: content if isinstance(content, bytes) else written(content)}


def of_values() -> Iterator[Damaged]:
    for sobject, rows in GOOD.items():
        for column in rows:
            for kind in KINDS.get(column, ()):
                for number, value in enumerate(SPOILT[kind]):
                    name = f"{sobject}.{column} as {kind.lower()} {number}"
                    yield Damaged(name, with_file(sobject, {**rows, column: value}))


def of_headers() -> Iterator[Damaged]:
    for sobject, rows in GOOD.items():
        for column in rows:
            others = {name: value for name, value in rows.items() if name != column}
            named = f"{sobject}.{column}"
            yield Damaged(f"{named} misspelt", with_file(sobject, {**others, f"{column}x": "1"}))
            yield Damaged(f"{named} twice", with_file(
                sobject, RIGHT[sobject].replace(b"\n", f",{column}\n".encode(), 1)))
            if "REQUIRED" in KINDS.get(column, ()):
                yield Damaged(f"{named} missing", with_file(sobject, others))
        for name, text in PAYLOADS.items():
            spoilt = with_file(sobject, {**rows, text: "1"})
            yield Damaged(f"{sobject} with a column of {name}", spoilt)


def of_files() -> Iterator[Damaged]:
    for sobject, content in RIGHT.items():
        for name, damaged in {
            "empty": b"", "a blank line": b"\n", "not UTF-8": content + b"\xff",
            "an open quote": content + b'"x', "a value more": content.rstrip(b"\n") + b",1\n",
            "a value less": content[: content.rindex(b",")],
            "a row twice": content + content.split(b"\n", 1)[1],
            "UTF-16": content.decode().encode("utf-16"), "a NUL": content.replace(b",", b"\0,"),
        }.items():
            yield Damaged(f"{sobject}.csv: {name}", with_file(sobject, damaged))
    for name, text in PAYLOADS.items():
        file = text.replace("/", "").replace("\0", "").strip()[:60]
        yield Damaged(f"a file called as {name}", {**RIGHT, file: b"Id,Name\n1,x\n"})


def all_damaged() -> list[Damaged]:
    return [*of_values(), *of_headers(), *of_files()]


def folder_of(folder: Folder, place: Path) -> Path:
    for name, content in folder.items():
        (place / f"{name}.csv").write_bytes(content)
    return place


def test_the_folder_that_is_damaged_is_right(tmp_path: Path) -> None:
    prepared = prepare(folder_of(RIGHT, tmp_path), CATALOG, now=NOW)
    assert [len(prepared.records[name]) >= 1 for name in GOOD] == [True] * len(GOOD)


@pytest.mark.parametrize("damaged", all_damaged(), ids=str)
def test_an_org_folder_is_refused_for(damaged: Damaged, tmp_path: Path) -> None:
    folder = folder_of(damaged.content, tmp_path)
    with pytest.raises(OrgFolderInvalid) as refused:
        prepare(folder, CATALOG, now=NOW)
    said = str(refused.value)
    assert re.match(r".+\.csv(, line [0-9]+)?(, field .+)?: .+\. .+\. Nothing was loaded\.$", said)
    assert (moves_a_terminal(said), "\n" in said, len(said) < 1000) == ([], False, True)


def test_there_are_hundreds_of_damaged_org_folders() -> None:
    assert len(all_damaged()) > 200


@pytest.fixture(scope="module")
def store(postgres_server_18) -> Iterator[Store]:
    with psycopg.connect(postgres_server_18.url("postgres"), autocommit=True) as admin:
        admin.execute("create database bad_folders")
    opened = Store(postgres_server_18.url("bad_folders"), Clock(NOW))
    opened.install(CATALOG)
    yield opened
    opened.close()


@pytest.mark.parametrize("damaged", [
    one for one in all_damaged() if one.name.startswith("Opportunity")][::9], ids=str)
def test_nothing_of_a_refused_folder_is_in_the_org(damaged: Damaged, store, tmp_path: Path) -> None:
    with pytest.raises(OrgFolderInvalid):
        load_folder(store, folder_of(damaged.content, tmp_path))
    assert [store.count(name) for name in GOOD] == [0] * len(GOOD)


def test_the_program_ends_with_2_and_one_line(tmp_path, capsys, database_url_18) -> None:
    (tmp_path / "org").mkdir()
    name = PAYLOADS["terminal title"]
    folder = folder_of({**RIGHT, name: b"Id\n1\n"}, tmp_path / "org")
    code = main(["--port", "0", "--database-url", database_url_18, "--folder", str(folder),
                 "--credentials", str(tmp_path / "keys.json")])
    said = capsys.readouterr()
    assert (code, said.out, said.err.count("\n")) == (2, "", 1)
    assert r"\x1b]0;owned\x07.csv: the org has no object" in said.err
    assert moves_a_terminal(said.err) == []


cells = st.text(max_size=12) | st.sampled_from([*PAYLOADS.values(), "1", "a1", "true", "NaN"])
names = st.sampled_from([*GOOD, "Evil__c", "RecordType", "OpportunityStage", "Product2"])
headers = st.sampled_from([
    "Id", "Name", "StageName", "Evil__c", "RecordTypeId", "OwnerId", "ApiName", "SobjectType", "",
    "x y__c", "Amount", "CloseDate", "__c", "'__c",
])


@settings(derandomize=True, max_examples=150, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(names, st.tuples(st.lists(headers, min_size=1, max_size=5),
                                        st.lists(st.lists(cells, max_size=5), max_size=4)),
                       max_size=4))
def test_whatever_files_hold_is_an_org_or_refused(tmp_path_factory, files) -> None:
    place = tmp_path_factory.mktemp("fuzzed")
    for name, (header, rows) in files.items():
        with (place / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
    read_or_refused(lambda: prepare(place, CATALOG, now=NOW), OrgFolderInvalid)
