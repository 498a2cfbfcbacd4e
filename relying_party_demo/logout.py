"""Signing out: asked for here, or told by Onepass that it happened elsewhere.

Owns: the address of RP-Initiated Logout 1.0, and judging a back-channel logout token.
Owns not: the checks on a token one by one (``relying_party_demo.id_token``), the pages.
"""

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from relying_party_demo.clock import Clock
from relying_party_demo.department import Department
from relying_party_demo.discovery import Discovery
from relying_party_demo.exchange import CheckFailed, Exchange, mask
from relying_party_demo.id_token import check_logout_token, signed_claims
from relying_party_demo.store import Session, Store

# One Login signs logout tokens with ES256, whatever the client's ID tokens are signed with.
LOGOUT_TOKEN_ALGORITHM = "ES256"  # noqa: S105 - the name of an algorithm
LARGEST_TOKEN = 8192


class NoticeRefused(Exception):
    """A logout token that this department does not believe; ``check`` names what was wrong."""

    def __init__(self, check: str) -> None:
        self.check = check
        super().__init__(check)


@dataclass(frozen=True)
class Logout:
    """Ends local sessions of one department."""

    department: Department
    store: Store
    discovery: Discovery
    clock: Clock

    def here(self, session: Session) -> str:
        """End this session, and give the address at Onepass that ends the rest.

        Raises ProviderUnreachable, DiscoveryRefused; the local session has ended even then.
        """
        now = self.clock.now()
        state = secrets.token_urlsafe(32)
        parameters = {
            "id_token_hint": session.id_token,
            "post_logout_redirect_uri": self.department.signed_out_uri,
            "state": state,
        }
        exchange = Exchange()
        step = exchange.step("logout_request", now)
        for name, value in parameters.items():
            shown = name == "post_logout_redirect_uri"
            step.line(name, value if shown else mask(value))
        self.store.end(
            session.secret_hash, at=now, how="here", exchange=exchange.to_json(), state=state
        )
        return f"{self.discovery.provider().end_session_endpoint}?{urlencode(parameters)}"

    def returned(self, session: Session, state: str) -> None:
        """Note that Onepass sent the citizen back, if with the state that `session` left with."""
        if session.ended_how != "here" or session.ended_exchange is None:
            return
        exchange = Exchange.from_json(session.ended_exchange)
        step = exchange.step("logout_answer", self.clock.now())
        step.check("logout_state", passed=True, seen=mask(state), wanted=mask(state))
        self.store.confirm_end(session.secret_hash, state=state, exchange=exchange.to_json())

    def told(self, token: str) -> int:
        """End every session of the subject that a good logout token names. Returns how many.

        Raises NoticeRefused for a bad or repeated token, ProviderUnreachable and DiscoveryRefused
        when the provider's keys cannot be had.
        """
        now = self.clock.now()
        exchange = Exchange()
        step = exchange.step("notice", now)
        if not token or len(token) > LARGEST_TOKEN:
            raise NoticeRefused("size")
        step.line("logout_token", mask(token))
        try:
            claims = signed_claims(
                token,
                algorithm=LOGOUT_TOKEN_ALGORITHM,
                discovery=self.discovery,
                step=step,
                kind="logout+jwt",
            )
            for name, value in claims.items():
                step.line(name, value)
            sub, jti = check_logout_token(
                claims,
                issuer=self.department.place.issuer,
                client_id=self.department.client_id,
                now=now,
                step=step,
            )
            # Last, so that only a token that is good in all else uses its id up.
            step.check("replay", passed=self.store.first_sight(jti, now), seen=jti, wanted="")
        except CheckFailed as fault:
            raise NoticeRefused(fault.name) from fault
        return self.store.end_subject(sub, at=now, how="notice", exchange=exchange.to_json())
