"""Requests as Authlib sees them, read from one place only and without repetition.

Gap: Authlib's Flask request merges query and body, keeps the first of a repeated parameter at
`/token`, and refuses plain http by itself; which transport is right is settled in `settings`.
"""

from collections.abc import Mapping

from authlib.oauth2.rfc6749 import OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from idp.domain.clients import RegisteredClient
from idp.domain.hot_path import Redeemed
from idp.protocol.client_proof import ClientProof
from idp.protocol.identity_proving import IdentityGrant
from idp.protocol.parameters import AuthorizationRequest, TokenRequest
from idp.protocol.session_facts import SessionFacts
from idp.protocol.token_queries import TokenQuery

_TRANSPORT_SETTLED = "https://transport.settled/"


class SessionGone(Exception):
    """The session or the account ended while its code was being issued."""


class AuthorizationOAuth2Request(OAuth2Request):
    """An authorization request that `protocol.checks` has passed, on its way to a code.

    `level` is the credential level it is answered at, `identity` what the code's grant promises
    about an identity, if it was asked about.
    """

    def __init__(
        self,
        authorization: AuthorizationRequest,
        registered: RegisteredClient,
        *,
        level: str,
        journey_id: str | None,
        request_id: str,
        now: int,
        identity: IdentityGrant | None = None,
    ) -> None:
        super().__init__("GET", _TRANSPORT_SETTLED)
        self.payload = BasicOAuth2Payload(
            {
                "client_id": registered.policy.client_id,
                "response_type": str(authorization.response_type),
                "redirect_uri": str(authorization.redirect_uri),
                "state": authorization.state or "",
            }
        )
        self.authorization = authorization
        self.registered = registered
        self.level = level
        self.journey_id = journey_id
        self.request_id = request_id
        self.now = now
        self.identity = identity
        self.user: SessionFacts | None = None


class BackChannelRequest(OAuth2Request):
    """A request that a client sends itself, to `endpoint` (a path), and has to prove itself in.

    `jti_hash`, `assertion_expires_at` and `claimed_client_id` (who the assertion or the header
    says it is from) are set by client authentication, `registered` when it has succeeded.
    """

    def __init__(
        self,
        proof: ClientProof,
        form: Mapping[str, str],
        *,
        endpoint: str,
        method: str,
        request_id: str,
        now: int,
    ) -> None:
        super().__init__(method, _TRANSPORT_SETTLED)
        self.proof = proof
        self.endpoint = endpoint
        self.claimed_client_id: str | None = None
        self._form = dict(form)
        self.payload = BasicOAuth2Payload(self._form)
        self.request_id = request_id
        self.now = now
        self.registered: RegisteredClient
        self.jti_hash: str | None = None
        self.assertion_expires_at = 0

    @property
    def form(self) -> dict[str, str]:
        """The body's parameters; the query's never count (RFC 6749 section 2.3.1)."""
        return self._form


class TokenOAuth2Request(BackChannelRequest):
    """A token request. `refusal` and `outcome` (what `HotPath.redeem` returned) keep what was
    found out before the request was answered.
    """

    def __init__(
        self,
        token_request: TokenRequest,
        form: Mapping[str, str],
        *,
        method: str,
        request_id: str,
        now: int,
    ) -> None:
        super().__init__(
            token_request, form, endpoint="/token", method=method, request_id=request_id, now=now
        )
        self.token_request = token_request
        self.refusal: OAuth2Error | None = None
        self.outcome: tuple[bool, Redeemed | None] | None = None


class TokenQueryRequest(BackChannelRequest):
    """A request about an access token, at introspection or revocation."""

    def __init__(
        self,
        query: TokenQuery,
        form: Mapping[str, str],
        *,
        endpoint: str,
        method: str,
        request_id: str,
        now: int,
    ) -> None:
        super().__init__(
            query, form, endpoint=endpoint, method=method, request_id=request_id, now=now
        )
        self.query = query
