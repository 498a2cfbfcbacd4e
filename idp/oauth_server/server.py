"""Authlib's authorization server, told where clients, responses and sessions come from."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

import orjson
from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Error
from flask import Response
from sqlalchemy.orm import Session
from werkzeug.datastructures import Headers

from idp.domain import audit, refusals
from idp.domain.client_keys import ClientKeys
from idp.domain.client_proofs import ProofUses
from idp.domain.client_secrets import ClientSecrets
from idp.domain.clients import ClientRegistry, RegisteredClient
from idp.domain.hot_path import HotPath
from idp.domain.request_facts import RequestRefused
from idp.domain.services import Services
from idp.oauth_server.answers import ReadyAnswer
from idp.oauth_server.client_auth import PrivateKeyJwt, claimed_by
from idp.oauth_server.client_secrets import ClientSecretBasic, ClientSecretPost
from idp.oauth_server.errors import ContractError
from idp.oauth_server.requests import (
    AuthorizationOAuth2Request,
    BackChannelRequest,
    TokenOAuth2Request,
    TokenQueryRequest,
)
from idp.protocol import authorization_response
from idp.protocol.client_checks import Check
from idp.protocol.client_proof import NO_METHOD
from idp.protocol.differences import Found
from idp.protocol.errors import TokenError
from idp.protocol.session_facts import SessionFacts
from idp.protocol.token_checks import check_token_request

_JSON_HEADERS = [
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-store"),
    ("Pragma", "no-cache"),
]
_CLIENT_FAULTS = frozenset({"invalid_client", "server_error"})
_CHALLENGE = 'Basic realm="onepass"'

Asked = TypeVar("Asked")

Answer = Response | ReadyAnswer
Method = PrivateKeyJwt | ClientSecretPost


class AuthenticatedClient:
    """A registered client, with the one question Authlib asks of it after authenticating it."""

    __slots__ = ("registered",)

    def __init__(self, registered: RegisteredClient) -> None:
        self.registered = registered

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        """Return whether this is the one method the client is registered for."""
        return self.registered.policy.token_endpoint_auth_method == method


class Server(AuthorizationServer):
    """Picks the grant, authenticates the client, shapes the answer (RFC 6749)."""

    def __init__(
        self,
        services: Services,
        registry: ClientRegistry,
        client_keys: ClientKeys,
        hot_path: HotPath,
        session_source: Callable[[], Session],
        uses: ProofUses,
    ) -> None:
        super().__init__()
        self.services = services
        self.hot_path = hot_path
        self.session = session_source
        self._registry = registry
        issuer = services.settings.issuer
        secrets = ClientSecrets(services.hasher, services.clock, services.entropy, uses)
        methods: tuple[Method, ...] = (
            PrivateKeyJwt(client_keys, services.clock, issuer, uses),
            ClientSecretPost(secrets),
            ClientSecretBasic(secrets),
        )
        for method in methods:
            self.register_client_auth_method(method.name, _answering(method))

    # Authlib's types know its own client, request and answer classes; ours stand in for them.

    def query_client(self, client_id: str) -> RegisteredClient | None:  # type: ignore[override]
        """Return the client of this id, or None."""
        return self._registry.find(client_id)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Send nothing: what happened is recorded where it becomes true."""

    def get_token_grant(self, request: TokenOAuth2Request) -> Any:  # type: ignore[override]
        """Return the grant for this request.

        Gap: Authlib answers a missing grant type as an unsupported one, and authenticates the
        client before it looks at the other parameters; the contract asks in another order.
        """
        self.refuse_basic_where_not_offered(request)
        self.check(check_token_request, request.token_request)
        return super().get_token_grant(request)

    @staticmethod
    def check(rules: Callable[[Asked], None], asked: Asked) -> None:
        """Judge a request by the rules of the protocol. Raises ContractError."""
        try:
            rules(asked)
        except TokenError as error:
            raise ContractError(
                error.error, error.description, detail=error.detail, check=error.check
            ) from error

    def refuse_basic_where_not_offered(self, request: BackChannelRequest) -> None:
        """Tell a client that may not use the header at all, whatever else it sent.

        Raises ContractError.
        """
        basic = request.proof.basic
        if basic is None:
            return
        registered = self._registry.find(basic.client_id) if basic.client_id else None
        if registered is None or not registered.policy.basic_offered:
            raise ContractError("invalid_client", NO_METHOD, check=Check.BASIC_OFFERED)

    def redeem_at_once(self, request: TokenOAuth2Request) -> ReadyAnswer | None:
        """Answer a token request that succeeds; None for any other.

        What was found out is kept in `request`, for `create_token_response` to refuse it with.
        """
        try:
            grant = self.get_token_grant(request)
            grant.validate_token_request()
        except OAuth2Error as refusal:
            request.refusal = refusal
            return None
        body = grant.redeem()
        return None if body is None else ReadyAnswer(orjson.dumps(body), 200, _JSON_HEADERS)

    def create_token_response(self, request: TokenOAuth2Request) -> Answer:  # type: ignore[override]
        """Answer a token request: tokens, or the contract's refusal."""
        if request.refusal is not None:
            return self.handle_error_response(request, request.refusal)
        try:
            response: Any = super().create_token_response(request)
        except ContractError as error:
            # Gap: Authlib catches only its own error where the grant is picked.
            return self.handle_error_response(request, error)
        return cast("Answer", response)

    def answer_token_query(self, name: str, request: TokenQueryRequest) -> Answer:
        """Answer a request to the endpoint `name`: `introspection` or `revocation`."""
        response: Any = self.create_endpoint_response(name, request)  # type: ignore[no-untyped-call]
        return cast("Answer", response)

    def assertion_was_used(self, registered: RegisteredClient) -> ContractError:
        """Record that an assertion came a second time, and return the refusal."""
        client_id = registered.policy.client_id
        self.record(audit.ClientAssertionReplayed(client_id=client_id))
        return ContractError(
            "invalid_client", "private_key_jwt has been used before", check=Check.ASSERTION_REPLAYED
        )

    def create_oauth2_request(self, request: Any) -> Any:
        """Return the request as it is: the endpoint has read it already."""
        return request

    def issue(
        self, request: AuthorizationOAuth2Request, facts: SessionFacts
    ) -> authorization_response.Answer:
        """Answer a checked authorization request with a code for the person of `facts`."""
        grant = self.get_authorization_grant(request)
        answer = self.create_authorization_response(request, grant_user=facts, grant=grant)
        return cast("authorization_response.Answer", answer)

    def handle_response(  # type: ignore[override]
        self,
        status: int,
        body: authorization_response.Answer | Mapping[str, Any],
        headers: list[tuple[str, str]],
    ) -> ReadyAnswer | authorization_response.Answer:
        """Return what a grant answers: to a browser's service as it is, to a machine as JSON.

        JSON answers are never cached (RFC 6749 section 5.1).
        """
        if isinstance(body, authorization_response.Answer):
            return body
        return ReadyAnswer(orjson.dumps(body), status, _JSON_HEADERS)

    def handle_error_response(  # type: ignore[override]
        self, request: BackChannelRequest, error: OAuth2Error
    ) -> Response:
        """Answer a refusal; record it where it concerns who the client is, or a client we know."""
        self._record_refusal(request, error)
        status, body, _headers = error(None)
        response = Response(orjson.dumps(dict(body)), status, Headers(_JSON_HEADERS))
        if error.error == "invalid_client" and request.proof.basic is not None:
            # Whoever tries the header is answered there too (RFC 6749 section 5.2).
            response.status_code = 401
            response.headers["WWW-Authenticate"] = _CHALLENGE
        return response

    def _record_refusal(self, request: BackChannelRequest, error: OAuth2Error) -> None:
        where, client_id = request.endpoint.strip("/"), self._known(request)
        check = getattr(error, "check", "")
        fact: audit.Fact | None = None
        if error.error in _CLIENT_FAULTS:
            fact = audit.ClientAuthenticationRefused(
                client_id=client_id, reason=str(error.description), where=where, check=check
            )
        elif client_id is not None:
            found: Found | None = getattr(error, "found", None)
            fact = RequestRefused(
                client_id=client_id,
                where=where,
                error=str(error.error),
                check=check,
                difference=found.difference if found else "",
                nearest=found.nearest if found else "",
            )
        if fact is not None:
            refusals.record(
                self.session(), fact, client_id, now=request.now, request_id=request.request_id
            )

    def record(self, fact: audit.Fact) -> None:
        """Record a fact in this request's transaction."""
        audit.record(self.session(), fact, now=self.services.clock.now())

    def _known(self, request: BackChannelRequest) -> str | None:
        if request.proof.faults:
            # What could not be read might not even be text that a database takes.
            return None
        basic = request.proof.basic
        said = request.proof.client_id or (basic.client_id if basic else None)
        client_id = request.claimed_client_id or said or claimed_by(request.proof.client_assertion)
        return client_id if client_id and self._registry.find(client_id) else None


def _answering(
    method: Method,
) -> Callable[[Any, BackChannelRequest], AuthenticatedClient | None]:
    def authenticate(query_client: Any, request: BackChannelRequest) -> AuthenticatedClient | None:
        registered = method(query_client, request)
        return None if registered is None else AuthenticatedClient(registered)

    return authenticate
