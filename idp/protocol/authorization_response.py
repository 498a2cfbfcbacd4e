"""The address that takes the answer back to the client (OAuth 2.0 Multiple Response Types).

Every answer carries `iss` (RFC 9207) and, when one was sent, the `state` unchanged.
The redirect address comes from the registry: it is added to, never rewritten.
"""

from __future__ import annotations

from urllib.parse import urlencode


def success_location(
    redirect_uri: str, code: str, state: str | None, iss: str, mode: str | None = None
) -> str:
    """Address the answer that carries a code. `mode` is `query` (also None) or `fragment`."""
    return _address(redirect_uri, {"code": code}, state, iss, mode)


def error_location(
    redirect_uri: str,
    error: str,
    description: str,
    state: str | None,
    iss: str,
    mode: str | None = None,
) -> str:
    """Address the answer that carries an error, form-encoded as the contract has it."""
    return _address(
        redirect_uri, {"error": error, "error_description": description}, state, iss, mode
    )


def add_to_query(address: str, parameters: dict[str, str]) -> str:
    """Add parameters to an address that has no fragment, after the query it has."""
    joint = "&" if "?" in address else "?"
    if address.endswith(("?", "&")):
        joint = ""
    return address + joint + urlencode(parameters)


def _address(
    redirect_uri: str, answer: dict[str, str], state: str | None, iss: str, mode: str | None
) -> str:
    if state is not None:
        answer["state"] = state
    answer["iss"] = iss
    if mode == "fragment":
        return f"{redirect_uri}#{urlencode(answer)}"
    return add_to_query(redirect_uri, answer)
