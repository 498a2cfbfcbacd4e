"""Request objects: an authentication request that the client signed (RFC 9101, by value).

What the signature is worth is found out by those who hold keys; here arrives the outcome, and
the members become the same parameters that an address could have carried.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from idp.protocol.metadata import authorization_endpoint
from idp.protocol.parameters import AuthorizationRequest, parse_authorization

# Seconds that clocks may differ.
LEEWAY: Final = 30

_TEXTS: Final = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "ui_locales",
    "prompt",
    "response_mode",
    "code_challenge",
    "code_challenge_method",
    "channel",
    "login_hint",
    "id_token_hint",
    "acr_values",
)
_JSON: Final = {"vtr": list, "claims": dict, "registration": dict}


class Signature(Enum):
    """What the signature of a request object is worth."""

    UNREADABLE = auto()
    UNSIGNED = auto()
    WRONG = auto()
    NO_KEYS = auto()
    VALID = auto()


@dataclass(frozen=True, slots=True)
class RequestObject:
    """A request object as it arrived: the request in it, the one around it, and what it claims.

    `parameters` are what `request` was read from. `in_time` is what `exp` and `nbf` come to;
    `for_endpoint` and `for_issuer` say what stands in `aud`. `issuer` and `subject` are as
    written, None when absent. `nested` says that it holds a request object or the address of one.
    """

    outer: AuthorizationRequest
    request: AuthorizationRequest
    parameters: Mapping[str, str]
    signature: Signature
    in_time: bool
    for_endpoint: bool
    for_issuer: bool
    issuer: object
    subject: object
    nested: bool


def read_request_object(
    outer: AuthorizationRequest,
    members: Mapping[str, object],
    signature: Signature,
    *,
    issuer: str,
    now: int,
) -> RequestObject:
    """Read the members of a request object sent in `outer`. Never raises. `now` in seconds."""
    parameters, faults = parameters_of(members)
    audience = members.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    return RequestObject(
        outer=outer,
        request=parse_authorization(parameters, signed=True, faults=faults),
        parameters=parameters,
        signature=signature,
        in_time=_in_time(members, now),
        for_endpoint=authorization_endpoint(issuer) in audiences,
        for_issuer=issuer in audiences,
        issuer=members.get("iss"),
        subject=members.get("sub"),
        nested="request" in members or "request_uri" in members,
    )


def parameters_of(members: Mapping[str, object]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the parameters that the members stand for, and what could not be read, in words.

    `vtr` and `claims` may be JSON or a text of it, `max_age` a number or a text of it; everything
    else is a text (OIDC Core section 6.1).
    """
    parameters: dict[str, str] = {}
    faults: list[str] = []
    for name in _TEXTS:
        value = members.get(name)
        if isinstance(value, str):
            parameters[name] = value
        elif name == "ui_locales" and value is not None:
            # Has an answer of its own: no language is written like this.
            parameters[name] = "?"
        elif value is not None:
            faults.append(f"{name} is not a text")
    for name, kind in _JSON.items():
        value = members.get(name)
        if isinstance(value, str):
            parameters[name] = value
        elif value is not None:
            parameters[name] = json.dumps(value)
            if not isinstance(value, kind):
                faults.append(f"{name} has the wrong type")
    max_age = members.get("max_age")
    if max_age is not None:
        parameters["max_age"] = max_age if isinstance(max_age, str) else json.dumps(max_age)
    return parameters, tuple(faults)


def _in_time(members: Mapping[str, object], now: int) -> bool:
    """Say whether `exp` is to come and `nbf` has been, where they are there at all."""
    expires, begins = members.get("exp"), members.get("nbf")
    for time in (expires, begins):
        if time is not None and (isinstance(time, bool) or not isinstance(time, int | float)):
            return False
    if isinstance(expires, int | float) and expires <= now - LEEWAY:
        return False
    return not (isinstance(begins, int | float) and begins > now + LEEWAY)
