"""What a measurement asks of the org beside what it measures: jobs, changes, how much was used."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from bench.places import Place

VERSION = "62.0"
PATIENCE_SECONDS = 900.0
AN_HOUR = 3600
_USED = re.compile(r"api-usage=(\d+)/")


class OrgClient:
    """Speaks to the org as its administrator does, and as an app with its own session."""

    def __init__(self, place: Place) -> None:
        self._keys, self._own = place.keys, 0
        self._http = httpx.Client(
            base_url=place.url, timeout=PATIENCE_SECONDS, follow_redirects=False, trust_env=False
        )

    def token(self) -> str:
        """A new session."""
        form = {"grant_type": "client_credentials", **self._app()}
        answer = self._http.post("/services/oauth2/token", data=form)
        return str(answer.raise_for_status().json()["access_token"])

    def refresh_token(self) -> str:
        """What a tool gets that a user has allowed to read the org (the web server flow)."""
        app = self._app()
        asked = {"client_id": app["client_id"], "redirect_uri": "http://localhost/callback"}
        sent_back = self._http.get(
            "/services/oauth2/authorize", params={**asked, "response_type": "code"}
        )
        code = parse_qs(urlsplit(sent_back.headers["Location"]).query)["code"][0]
        form = {**asked, **app, "code": code, "grant_type": "authorization_code"}
        answer = self._http.post("/services/oauth2/token", data=form)
        return str(answer.raise_for_status().json()["refresh_token"])

    def calls(self) -> int:
        """How many API calls the org has counted so far, this one left out."""
        headers = {"Authorization": f"Bearer {self.token()}"}
        answer = self._http.get(f"/services/data/v{VERSION}", headers=headers)
        found = _USED.search(answer.headers["Sforce-Limit-Info"])
        assert found is not None
        # the count goes on by this one, so that the next difference leaves it out
        self._own += 1
        return int(found.group(1)) - self._own

    def change(self, count: int, seed: int) -> None:
        """Change so many opportunities, and let an hour pass before and after it."""
        self._admin("clock", {"advance_seconds": AN_HOUR})
        self._admin("change", {"seed": seed, "updates": count})
        self._admin("clock", {"advance_seconds": AN_HOUR})

    def allow(self, **options: Any) -> None:
        """Set switches of the org."""
        self._admin("options", options, method="PATCH")

    def _admin(self, path: str, body: dict[str, Any], method: str = "POST") -> None:
        headers = {"Authorization": f"Bearer {self._keys['admin_token']}"}
        answer = self._http.request(method, f"/simulator/{path}", json=body, headers=headers)
        answer.raise_for_status()

    def _app(self) -> dict[str, str]:
        secret = self._keys["consumer_secret"]
        return {"client_id": self._keys["consumer_key"], "client_secret": secret}
