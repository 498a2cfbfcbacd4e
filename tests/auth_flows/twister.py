"""Works out the next number of a Mersenne Twister, which most languages call `random`.

After 624 words it has shown its whole state (Matsumoto and Nishimura, 1998).
"""

import base64
import random
import struct

WORDS = 624


def next_value(values: list[str]) -> str | None:
    """What comes after `values`, each of them base64url of whole words in the order drawn.

    None if they are no such texts, or too few.
    """
    words: list[int] = []
    sizes = {len(value) for value in values}
    for value in values:
        raw = _decoded(value)
        if raw is None or len(raw) % 4 or len(sizes) != 1:
            return None
        words += struct.unpack(f"<{len(raw) // 4}I", raw)
    if len(words) < WORDS:
        return None
    twister = random.Random()  # noqa: S311 - it is what is looked for
    twister.setstate((3, (*(_untempered(word) for word in words[-WORDS:]), WORDS), None))
    return base64.urlsafe_b64encode(twister.randbytes(len(raw or b""))).rstrip(b"=").decode()


def values_needed(value: str) -> int:
    """How many values like this one show the whole state; 0 if they never can."""
    raw = _decoded(value)
    return -(-WORDS * 4 // len(raw)) if raw and len(raw) % 4 == 0 else 0


def _decoded(value: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except ValueError:
        return None


def _untempered(word: int) -> int:
    """The word of the state that the generator showed as `word`."""
    word ^= word >> 18
    word ^= (word << 15) & 0xEFC60000
    shown = word
    for _ in range(5):
        word = shown ^ ((word << 7) & 0x9D2C5680)
    shown = word
    for _ in range(3):
        word = shown ^ (word >> 11)
    return word & 0xFFFFFFFF
