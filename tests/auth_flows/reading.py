"""What a person reads on a page, and the secrets that some pages show."""

import html
import re

_UNSEEN = re.compile(r"<(script|style|head|svg)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]+>")
_NUMBER = re.compile(r"[0-9]+")
_URI = re.compile(r"otpauth://totp/[^\"'\s<]+")
_SEED = re.compile(r"[?&]secret=([A-Za-z2-7]+)")
_CODE = re.compile(
    r">\s*([A-Z0-9]{4,8}(?:[- ][A-Z0-9]{4,8}){1,7}|[A-Z0-9]{10,40})\s*<", re.IGNORECASE
)
_LOADS = re.compile(r"<(?:script|img|iframe|link)\b[^>]*?(?:src|href)=\"([^\"]*)\"", re.IGNORECASE)
_DIGIT = re.compile(r"[0-9]")
_LINK = re.compile(r"<a\b[^>]*?href=\"([^\"]*)\"", re.IGNORECASE)


def words_of(page: str) -> str:
    """The text of a page, with every number as `#`: what differs then is what is said."""
    text = html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", page)))
    return " ".join(_NUMBER.sub("#", text).split())


def seed_on(page: str) -> str:
    """The authenticator seed that a page shows in an `otpauth:` address, or nothing."""
    uri = _URI.search(html.unescape(page))
    found = _SEED.search(uri.group()) if uri else None
    return found.group(1) if found else ""


def recovery_codes_on(page: str) -> list[str]:
    """What looks like recovery codes on a page: the same form, several times."""
    found = [code for code in _CODE.findall(_UNSEEN.sub(" ", page)) if _DIGIT.search("".join(code))]
    every: dict[int, list[str]] = {}
    for code in found:
        every.setdefault(len(code), []).append(code)
    most = max(every.values(), key=len, default=[])
    return most if len(most) > 1 else []


def loads_of(page: str) -> list[str]:
    """The addresses from which a page loads scripts, pictures, styles and frames."""
    return [html.unescape(address) for address in _LOADS.findall(page)]


def links_of(page: str) -> list[str]:
    """The addresses that a page links to."""
    return [html.unescape(address) for address in _LINK.findall(page)]
