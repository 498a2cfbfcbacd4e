"""The difference between a lock that has just begun and one that is still on.

The browser that used up the last try is told so once, by a mark in its own cookie.
"""

from typing import Final

from flask import session as browser_cookie

_MARK: Final = "locked"


def note_lock() -> None:
    """Remember that this browser has just used up the last try."""
    browser_cookie[_MARK] = True


def just_locked() -> bool:
    """Return whether this browser has just used up the last try; it is told once."""
    return bool(browser_cookie.pop(_MARK, False))
