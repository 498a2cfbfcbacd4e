"""One provider for many tests: each test brings its own services, citizens and addresses.

Making an application and a database for every row of a table would take most of the time; what
rows must not share (clients, people, source addresses, codes) is made anew for each.
"""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from werkzeug.test import TestResponse

from idp.domain import accounts
from idp.domain.audit_entries import AuditEntry
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from idp.settings import Settings
from idp.web.cookies import session_name
from idp.web.current import Wiring
from tests.support.addresses import own_address
from tests.support.building import register
from tests.support.citizens import Citizen, enrol, signed_in_cookie
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty, Request

_people = itertools.count(1)
FORM = "application/x-www-form-urlencoded"


@dataclass
class Browser:
    """A browser at an address of its own, signed in as `citizen` if there is one."""

    provider: "Provider"
    citizen: Citizen | None = None

    def __post_init__(self) -> None:
        self.client = self.provider.app.test_client()
        self.address = own_address()

    def sign_in(self, level: str = "Cl.Cm") -> "Browser":
        """Hold the cookie of a live session at `level`."""
        assert self.citizen is not None, "nobody sits here"
        with self.provider.records() as session:
            secret = signed_in_cookie(session, self.provider.services, self.citizen, level=level)
        name = session_name(self.provider.settings)
        self.client.set_cookie(name, secret, domain=self.provider.host)
        return self

    def get(self, url: str, *, method: str = "GET", **headers: str) -> TestResponse:
        """Ask for an address or a path; redirects are not followed."""
        parts = urlsplit(url)
        return self.client.open(
            parts.path,
            method=method,
            query_string=parts.query,
            base_url=self.provider.origin,
            environ_overrides={"REMOTE_ADDR": self.address},
            headers=headers,
        )

    def post(
        self, path: str, data: Any = None, *, content_type: str = FORM, **headers: str
    ) -> TestResponse:
        """Post a form (a mapping, or its text) as a page of another site would."""
        parts = urlsplit(path)
        body = urlencode(data) if isinstance(data, Mapping) else data
        return self.client.post(
            parts.path,
            query_string=parts.query,
            data=body,
            content_type=content_type,
            base_url=self.provider.origin,
            environ_overrides={"REMOTE_ADDR": self.address},
            headers=headers,
        )

    def authorize(self, party: RelyingParty, asked: Request, **headers: str) -> TestResponse:
        """Bring an authorization request."""
        return self.get(party.url(asked), **headers)

    def code(self, party: RelyingParty, **changes: str | None) -> tuple[Request, str]:
        """Get a code by single sign-on."""
        asked = party.ask(**changes)
        answer = self.authorize(party, asked)
        return asked, party.answer(asked, answer.headers.get("Location"))["code"]

    def person(self) -> Person:
        """Somebody who walks through the pages in this browser."""
        person = Person(self.provider.app, self.provider.issuer, self.address)
        person.client = self.client
        return person

    def session(self) -> BrowserSession:
        """The newest session of this browser's citizen, as it is stored."""
        assert self.citizen is not None, "nobody sits here"
        with self.provider.records() as session:
            found = session.scalars(
                sa.select(BrowserSession)
                .where(BrowserSession.account_id == self.citizen.account_id)
                .order_by(BrowserSession.started_at.desc())
            ).first()
        assert found is not None
        return found


@dataclass
class Provider:
    """An application on a migrated database with signing keys, and a way into its records."""

    app: Flask
    settings: Settings
    services: Services
    clock: FixedClock

    @property
    def issuer(self) -> str:
        """The issuer."""
        return self.settings.issuer

    @property
    def origin(self) -> str:
        """The issuer without its slash."""
        return self.issuer.rstrip("/")

    @property
    def host(self) -> str:
        """The issuer's name."""
        return urlsplit(self.issuer).hostname or ""

    @property
    def now(self) -> int:
        """The provider's time."""
        return self.clock.now()

    @property
    def wiring(self) -> Wiring:
        """What the process was joined from."""
        joined: Wiring = self.app.extensions["onepass"]
        return joined

    @cached_property
    def engine(self) -> sa.Engine:
        """A way into the database that keeps no connection."""
        return sa.create_engine(self.settings.database_url, poolclass=NullPool)

    @contextmanager
    def records(self) -> Iterator[Session]:
        """A session on the provider's database, committed at the end."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session
            session.commit()

    def party(self, **about: Any) -> RelyingParty:
        """A service of its own, registered."""
        return self.register(RelyingParty(self.issuer, **about))

    def register(self, party: RelyingParty) -> RelyingParty:
        """Register a service, or change its registration, for all to see at once."""
        with self.records() as session:
            known = party.secret
            register(session, self.services, party)
            party.secret = party.secret or known
        self.wiring.registry.forget()
        return party

    def citizen(self) -> Citizen:
        """Somebody with an account of their own."""
        with self.records() as session:
            return enrol(
                session, self.services, Citizen(email=f"citizen-{next(_people)}@example.com")
            )

    def browser(self) -> Browser:
        """A browser in which nobody is signed in."""
        return Browser(self)

    def signed_in(self, level: str = "Cl.Cm", citizen: Citizen | None = None) -> Browser:
        """A browser in which `citizen`, or somebody new, is signed in."""
        return Browser(self, citizen or self.citizen()).sign_in(level)

    def set_account_state(self, citizen: Citizen, state: str) -> None:
        """Put an account into a state."""
        with self.records() as session:
            account = accounts.get(session, citizen.account_id)
            assert account is not None
            account.state = state

    def token(self, form: Any, **more: Any) -> TestResponse:
        """Post a token request from a machine at an address of its own."""
        return Browser(self).post("/token", form, **more)

    def redeem(
        self, party: RelyingParty, asked: Request, code: str, **changes: str | None
    ) -> TestResponse:
        """Redeem a code; a change to None leaves that parameter out."""
        form: dict[str, Any] = party.token_form(asked, code, self.now) | changes
        sent = {name: value for name, value in form.items() if value is not None}
        return self.token(sent, **party.headers)

    def ask_about(
        self, party: RelyingParty, token: str, path: str = "/introspect", /, **changes: str | None
    ) -> TestResponse:
        """Introspect a token, or revoke it at another path; a change to None leaves one out."""
        form = {"token": token} | party.proof(self.now) | changes
        sent = {name: value for name, value in form.items() if value is not None}
        return Browser(self).post(path, sent, **party.headers)

    def tokens(
        self, party: RelyingParty, browser: Browser | None = None, **changes: str | None
    ) -> tuple[Request, dict[str, Any]]:
        """A whole flow: the request and the tokens it ended with."""
        asked, code = (browser or self.signed_in()).code(party, **changes)
        answer = self.redeem(party, asked, code)
        assert answer.status_code == 200, answer.text
        return asked, answer.get_json()

    def userinfo(self, access_token: str, **more: Any) -> TestResponse:
        """Ask UserInfo with a token."""
        return Browser(self).get("/userinfo", Authorization=f"Bearer {access_token}", **more)

    def jwks(self) -> dict[str, Any]:
        """The published keys."""
        keys: dict[str, Any] = Browser(self).get("/.well-known/jwks.json").get_json()
        return keys

    def facts(self, **about: str) -> list[str]:
        """The names of the audit facts about these columns, oldest first."""
        with self.records() as session:
            return list(
                session.scalars(
                    sa.select(AuditEntry.fact).filter_by(**about).order_by(AuditEntry.id)
                )
            )


def refusal(answer: TestResponse) -> tuple[int, str, str]:
    """Status, error and description of a refusal in JSON."""
    body = answer.get_json()
    assert set(body) == {"error", "error_description"}, body
    return answer.status_code, body["error"], body["error_description"]
