"""Entropy that repeats: the same seed gives the same tokens, so a failing test fails again."""

import base64
import hashlib


class SeededEntropy:
    """A stream of bytes made by hashing a seed and a counter; never for anything but tests."""

    def __init__(self, seed: str = "onepass") -> None:
        self._seed = seed.encode()
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
        """32 hexadecimal characters that sort in the order in which they were made."""
        head = (self._count + 1).to_bytes(6, "big").hex()
        return head + self.bytes(10).hex()
