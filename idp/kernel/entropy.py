"""Randomness, as everything above this floor sees it."""

import os
import secrets
import time
from typing import Protocol


class Entropy(Protocol):
    """A source of unguessable values."""

    def bytes(self, count: int) -> bytes:
        """Return `count` random bytes."""
        ...

    def token(self) -> str:
        """Return 256 random bits as 43 characters of unpadded base64url."""
        ...

    def short_token(self) -> str:
        """Return 160 random bits as 27 characters of unpadded base64url."""
        ...

    def digits(self, count: int) -> str:
        """Return `count` random decimal digits."""
        ...

    def identifier(self) -> str:
        """Return 32 hexadecimal characters that sort by the time they were made."""
        ...


class SystemEntropy:
    """The operating system's random source."""

    def bytes(self, count: int) -> bytes:
        """Return `count` random bytes."""
        return os.urandom(count)

    def token(self) -> str:
        """Return 256 random bits as 43 characters of unpadded base64url."""
        return secrets.token_urlsafe(32)

    def short_token(self) -> str:
        """Return 160 random bits as 27 characters of unpadded base64url."""
        return secrets.token_urlsafe(20)

    def digits(self, count: int) -> str:
        """Return `count` random decimal digits."""
        return f"{secrets.randbelow(10**count):0{count}d}"

    def identifier(self) -> str:
        """Return 32 hexadecimal characters: 48 bits of milliseconds, then 80 random bits.

        Sorting by time keeps the rows of one minute on neighbouring index pages.
        """
        return f"{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"
