"""Proof Key for Code Exchange (RFC 7636), method S256 and no other."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from typing import Final

METHOD: Final = "S256"
_VERIFIER: Final = re.compile(r"[A-Za-z0-9\-._~]{43,128}", re.ASCII)
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9\-_]{43}", re.ASCII)


def is_challenge(text: str) -> bool:
    """Say whether `text` can be an S256 challenge: 32 bytes in unpadded base64url."""
    return _CHALLENGE.fullmatch(text) is not None


def is_verifier(text: str) -> bool:
    """Say whether `text` can be a verifier: 43 to 128 unreserved characters."""
    return _VERIFIER.fullmatch(text) is not None


def challenge_of(verifier: str) -> str:
    """Make the S256 challenge of a verifier (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def verifier_matches(verifier: str | None, challenge: str | None) -> bool:
    """Say whether the verifier answers the challenge bound to the code.

    A verifier without a challenge fails as surely as a challenge without a verifier:
    each is a downgrade (RFC 9700 section 4.8). Compared in constant time.
    """
    if verifier is None or challenge is None:
        return verifier is challenge
    if not is_verifier(verifier):
        return False
    return hmac.compare_digest(challenge_of(verifier).encode(), challenge.encode())
