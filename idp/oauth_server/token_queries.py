"""Introspection (RFC 7662) and revocation (RFC 7009), on Authlib's two endpoints.

Gap: Authlib's endpoints refuse a `token_type_hint` they do not know, answer that a token is
another client's, and read query and body alike. Here a client hears of its own tokens alone, and
of anything else the same nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from idp.domain import access_tokens, audit, grants
from idp.domain.clients import RegisteredClient
from idp.domain.grants import Grant
from idp.oauth_server.errors import ContractError
from idp.oauth_server.requests import TokenQueryRequest
from idp.oauth_server.server import Server
from idp.protocol.client_checks import Check
from idp.protocol.metadata import CLIENT_METHODS
from idp.protocol.token_queries import INACTIVE, check_token_query, introspection


@dataclass(frozen=True, slots=True)
class LiveToken:
    """An access token that is live and the asker's own: its claims and its grant."""

    claims: Mapping[str, Any]
    grant: Grant
    client: RegisteredClient


class _OfOnesOwn:
    """Who asks, and about which token: the same at both endpoints."""

    CLIENT_AUTH_METHODS = CLIENT_METHODS
    ENDPOINT_NAME: str | None
    server: Server

    def authenticate_endpoint_client(self, request: TokenQueryRequest) -> RegisteredClient:
        """Return the client that may ask. Raises ContractError, and TooBusy.

        An assertion is used up before anything else is said (RFC 7523 section 3).
        """
        server = self.server
        server.refuse_basic_where_not_offered(request)
        server.check(check_token_query, request.query)
        found: Any = server.authenticate_client(
            request, self.CLIENT_AUTH_METHODS, str(self.ENDPOINT_NAME)
        )
        client: RegisteredClient = found.registered
        request.registered = client
        if request.jti_hash is not None and not grants.use_assertion(
            server.session(),
            client.policy.client_id,
            request.jti_hash,
            request.assertion_expires_at,
        ):
            raise server.assertion_was_used(client)
        if not client.policy.active:
            raise ContractError(
                "unauthorized_client", "client deactivated", check=Check.CLIENT_ACTIVE
            )
        if not client.policy.manages_tokens:
            raise ContractError(
                "unauthorized_client",
                "Client is not registered to introspect or revoke tokens",
                check=Check.TOKENS_MANAGED,
            )
        return client

    def authenticate_token(
        self, request: TokenQueryRequest, client: RegisteredClient
    ) -> LiveToken | None:
        """Return the token that was sent if it is live and the client's own, else None."""
        services, client_id = self.server.services, client.policy.client_id
        claims = access_tokens.verified(
            services.keyring, services.settings.issuer, str(request.query.token), request.now
        )
        if claims is None:
            return None
        if claims["client_id"] != client_id:
            self.server.record(
                audit.ForeignTokenPresented(client_id=client_id, grant_id=str(claims["grant"]))
            )
            return None
        grant = access_tokens.live_grant(
            self.server.session(), str(claims["grant"]), client_id, request.now
        )
        return None if grant is None else LiveToken(claims, grant, client)


class Introspection(_OfOnesOwn, IntrospectionEndpoint):  # type: ignore[misc]
    """`POST /introspect`."""

    def create_introspection_payload(self, token: LiveToken | None) -> Mapping[str, object]:
        """Describe a live token of the asker's own; of all others say that they are not."""
        if token is None:
            return INACTIVE
        grant, policy = token.grant, token.client.policy
        self.server.record(
            audit.TokenIntrospected(
                account_id=grant.account_id,
                client_id=policy.client_id,
                sid=grant.sid,
                grant_id=grant.id,
            )
        )
        scopes = [scope for scope in grant.scope.split() if scope in policy.scopes]
        return introspection(token.claims, subject=grant.subject, scopes=scopes)


class Revocation(_OfOnesOwn, RevocationEndpoint):  # type: ignore[misc]
    """`POST /revoke`."""

    def revoke_token(self, token: LiveToken, request: TokenQueryRequest) -> None:
        """Kill the token's grant, and with it all that the grant gave."""
        access_tokens.revoke(self.server.session(), token.grant, request.now)


ENDPOINTS = (Introspection, Revocation)
