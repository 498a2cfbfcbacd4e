"""What a check of `onepass doctor` is, and what it finds."""

from collections.abc import Callable
from dataclasses import dataclass

from idp.commands import Workplace


class Wrong(Exception):
    """Something is not as it must be; the message says what, and what to do."""


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    name: str
    good: bool
    words: str


Check = Callable[[Workplace], str]
"""Returns a sentence about what is right, or raises Wrong. It looks and changes nothing."""
