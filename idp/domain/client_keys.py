"""Clients' public keys: pasted once, or fetched from where the client publishes them.

Parsing a key costs more than using it, so every key is parsed once for each process. A fetched
set is believed for a day, and while it cannot be fetched again for one more hour; then its keys
count for nothing, for the client may have taken them back. An unknown `kid` fetches again, but
never more often than every half minute, also when fetching fails (a stranger must not make us
call out at will).
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from idp.kernel.clock import Clock
from idp.kernel.fetching import Fetcher, FetchFailed, FetchRefused
from idp.protocol.client_policy import ClientPolicy

BELIEVED_FOR = 86_400
BELIEVED_LONGER = 3600
"""Seconds more, while the set cannot be fetched again."""
FETCH_INTERVAL = 30
FIRST_FETCH_WAIT = 10.0
"""Seconds of real time in which a first fetch has surely ended."""
MOST_KEYS = 20
CACHED_SETS = 1000
SHORTEST_RSA = 2048

PublicKey = RSAKey | ECKey


class KeysUnavailable(Exception):
    """The client's key set cannot be fetched or read."""


@dataclass(frozen=True, slots=True)
class _Fetched:
    """A set as it was read at `read_at`; `tried_at` is when it was last asked for, in vain or not.

    `answered` is set once the answer to that is here.
    """

    keys: dict[str, PublicKey]
    read_at: float
    tried_at: float
    failed: bool
    answered: threading.Event

    def holds(self, kid: str, now: float) -> bool:
        """Return whether the key of this name counts without asking again."""
        return kid in self.keys and now - self.read_at < BELIEVED_FOR

    def key(self, kid: str, now: float) -> PublicKey | None:
        """Return the key of this name, unless the set is too old by now."""
        old = now - self.read_at >= BELIEVED_FOR + BELIEVED_LONGER
        return None if old else self.keys.get(kid)


@lru_cache(maxsize=CACHED_SETS)
def static_key(public_key: str) -> PublicKey:
    """Return the parsed form of a pasted public key: base64 of its SubjectPublicKeyInfo.

    Raises ValueError when it is not one.
    """
    pem = f"-----BEGIN PUBLIC KEY-----\n{public_key}\n-----END PUBLIC KEY-----\n"
    for kind in (RSAKey, ECKey):
        try:
            key = kind.import_key(pem)
        except (ValueError, JoseError, TypeError):
            continue
        if _is_strong_enough(key):
            return key
    raise ValueError("not a public key of P-256, or RSA of 2048 bits or more")


def _is_strong_enough(key: PublicKey) -> bool:
    raw = key.public_key
    if isinstance(raw, rsa.RSAPublicKey):
        return raw.key_size >= SHORTEST_RSA
    return isinstance(raw.curve, ec.SECP256R1)


class ClientKeys:
    """Finds the key a client's signature must be checked with; one for each process."""

    def __init__(self, fetcher: Fetcher, clock: Clock) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._sets: dict[str, _Fetched] = {}
        self._lock = threading.Lock()

    def candidates(self, client: ClientPolicy, kid: str | None) -> Sequence[PublicKey]:
        """Return the keys that may have signed: the pasted one, or the one that `kid` names.

        A pasted key is used whatever `kid` says. Raises KeysUnavailable when the client's set
        cannot be had, or is needed and no `kid` was given.
        """
        if client.public_key_source != "JWKS":
            return [static_key(client.public_key)] if client.public_key else []
        if not kid or not client.jwks_uri:
            raise KeysUnavailable("no kid, or no address to look it up at")
        found = self._set(client.jwks_uri, kid)
        key = found.key(kid, self._clock.monotonic())
        if found.failed and key is None:
            raise KeysUnavailable("the key set cannot be fetched")
        return [] if key is None else [key]

    def renew(self, url: str) -> None:
        """Believe what was read at `url` no longer than until it can be read again."""
        with self._lock:
            known = self._sets.get(url)
            if known is not None:
                past = self._clock.monotonic() - BELIEVED_FOR
                self._sets[url] = replace(known, read_at=min(known.read_at, past), tried_at=past)

    def _set(self, url: str, kid: str) -> _Fetched:
        now = self._clock.monotonic()
        known = self._sets.get(url)
        if known and known.holds(kid, now):
            return known
        with self._lock:
            known = self._sets.get(url)
            due = known is None or now - known.tried_at >= FETCH_INTERVAL
            latest = self._claim(url, known, now) if known is None or due else known
        if due:
            return self._fetch(url, latest)
        # Nobody can say anything before the very first answer, and one call is enough for it.
        latest.answered.wait(FIRST_FETCH_WAIT)
        return self._sets.get(url, latest)

    def _claim(self, url: str, known: _Fetched | None, now: float) -> _Fetched:
        """Take the interval before calling out, so that others do not call too."""
        if known is None:
            if len(self._sets) >= CACHED_SETS:
                self._sets.pop(next(iter(self._sets)))
            known = _Fetched({}, now, now, failed=True, answered=threading.Event())
        claimed = replace(known, tried_at=now, failed=True)
        self._sets[url] = claimed
        return claimed

    def _fetch(self, url: str, claimed: _Fetched) -> _Fetched:
        try:
            keys = self._read(url)
            if keys is None:
                return claimed
            now = self._clock.monotonic()
            fetched = _Fetched(keys, now, now, failed=False, answered=claimed.answered)
            with self._lock:
                self._sets[url] = fetched
            return fetched
        finally:
            claimed.answered.set()

    def _read(self, url: str) -> dict[str, PublicKey] | None:
        """Return the keys that are at `url` now, or None when they cannot be had."""
        try:
            answer = self._fetcher.get_json(url)
        except (FetchRefused, FetchFailed):
            return None
        return keys_in(answer)


def keys_in(answer: object) -> dict[str, PublicKey] | None:
    """Return the usable keys of a key set by their names, or None when it is no key set."""
    entries = answer.get("keys") if isinstance(answer, dict) else None
    if not isinstance(entries, list):
        return None
    return dict(filter(None, map(_parsed, entries[:MOST_KEYS])))


def is_usable(entry: object) -> bool:
    """Return whether this entry of a key set is a key that a client's signature may be made by."""
    return _parsed(entry) is not None


def _parsed(entry: object) -> tuple[str, PublicKey] | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str):
        return None
    if entry.get("use", "sig") != "sig" or "d" in entry or entry.get("kty") not in ("RSA", "EC"):
        return None
    try:
        key = JWKRegistry.import_key(entry)
    except (ValueError, JoseError, TypeError, KeyError):
        return None
    if not isinstance(key, RSAKey | ECKey) or not _is_strong_enough(key):
        return None
    return entry["kid"], key
