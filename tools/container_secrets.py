"""Inside the image: makes what this installation alone knows, once, before anything else starts.

The database's password, the sealing key and a certificate authority of its own. What is there
already stays as it is, so that a second start changes nothing.
"""

import datetime as dt
import os
import secrets
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from idp.kernel.entropy import SystemEntropy
from idp.kernel.sealing import generate_sealing_key

HOME = Path("/var/lib/onepass")
AUTHORITY_LIFETIME = dt.timedelta(days=365)
# For readers in other containers, under other users; only they mount the volume.
SHARED = 0o444
PRIVATE = 0o400


def main() -> int:
    """Make what is missing; 0 when everything is there."""
    make_database_password(HOME / "database-password" / "password", HOME / "secrets" / "pgpass")
    make_sealing_key(HOME / "secrets" / "sealing.keys")
    make_authority(HOME / "authority" / "root.crt", HOME / "authority-key" / "root.key")
    return 0


def make_database_password(shared: Path, pgpass: Path) -> None:
    """One password, twice: as PostgreSQL's image reads it and as its clients do (PGPASSFILE)."""
    if not shared.exists():
        keep(shared, secrets.token_urlsafe(32), SHARED)
    # libpq ignores a password file that others may read.
    keep(pgpass, f"database:5432:onepass:onepass:{shared.read_text('ascii')}\n", PRIVATE)


def make_sealing_key(path: Path) -> None:
    """The key under which private keys and authenticator secrets are sealed at rest."""
    if path.exists():
        return
    keep(path, generate_sealing_key(SystemEntropy()) + "\n", PRIVATE)


def make_authority(certificate: Path, key: Path) -> None:
    """A certificate authority that may speak for names under `.localhost` and no others."""
    if certificate.exists() and key.exists():
        return
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Onepass demonstration authority")])
    now = dt.datetime.now(dt.UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(_may_sign_certificates(), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.NameConstraints([x509.DNSName("localhost")], excluded_subtrees=None),
            critical=True,
        )
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    keep(key, pem.decode(), PRIVATE)
    keep(certificate, made.public_bytes(serialization.Encoding.PEM).decode(), SHARED)


def _may_sign_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def keep(path: Path, text: str, mode: int) -> None:
    """Write `text` whole or not at all: a start that was interrupted leaves no half a secret."""
    half = path.with_name(f".{path.name}.new")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    half.rename(path)


if __name__ == "__main__":
    sys.exit(main())
