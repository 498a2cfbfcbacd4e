"""The rules of a token request, one function each, in the order they are asked.

These look at the request alone; who the client is and whether the code is good is found
out afterwards, by those who hold keys and codes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from idp.protocol.client_proof import the_client_authenticates, the_request_could_be_read
from idp.protocol.errors import TokenError
from idp.protocol.parameters import TokenRequest

GRANT_TYPE: Final = "authorization_code"


def a_grant_is_named(request: TokenRequest) -> None:
    """The client says which grant it uses."""
    if request.grant_type is None:
        raise TokenError("invalid_request", "Request is missing grant_type parameter")


def the_grant_is_offered(request: TokenRequest) -> None:
    """The authorization code is the only grant there is."""
    if request.grant_type != GRANT_TYPE:
        raise TokenError("unsupported_grant_type", "Unsupported grant type")


def a_redirect_address_is_sent(request: TokenRequest) -> None:
    """The address the code was sent to is repeated (RFC 6749 section 4.1.3)."""
    if request.redirect_uri is None:
        raise TokenError("invalid_request", "Request is missing redirect_uri parameter")


def a_code_is_sent(request: TokenRequest) -> None:
    """There is a code to redeem."""
    if request.code is None:
        raise TokenError("invalid_request", "Request is missing code parameter")


BEFORE_CLIENT_AUTHENTICATION: Final[tuple[Callable[[TokenRequest], None], ...]] = (
    the_request_could_be_read,
    a_grant_is_named,
    the_grant_is_offered,
    a_redirect_address_is_sent,
    a_code_is_sent,
    the_client_authenticates,
)


def check_token_request(request: TokenRequest) -> None:
    """Ask every rule in order.

    Raises TokenError, with the name of the rule in `check`, for the first rule broken.
    """
    for rule in BEFORE_CLIENT_AUTHENTICATION:
        try:
            rule(request)
        except TokenError as refusal:
            refusal.check = rule.__name__
            raise
