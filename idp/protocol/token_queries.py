"""What a client may ask about an access token, or do to it: introspection and revocation.

RFC 7662 and RFC 7009 are one request in two places: a token, and who sends it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from idp.protocol.client_proof import (
    ClientProof,
    read_basic,
    the_client_authenticates,
    the_request_could_be_read,
)
from idp.protocol.errors import TokenError
from idp.protocol.parameters import unstorable

INACTIVE: Final[Mapping[str, object]] = {"active": False}
"""All that is said of a token that is not live, not ours or not the asker's (RFC 7662, 2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenQuery(ClientProof):
    """One request about `token`. A `token_type_hint` is a hint: there is one kind to look for."""

    token: str | None


def parse_token_query(
    form: Mapping[str, str], repeated: Collection[str] = (), authorization: str = ""
) -> TokenQuery:
    """Read the body and the `Authorization` header of such a request. Never raises."""
    get = form.get
    faults = tuple(f"{name} was sent more than once" for name in sorted(repeated))
    return TokenQuery(
        token=get("token") or None,
        client_id=get("client_id") or None,
        client_secret=get("client_secret") or None,
        client_assertion=get("client_assertion") or None,
        client_assertion_type=get("client_assertion_type") or None,
        basic=read_basic(authorization) if authorization else None,
        faults=faults + tuple(unstorable(form)),
    )


def a_token_is_sent(request: TokenQuery) -> None:
    """There is a token to look at."""
    if request.token is None:
        raise TokenError("invalid_request", "Request is missing token parameter")


BEFORE_CLIENT_AUTHENTICATION: Final[tuple[Callable[[TokenQuery], None], ...]] = (
    the_request_could_be_read,
    a_token_is_sent,
    the_client_authenticates,
)


def check_token_query(request: TokenQuery) -> None:
    """Ask every rule in order.

    Raises TokenError, with the name of the rule in `check`, for the first rule broken.
    """
    for rule in BEFORE_CLIENT_AUTHENTICATION:
        try:
            rule(request)
        except TokenError as refusal:
            refusal.check = rule.__name__
            raise


def introspection(
    claims: Mapping[str, object], *, subject: str, scopes: Collection[str]
) -> dict[str, object]:
    """Describe a live access token to the client it was issued to (RFC 7662 section 2.2).

    `claims` are the token's own, `scopes` what of its scope still counts.
    """
    told = {name: claims[name] for name in ("iss", "aud", "client_id", "exp", "iat", "jti")}
    return {
        "active": True,
        "token_type": "Bearer",
        "scope": " ".join(scopes),
        "sub": subject,
        **told,
    }
