"""Takes secrets out of evidence: what was learnt during the run, and what fields are named for."""

import re
from typing import Final
from urllib.parse import quote, quote_plus

MASK: Final = "•••"
SHORTEST: Final = 6
SECRET_FIELDS: Final = (
    "access_token", "assertion", "client_assertion", "client_secret", "code", "code_verifier",
    "csrf_token", "id_token", "id_token_hint", "otp", "passwd", "password", "refresh_token",
    "token", "totp",
)  # fmt: skip
SECRET_HEADERS: Final = frozenset({"authorization", "cookie", "set-cookie"})
_NAMES = "|".join(SECRET_FIELDS)
_IN_FORM = re.compile(rf"(?<![\w-])((?:{_NAMES})=)[^&\s\"'<]+")
_IN_JSON = re.compile(rf'("(?:{_NAMES})"\s*:\s*)"[^"]*"')
_NAME_FIRST = re.compile(rf'(name="(?:{_NAMES})"[^>]*?value=)"[^"]*"')
_VALUE_FIRST = re.compile(rf'(value=)"[^"]*"([^>]*?name="(?:{_NAMES})")')
_JWT = re.compile(r"(eyJ[\w-]{8,}\.)[\w-]{8,}(?:\.[\w-]*)?")
"""A token wherever it stands; its first part holds no secret, and says how it was signed."""
_COOKIE = re.compile(r"=[^;,\s]+")


class Masker:
    """Knows the secrets of a run, and writes them nowhere."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def learn(self, *secrets: str) -> None:
        """Remember values that no report may hold; what is very short is no secret by itself."""
        for secret in secrets:
            if len(secret) >= SHORTEST:
                self._known |= {secret, quote(secret, safe=""), quote_plus(secret)}

    def clean(self, text: str) -> str:
        """The text without secrets."""
        for secret in sorted(self._known, key=len, reverse=True):
            text = text.replace(secret, MASK)
        text = _IN_FORM.sub(rf"\1{MASK}", text)
        text = _IN_JSON.sub(rf'\1"{MASK}"', text)
        text = _NAME_FIRST.sub(rf'\1"{MASK}"', text)
        text = _VALUE_FIRST.sub(rf'\1"{MASK}"\2', text)
        return _JWT.sub(rf"\1{MASK}", text)

    def header(self, name: str, value: str) -> str:
        """A header's value without secrets; of cookies the names and attributes stay."""
        if name.lower() == "authorization":
            return f"{value.partition(' ')[0]} {MASK}"
        if name.lower() == "cookie":
            return _COOKIE.sub(f"={MASK}", value)
        if name.lower() == "set-cookie":
            first, semicolon, rest = value.partition(";")
            return _COOKIE.sub(f"={MASK}", first) + semicolon + rest
        return self.clean(value)
