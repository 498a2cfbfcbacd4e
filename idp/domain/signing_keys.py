"""Signing keys and their life: next, current, retired.

Owns: the table, and the steps `generate`, `publish`, `activate`, `retire` with their rules.
Does not own: signing and verifying (`idp.domain.keyring`), the private halves' files
(`idp.domain.key_files`).

There is one ring for each purpose and algorithm. A key is made (next, unseen), published (services
can fetch it), and, when every cached copy must have it, activated; that retires the key before it,
which stays published until the last token it signed has expired. Keys for tokens are published in
the JWKS, keys for identity credentials in the DID document, keys for audit checkpoints nowhere.

`activates_at` is when a key starts to sign. Processes re-read their rings within
`REREAD_LIFETIME`, so an emergency activation starts that much later: by then every process that
serves the JWKS publishes the key.

Each row carries a seal over its public half. Somebody who can write to the database but does not
hold the sealing key cannot add a key that we would trust.
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Literal

import orjson
from cryptography.hazmat.primitives import serialization
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import BigInteger, Index, String, Text, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit, key_files
from idp.kernel.database import Base
from idp.kernel.sealing import Sealer
from idp.protocol import core_identity, did_document
from idp.settings import Settings

Alg = Literal["ES256", "RS256"]
Purpose = Literal["tokens", "identity", "audit"]

RINGS: tuple[tuple[Purpose, Alg], ...] = (
    ("tokens", "ES256"),
    ("tokens", "RS256"),
    ("identity", "ES256"),
    ("audit", "ES256"),
)
JWKS_CACHE_LIFETIME = 86_400
"""Seconds for which services may keep the JWKS (its `Cache-Control: max-age`)."""
CACHE_LIFETIMES = {
    "tokens": JWKS_CACHE_LIFETIME,
    "identity": did_document.LIFETIME,
    # Checkpoints are verified with the database, not with a cached document.
    "audit": 0,
}
"""Seconds for which others may hold what a purpose's keys are published in."""
REREAD_LIFETIME = 30
"""Seconds after which every process has read the rings again."""
CLOCK_LEEWAY = 60
"""Seconds by which a service's clock may be behind when it checks a token's end."""


class KeyRefused(Exception):
    """The life of a key does not allow this step; the message says what does."""


class SigningKey(Base):
    """A signing key; its private half is in the keys folder."""

    __tablename__ = "signing_keys"
    __table_args__ = (
        Index(
            "ix_signing_keys_one_current",
            "purpose",
            "alg",
            unique=True,
            sqlite_where=text("state = 'current'"),
            postgresql_where=text("state = 'current'"),
        ),
    )

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16))
    alg: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    public_jwk: Mapped[str] = mapped_column(Text)
    seal: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[int] = mapped_column(BigInteger)
    published_at: Mapped[int | None] = mapped_column(BigInteger)
    activates_at: Mapped[int | None] = mapped_column(BigInteger)
    activated_at: Mapped[int | None] = mapped_column(BigInteger)
    retired_at: Mapped[int | None] = mapped_column(BigInteger)
    withdrawn_at: Mapped[int | None] = mapped_column(BigInteger)


def new_key(alg: Alg) -> ECKey | RSAKey:
    """Return a new key pair: P-256 or RSA 2048 (RFC 7518, 3.1)."""
    return RSAKey.generate_key(2048) if alg == "RS256" else ECKey.generate_key("P-256")


def kid_of(key: ECKey | RSAKey) -> str:
    """Return the key's RFC 7638 thumbprint as 64 lowercase hexadecimal digits."""
    public = key.as_dict(private=False)
    members = ("e", "kty", "n") if public["kty"] == "RSA" else ("crv", "kty", "x", "y")
    return sha256(orjson.dumps({name: public[name] for name in members})).hexdigest()


def row_seal(sealer_key: bytes, kid: str, purpose: str, alg: str, public_jwk: str) -> str:
    """Return the seal of a row, under a key derived for `signing key row`."""
    said = f"{kid}\x00{purpose}\x00{alg}\x00{public_jwk}".encode()
    return hmac.new(sealer_key, said, sha256).hexdigest()


def seal_holds(row: SigningKey, sealer: Sealer) -> bool:
    """Return whether this row was written by a holder of the sealing key."""
    return any(
        hmac.compare_digest(
            row.seal, row_seal(derived, row.kid, row.purpose, row.alg, row.public_jwk)
        )
        for derived in sealer.derive_all("signing key row")
    )


def generate(
    session: Session, settings: Settings, sealer: Sealer, *, alg: Alg, purpose: Purpose, now: int
) -> SigningKey:
    """Make a key in state next, not yet published, its private half in the keys folder."""
    if (purpose, alg) not in RINGS:
        raise KeyRefused(f"there is no {alg} ring for {purpose}")
    key = new_key(alg)
    kid = kid_of(key)
    public_jwk = orjson.dumps(key.as_dict(private=False), option=orjson.OPT_SORT_KEYS).decode()
    # The file first: a row without its file would be a key that cannot sign.
    key_files.write(settings.keys_dir, kid, _pkcs8(key), sealer)
    row = SigningKey(
        kid=kid,
        purpose=purpose,
        alg=alg,
        state="next",
        public_jwk=public_jwk,
        seal=row_seal(sealer.derive("signing key row"), kid, purpose, alg, public_jwk),
        created_at=now,
    )
    session.add(row)
    session.flush()
    audit.record(session, audit.KeyGenerated(kid=kid, alg=alg, purpose=purpose), now=now)
    return row


def _pkcs8(key: ECKey | RSAKey) -> bytes:
    private = key.private_key
    if private is None:  # pragma: no cover - generated above, so it has a private half
        raise KeyRefused("the key has no private half")
    return private.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def get(session: Session, kid: str) -> SigningKey:
    """Return the key called `kid`, or the only one whose kid starts so. Raises KeyRefused."""
    found = session.scalars(
        select(SigningKey).where(SigningKey.kid.startswith(kid, autoescape=True)).limit(2)
    ).all()
    if len(found) != 1:
        raise KeyRefused(f"{'several keys start' if found else 'no key starts'} with {kid!r}")
    return found[0]


def current(session: Session, purpose: str, alg: str) -> SigningKey | None:
    """Return the current key of a ring, or None."""
    return session.scalars(
        select(SigningKey).where(
            SigningKey.purpose == purpose, SigningKey.alg == alg, SigningKey.state == "current"
        )
    ).one_or_none()


def states(session: Session) -> Sequence[SigningKey]:
    """Return every key: ring by ring, in the order in which they were made."""
    return session.scalars(
        select(SigningKey).order_by(
            SigningKey.purpose.desc(), SigningKey.alg, SigningKey.created_at, SigningKey.kid
        )
    ).all()


def publish(session: Session, kid: str, now: int) -> SigningKey:
    """Show a next key to services, and plan its activation. Raises KeyRefused."""
    key = get(session, kid)
    if key.state != "next" or key.published_at is not None:
        raise KeyRefused("only a next key that is not published yet can be published")
    key.published_at = now
    key.activates_at = now + CACHE_LIFETIMES[key.purpose]
    session.flush()
    audit.record(session, audit.KeyPublished(kid=key.kid), now=now)
    return key


def activate(session: Session, kid: str, now: int, *, emergency: bool = False) -> SigningKey:
    """Make a next key the ring's current one and retire the one before it.

    Refused (KeyRefused) before services must have fetched it, unless this is an emergency or the
    ring has no current key.
    """
    key = get(session, kid)
    if key.state != "next":
        raise KeyRefused(f"only a next key can be activated; this one is {key.state}")
    before = current(session, key.purpose, key.alg)
    starts_at = _start_of_signing(key, now, first=before is None, emergency=emergency)
    if before is not None:
        before.state = "retired"
        before.retired_at = starts_at
        # Before the next statement, or two keys would be current for a moment.
        session.flush()
        audit.record(session, audit.KeyRetired(kid=before.kid), now=now)
    key.state = "current"
    key.published_at = now if key.published_at is None else key.published_at
    key.activated_at = now
    key.activates_at = starts_at
    session.flush()
    audit.record(
        session,
        audit.KeyActivated(kid=key.kid, activates_at=starts_at, emergency=emergency),
        now=now,
    )
    return key


def _start_of_signing(key: SigningKey, now: int, *, first: bool, emergency: bool) -> int:
    if first or not CACHE_LIFETIMES[key.purpose]:
        return now
    if emergency:
        published_at = now if key.published_at is None else key.published_at
        return max(now, published_at + REREAD_LIFETIME)
    if key.published_at is None:
        raise KeyRefused("publish the key first: services must be able to fetch it")
    wait = key.published_at + CACHE_LIFETIMES[key.purpose] - now
    if wait > 0:
        raise KeyRefused(
            f"services may still hold a document without this key for {wait} seconds; "
            "wait, or use --emergency"
        )
    return now


def retire(session: Session, kid: str, now: int, *, emergency: bool = False) -> SigningKey:
    """Give up a next key; in an emergency withdraw any key, so that nothing it signed is trusted.

    A current key is retired by activating its successor. Raises KeyRefused.
    """
    key = get(session, kid)
    if key.withdrawn_at is not None:
        raise KeyRefused("this key is withdrawn already")
    if not emergency and key.state != "next":
        raise KeyRefused(
            "activate its successor: that retires this key"
            if key.state == "current"
            else "this key is retired already; --emergency withdraws it"
        )
    if emergency and key.purpose == "audit":
        # Everything that an audit key signed would count as forged: its successor is enough.
        raise KeyRefused("an audit key is never withdrawn: activate its successor")
    key.retired_at = now if key.retired_at is None else min(now, key.retired_at)
    key.state = "retired"
    key.withdrawn_at = now if emergency else None
    session.flush()
    audit.record(session, audit.KeyRetired(kid=key.kid, emergency=emergency), now=now)
    return key


def needed_until(key: SigningKey, settings: Settings) -> int:
    """Return until when a retired key stays published: its last token has surely expired.

    A process that has not read its rings again signs with it for a while longer.
    """
    lifetime = max(settings.access_token_lifetime, settings.id_token_lifetime)
    if key.purpose == "identity":
        lifetime = core_identity.LIFETIME
    return (key.retired_at or 0) + REREAD_LIFETIME + lifetime + CLOCK_LEEWAY


def is_public(key: SigningKey, purpose: Purpose, settings: Settings, now: int) -> bool:
    """Return whether a key belongs in what a purpose's keys are published in (OIDC Core 10.1.1).

    That is the JWKS for tokens and the DID document for identity credentials.
    """
    if key.purpose != purpose or key.published_at is None or key.withdrawn_at is not None:
        return False
    if key.state != "retired":
        return True
    return key.activated_at is not None and now < needed_until(key, settings)


def reseal(session: Session, settings: Settings, sealer: Sealer) -> int:
    """Seal every private half and every row under the sealing key in use; return how many files.

    Raises KeyFileUnusable for a file that is there and does not open.
    """
    count = 0
    for key in states(session):
        if key_files.path_of(settings.keys_dir, key.kid).exists():
            private = key_files.read(settings.keys_dir, key.kid, sealer)
            key_files.write(settings.keys_dir, key.kid, private, sealer)
            count += 1
        if seal_holds(key, sealer):
            key.seal = row_seal(
                sealer.derive("signing key row"), key.kid, key.purpose, key.alg, key.public_jwk
            )
    session.flush()
    return count
