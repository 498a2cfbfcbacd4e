"""Making settings, services and signing keys for a test, without a command line."""

import base64
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from idp.app import build_services
from idp.domain import clients
from idp.domain.services import Services
from idp.domain.signing_keys import SigningKey
from idp.kernel.clock import Clock
from idp.kernel.entropy import Entropy, SystemEntropy
from idp.settings import Settings
from tests.support.relying_party import RelyingParty

ISSUER = "http://id.onepass.localhost:8000/"
SEALING_KEYS = "test:" + base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")
LOOPBACK = "127.0.0.1:*,localhost:*," + ",".join(
    f"{name}.localhost:*" for name in ("tax", "driving", "library", "housing")
)

MAIL = {
    "ONEPASS_SMTP_URL": "smtps://mail.example",
    "ONEPASS_MAIL_FROM": "Onepass <no-reply@id.example>",
}
"""A mail server, for settings that must name one; nobody connects to it."""

PRODUCTION = {
    "ONEPASS_MODE": "production",
    "ONEPASS_EGRESS_ALLOW": "",
    "ONEPASS_ARGON2_MEMORY_KIB": "19456",
    "ONEPASS_ARGON2_TIME": "2",
    "ONEPASS_OPERATOR_NAME": "The Examples Office",
    "ONEPASS_SUPPORT_CONTACT": "help@examples.example",
    **MAIL,
}
"""What production wants to be told, beside an https issuer."""


def environment(
    database_url: str, folder: Path, *, keys_dir: Path | None = None, issuer: str = ISSUER
) -> dict[str, str]:
    """The environment of a provider under test; passwords are hashed as cheaply as Argon2 can."""
    return {
        "ONEPASS_MODE": "test",
        "ONEPASS_ISSUER": issuer,
        "DATABASE_URL": database_url,
        "ONEPASS_VAR_DIR": str(folder),
        "ONEPASS_KEYS_DIR": str(keys_dir or folder / "keys"),
        "ONEPASS_SEALING_KEYS": SEALING_KEYS,
        "ONEPASS_EGRESS_ALLOW": LOOPBACK,
        "ONEPASS_ARGON2_MEMORY_KIB": "64",
        "ONEPASS_ARGON2_TIME": "1",
    }


def make_settings(
    database_url: str, folder: Path, *, more: Mapping[str, str] | None = None, issuer: str = ISSUER
) -> Settings:
    """Settings for a test, read as a real process reads them; `more` overrides variables."""
    return Settings.from_environment(
        environment(database_url, folder, issuer=issuer) | dict(more or {})
    )


def make_services(settings: Settings, clock: Clock, entropy: Entropy | None = None) -> Services:
    """What one process holds, on the clock and the entropy given."""
    return build_services(settings, clock, entropy or SystemEntropy())


def register(session: Session, services: Services, party: RelyingParty) -> RelyingParty:
    """Register `party`, give it the secret it got, and return it; the caller commits."""
    applied = clients.apply(session, services, party.registration())
    party.secret = applied.client_secret
    return party


class KeyRoom:
    """Signing keys made once per worker, put into each test's database and keys folder."""

    def __init__(self, url: str, folder: Path, clock: Clock) -> None:
        self._folder = folder / "keys"
        services = make_services(make_settings(url, folder), clock)
        engine = sa.create_engine(url, poolclass=NullPool)
        with Session(engine) as session:
            services.keyring.equip(session, clock.now())
            session.commit()
        self._rows: list[dict[str, object]] = []
        with engine.connect() as connection:
            for row in connection.execute(sa.select(SigningKey.__table__)).mappings():
                self._rows.append({str(name): value for name, value in row.items()})

    def furnish(self, session: Session, keys_dir: Path) -> None:
        """Put the keys into this database and this folder; the caller commits."""
        keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in self._folder.glob("*.sealed"):
            copy = keys_dir / file.name
            copy.touch(mode=0o600)
            copy.write_bytes(file.read_bytes())
        session.execute(sa.insert(SigningKey), self._rows)
