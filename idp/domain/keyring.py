"""The keyring of one process: signs our tokens, verifies them, and knows the public set.

Owns: the parsed keys of this process, re-read from the database every 30 seconds at most, and the
compact JWS of the tokens that we make ourselves (RFC 7515, 3.1).
Does not own: the keys' life and its rules (`idp.domain.signing_keys`), what tokens say
(`idp.protocol`), or tokens that others made.

The hot path signs twice and verifies once, so nothing is parsed there: headers are text made once
for each key and `typ`, and a token of ours must carry exactly such a header. That leaves no room
for another algorithm, an embedded key or a critical extension (RFC 8725, 3.1 and 3.10).
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from idp.domain import key_files, signing_keys
from idp.domain.ring import JoseKey, PublicKey, Ring, Signer, TokenRefused, decoded, ring_of
from idp.domain.signing_keys import Alg, Purpose, SigningKey
from idp.kernel.clock import Clock
from idp.kernel.sealing import Sealer
from idp.settings import Settings

__all__ = ["JoseKey", "Keyring", "NoSigningKey", "TokenRefused"]

log = structlog.get_logger(__name__)

LARGEST_TOKEN = 16_384
MISS_PAUSE = 1.0
"""Seconds between two reads that an unknown key id may cause, so that nobody can cause many."""


class NoSigningKey(Exception):
    """The ring has no key to sign with; the message says what to do."""


class Keyring:
    """One per process. `connect` opens a connection of its own for each re-read.

    It must not come from a pool that a waiting request can exhaust while it holds the keyring up.
    """

    def __init__(
        self,
        settings: Settings,
        sealer: Sealer,
        clock: Clock,
        connect: Callable[[], AbstractContextManager[Connection]],
    ) -> None:
        self._settings = settings
        self._sealer = sealer
        self._clock = clock
        self._connect = connect
        self._lock = threading.Lock()
        self._ring: Ring | None = None
        self._read_at = 0.0
        self._good_for = 0
        self._missed_at: float | None = None
        self._signers: dict[str, Signer] = {}

    # Signing and verifying

    def sign(
        self,
        claims: bytes | Mapping[str, Any],
        *,
        alg: str,
        typ: str,
        purpose: Purpose = "tokens",
    ) -> str:
        """Return a compact JWS of `claims` by the ring's current key. Raises NoSigningKey."""
        key = self._ring_now().signing_key(purpose, alg, self._clock.now())
        if key is None:
            # The first key of a ring may have been activated since this process last looked.
            key = self._ring_after_miss().signing_key(purpose, alg, self._clock.now())
        if key is None:
            raise NoSigningKey(
                f"there is no current {alg} key for {purpose}: make one (onepass keys)"
            )
        payload = claims if isinstance(claims, bytes) else orjson.dumps(claims)
        return self._signer(key).sign(payload, typ)

    def verify(
        self,
        token: str,
        *,
        typ: str,
        algs: tuple[str, ...] = ("ES256", "RS256"),
        purpose: Purpose = "tokens",
    ) -> dict[str, Any]:
        """Return the claims of a token that this provider signed with header `typ`.

        The algorithm is the key's own and must be one of `algs`. The caller checks what the claims
        say: issuer, audience, times. Raises TokenRefused.
        """
        if len(token) > LARGEST_TOKEN or not token.isascii() or token.count(".") != 2:
            raise TokenRefused("not a compact JWS")
        header, payload, signature = token.split(".")
        key = self._key_of(header, typ, purpose)
        if key.alg not in algs:
            raise TokenRefused("signed with an algorithm that is not accepted here")
        key.check(f"{header}.{payload}".encode(), signature)
        claims = orjson.loads(decoded(payload))
        if not isinstance(claims, dict):
            raise TokenRefused("the claims are not an object")
        return claims

    def _key_of(self, header: str, typ: str, purpose: Purpose) -> PublicKey:
        key = self._ring_now().key_of_header(header, typ)
        if key is None and not self._ring_now().knows_kid_of(header):
            key = self._ring_after_miss().key_of_header(header, typ)
        if key is None or key.purpose != purpose:
            raise TokenRefused("the header is not one that this provider writes for such a token")
        return key

    def verification_key(self, kid: str) -> JoseKey | None:
        """Return the public half of a key that signs or signed our tokens, or None.

        None for a withdrawn key, and for one of another purpose.
        """
        key = self._ring_now().keys.get(kid) or self._ring_after_miss().keys.get(kid)
        return None if key is None or key.purpose != "tokens" else key.jose

    def public_jwks(self) -> dict[str, list[dict[str, Any]]]:
        """Return the JWKS as of now: next, current, and retired while still needed (RFC 7517)."""
        return {"keys": self._public_set("tokens")}

    def identity_keys(self) -> list[dict[str, Any]]:
        """Return the JWKs of the DID document, by the same rules; none of them is in the JWKS."""
        return self._public_set("identity")

    def _public_set(self, purpose: Purpose) -> list[dict[str, Any]]:
        return self._ring_now().public_set(purpose, self._settings, self._clock.now())

    # The life of keys, each step in the caller's transaction

    def generate(self, session: Session, alg: Alg, purpose: Purpose = "tokens") -> SigningKey:
        """Make a next key (see `signing_keys.generate`)."""
        return signing_keys.generate(
            session,
            self._settings,
            self._sealer,
            alg=alg,
            purpose=purpose,
            now=self._clock.now(),
        )

    def publish(self, session: Session, kid: str, now: int) -> SigningKey:
        """Show a next key to services (see `signing_keys.publish`)."""
        return signing_keys.publish(session, kid, now)

    def activate(
        self, session: Session, kid: str, now: int, *, emergency: bool = False
    ) -> SigningKey:
        """Make a next key sign (see `signing_keys.activate`); it must be one that can."""
        self._private(signing_keys.get(session, kid).kid)
        return signing_keys.activate(session, kid, now, emergency=emergency)

    def retire(
        self, session: Session, kid: str, now: int, *, emergency: bool = False
    ) -> SigningKey:
        """Give up a key (see `signing_keys.retire`)."""
        return signing_keys.retire(session, kid, now, emergency=emergency)

    def equip(self, session: Session, now: int) -> list[SigningKey]:
        """Make, publish and activate a key for every ring that has no current one."""
        made = []
        for purpose, alg in signing_keys.RINGS:
            if signing_keys.current(session, purpose, alg) is None:
                key = signing_keys.generate(
                    session, self._settings, self._sealer, alg=alg, purpose=purpose, now=now
                )
                made.append(self.activate(session, key.kid, now))
        return made

    def reread(self) -> None:
        """Read the rings again at the next use: after a commit that changed them."""
        self._good_for = 0

    # The cache

    def _ring_now(self) -> Ring:
        ring = self._ring
        if ring is not None and self._clock.monotonic() - self._read_at < self._good_for:
            return ring
        return self._read(ring)

    def _ring_after_miss(self) -> Ring:
        now = self._clock.monotonic()
        if self._missed_at is not None and now - self._missed_at < MISS_PAUSE:
            return self._ring_now()
        self._missed_at = now
        return self._read(self._ring)

    def _read(self, seen: Ring | None) -> Ring:
        with self._lock:
            if self._ring is not None and self._ring is not seen:
                return self._ring  # another thread has just read it
            try:
                with self._connect() as connection, Session(connection) as session:
                    rows = session.scalars(select(SigningKey)).all()
                self._ring = ring_of(rows, self._sealer, self._settings.issuer, self._ring)
            except SQLAlchemyError:
                if self._ring is None:
                    raise
                log.warning("signing_keys_not_read_again", exc_info=True)
            self._read_at = self._clock.monotonic()
            self._good_for = signing_keys.REREAD_LIFETIME
            return self._ring

    def _signer(self, key: PublicKey) -> Signer:
        signer = self._signers.get(key.kid)
        if signer is None:
            signer = Signer(key, self._private(key.kid))
            self._signers[key.kid] = signer
        return signer

    def _private(self, kid: str) -> bytes:
        return key_files.read(self._settings.keys_dir, kid, self._sealer)
