"""RSA keys as text: as files have them, and as forms, variables and URIs bend them."""

import re
from textwrap import wrap

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----", re.DOTALL)
PEM_WIDTH = 64
# The old form of a protected key says so in a header; the newer one in its label.
PROTECTED = "ENCRYPTED"


class KeyUnusable(ValueError):
    """A private key that cannot sign; the message ends a sentence that begins with the key."""


def rsa_key(text: str) -> str:
    """The key in PEM form, its line breaks put right.

    Variables and URIs write them as backslash and n, and a form of one line loses them. Raises
    KeyUnusable for what is no unprotected RSA key.
    """
    found = PEM.search(text.replace("\\r", "").replace("\\n", "\n"))
    if found is None:
        raise KeyUnusable(
            "is not in PEM form. Paste the whole file, from -----BEGIN PRIVATE KEY----- to "
            "-----END PRIVATE KEY-----"
        )
    label, body = found[1], found[2]
    if PROTECTED in label or PROTECTED in body:
        raise KeyUnusable(
            "is protected by a passphrase. Write an unprotected copy: "
            "openssl rsa -in server.key -out unprotected.key"
        )
    if "PRIVATE KEY" not in label:
        raise KeyUnusable(
            f"is no private key but a {label.lower()}. The certificate belongs into the app in "
            "Salesforce, the private key here"
        )
    pem = "\n".join([f"-----BEGIN {label}-----", *_lines(body), f"-----END {label}-----", ""])
    return _checked(pem)


def _lines(body: str) -> list[str]:
    return wrap("".join(body.split()), PEM_WIDTH)


def _checked(pem: str) -> str:
    try:
        key = serialization.load_pem_private_key(pem.encode("ascii"), password=None)
    except (ValueError, TypeError) as error:
        raise KeyUnusable("is damaged. Paste the whole file again") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyUnusable(
            "is not an RSA key, and Salesforce takes no other. Make one: "
            "openssl req -x509 -newkey rsa:2048 -nodes -keyout server.key -out server.crt"
        )
    return pem
