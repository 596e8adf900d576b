"""The address to log in at: a login host, My Domain, or any address over TLS."""

from urllib.parse import SplitResult, urlsplit

import httpx

from salesforce_elt.connections.given import Given
from salesforce_elt.salesforce.login import LOGIN_HOST, SHARED_HOSTS, is_loopback

SALESFORCE = ".salesforce.com"
MY_DOMAIN = ".my.salesforce.com"
# What a browser shows of the same org: its user interface, and its Setup.
SHOWN_IN_BROWSERS = (".lightning.force.com", ".my.salesforce-setup.com")
WHERE_IS_MY_DOMAIN = "Setup > Company Settings > My Domain shows it"


def base_url(given: Given, *, needs_my_domain: bool) -> str:
    """The address to log in at, `https://host`, with the port where one is given.

    It is the host, else the extra `domain`, else `instance_url` or `instance`, else Salesforce's
    login host for production. `needs_my_domain` passes over login hosts and ends in an error.
    """
    addresses = [
        _address(text, given) for name in ("host", "domain", "instance_url", "instance")
        if (text := _host_text(name, given))
    ]  # fmt: skip
    _agree(given)
    if needs_my_domain:
        return _my_domain(addresses, given)
    return addresses[0] if addresses else f"https://{LOGIN_HOST}"


def _host_text(name: str, given: Given) -> str:
    text = given.text(name)
    if name != "domain" or not text or "://" in text or text.endswith(SALESFORCE):
        return text
    return text + SALESFORCE


def _address(text: str, given: Given) -> str:
    url = _split(text if "://" in text else f"https://{text}", given)
    host = str(url.hostname)
    for shown in SHOWN_IN_BROWSERS:
        if host.endswith(shown):
            raise given.wrong(
                f"has the host {host}, an address for browsers. Give "
                f"{host.removesuffix(shown)}{MY_DOMAIN} instead."
            )
    if url.scheme == "http" and not is_loopback(host):
        raise given.wrong(
            f"has the host http://{host}: secrets would travel in the clear. Write https://."
        )
    port = url.port or (given.values.get("port") if text == given.text("host") else None)
    name = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{name}{f':{port}' if port else ''}"


def _split(text: str, given: Given) -> SplitResult:
    try:
        url = urlsplit(text)
        is_host = bool(httpx.URL(text).host)  # which knows the names that no resolver would take
        is_address = url.scheme in ("http", "https") and is_host and url.port != 0
    except (ValueError, httpx.InvalidURL):
        is_address = False
    if not is_address or " " in text or url.username is not None:
        raise given.wrong(
            "has a host that is no address. Give the org's My Domain, "
            f"https://acme{MY_DOMAIN} ({WHERE_IS_MY_DOMAIN})."
        )
    return url


def _agree(given: Given) -> None:
    """The host and the extra `domain` both say where to log in."""
    host, domain = (_host_text(name, given) for name in ("host", "domain"))
    if host and domain and _address(host, given) != _address(domain, given):
        raise given.wrong(
            f"says two addresses: the host {_address(host, given)} and the extra 'domain' "
            f"{_address(domain, given)}. Remove one of them."
        )


def _my_domain(addresses: list[str], given: Given) -> str:
    own = [url for url in addresses if urlsplit(url).hostname not in SHARED_HOSTS]
    if own:
        return own[0]
    named = f"not {urlsplit(addresses[0]).hostname}" if addresses else "and has no host"
    raise given.wrong(
        "lacks the org's My Domain: the login by OAuth client credentials works only there, "
        f"{named}. Give the host https://acme{MY_DOMAIN} ({WHERE_IS_MY_DOMAIN})."
    )
