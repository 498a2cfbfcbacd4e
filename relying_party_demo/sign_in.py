"""One sign-in through Onepass: sending the citizen there, and judging what comes back.

Owns: state, nonce, PKCE and browser binding; the order in which an answer is checked; opening the
local session.
Owns not: cookies and pages (``relying_party_demo.views``), the checks on a token
(``relying_party_demo.id_token``).
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from relying_party_demo.clock import Clock
from relying_party_demo.department import Action, Department, confidence_in, level_in
from relying_party_demo.discovery import Discovery, DiscoveryRefused
from relying_party_demo.exchange import CheckFailed, Exchange, Step, mask
from relying_party_demo.id_token import Expected, check_id_token, signed_claims
from relying_party_demo.identity import (
    CORE_IDENTITY,
    ExpectedIdentity,
    Identity,
    IdentityKeys,
    check_credential,
    credential_claims,
    identity_from,
    return_codes,
)
from relying_party_demo.outbound import ProviderUnreachable
from relying_party_demo.store import PENDING_LIFETIME, Pending, Session, Store, digest
from relying_party_demo.tokens import Redeemer, TokenRefused

MASKED_ANSWERS = frozenset({"code", "state"})
# What Onepass may answer instead of a code, and the page each gets; all others get "provider".
PROVIDER_ERRORS = {
    "access_denied": "access_denied",
    "login_required": "login_required",
    "interaction_required": "login_required",
    "temporarily_unavailable": "unavailable",
    "server_error": "unavailable",
    "unauthorized_client": "unauthorized_client",
}


class SignInRefused(Exception):
    """This sign-in goes no further. ``reason`` names the page, ``exchange`` says what happened."""

    def __init__(self, reason: str, exchange: Exchange, detail: str = "") -> None:
        self.reason = reason
        self.exchange = exchange
        self.detail = detail
        super().__init__(reason)


@dataclass(frozen=True)
class Arrived:
    """A citizen who is now signed in here; ``secret`` is for the browser's cookie."""

    secret: str
    session: Session


_MASKED = frozenset({"state", "nonce", "request"})


@dataclass(frozen=True)
class SignIn:
    """Begins and finishes sign-ins for one department."""

    department: Department
    store: Store
    discovery: Discovery
    redeemer: Redeemer
    identity_keys: IdentityKeys
    clock: Clock

    def begin(
        self, *, browser: str, language: str, action: Action | None, session: Session | None
    ) -> str:
        """The address at Onepass to send this browser to (OpenID Connect Core 3.1.2.1).

        ``session`` is the live session that an action wants raised or refreshed: the same person
        must come back. Raises ProviderUnreachable, DiscoveryRefused.
        """
        now = self.clock.now()
        endpoint = self.discovery.provider().authorization_endpoint
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        vtr = (action.vtr if action else None) or self.department.asks.vtr
        parameters = {
            "response_type": "code",
            "client_id": self.department.client_id,
            "redirect_uri": self.department.redirect_uri,
            "scope": " ".join(self.department.asks.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            "vtr": json.dumps([vtr]),
            "ui_locales": language,
        }
        if confidence_in(vtr) is not None:
            wanted = dict.fromkeys(self.department.asks.claims)
            parameters["claims"] = json.dumps({"userinfo": wanted})
        if action is not None and action.prompt is not None:
            parameters["prompt"] = action.prompt
        if action is not None and action.max_age is not None:
            parameters["max_age"] = str(action.max_age)
        exchange = Exchange()
        sent = self._signed(parameters, endpoint, now)
        _describe_request(exchange.step("request", now), endpoint, sent, parameters)
        self.store.put_pending(
            Pending(
                state_hash=digest(state),
                browser_hash=digest(browser),
                nonce=nonce,
                verifier=verifier,
                vtr=vtr,
                max_age=action.max_age if action else None,
                prompt=action.prompt if action else None,
                action=action.slug if action else None,
                sub=session.sub if session and action else None,
                asked_at=now,
                exchange=exchange.to_json(),
            )
        )
        return f"{endpoint}?{urlencode(sent)}"

    def _signed(self, parameters: dict[str, str], endpoint: str, now: int) -> dict[str, str]:
        """What goes into the address: the parameters, or a request object that holds them."""
        key, client_id = self.redeemer.key, self.department.client_id
        if key is None or not self.department.asks.signed_request:
            return parameters
        request = key.request_object(parameters, client_id=client_id, audience=endpoint, now=now)
        return {
            "client_id": client_id,
            "response_type": "code",
            "scope": "openid",
            "request": request,
        }

    def finish(self, answer: Mapping[str, Sequence[str]], browser: str | None) -> Arrived:
        """The session that Onepass's answer opens. Raises SignInRefused, whatever went wrong."""
        exchange = Exchange()
        try:
            pending = self._pending(answer, browser, exchange)
            exchange.steps[:0] = Exchange.from_json(pending.exchange).steps
            code = self._code(answer, pending, exchange)
            return self._redeem(code, pending, exchange)
        except CheckFailed as fault:
            reason = "state" if fault.name in {"once", "state"} else "check"
            raise SignInRefused(reason, exchange, fault.name) from fault
        except TokenRefused as fault:
            raise SignInRefused("token", exchange, fault.error) from fault
        except (ProviderUnreachable, DiscoveryRefused) as fault:
            raise SignInRefused("unreachable", exchange) from fault

    def _pending(
        self, answer: Mapping[str, Sequence[str]], browser: str | None, exchange: Exchange
    ) -> Pending:
        """The sign-in this answer belongs to; it can be claimed once, by the right browser."""
        now = self.clock.now()
        step = exchange.step("answer", now)
        for name, values in answer.items():
            shown = ", ".join(values)
            step.line(name, mask(shown) if name in MASKED_ANSWERS else shown[:200])
        repeated = any(len(values) != 1 for values in answer.values())
        step.check("once", passed=not repeated, seen=_longest(answer), wanted="1")
        state = _one(answer, "state")
        pending = self.store.take_pending(state, browser) if state and browser else None
        if pending is None or now - pending.asked_at > PENDING_LIFETIME:
            step.fail("state", seen=mask(state), wanted="")
        step.check("state", passed=True, seen=mask(state), wanted="")
        return pending

    def _code(
        self, answer: Mapping[str, Sequence[str]], pending: Pending, exchange: Exchange
    ) -> str:
        """The authorization code, once the answer is known to be from our provider (RFC 9207)."""
        step = exchange.steps[-1]
        step.equal("response_issuer", _one(answer, "iss"), self.department.place.issuer)
        error = _one(answer, "error")
        if error is not None:
            reason = PROVIDER_ERRORS.get(error, "provider")
            raise SignInRefused(reason, exchange, error[:80])
        code = _one(answer, "code")
        step.check("code", passed=bool(code), seen=mask(code), wanted="")
        return str(code)

    def _redeem(self, code: str, pending: Pending, exchange: Exchange) -> Arrived:
        """Trade the code for tokens, check them, ask for the claims, open the session."""
        now = self.clock.now()
        provider = self.discovery.provider()
        tokens = self.redeemer.redeem(
            provider.token_endpoint,
            code=code,
            verifier=pending.verifier,
            now=now,
            exchange=exchange,
        )
        step = exchange.step("id_token", now)
        claims = signed_claims(
            tokens.id_token,
            algorithm=self.department.asks.id_token_algorithm,
            discovery=self.discovery,
            step=step,
        )
        for name, value in claims.items():
            step.line(name, mask(value) if name == "nonce" else value)
        check_id_token(claims, self._expected(pending, tokens.access_token), now, step)
        about = self.redeemer.userinfo(
            provider.userinfo_endpoint,
            tokens=tokens,
            sub=claims["sub"],
            now=now,
            exchange=exchange,
        )
        identity = self._identity(pending, claims["sub"], about, exchange)
        secret = secrets.token_urlsafe(32)
        session = Session(
            secret_hash=digest(secret),
            sub=str(claims["sub"]),
            email=str(about.get("email", "")),
            level=str(claims["vot"]),
            auth_time=int(float(str(claims["auth_time"]))),
            id_token=tokens.id_token,
            exchange=exchange.to_json(),
            action=pending.action,
            started_at=now,
            seen_at=now,
            identity=identity.to_json() if identity else None,
        )
        self.store.put_session(session)
        return Arrived(secret, session)

    def _identity(
        self, pending: Pending, sub: object, about: Mapping[str, object], exchange: Exchange
    ) -> Identity | None:
        """Who the citizen is, where that was asked; the credential is believed only if all holds.

        Raises SignInRefused when Onepass could not prove it, CheckFailed for a bad credential.
        """
        confidence = confidence_in(pending.vtr)
        if confidence is None:
            return None
        token = about.get(CORE_IDENTITY)
        if token is None:
            raise SignInRefused("no_identity", exchange, return_codes(about))
        now = self.clock.now()
        step = exchange.step("core_identity", now)
        step.line("GET", self.identity_keys.address)
        claims = credential_claims(str(token), self.identity_keys, step)
        for name, value in claims.items():
            step.line(name, value)
        place = self.department.place
        expected = ExpectedIdentity(place.issuer, self.department.client_id, sub, confidence)
        check_credential(claims, expected, now, step)
        return identity_from(claims, about, step)

    def _expected(self, pending: Pending, access_token: str) -> Expected:
        return Expected(
            issuer=self.department.place.issuer,
            client_id=self.department.client_id,
            algorithm=self.department.asks.id_token_algorithm,
            nonce=pending.nonce,
            level=level_in(pending.vtr),
            access_token=access_token,
            asked_at=pending.asked_at,
            max_age=pending.max_age,
            prompt=pending.prompt,
            sub=pending.sub,
        )


def challenge(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636 §4.2)."""
    sha = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(sha).rstrip(b"=").decode()


def _describe_request(
    step: Step, endpoint: str, sent: Mapping[str, str], parameters: Mapping[str, str]
) -> None:
    step.line("GET", endpoint)
    for name, value in sent.items():
        step.line(name, mask(value) if name in _MASKED else value)
    if sent is parameters:
        return
    for name, value in parameters.items():
        step.line(f"request: {name}", mask(value) if name in _MASKED else value)


def _one(answer: Mapping[str, Sequence[str]], name: str) -> str | None:
    values = answer.get(name)
    return values[0] if values else None


def _longest(answer: Mapping[str, Sequence[str]]) -> str:
    return str(max((len(values) for values in answer.values()), default=0))
