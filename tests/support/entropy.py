"""Entropy that repeats: the same seed gives the same tokens, so a failing test fails again."""

import base64
import hashlib

from tests.support.clock import FixedClock


class SeededEntropy:
    """A stream of bytes made by hashing a seed and a counter; never for anything but tests."""

    def __init__(self, seed: str = "onepass", clock: FixedClock | None = None) -> None:
        self._seed = seed.encode()
        self._clock = clock or FixedClock()
        self._count = 0

    def bytes(self, length: int) -> bytes:
        """The next `length` bytes."""
        out = b""
        while len(out) < length:
            self._count += 1
            out += hashlib.sha256(self._seed + self._count.to_bytes(8, "big")).digest()
        return out[:length]

    def token(self) -> str:
        """A 43-character base64url token of 32 bytes."""
        return base64.urlsafe_b64encode(self.bytes(32)).rstrip(b"=").decode()

    def short_token(self) -> str:
        """A 27-character base64url token of 20 bytes."""
        return base64.urlsafe_b64encode(self.bytes(20)).rstrip(b"=").decode()

    def digits(self, length: int) -> str:
        """`length` decimal digits."""
        value = int.from_bytes(self.bytes(length + 8), "big") % 10**length
        return str(value).zfill(length)

    def identifier(self) -> str:
        """32 hexadecimal characters that sort by when they were made, on the test's clock."""
        milliseconds = self._clock.now() * 1000 + self._count
        return f"{milliseconds:012x}{self.bytes(10).hex()}"
