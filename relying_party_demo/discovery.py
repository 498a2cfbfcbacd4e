"""What the provider says about itself: its endpoints and its public keys, kept for a while.

Owns: the cached discovery document and key set, and asking again when a key is not known.
Owns not: what is verified with a key (``relying_party_demo.id_token``).
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import jwt

from relying_party_demo.outbound import Outbound, ProviderUnreachable

CACHE_LIFETIME = 3600
# An unknown key id makes us ask again; a flood of made-up ones must not make us flood the provider.
MOST_REFETCHES = 5
REFETCH_WINDOW = 60


class DiscoveryRefused(Exception):
    """The provider's description of itself cannot be trusted."""


class UnknownKey(Exception):
    """The provider publishes no key of that name."""


@dataclass(frozen=True)
class Provider:
    """The addresses this department uses, from the discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    end_session_endpoint: str
    jwks_uri: str


class Refetches:
    """Counts how often something was asked for again. Not safe under threads by itself."""

    def __init__(self) -> None:
        self._made: deque[float] = deque()

    def one_more(self, now: float) -> bool:
        """May it be asked for again at ``now``? If so, that is counted."""
        while self._made and now - self._made[0] >= REFETCH_WINDOW:
            self._made.popleft()
        if len(self._made) >= MOST_REFETCHES:
            return False
        self._made.append(now)
        return True


class Discovery:
    """The provider as it describes itself; safe under threads. ``elapsed`` counts seconds."""

    def __init__(
        self, issuer: str, outbound: Outbound, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._issuer = issuer
        self._outbound = outbound
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._provider: Provider | None = None
        self._provider_read_at = 0.0
        self._keys: dict[str, dict[str, object]] = {}
        self._keys_read_at: float | None = None
        self._refetches = Refetches()

    def provider(self) -> Provider:
        """The provider's addresses, read at most once an hour.

        Raises ProviderUnreachable, or DiscoveryRefused when the document names another issuer.
        """
        with self._lock:
            return self._provider_now()

    def _provider_now(self) -> Provider:
        now = self._elapsed()
        if self._provider is None or now - self._provider_read_at >= CACHE_LIFETIME:
            self._provider = self._read_provider()
            self._provider_read_at = now
        return self._provider

    def _read_provider(self) -> Provider:
        address = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        answer = self._outbound.get(address)
        if answer.status != 200:
            raise ProviderUnreachable(f"discovery answered {answer.status}")
        # OpenID Connect Discovery 4.3: the issuer must be exactly the one we asked.
        if answer.body.get("issuer") != self._issuer:
            raise DiscoveryRefused("the discovery document names another issuer")
        names = [name for name in Provider.__dataclass_fields__ if name != "issuer"]
        addresses = {name: answer.body.get(name) for name in names}
        scheme = urlsplit(self._issuer).scheme
        for name, value in addresses.items():
            if not isinstance(value, str) or urlsplit(value).scheme not in {scheme, "https"}:
                raise DiscoveryRefused(f"the discovery document has no usable {name}")
        return Provider(issuer=self._issuer, **{n: str(v) for n, v in addresses.items()})

    def key(self, kid: str, algorithm: str) -> jwt.PyJWK:
        """The provider's public key named ``kid``, for ``algorithm`` alone.

        Asks the provider again for a name it has not seen, five times a minute at most. Raises
        UnknownKey when there is none, ProviderUnreachable when the keys cannot be had.
        """
        with self._lock:
            now = self._elapsed()
            stale = self._keys_read_at is None or now - self._keys_read_at >= CACHE_LIFETIME
            if stale or (kid not in self._keys and self._refetches.one_more(now)):
                self._read_keys()
            jwk = self._keys.get(kid)
        if jwk is None or jwk.get("alg", algorithm) != algorithm or jwk.get("use", "sig") != "sig":
            raise UnknownKey
        try:
            return jwt.PyJWK(jwk, algorithm=algorithm)
        except jwt.PyJWTError as fault:
            raise UnknownKey from fault

    def _read_keys(self) -> None:
        answer = self._outbound.get(self._provider_now().jwks_uri)
        keys = answer.body.get("keys")
        if answer.status != 200 or not isinstance(keys, list):
            raise ProviderUnreachable("the key set could not be read")
        self._keys = {
            key["kid"]: key
            for key in keys
            if isinstance(key, dict) and isinstance(key.get("kid"), str)
        }
        self._keys_read_at = self._elapsed()
