"""Proof Key for Code Exchange (RFC 7636), method S256 and no other."""

from __future__ import annotations

import hashlib
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


def challenge_to_match(verifier: str | None) -> str | None:
    """Return the challenge that a code must have been asked with, for `verifier` to redeem it.

    None asks for a code without a challenge: a verifier without a challenge fails as surely as a
    challenge without a verifier, since each is a downgrade (RFC 9700 section 4.8). A malformed
    verifier gives what no challenge can be.
    """
    if verifier is None:
        return None
    return challenge_of(verifier) if is_verifier(verifier) else "malformed"
