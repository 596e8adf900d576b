"""The authorize endpoint of the web server flow (api.md 1.2).

A browser would show a login and a question here. For programs the integration user is logged in
already and says yes, or no if the option ``authorize_consent`` is off: the answer is the redirect.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from simulator.auth.grants import Asked
from simulator.errors import OAuthError
from simulator.org import Org
from simulator.web.calls import Answer, Call
from simulator.web.routing import Access, Route

OWN_CALLBACK = "/services/oauth2/success"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
DEFAULT_SCOPE = "api web refresh_token"
FOUND = 302


def authorize(org: Org, call: Call) -> Answer:
    """Back to the app with a code, or with the reason why there is none."""
    form = {**call.query, **dict(parse_qsl(call.body.decode("utf-8", "replace")))}
    redirect = _checked(org, call, form)
    state = {"state": form["state"]} if "state" in form else {}
    if form.get("response_type") != "code":
        error = ("unsupported_response_type", "response type must be code")
        return _back(redirect, {**_error(*error), **state})
    challenge = form.get("code_challenge", "")
    if not challenge and org.options.on("pkce_required"):
        return _back(redirect, {**_error("invalid_request", "missing required code challenge"),
                                **state})  # fmt: skip
    if form.get("code_challenge_method", "S256") != "S256":
        return _back(redirect, {**_error("invalid_request", "invalid code challenge method"),
                                **state})  # fmt: skip
    if not org.options.on("authorize_consent"):
        error = ("access_denied", "end-user denied authorization")
        return _back(redirect, {**_error(*error), **state})
    asked = Asked(redirect, form.get("scope") or DEFAULT_SCOPE, challenge)
    return _back(redirect, {"code": org.grants.code(asked), **state})


def _checked(org: Org, call: Call, form: dict[str, str]) -> str:
    """The callback URL; what is wrong with it, or with the app, is not told by a redirect."""
    if form.get("client_id", "") != org.credentials.consumer_key:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    redirect = form.get("redirect_uri", "")
    if not redirect:
        raise OAuthError("redirect_uri_missing", "redirect_uri must be specified")
    if not _is_registered(redirect, call):
        message = "redirect_uri must match configuration"
        raise OAuthError("redirect_uri_mismatch", message)
    return redirect


def _is_registered(redirect: str, call: Call) -> bool:
    """The app's callbacks: anything on the loopback host, and the org's own success page."""
    if not redirect.isascii() or not redirect.isprintable() or " " in redirect:
        return False
    try:
        parts = urlsplit(redirect)
        is_loopback = parts.hostname in LOOPBACK and parts.username is None
    except ValueError:
        return False
    own = redirect == f"{call.base_url}{OWN_CALLBACK}"
    return own or (is_loopback and parts.scheme in ("http", "https") and not parts.fragment)


def _error(error: str, description: str) -> dict[str, str]:
    return {"error": error, "error_description": description}


def _back(redirect: str, parameters: dict[str, str]) -> Answer:
    link = "&" if urlsplit(redirect).query else "?"
    location = f"{redirect}{link}{urlencode(parameters)}"
    html = "text/html;charset=UTF-8"
    return Answer(FOUND, text="", headers={"Location": location}, content_type=html)


ROUTES = tuple(
    Route(method, "/services/oauth2/authorize", authorize, Access.OPEN)
    for method in ("GET", "POST")
)
