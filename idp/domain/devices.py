"""Devices: what a browser says of itself, in a few words of ours.

A `User-Agent` is whatever its sender likes, so none of it is repeated: it only chooses among the
words below. Nothing is decided by it.
"""

from typing import Final

_BROWSERS: Final = (
    # The first that fits: most browsers also name those they descend from.
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
_ON: Final = {"en": "{browser} on {system}", "cy": "{browser} ar {system}"}


def described(user_agent: str, language: str) -> str:
    """Return what `user_agent` says, like "Chrome on Android"; empty where nothing is known."""
    browser = _first(_BROWSERS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if browser and system:
        return _ON[language].format(browser=browser, system=system)
    return browser or system


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in names if mark in user_agent), "")
