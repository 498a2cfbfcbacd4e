"""Clients' public keys: pasted once, or fetched from where the client publishes them.

Parsing a key costs more than using it, so every key is parsed once for each process. A fetched
set is believed for a day; an unknown `kid` fetches again, but never more often than every
half minute, also when fetching fails (a stranger must not make us call out at will).
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from idp.kernel.clock import Clock
from idp.kernel.fetching import Fetcher, FetchFailed, FetchRefused
from idp.protocol.client_policy import ClientPolicy

BELIEVED_FOR = 86_400
FETCH_INTERVAL = 30
MOST_KEYS = 20
CACHED_SETS = 1000
SHORTEST_RSA = 2048

PublicKey = RSAKey | ECKey


class KeysUnavailable(Exception):
    """The client's key set cannot be fetched or read."""


@dataclass(frozen=True, slots=True)
class _Fetched:
    keys: dict[str, PublicKey]
    at: float
    failed: bool


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
        if found.failed and kid not in found.keys:
            raise KeysUnavailable("the key set cannot be fetched")
        return [found.keys[kid]] if kid in found.keys else []

    def _set(self, url: str, kid: str) -> _Fetched:
        now = self._clock.monotonic()
        known = self._sets.get(url)
        if known and kid in known.keys and now - known.at < BELIEVED_FOR:
            return known
        with self._lock:
            known = self._sets.get(url)
            if known and now - known.at < FETCH_INTERVAL:
                return known
            # Claim the interval before calling out, so that others do not wait or call too.
            placeholder = _Fetched(known.keys if known else {}, now, failed=True)
            if known is not None:
                self._sets[url] = placeholder
            elif len(self._sets) >= CACHED_SETS:
                self._sets.pop(next(iter(self._sets)))
        fetched = self._fetch(url, placeholder)
        with self._lock:
            self._sets[url] = fetched
        return fetched

    def _fetch(self, url: str, before: _Fetched) -> _Fetched:
        now = self._clock.monotonic()
        try:
            answer = self._fetcher.get_json(url)
        except (FetchRefused, FetchFailed):
            return _Fetched(before.keys, now, failed=True)
        entries = answer.get("keys") if isinstance(answer, dict) else None
        if not isinstance(entries, list):
            return _Fetched(before.keys, now, failed=True)
        keys: dict[str, PublicKey] = {}
        for entry in entries[:MOST_KEYS]:
            key = _parsed(entry)
            if key is not None:
                keys[key[0]] = key[1]
        return _Fetched(keys, now, failed=False)


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
