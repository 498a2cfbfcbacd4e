"""Our own pages are opened by the same sign-in as services, and come back to where they were."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import accounts, terms
from idp.domain.accounts import Account
from idp.domain.audit_entries import AuditEntry
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from tests.journeys.walks import SIGN_IN, come_to_code, sign_in
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty


@pytest.fixture
def new_terms(monkeypatch: pytest.MonkeyPatch) -> int:
    """Another version of the terms than everybody agreed to."""
    version = terms.CURRENT.version + 1
    monkeypatch.setattr(terms, "CURRENT", replace(terms.CURRENT, version=version))
    return version


def test_who_is_not_signed_in_signs_in_first_and_comes_back(
    browser: Callable[[], Person], alice: Citizen, clock: FixedClock, session: Session
) -> None:
    person = browser()
    person.open("/account?from=somewhere")
    assert "/j/" in person.url
    assert "To see and change your account, sign in first." in person.page.text
    person.send(button=SIGN_IN)
    person.send({"email": alice.email})
    person.send({"password": alice.password})
    assert person.heading != "Your services", "a password alone opens no account"
    person.send({"code": alice.code(clock.now())})
    assert person.heading == "Your services"
    assert person.url.endswith("/account?from=somewhere")
    issued = select(AuditEntry).where(AuditEntry.fact == "code_issued")
    assert session.scalars(issued).all() == [], "nothing is issued to ourselves"


def test_who_is_signed_in_needs_no_page_between(
    browser: Callable[[], Person], alice: Citizen, library: RelyingParty, clock: FixedClock
) -> None:
    person = browser()
    sign_in(person, library, alice, clock)
    person.open("/account")
    assert person.heading == "Your services"
    assert alice.email in person.page.text


def test_half_a_sign_in_is_made_whole_first(
    browser: Callable[[], Person], alice: Citizen, library: RelyingParty, clock: FixedClock
) -> None:
    person = browser()
    come_to_code(person, library, alice)
    person.open("/account")
    assert person.heading != "Your services"
    person.send({"code": alice.code(clock.now())})
    assert person.heading == "Your services"


def test_the_way_back_works_once(
    browser: Callable[[], Person], alice: Citizen, library: RelyingParty, clock: FixedClock
) -> None:
    person = browser()
    person.open("/account")
    way = person.url.rpartition("/")[0] + "/"
    person.send(button=SIGN_IN)
    person.send({"email": alice.email})
    person.send({"password": alice.password})
    person.send({"code": alice.code(clock.now())})
    person.open(way)
    assert person.status == 410
    assert person.heading == "You have already finished here"


def test_new_terms_are_asked_for_once(
    browser: Callable[[], Person],
    alice: Citizen,
    library: RelyingParty,
    clock: FixedClock,
    session: Session,
    new_terms: int,
) -> None:
    person = browser()
    come_to_code(person, library, alice)
    person.send({"code": alice.code(clock.now())})
    assert person.heading == "We have changed our terms of use"
    person.open(person.url)
    assert person.heading == "We have changed our terms of use", "a reload agrees to nothing"
    page = person.url
    person.send()
    assert person.left_to is not None
    account = accounts.find_by_email(session, alice.email)
    assert account is not None
    assert (account.terms_version, account.terms_agreed_at) == (new_terms, clock.now())
    kinds = session.scalars(select(AuditEntry.fact)).all()
    assert kinds.count("terms_agreed") == 1
    person.open(library.url(library.ask()))
    assert person.left_to is not None, "nobody is asked twice"
    person.open(page)
    assert person.status == 410


def test_agreeing_twice_is_agreeing_once(
    session: Session, services: Services, alice: Citizen, new_terms: int, clock: FixedClock
) -> None:

    account = session.scalars(select(Account)).one()
    accounts.agree(session, services, account)
    accounts.agree(session, services, account)
    assert session.scalars(select(AuditEntry.fact)).all().count("terms_agreed") == 1


def test_silent_requests_are_told_that_somebody_has_to_do_something(
    browser: Callable[[], Person],
    alice: Citizen,
    library: RelyingParty,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = browser()
    sign_in(person, library, alice, clock)
    version = terms.CURRENT.version + 1
    monkeypatch.setattr(terms, "CURRENT", replace(terms.CURRENT, version=version))
    person.open(library.url(library.ask(prompt="none")))
    assert person.left_to is not None
    assert "error=interaction_required" in person.left_to


def test_the_header_leads_to_the_account_of_who_is_signed_in_and_nobody_else(
    browser: Callable[[], Person],
    alice: Citizen,
    library: RelyingParty,
    clock: FixedClock,
    session: Session,
) -> None:
    person = browser()
    for page in ("/", "/terms", "/about", "/nowhere"):
        assert "/account" not in dict(person.open(page).page.links), page
    sign_in(person, library, alice, clock)
    for page in ("/", "/terms", "/about", "/account", "/account/security"):
        links = dict(person.open(page).page.links)
        assert links["/account"], page
        assert "/logout" in links, page
    assert "/account" not in dict(person.open("/nowhere").page.links), "the database was asked"
    ended = session.scalars(select(BrowserSession)).one()
    ended.ended_at = clock.now()
    session.commit()
    assert "/account" not in dict(person.open("/").page.links)


@pytest.mark.parametrize(
    ("state", "heading"),
    [
        ("suspended", "Your account is suspended"),
        ("blocked", "You cannot use this account"),
    ],
)
def test_a_closed_account_ends_in_the_final_page(
    browser: Callable[[], Person],
    alice: Citizen,
    library: RelyingParty,
    clock: FixedClock,
    session: Session,
    state: str,
    heading: str,
) -> None:
    person = browser()
    sign_in(person, library, alice, clock)
    person.open("/account/delete")
    assert person.heading.startswith("Enter your password")
    account = session.scalars(select(Account)).one()
    account.state = state
    session.commit()
    person.send({"password": alice.password})
    assert person.heading == heading
