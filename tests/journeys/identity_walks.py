"""Walks of somebody who is to prove who they are."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain.audit_entries import AuditEntry
from idp.domain.disclosures import Disclosure
from idp.domain.grants import Grant
from idp.domain.identities import Proof, find
from idp.domain.services import Services
from tests.support.citizens import Citizen, signed_in_cookie
from tests.support.identity import IdentityParty
from tests.support.person import Person
from tests.support.relying_party import Request

CONTINUE, SECOND = 0, 1


@dataclass
class Walk:
    """Alice in front of a browser, sent by a service that asks who she is."""

    app: Flask
    session: Session
    services: Services
    person: Person
    alice: Citizen
    party: IdentityParty
    asked: Request | None = None

    def sign_in(self, citizen: Citizen | None = None, level: str = "Cl.Cm") -> None:
        """Hold the cookie of a new session."""
        who = citizen or self.alice
        secret = signed_in_cookie(self.session, self.services, who, level=level)
        self.session.commit()
        self.person.client.set_cookie("onepass-session", secret, domain="id.onepass.localhost")

    def set_out(self, party: IdentityParty | None = None, **changes: str | None) -> Request:
        """Follow the service's link."""
        sender = party or self.party
        self.asked = sender.ask(**changes)
        self.person.open(sender.url(self.asked))
        return self.asked

    def check(self, who: str = "nia", ending: str = "P2", **more: str) -> None:
        """From the first page of proving to how it ended (or to waiting for it)."""
        assert self.path == "prove", self.person.url
        self.person.send(button=CONTINUE)
        self.person.send({"person": who, "ending": ending, **more})

    @property
    def path(self) -> str:
        """Which page of the Journey is shown."""
        return self.person.url.split("/j/")[1].partition("/")[2]

    def page(self, path: str) -> str:
        """The address of another page of this Journey."""
        start, _, rest = self.person.url.partition("/j/")
        return f"{start}/j/{rest.partition('/')[0]}/{path}"

    def answer(self, party: IdentityParty | None = None, asked: Request | None = None) -> Any:
        """What came back at the service."""
        request = asked or self.asked
        assert request is not None
        return (party or self.party).answer(request, self.person.left_to)

    def facts(self) -> list[str]:
        """The facts recorded about Alice and identities, oldest first."""
        self.session.rollback()
        names = self.session.scalars(
            sa.select(AuditEntry.fact)
            .where(AuditEntry.account_id == self.alice.account_id)
            .order_by(AuditEntry.id)
        )
        return [name for name in names if name.startswith(("identity", "claims"))]

    def proof(self, citizen: Citizen | None = None) -> Proof | None:
        """The proof that is kept."""
        self.session.rollback()
        return find(self.session, self.services, (citizen or self.alice).account_id)

    def left_nothing(self) -> bool:
        """Whether the service got nothing, and nothing says that it did."""
        self.session.rollback()
        grants = self.session.scalars(sa.select(Grant)).all()
        return not grants and not self.session.scalars(sa.select(Disclosure)).all()

    def userinfo(
        self, party: IdentityParty | None = None, asked: Request | None = None
    ) -> dict[str, Any]:
        """What the service gets for the code that came back."""
        request, who = asked or self.asked, party or self.party
        assert request is not None
        now = self.services.clock.now()
        code = self.answer(who, request)["code"]
        client = self.app.test_client()
        tokens = client.post(
            "/token", data=who.token_form(request, code, now), base_url=who.issuer
        ).get_json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        told: dict[str, Any] = client.get(
            "/userinfo", headers=bearer, base_url=who.issuer
        ).get_json()
        return told
