"""The keys of a simulated org: those of its app, its user and its administrator."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from simulator.seeds import RUNNING_USERNAME

KEY_BITS = 2048
PRIVATE = 0o600


@dataclass(frozen=True)
class Credentials:
    """What a client needs to log in; ``private_key`` is PEM, ``admin_token`` is for /simulator."""

    consumer_key: str
    consumer_secret: str = field(repr=False)
    username: str
    private_key: str = field(repr=False)
    admin_token: str = field(repr=False)
    instance_url: str
    password: str = field(repr=False)
    security_token: str = field(repr=False)

    @property
    def public_key(self) -> bytes:
        """The half of the key that checks JWT assertions, PEM."""
        private = serialization.load_pem_private_key(self.private_key.encode(), password=None)
        return private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def at(self, instance_url: str) -> Credentials:
        """The same keys of an org that is found at this URL."""
        return replace(self, instance_url=instance_url)


def generate_credentials(instance_url: str = "") -> Credentials:
    """New keys that no other org has."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Credentials(
        consumer_key=f"3MVG9{secrets.token_urlsafe(40).replace('-', '.')}",
        consumer_secret=secrets.token_hex(32).upper(),
        username=RUNNING_USERNAME,
        private_key=pem.decode(),
        admin_token=secrets.token_urlsafe(32),
        instance_url=instance_url,
        password=secrets.token_urlsafe(12),
        security_token=secrets.token_hex(12),
    )


def read_or_generate(path: Path, *, instance_url: str) -> Credentials:
    """The credentials of a file, for this URL; a file that is missing is written, for its owner."""
    if path.exists():
        known = {known.name for known in fields(Credentials)}
        content = json.loads(path.read_text("utf-8"))
        given = {name: value for name, value in content.items() if name in known}
        credentials = replace(generate_credentials(), **given).at(instance_url)
    else:
        credentials = generate_credentials(instance_url)
    _write(path, credentials)
    return credentials


def _write(path: Path, credentials: Credentials) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w") as file:
        json.dump(asdict(credentials), file, indent=2)
    partial.replace(path)
