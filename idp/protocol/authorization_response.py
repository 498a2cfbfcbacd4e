"""The answer that goes back to the client (OAuth 2.0 Multiple Response Types, Form Post).

Every answer carries `iss` (RFC 9207) and, when one was sent, the `state` unchanged.
The redirect address comes from the registry: it is added to, never rewritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

QUERY: Final = "query"
FRAGMENT: Final = "fragment"
FORM_POST: Final = "form_post"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client is told at its address: in the query, in the fragment, or by a form."""

    redirect_uri: str
    parameters: tuple[tuple[str, str], ...]
    mode: str

    @property
    def by_form(self) -> bool:
        """Whether the browser has to post it (OAuth 2.0 Form Post Response Mode)."""
        return self.mode == FORM_POST

    @property
    def location(self) -> str:
        """The address that carries the answer, unless it goes by form."""
        if self.mode == FRAGMENT:
            return f"{self.redirect_uri}#{urlencode(self.parameters)}"
        return add_to_query(self.redirect_uri, dict(self.parameters))


def success(
    redirect_uri: str, code: str, state: str | None, iss: str, mode: str | None = None
) -> Answer:
    """Tell a code. `mode` is `query` (also None), `fragment` or `form_post`."""
    return _answer(redirect_uri, {"code": code}, state, iss, mode)


def error(
    redirect_uri: str,
    code: str,
    description: str,
    state: str | None,
    iss: str,
    mode: str | None = None,
) -> Answer:
    """Tell an error, in the contract's words. `mode` is as in `success`."""
    told = {"error": code, "error_description": description}
    return _answer(redirect_uri, told, state, iss, mode)


def add_to_query(address: str, parameters: dict[str, str]) -> str:
    """Add parameters to an address that has no fragment, after the query it has."""
    joint = "&" if "?" in address else "?"
    if address.endswith(("?", "&")):
        joint = ""
    return address + joint + urlencode(parameters)


def _answer(
    redirect_uri: str, told: dict[str, str], state: str | None, iss: str, mode: str | None
) -> Answer:
    if state is not None:
        told["state"] = state
    told["iss"] = iss
    return Answer(redirect_uri, tuple(told.items()), mode or QUERY)
