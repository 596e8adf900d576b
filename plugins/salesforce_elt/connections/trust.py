"""What surrounds a login: the proxy, whom to trust, the private key's text."""

import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import httpx

from salesforce_elt.connections.given import Given
from salesforce_elt.errors import ConnectionInvalid
from salesforce_elt.salesforce.private_keys import KeyUnusable, rsa_key

PROXY_SCHEMES = ("http", "https")


def proxy_url(given: Given) -> str:
    """The proxy of a connection, empty where it has none; its URL may hold a password."""
    text = given.text("proxy") or _of_proxies(given)
    if not text:
        return ""
    url = _split(text if "://" in text else f"http://{text}")
    if url is None or not _is_proxy(url):
        raise given.wrong(
            "has a proxy that is no address. Write http://proxy.example.com:3128 as the extra "
            "'proxy', with / # ? @ and the like in a password percent-encoded (/ is %2F)."
        )
    return url.geturl()


def _split(text: str) -> SplitResult | None:
    try:
        httpx.URL(text)  # which knows what the client would not take
        return urlsplit(text)
    except (ValueError, httpx.InvalidURL):
        return None


def _is_proxy(url: SplitResult) -> bool:
    """What a password with a slash leaves behind is no port, or a path."""
    try:
        has_port = url.port != 0
    except ValueError:
        return False
    is_bare = not (url.path.strip("/") or url.query or url.fragment)
    return has_port and is_bare and url.scheme in PROXY_SCHEMES and bool(url.hostname)


def _of_proxies(given: Given) -> str:
    """The provider's own extra: an object by scheme, or the same as text, or an address."""
    found = given.values.get("proxies", "")
    if isinstance(found, str) and found.startswith("{"):
        try:
            found = json.loads(found)
        except ValueError as error:
            raise given.wrong(
                "has the extra 'proxies', which is no JSON object. Write "
                '{"https": "http://proxy.example.com:3128"}.'
            ) from error
    if isinstance(found, Mapping):
        return str(found.get("https") or found.get("http") or "")
    return str(found)


def private_key(given: Given) -> str:
    """The private key in PEM form, from the field or the file; unreadable ones are refused."""
    if "private_key_file_path" not in given.values:
        return _checked(given.text("private_key"), given, where="the extra 'private_key'")
    if "private_key" in given.values:
        raise given.wrong(
            "has the extras 'private_key' and 'private_key_file_path'. Remove one of them."
        )
    text = given.text("private_key_file_path")
    if "-----" in text or "\n" in text or "\\n" in text:
        raise given.wrong(
            "has a private key in the extra 'private_key_file_path', which names a file. Put the "
            "key itself into the extra 'private_key' (Private Key in the form)."
        )
    path = Path(text)
    where = f"the file {path} (extra 'private_key_file_path')"
    return _checked(_read(path, given, where=where), given, where=where)


def _checked(text: str, given: Given, *, where: str) -> str:
    try:
        return rsa_key(text)
    except KeyUnusable as error:
        raise given.wrong(f"has a private key in {where} that {error}.") from error


def _read(path: Path, given: Given, *, where: str) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError) as error:  # ValueError: no text, or a NUL, which no path has
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise given.wrong(
            f"names {where}, which cannot be read here: {reason}. It has to be on every machine "
            "where tasks run, readable by Airflow's account."
        ) from error


def certificate_authority(given: Given) -> str:
    """The file of a private certificate authority, empty where none is named."""
    path = given.text("certificate_authority_file")
    if path:
        try:
            ssl.create_default_context().load_verify_locations(cafile=path)
        except (OSError, ValueError) as error:  # ValueError: a NUL, which no path has
            is_file = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
            reason = getattr(error, "strerror", "") if is_file else "it has no certificate"
            raise given.wrong(
                f"names the file {path} (extra 'certificate_authority_file'), which cannot be "
                f"used here: {reason}. It has to be a PEM file, on every machine where tasks run."
            ) from error
    return path


def tls_context(certificate_authority_file: str) -> ssl.SSLContext:
    """Trusts the public authorities and the named one; nothing switches verification off.

    SSL_CERT_FILE and SSL_CERT_DIR name other authorities instead of the public ones. The keys of
    connections are written nowhere, whatever SSLKEYLOGFILE says: who has them reads the session.
    """
    try:
        context = httpx.create_ssl_context()
    except (OSError, ValueError) as error:
        raise ConnectionInvalid(
            "The environment variable SSL_CERT_FILE or SSL_CERT_DIR names certificate authorities "
            f"that cannot be read here ({type(error).__name__}), so nobody could be trusted. Name "
            "a PEM file that every worker has, or unset it for the public authorities."
        ) from error
    context.keylog_filename = None  # type: ignore[assignment]  # which turns it off
    if certificate_authority_file:
        context.load_verify_locations(cafile=certificate_authority_file)
    return context
