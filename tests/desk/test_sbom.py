"""The bill of materials and the audit: what nobody knows of is never passed off as clean."""

import json
from collections.abc import Sequence

import pytest

from desk import sbom
from desk.sbom import CLEAN, UNKNOWN, VULNERABLE, audit, bill_of, judged, run_tool
from salesforce_elt.errors import SettingsInvalid

SOUND = {"name": "a", "version": "1", "vulns": []}
SKIPPED = {"name": "b", "skip_reason": "Dependency not found on PyPI: b (1)"}
FLAWED = {"name": "c", "version": "1", "vulns": [
    {"id": "PYSEC-1", "fix_versions": ["1.1", "2"]}, {"id": "PYSEC-2", "fix_versions": []}]}

pytestmark = pytest.mark.faults


@pytest.mark.parametrize(("packages", "code", "says"), [
    ([SOUND, SOUND], CLEAN, ["No known vulnerability in 2 of 2 packages."]),
    ([SKIPPED], UNKNOWN, [
        "Vulnerabilities NOT KNOWN of 1 of 1 packages: the package index does not tell (Dependency "
        "not found on PyPI: b (1)). This is no clean bill: run it again where "
        "https://pypi.org/pypi/<name>/<version>/json answers."]),
    ([], UNKNOWN, ["No package is pinned, so nothing was asked."]),
    ([FLAWED], VULNERABLE, ["VULNERABLE c 1: PYSEC-1, mended in 1.1, 2",
                            "VULNERABLE c 1: PYSEC-2, mended in no version yet"]),
])  # fmt: skip
def test_an_audit_is_clean_only_when_every_package_was_answered_for(packages, code, says):
    found = judged({"dependencies": packages})
    assert (found.code, found.lines()) == (code, says)


def test_a_package_nobody_knows_of_is_told_beside_those_that_are_sound():
    found = judged({"dependencies": [SOUND, SKIPPED]})
    assert found.code == UNKNOWN
    assert [line.split(":")[0] for line in found.lines()] == [
        "Vulnerabilities NOT KNOWN of 1 of 2 packages",
        "No known vulnerability in 1 of 2 packages.",
    ]


def test_make_sbom_writes_everything_that_is_pinned_and_ends_with_the_audits_code(
    tmp_path, monkeypatch, capsys
):
    asked: list[str] = []

    def run(tool: str, arguments: Sequence[str], text: str) -> str:
        asked.append(text)
        is_bill = tool == sbom.BILL_TOOL
        return json.dumps({"components": [SOUND]} if is_bill else {"dependencies": [SKIPPED]})

    monkeypatch.setenv("ELT_HOME", str(tmp_path))
    monkeypatch.setattr(sbom, "run_tool", run)
    assert sbom.main([""]) == UNKNOWN
    assert json.loads((tmp_path / "sbom.json").read_text()) == {"components": [SOUND]}
    assert ["apache-airflow==" in text and "\ncelery==" in text for text in asked] == [True, True]
    assert "This is no clean bill" in capsys.readouterr().out


def test_a_tool_that_cannot_be_had_is_said():
    with pytest.raises(SettingsInvalid, match=r"could not be run by uv: .*Nothing is known"):
        run_tool("no-such-tool-of-ours==1", ["no-such-program"], "")


@pytest.fixture
def tools() -> None:
    """The tools themselves, where the package index has them."""
    try:
        run_tool(sbom.BILL_TOOL, [sbom.BILL_PROGRAM, "--version"], "")
        run_tool(sbom.AUDIT_TOOL, [sbom.AUDIT_PROGRAM, "--version"], "")
    except SettingsInvalid as error:
        pytest.skip(str(error))


@pytest.mark.slow
def test_the_tools_read_what_is_pinned(tools):
    bill = json.loads(bill_of("jinja2==3.1.6\nhttpx==0.28.1\n", run=run_tool))
    assert sorted(one["purl"] for one in bill["components"]) == [
        "pkg:pypi/httpx@0.28.1", "pkg:pypi/jinja2@3.1.6"]
    found = audit("jinja2==2.4.1\n", run=run_tool)
    # An index that knows of vulnerabilities knows some of this version.
    assert (found.asked, found.code) in [(1, UNKNOWN), (1, VULNERABLE)]
