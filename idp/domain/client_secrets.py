"""Clients' secrets: whether the one that was given is the client's.

A generated secret has 256 random bits and is compared by a keyed hash. A secret that came with a
client from One Login is known by its Argon2id hash alone, which costs as much as a citizen's
password; so a process remembers a secret it has verified, as a keyed hash in memory, for five
minutes. While it remembers one, every other is wrong without any work.
"""

import hmac
import threading
from dataclasses import dataclass
from hashlib import sha256

from idp.domain.client_proofs import SECRET, ProofUses
from idp.domain.clients import CACHED_CLIENTS, RegisteredClient
from idp.domain.passwords import Hasher, TooBusy
from idp.kernel.clock import Clock
from idp.kernel.entropy import Entropy
from idp.protocol.registration_rules import secret_hash_is_acceptable

REMEMBERED_FOR = 300
VERIFIED_AHEAD = 30
"""Seconds before its end in which one request verifies anew, while the others go on."""


@dataclass(slots=True)
class _Remembered:
    encoded: str
    digest: bytes
    until: float
    verifying: bool = False


class NoSecret(Exception):
    """The client has no secret stored."""


class UnreadableSecret(Exception):
    """What is stored is no Argon2id hash, or one that would cost too much to look at."""


class ClientSecrets:
    """What one process remembers of imported secrets, safe under threads."""

    def __init__(self, hasher: Hasher, clock: Clock, entropy: Entropy, uses: ProofUses) -> None:
        self._hasher = hasher
        self._uses = uses
        self._clock = clock
        self._key = entropy.bytes(32)
        self._known: dict[str, _Remembered] = {}
        self._lock = threading.Lock()

    def matches(self, client: RegisteredClient, secret: str) -> bool:
        """Return whether `secret` is the client's, compared in constant time.

        Never call it inside a transaction. Raises NoSecret, UnreadableSecret, and TooBusy while
        another imported secret is being verified and this one is not remembered.
        """
        client_id, found = client.policy.client_id, None
        if client.secrets_key is not None:
            given = hmac.new(client.secrets_key, _bytes(secret), sha256).hexdigest()
            for live in client.secret_hashes:
                # Each is looked at, also when one was found.
                found = live if hmac.compare_digest(given, live) else found
        if found is not None:
            self._uses.note(client_id, found, SECRET)
            return True
        if client.imported_secret_hash is not None:
            return self._matches_imported(client_id, client.imported_secret_hash, secret)
        if not client.secret_hashes:
            raise NoSecret
        return False

    def _matches_imported(self, client_id: str, encoded: str, secret: str) -> bool:
        if not secret_hash_is_acceptable(encoded):
            raise UnreadableSecret
        digest = hmac.digest(self._key, _bytes(secret), "sha256")
        now = self._clock.monotonic()
        with self._lock:
            known = self._known.get(client_id)
            if known is not None and known.encoded == encoded and known.until > now:
                right = hmac.compare_digest(known.digest, digest)
                if not right or known.verifying or known.until > now + VERIFIED_AHEAD:
                    return right
                known.verifying = True
            else:
                known = None
        try:
            right = self._hasher.verify_secret(encoded, secret)
        except TooBusy:
            if known is None:
                raise
            return True
        finally:
            if known is not None:
                known.verifying = False
        if right:
            self._remember(client_id, _Remembered(encoded, digest, now + REMEMBERED_FOR))
        return right

    def _remember(self, client_id: str, remembered: _Remembered) -> None:
        with self._lock:
            self._known.pop(client_id, None)
            if len(self._known) >= CACHED_CLIENTS:
                self._known.pop(next(iter(self._known)))
            self._known[client_id] = remembered


def _bytes(secret: str) -> bytes:
    return secret.encode("utf-8", "surrogatepass")
