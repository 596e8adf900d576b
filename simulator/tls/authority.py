"""A certificate authority of the org's own, and the certificate that it signs for the hosts.

The authority may sign for Salesforce's and the local names only: who trusts it for a test has
opened no other door.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from simulator.tls.names import DNS_NAMES, LOCAL_ADDRESS, LOCAL_NAME

AUTHORITY_NAME, SERVER_NAME = "Simulated Salesforce org, for tests on this machine", "Simulated org"
AUTHORITY_DAYS, SERVER_DAYS, RENEWED_BEFORE_DAYS = 3_650, 397, 30
# a client's clock may be a little behind
LEEWAY = timedelta(hours=1)
OWNER_ONLY, EVERYBODY = 0o600, 0o644
Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class TlsFiles:
    """Where the certificates and keys of an org lie; clients are given ``authority``."""

    folder: Path

    @property
    def authority(self) -> Path:
        """The authority's certificate, PEM: what a client has to trust."""
        return self.folder / "authority.pem"

    @property
    def authority_key(self) -> Path:
        """The authority's key, for its owner alone."""
        return self.folder / "authority.key"

    @property
    def certificate(self) -> Path:
        """The server's certificate, PEM."""
        return self.folder / "server.pem"

    @property
    def key(self) -> Path:
        """The server's key, for its owner alone."""
        return self.folder / "server.key"

    def all(self) -> tuple[Path, ...]:
        """All four."""
        return (self.authority, self.authority_key, self.certificate, self.key)


def tls_files(folder: Path, now: datetime) -> TlsFiles:
    """The files of this folder: made when they are missing, the certificate renewed in time."""
    files = TlsFiles(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not (files.authority.exists() and files.authority_key.exists()):
        _write_authority(files, now)
        _write_server(files, now)
    elif not _is_fresh(files, now):
        _write_server(files, now)
    return files


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """How the server speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.certificate, files.key)
    return context


def _is_fresh(files: TlsFiles, now: datetime) -> bool:
    if not (files.certificate.exists() and files.key.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    return certificate.not_valid_after_utc - now > timedelta(days=RENEWED_BEFORE_DAYS)


def _write_authority(files: TlsFiles, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(AUTHORITY_NAME)
    permitted = [
        x509.DNSName(LOCAL_NAME),
        x509.DNSName("salesforce.com"),
        x509.IPAddress(IPv4Network(f"{LOCAL_ADDRESS}/32")),
    ]
    certificate = (
        _begun(name, key, now=now, days=AUTHORITY_DAYS)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(files.authority_key, _key_pem(key), mode=OWNER_ONLY)
    _write(files.authority, _pem(certificate), mode=EVERYBODY)


def _write_server(files: TlsFiles, now: datetime) -> None:
    issuer = x509.load_pem_x509_certificate(files.authority.read_bytes())
    issuer_key = serialization.load_pem_private_key(files.authority_key.read_bytes(), password=None)
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{files.authority_key} is not the key of an authority made here")
    key = ec.generate_private_key(ec.SECP256R1())
    names = [*map(x509.DNSName, DNS_NAMES), x509.IPAddress(IPv4Address(LOCAL_ADDRESS))]
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    certificate = (
        _begun(_name(SERVER_NAME), key, now=now, days=SERVER_DAYS)
        .issuer_name(issuer.subject)
        .add_extension(issued_by, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    _write(files.key, _key_pem(key), mode=OWNER_ONLY)
    _write(files.certificate, _pem(certificate), mode=EVERYBODY)


def _begun(subject: x509.Name, key: Key, *, now: datetime, days: int) -> x509.CertificateBuilder:
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - LEEWAY)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(own, critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes, *, mode: int) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    partial.replace(path)
