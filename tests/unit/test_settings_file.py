"""Files that cannot be settings at all: each is one clear message, whatever the bytes are."""

import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.settings import load_settings

HEAD = "sync.yaml has 1 problem; correct it (docs/settings.md explains every setting):\n"
ORG = "orgs:\n  acme:\n    connection: sf\n"
WHERE = "write the settings there, or set ELT_SETTINGS to the file that holds them."


def told(file: Path) -> str:
    """The message about a file, which is refused."""
    with pytest.raises(SettingsInvalid) as refused:
        load_settings(file, root=file.parent)
    return str(refused.value).replace(f"{file.parent}/", "")


def told_of(folder: Path, content: str | bytes) -> str:
    """The one problem of a file with this content."""
    file = folder / "sync.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    message = told(file)
    assert message.startswith(HEAD)
    return message.removeprefix(HEAD)


def test_a_missing_file_is_told_with_what_to_set(tmp_path: Path) -> None:
    assert told(tmp_path / "sync.yaml") == f"sync.yaml does not exist: {WHERE}"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "sync.yaml").mkdir()
    assert told(tmp_path / "sync.yaml") == f"sync.yaml is not a file: {WHERE}"


def test_a_file_that_may_not_be_read_is_told_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "sync.yaml").touch()
    monkeypatch.setattr(Path, "open", refuse)
    assert told(tmp_path / "sync.yaml") == (
        f"sync.yaml cannot be read (Permission denied): let this user read it, or {WHERE}"
    )


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "sync.yaml").write_text("#" * 300_000)
    assert told(tmp_path / "sync.yaml") == (
        f"sync.yaml is larger than 256 KB, which no settings file is: {WHERE}"
    )


@pytest.mark.parametrize("content", ["", "\n\n", "# only a comment\n", "---\n"])
def test_an_empty_file_is_told_what_it_needs(tmp_path: Path, content: str) -> None:
    assert "it needs at least orgs:, an org's key, and the connection" in told_of(tmp_path, content)


@pytest.mark.parametrize("content", ["orgs", "- orgs\n", "42", "[orgs]", "'orgs: 1'"])
def test_what_is_no_mapping_is_told_what_it_needs(tmp_path: Path, content: str) -> None:
    problem = told_of(tmp_path, content)
    assert problem.startswith("  line 1, column 1: These are no settings: it needs at least orgs:")


def test_a_file_in_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    content = f"{ORG}    opportunity_types: [Größe]\n".encode("latin-1")
    assert told_of(tmp_path, content) == (
        "  line 4, column 1: This is not UTF-8 text: save the file as UTF-8."
    )


def test_utf_16_is_told_as_well(tmp_path: Path) -> None:
    assert "save the file as UTF-8" in told_of(tmp_path, ORG.encode("utf-16"))


@pytest.mark.parametrize(
    ("added", "line", "problem"),
    [
        ("\tfrequency: daily\n", 4, "This line is indented with a tab: YAML wants spaces."),
        ("    window:\n\t\t{}\n", 5, "This line is indented with a tab: YAML wants spaces."),
        ("    frequency: a: b\n", 4, "mapping values are not allowed here (indent it like its"),
        ("    frequency\n", 5, "could not find expected ':'"),
        ("    frequency: 'daily\n", 5, "(a quote or bracket is never closed)."),
        ("    window: {lag: 2s\n", 5, "that began in line 4 (a comma or a closing bracket"),
        ("    opportunity_types: [A, B\n    quota: {}\n", 5, "a comma or a closing bracket is"),
        ("   quota: {}\n", 4, "(indent it like its neighbours)."),
        ("    frequency: @daily\n", 4, "(a text that begins with this character needs quotes)."),
        ("    frequency: %daily\n", 4, "(a text that begins with this character needs quotes)."),
        ('    frequency: "\\daily"\n', 4, "(write a backslash in 'single quotes')."),
        ("    opportunity_types: *all\n", 4, "found undefined alias 'all' (a text that begins"),
        ("---\norgs: {}\n", 4, "one file holds one document: remove the line ---)."),
        ("    start_date: \x07\n", 4, "The character U+0007 is not allowed in YAML: remove it."),
        ("    frequency: !<daily\n", 4, "This is not YAML: expected '>'"),
        ("    frequency: &a daily\n    window: &a {}\n", 5, "found duplicate anchor"),
    ],
)
def test_what_is_not_yaml_is_told_with_its_line(
    tmp_path: Path, added: str, line: int, problem: str
) -> None:
    message = told_of(tmp_path, ORG + added)
    assert message.startswith(f"  line {line}, column ")
    assert problem in message


@pytest.mark.parametrize(
    ("added", "problem"),
    [
        ("    quota: {}\n    quota: {}\n", "orgs.acme.quota is given twice, first in line 4: keep"),
        ("  acme: {}\n", "line 4, column 3: orgs.acme is given twice, first in line 2: keep one"),
        ("    2024: {}\n", "orgs.acme.2024 is no text to YAML: put a name in quotes"),
        ("    yes: {}\n", "orgs.acme.yes is no text to YAML: put a name in quotes"),
        ("    ? [a, b]\n    : 1\n", "is not a name: a list or a mapping cannot be one"),
        ("    <<: {frequency: daily}\n", "orgs.acme.<< is not supported: write the settings out"),
        ("    frequency: !daily x\n", "orgs.acme.frequency has the YAML tag !daily: write it"),
        ("    quota: !!python/object:os.system {}\n", "has the YAML tag !!python/object:os.system"),
        (
            "    quota: !!set {a}\n",
            "orgs.acme.quota has the YAML tag !!set: write it without a tag",
        ),
        ("    frequency: !!binary eA==\n", "has the YAML tag !!binary: write it without a tag"),
    ],
)
def test_what_yaml_would_take_in_silence_is_refused(
    tmp_path: Path, added: str, problem: str
) -> None:
    assert problem in told_of(tmp_path, ORG + added)


def test_aliases_that_multiply_are_refused_quickly(tmp_path: Path) -> None:
    tenfold = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    content = "\n".join(["a0: &a0 [x]", *tenfold])
    began = time.perf_counter()
    assert "holds more than 50,000 values, each alias (*) counted" in told_of(tmp_path, content)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("content", ["a: &a {b: *a}", "[" * 5_000, "a: " + "{b: " * 5_000])
def test_what_never_ends_is_refused(tmp_path: Path, content: str) -> None:
    assert "The file is nested far deeper than any setting" in told_of(tmp_path, content)


VALID = """\
orgs:
  acme:
    connection: sf
    start_date: 2024-01-01
    opportunity_minimums: {probability: 10, amount: 99.50}
    pipelines: {mode: split, sales_processes: [New Business, "Renewals"]}
    members: {overrides: {ops@acme.com: dispatcher@acme.com}}
    window: {lag: 2s}
    objects:
      Contact: {hash_fields: [Email]}
"""
PIECES = st.sampled_from([
    "orgs:", "  acme:", "    connection: sf", "    quota: {share: 1}", "frequency", ": ", "- ",
    "\n", "\t", "[", "]", "{", "}", "&a ", "*a", "!!str ", "<<: ", "'", '"', "|", ">", "? ", "#",
    "---", "%", "\\", "\ufeff", "\x85", "010", "yes", "~", "2024-01-01", "🦊", "\x00",
])  # fmt: skip


@settings(deadline=None)
@given(st.one_of(st.lists(PIECES).map("".join), st.text()))
def test_any_text_is_settings_or_settings_invalid(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_bytes(text.encode("utf-8", errors="replace"))
    _load_or_refuse(file)


@settings(deadline=None)
@given(st.integers(0, len(VALID)), PIECES)
def test_valid_settings_with_something_wedged_in_are_settings_or_settings_invalid(
    tmp_path_factory: pytest.TempPathFactory, position: int, piece: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(VALID[:position] + piece + VALID[position:], encoding="utf-8")
    _load_or_refuse(file)


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_settings_or_settings_invalid(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_bytes(content)
    _load_or_refuse(file)


def _load_or_refuse(file: Path) -> None:
    with suppress(SettingsInvalid):
        load_settings(file)
