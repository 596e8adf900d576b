"""`make sbom`: what the product is made of (CycloneDX), and which of it is known to be vulnerable.

Both are found out by maintained tools, which uv fetches into a cache of its own: they are no part
of the product's environment. What the package index does not answer is said, and is not clean.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desk.progress import say
from salesforce_elt.environment import PROJECT, Environment
from salesforce_elt.errors import SettingsInvalid

PINNED = ("constraints.txt", "requirements-celery.txt")
BILL_TOOL, BILL_PROGRAM = "cyclonedx-bom==7.5.0", "cyclonedx-py"
AUDIT_TOOL, AUDIT_PROGRAM = "pip-audit==2.10.1", "pip-audit"
CLEAN, VULNERABLE, UNKNOWN = 0, 1, 3
INDEX = "https://pypi.org/pypi/<name>/<version>/json"

# (the tool, its program and arguments, what it reads) -> what it wrote
RunTool = Callable[[str, Sequence[str], str], str]


@dataclass(frozen=True)
class Audited:
    """What is known of the packages: how many were asked about, of which nobody knows anything
    (with the reason), and each vulnerability in a line."""

    asked: int
    unknown: Mapping[str, str]
    vulnerable: Sequence[str]

    @property
    def code(self) -> int:
        """The exit code: a vulnerability before what is not known, and that is not clean."""
        if self.vulnerable:
            return VULNERABLE
        return UNKNOWN if self.unknown or not self.asked else CLEAN

    def lines(self) -> list[str]:
        """The same for people."""
        told = [f"VULNERABLE {one}" for one in self.vulnerable]
        if self.unknown:
            first = next(iter(self.unknown.values()))
            told.append(
                f"Vulnerabilities NOT KNOWN of {len(self.unknown)} of {self.asked} packages: the "
                f"package index does not tell ({first}). This is no clean bill: run it again where "
                f"{INDEX} answers."
            )
        known = self.asked - len(self.unknown)
        if known and not self.vulnerable:
            told.append(f"No known vulnerability in {known} of {self.asked} packages.")
        return told or ["No package is pinned, so nothing was asked."]


def main(arguments: Sequence[str]) -> int:
    """Write the bill of materials, and tell what is known of its packages."""
    (out,) = arguments
    environment = Environment.read(os.environ)
    path = PROJECT / Path(out).expanduser() if out else environment.home / "sbom.json"
    pinned = "".join((PROJECT / name).read_text(encoding="utf-8") for name in PINNED)
    bill = bill_of(pinned, run=run_tool)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(bill, encoding="utf-8")
    say(f"{len(json.loads(bill)['components'])} packages in {path} (CycloneDX).")
    audited = audit(pinned, run=run_tool)
    for line in audited.lines():
        say(line)
    return audited.code


def bill_of(pinned: str, *, run: RunTool) -> str:
    """The CycloneDX bill of pinned requirements, as JSON; the same for the same requirements."""
    arguments = (BILL_PROGRAM, "requirements", "--output-reproducible", "--of", "JSON", "-")
    return run(BILL_TOOL, arguments, pinned)


def audit(pinned: str, *, run: RunTool) -> Audited:
    """What the package index knows of pinned requirements; nothing is resolved or installed."""
    arguments = (
        AUDIT_PROGRAM, "--requirement", "/dev/stdin", "--disable-pip", "--no-deps",
        "--progress-spinner", "off", "--format", "json",
    )  # fmt: skip
    return judged(json.loads(run(AUDIT_TOOL, arguments, pinned)))


def judged(found: Mapping[str, Any]) -> Audited:
    """What an audit's JSON amounts to: packages that it skipped are not known to be sound."""
    packages = found["dependencies"]
    return Audited(
        asked=len(packages),
        unknown={one["name"]: one["skip_reason"] for one in packages if "skip_reason" in one},
        vulnerable=[
            f"{one['name']} {one['version']}: {flaw['id']}, mended in "
            f"{', '.join(flaw['fix_versions']) or 'no version yet'}"
            for one in packages
            for flaw in one.get("vulns", ())
        ],
    )


def run_tool(tool: str, arguments: Sequence[str], text: str) -> str:
    """Runs a tool by `uv tool run`; SettingsInvalid when it cannot be fetched or fails.

    An audit that finds something ends with 1 as well, and has written what it found.
    """
    uv = Path(sys.executable).parent / "uv"
    command = [str(uv), "tool", "run", "--quiet", "--from", tool, *arguments]
    ended = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if ended.stdout and ended.returncode in (CLEAN, VULNERABLE):
        return ended.stdout
    reason = ended.stderr.strip().splitlines()[-1:] or ["it says nothing"]
    raise SettingsInvalid(
        f"{tool} could not be run by uv: {reason[0]}. Nothing is known of the packages. Check that "
        "the package index can be reached (pip's and uv's own settings), and try again."
    )
