"""The authorization code grant with PKCE, from a checked request to two signed tokens.

Gap: Authlib's own class saves tokens and then deletes the code (two requests can both win),
takes several statements and a commit for each hook, and keeps PKCE and OpenID Connect in
extensions without an order. This one is a grant like any other to Authlib's server, and claims
the code in the statement that decides everything else.
"""

from typing import Any

import orjson
from authlib.oauth2.rfc6749.grants import (
    AuthorizationEndpointMixin,
    BaseGrant,
    TokenEndpointMixin,
)

from idp.domain import grants
from idp.domain.clients import RegisteredClient
from idp.domain.grants import Grant
from idp.domain.hot_path import NewGrant, Redeemed, Redemption
from idp.oauth_server.errors import ContractError
from idp.oauth_server.requests import AuthorizationOAuth2Request, SessionGone, TokenOAuth2Request
from idp.oauth_server.server import Server
from idp.protocol import faults, pkce, subjects
from idp.protocol.authorization_response import Answer, success
from idp.protocol.claims import scopes_of
from idp.protocol.client_checks import Check
from idp.protocol.client_policy import ClientPolicy
from idp.protocol.differences import difference_from
from idp.protocol.id_token import (
    ACCESS_TOKEN_TYPE,
    SignedIn,
    access_token_claims,
    id_token_claims,
)
from idp.protocol.identity_proving import IdentityGrant
from idp.protocol.metadata import CLIENT_METHODS
from idp.protocol.next_step import level_told
from idp.protocol.parameters import AuthorizationRequest, TokenRequest
from idp.protocol.session_facts import SessionFacts

INVALID_GRANT = "Invalid grant"


def _scopes(request: AuthorizationRequest, policy: ClientPolicy) -> list[str]:
    """Return the scopes to grant: those asked for, and those of claims asked for by name."""
    named = scopes_of(request.claims) & policy.scopes if policy.claims_by_name else frozenset()
    return [*dict.fromkeys(request.scopes), *sorted(named.difference(request.scopes))]


class AuthorizationCode(BaseGrant, AuthorizationEndpointMixin, TokenEndpointMixin):
    """RFC 6749 section 4.1, OIDC Core section 3.1, RFC 7636."""

    GRANT_TYPE = "authorization_code"
    RESPONSE_TYPES = {"code"}  # noqa: RUF012 - Authlib declares it as an instance's
    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_METHODS

    request: Any
    server: Server

    # -- the authorization endpoint

    def validate_authorization_request(self) -> str:
        """Return the redirect address; the dispatcher has run `protocol.checks` on it."""
        redirect_uri: str = self.request.authorization.redirect_uri
        return redirect_uri

    def create_authorization_response(  # type: ignore[override]
        self, redirect_uri: str, grant_user: SessionFacts
    ) -> tuple[int, Answer, list[tuple[str, str]]]:
        """Store a grant with its code and answer the service.

        Raises SessionGone if there is nobody to give a code for any more.
        """
        request: AuthorizationOAuth2Request = self.request
        code = self.server.services.entropy.token()
        if not self.server.hot_path.issue(self._new_grant(request, grant_user, code)):
            raise SessionGone
        answer = success(
            redirect_uri,
            code,
            request.authorization.state,
            self.server.services.settings.issuer,
            request.authorization.response_mode,
        )
        return 302, answer, []

    def _new_grant(
        self, request: AuthorizationOAuth2Request, facts: SessionFacts, code: str
    ) -> NewGrant:
        services, authorization = self.server.services, request.authorization
        policy = request.registered.policy
        return NewGrant(
            id=services.entropy.identifier(),
            account_id=facts.account_id,
            sid=facts.sid,
            client_id=policy.client_id,
            subject=subjects.subject_for(policy, facts.account_id, facts.subject_salt),
            code_hash=grants.code_hash(code),
            code_expires_at=request.now + services.settings.code_lifetime,
            redirect_uri=str(authorization.redirect_uri),
            code_challenge=authorization.code_challenge,
            nonce=authorization.nonce,
            scope=" ".join(_scopes(authorization, policy)),
            level=request.level,
            session_level=level_told(authorization, facts.level, request.level),
            amr=" ".join(facts.amr),
            auth_time=facts.auth_time,
            created_at=request.now,
            journey_id=request.journey_id,
            request_id=request.request_id,
            **_about_identity(request.identity),
        )

    # -- the token endpoint

    def validate_token_request(self) -> None:
        """Find out who is asking; the server has judged the parameters before it came here."""
        request: TokenOAuth2Request = self.request
        if request.outcome is not None:
            # Asked and answered: what was found out then is what is told.
            return
        authenticated: Any = self.authenticate_token_endpoint_client()
        request.registered = authenticated.registered
        if not request.registered.policy.active:
            raise ContractError(
                "unauthorized_client", "client deactivated", check=Check.CLIENT_ACTIVE
            )

    def create_token_response(self) -> tuple[int, Any, list[tuple[str, str]]]:
        """Claim the code, then sign an access token and an ID token.

        The code is used up before anything else is judged, so that no guess has a second try.
        """
        registered: RegisteredClient = self.request.registered
        tokens = self.redeem()
        if tokens is not None:
            return 200, tokens, []
        assertion_is_new, redeemed = self._outcome()
        if not assertion_is_new:
            raise self.server.assertion_was_used(registered)
        if redeemed is None:
            existed = self._punish_reuse(registered)
            check = Check.CODE_USED if existed else Check.CODE_UNKNOWN
            raise ContractError(
                "invalid_grant", INVALID_GRANT, detail="no such live code", check=check
            )
        raise self._refusal(redeemed)

    def _refusal(self, redeemed: Redeemed) -> ContractError:
        """Say why a code that was claimed gives nothing, looking at its grant for the team."""
        asked = self.request.token_request
        grant = self.server.session().get(Grant, redeemed.grant_id)
        if not redeemed.live:
            expired = grant is not None and grant.code_expires_at <= self.request.now
            check = Check.CODE_EXPIRED if expired else Check.CODE_ENDED
            return ContractError("invalid_grant", INVALID_GRANT, detail="not live", check=check)
        if not redeemed.redirect_uri_matches:
            meant = [grant.redirect_uri] if grant is not None else []
            found = difference_from(meant, str(asked.redirect_uri))
            return ContractError(
                "invalid_grant",
                INVALID_GRANT,
                detail="address",
                check=Check.CODE_ADDRESS,
                found=found,
            )
        check = Check.PKCE_VERIFIER
        if asked.code_verifier is None:
            check = Check.PKCE_NO_VERIFIER
        elif grant is not None and grant.code_challenge is None:
            check = Check.PKCE_NO_CHALLENGE
        return ContractError("invalid_grant", "PKCE code verification failed", check=check)

    def redeem(self) -> dict[str, object] | None:
        """Claim the code and return the tokens, or None for a request that is to be refused."""
        _, redeemed = self._outcome()
        if redeemed is None or not redeemed.live:
            return None
        if not (redeemed.redirect_uri_matches and redeemed.challenge_matches):
            return None
        return self._tokens(self.request.registered.policy, redeemed)

    def _outcome(self) -> tuple[bool, Redeemed | None]:
        request: TokenOAuth2Request = self.request
        if request.outcome is None:
            request.outcome = self.server.hot_path.redeem(self._redemption(request.registered))
        return request.outcome

    def _redemption(self, registered: RegisteredClient) -> Redemption:
        request: TokenOAuth2Request = self.request
        asked = request.token_request
        settings = self.server.services.settings
        return Redemption(
            code_hash=grants.code_hash(str(asked.code)),
            client_id=registered.policy.client_id,
            redirect_uri=str(asked.redirect_uri),
            challenge=pkce.challenge_to_match(asked.code_verifier),
            jti_hash=request.jti_hash,
            jti_expires_at=request.assertion_expires_at,
            now=request.now,
            access_expires_at=request.now + settings.access_token_lifetime,
            request_id=request.request_id,
        )

    def _tokens(self, policy: ClientPolicy, redeemed: Redeemed) -> dict[str, object]:
        services, now = self.server.services, self.request.now
        settings = services.settings
        who = SignedIn(
            subject=redeemed.subject,
            sid=subjects.session_name(policy.client_id, redeemed.sid),
            auth_time=redeemed.auth_time,
            level_asked=redeemed.level,
            level_reached=redeemed.session_level,
            amr=tuple(redeemed.amr.split()),
        )
        access_token = services.keyring.sign(
            access_token_claims(
                policy.client_id,
                who,
                issuer=settings.issuer,
                scopes=redeemed.scope.split(),
                grant_id=redeemed.grant_id,
                token_id=services.entropy.short_token(),
                now=now,
                lifetime=settings.access_token_lifetime,
                claims=orjson.loads(redeemed.claims) if redeemed.claims else (),
            ),
            alg=policy.id_token_alg,
            typ=ACCESS_TOKEN_TYPE,
        )
        identity = id_token_claims(
            policy,
            who,
            issuer=settings.issuer,
            nonce=redeemed.nonce,
            access_token=access_token,
            now=now,
            lifetime=settings.id_token_lifetime,
        )
        id_token = services.keyring.sign(
            faults.spoilt_id_token(identity, policy.faults, now),
            alg=policy.id_token_alg,
            typ="",
        )
        if policy.faults:
            id_token = faults.spoilt_signature(faults.ID_TOKEN, id_token, policy.faults)
        return {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": settings.access_token_lifetime,
            "id_token": id_token,
        }

    def _punish_reuse(self, registered: RegisteredClient) -> bool:
        request: TokenOAuth2Request = self.request
        return grants.punish_reuse(
            self.server.session(),
            str(request.token_request.code),
            registered.policy.client_id,
            request.now,
        )


def redeem_as(
    server: Server,
    registered: RegisteredClient,
    *,
    code: str,
    redirect_uri: str,
    verifier: str | None,
    request_id: str,
    now: int,
) -> dict[str, object] | None:
    """Redeem a code in a client's place, without its proof: for its team's tries alone.

    None for a code that is not good. The caller has found out that the request was a try.
    """
    asked = TokenRequest(
        client_id=registered.policy.client_id,
        client_secret=None,
        client_assertion=None,
        client_assertion_type=None,
        grant_type=AuthorizationCode.GRANT_TYPE,
        code=code,
        redirect_uri=redirect_uri,
        code_verifier=verifier,
    )
    request = TokenOAuth2Request(asked, {}, method="POST", request_id=request_id, now=now)
    request.registered = registered
    return AuthorizationCode(request, server).redeem()


def _about_identity(promised: IdentityGrant | None) -> dict[str, str | None]:
    """Return the columns of a grant that say what it promises about an identity."""
    if promised is None or not promised.claims:
        return {}
    return {
        "claims": orjson.dumps(promised.claims).decode(),
        "confidence": promised.confidence,
        "proof_id": promised.proof_id,
        "return_codes": promised.return_codes,
    }
