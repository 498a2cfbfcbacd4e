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
_JWT = re.compile(r"(eyJ[\w-]{8,}\.)[\w-]{8,}(?:\.[\w-]*)?")
"""A token wherever it stands; its first part holds no secret, and says how it was signed."""
_COOKIE = re.compile(r"=[^;,\s]+")


class Masker:
    """Knows the secrets of a run, and writes them nowhere."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._by_beginning: dict[str, list[str]] = {}
        self._cleaned: dict[str, str] = {}
        self._fields: frozenset[str] = frozenset()
        self.hide(*SECRET_FIELDS)

    def hide(self, *fields: str) -> None:
        """Show the value of no field of these names, as forms, JSON and pages write them."""
        self._fields |= set(fields)
        names = "|".join(map(re.escape, sorted(self._fields, key=len, reverse=True)))
        self._in_form = re.compile(rf"(?<![\w-])((?:{names})=)[^&\s\"'<]+")
        self._in_json = re.compile(rf'("(?:{names})"\s*:\s*)"[^"]*"')
        self._name_first = re.compile(
            rf"(name=[\"'](?:{names})[\"'][^>]*?value=)(?:\"[^\"]*\"|'[^']*')"
        )
        self._value_first = re.compile(
            rf"(value=)(?:\"[^\"]*\"|'[^']*')([^>]*?name=[\"'](?:{names})[\"'])"
        )
        self._cleaned.clear()

    def learn(self, *secrets: str) -> None:
        """Remember values that no report may hold; what is very short is no secret by itself."""
        for secret in secrets:
            if len(secret) < SHORTEST:
                continue
            for written in {secret, quote(secret, safe=""), quote_plus(secret)} - self._known:
                self._known.add(written)
                self._by_beginning.setdefault(written[:SHORTEST], []).append(written)
                self._cleaned.clear()

    def clean(self, text: str) -> str:
        """The text without secrets; remembered, since reports say the same again and again."""
        found = self._cleaned.get(text)
        if found is None:
            found = self._cleaned[text] = self._clean(text)
        return found

    def _clean(self, text: str) -> str:
        text = self._without_known(text)
        text = self._in_form.sub(rf"\1{MASK}", text)
        text = self._in_json.sub(rf'\1"{MASK}"', text)
        text = self._name_first.sub(rf'\1"{MASK}"', text)
        text = self._value_first.sub(rf'\1"{MASK}"\2', text)
        return _JWT.sub(rf"\1{MASK}", text)

    def _without_known(self, text: str) -> str:
        """Mask whatever any secret covers, also where two overlap."""
        kept: list[str] = []
        masked_to = 0
        for at in range(len(text) - SHORTEST + 1):
            for secret in self._by_beginning.get(text[at : at + SHORTEST], ()):
                if text.startswith(secret, at) and at + len(secret) > masked_to:
                    if at >= masked_to:
                        kept += [text[masked_to:at], MASK]
                    masked_to = at + len(secret)
        return "".join([*kept, text[masked_to:]])

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
