"""Real Chromium from Debian, without a window, spoken to by its DevTools protocol."""

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

PROGRAM = "chromium"
SECONDS = 60
PATIENCE = 20  # for what a page does by itself
STRANGE = {"error", "warning"}
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--hide-scrollbars",
    "--force-prefers-reduced-motion", "--remote-debugging-port=0",
)  # fmt: skip


UNTIL = """
new Promise((done, failed) => {
  const began = Date.now();
  const look = () => {
    let found = null;
    try { found = %s; } catch {}
    if (found) { done(found); }
    else if (Date.now() - began > %d) { failed(new Error(%s)); }
    else { setTimeout(look, 50); }
  };
  look();
})
"""


def installed() -> str:
    """The path of Chromium, which is installed where that is possible, else the test skips."""
    if (found := shutil.which(PROGRAM)) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install()
        found = shutil.which(PROGRAM)
    if found is None:
        pytest.skip("Chromium is not installed, and only root can: apt-get install chromium")
    return found


def _install() -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "-y", "--no-install-recommends", PROGRAM]):
        done = subprocess.run(
            ["apt-get", "-qq", *words], env=quiet, check=False, capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"Chromium cannot be installed: apt-get says {done.stderr[-300:]}")


class CommandFailed(AssertionError):
    """The browser did not carry a command out, for instance because it went to another page."""


@dataclass
class Tab:
    """A browser's tab, and everything that it told of itself."""

    socket: ClientConnection
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    events: list[dict[str, Any]] = field(default_factory=list)

    def send(self, method: str, **values: Any) -> dict[str, Any]:
        """A command of the protocol, and its result."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": values}))
        while True:
            message = json.loads(self.socket.recv(timeout=SECONDS))
            if message.get("id") == number:
                if "error" in message:
                    raise CommandFailed(message["error"])
                return message["result"]
            self.events.append(message)

    def told(self, method: str) -> list[dict[str, Any]]:
        """Every event of a kind so far."""
        return [one["params"] for one in self.events if one.get("method") == method]

    def go(self, url: str) -> None:
        """To an address, until it is loaded."""
        self.events = [one for one in self.events if one.get("method") != "Page.loadEventFired"]
        self.send("Page.navigate", url=url)
        while not self.told("Page.loadEventFired"):
            self.events.append(json.loads(self.socket.recv(timeout=SECONDS)))

    def value(self, expression: str) -> Any:
        """What a JavaScript expression amounts to."""
        answer = self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, expression: str) -> Any:
        """What an expression amounts to, as soon as it is true and does not fail any more; it may
        become true on the page to which the browser is about to go."""
        end = monotonic() + SECONDS
        while True:
            try:
                return self.value(UNTIL % (expression, PATIENCE * 1000, json.dumps(expression)))
            except CommandFailed:
                if monotonic() > end:
                    raise

    def looks(self, *, width: int, height: int, is_dark: bool = False) -> None:
        """How large the window is, and which colours the system prefers."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def press(self, key: str) -> None:
        """A key of the keyboard."""
        codes = {"Tab": 9, "Enter": 13}
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.send(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key,
                windowsVirtualKeyCode=codes[key], **(text if kind == "keyDown" else {}),
            )  # fmt: skip

    def picture(self, file: Path) -> Path:
        """A screenshot."""
        data = self.send("Page.captureScreenshot", format="png")["data"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(data))
        return file

    @property
    def requests(self) -> list[str]:
        """The address of everything that was asked for."""
        return [one["request"]["url"] for one in self.told("Network.requestWillBeSent")]

    @property
    def complaints(self) -> list[str]:
        """Errors of scripts, and what the Content-Security-Policy refused."""
        logged = [one["entry"] for one in self.told("Log.entryAdded")]
        thrown = [one["exceptionDetails"] for one in self.told("Runtime.exceptionThrown")]
        return [
            *(f"{one['text']} {one.get('url', '')}" for one in logged if one["level"] in STRANGE),
            *(str(one.get("exception", one)) for one in thrown),
        ]


@contextmanager
def tab() -> Iterator[Tab]:
    """A tab of a new browser, which knows nothing and is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="chromium-"))
    process = subprocess.Popen(
        [installed(), *QUIET, f"--user-data-dir={folder}", "about:blank"],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        with connect(_page_of(process), max_size=None) as socket:
            opened = Tab(socket)
            for domain in ("Page", "Network", "Log", "Runtime"):
                opened.send(f"{domain}.enable")
            yield opened
    finally:
        process.terminate()
        process.wait(timeout=SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def _page_of(process: subprocess.Popen[str]) -> str:
    """The address of the first tab, by what the browser prints when it is ready."""
    for line in process.stderr or []:
        if "DevTools listening on ws://" in line:
            place = line.rsplit("ws://", 1)[1].split("/", 1)[0]
            tabs = httpx.get(f"http://{place}/json/list", trust_env=False).json()
            return next(one["webSocketDebuggerUrl"] for one in tabs if one["type"] == "page")
    raise AssertionError("Chromium ended before it was ready.")
