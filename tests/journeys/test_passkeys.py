"""Passkeys in the pages: in the place of password and code, of the code alone, and not at all."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import accounts
from idp.domain.accounts import Account
from idp.domain.audit_entries import AuditEntry
from idp.domain.passkeys import Passkey, RelyingParty
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.support.authenticator import Authenticator
from tests.support.citizens import Citizen, give_passkey
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty as Service

PASSKEY = "Sign in with a passkey"


@pytest.fixture
def phone(session: Session, services: Services, alice: Citizen) -> Authenticator:
    """Alice's passkey."""
    device = give_passkey(session, services, alice)
    session.commit()
    return device


@pytest.fixture
def bobs(session: Session, services: Services, bob: Citizen) -> Authenticator:
    """Bob's passkey."""
    device = give_passkey(session, services, bob)
    session.commit()
    return device


def come_to_passkey(person: Person, library: Service, **changes: str | None) -> None:
    walks.arrive(person, library, **changes)
    person.open(next(href for href, words in person.page.links if words == PASSKEY))
    assert person.heading == PASSKEY


def answer(person: Person, device: Authenticator) -> Person:
    person.send({"answer": device.get(walks.options_of(person))})
    return person


def only_session(session: Session) -> BrowserSession:
    return session.scalars(select(BrowserSession).where(BrowserSession.ended_at.is_(None))).one()


def test_a_passkey_signs_in_without_address_password_and_code(
    person: Person, library: Service, phone: Authenticator, session: Session, clock: FixedClock
) -> None:
    come_to_passkey(person, library)
    answer(person, phone)
    assert person.left_to is not None
    signed_in = only_session(session)
    assert (signed_in.level, signed_in.amr) == ("Cl.Cm", "pop user mfa")
    assert signed_in.password_at == signed_in.otp_at == signed_in.auth_time == clock.now()
    assert "signed_in_with_passkey" in session.scalars(select(AuditEntry.fact)).all()
    person.open(library.url(library.ask()))
    assert person.left_to is not None, "the next service asks again"


def test_the_email_page_leads_there_too(
    person: Person, library: Service, phone: Authenticator
) -> None:
    walks.arrive(person, library)
    person.send(button=walks.SIGN_IN)
    person.open(next(href for href, words in person.page.links if words == PASSKEY))
    assert answer(person, phone).left_to is not None


def test_an_answer_that_does_not_count_is_told_in_words_and_a_right_one_goes_on(
    person: Person, library: Service, phone: Authenticator, session: Session
) -> None:
    come_to_passkey(person, library)
    person.send()
    assert (person.status, "did not give us a passkey" in person.page.text) == (400, True)
    person.send({"answer": "x" * 20_000})
    assert (person.status, "did not give us a passkey" in person.page.text) == (400, True)
    phone.origin = "https://id.evil.example"
    answer(person, phone)
    assert (person.status, "could not accept that passkey" in person.page.text) == (400, True)
    assert session.scalars(select(BrowserSession)).all() == []
    assert session.scalars(select(AuditEntry.fact)).all().count("passkey_refused") == 1
    phone.origin = RelyingParty("", person.issuer.rstrip("/")).origin
    assert answer(person, phone).left_to is not None


def test_the_challenge_of_another_browser_does_not_count(
    browser: Callable[[], Person], library: Service, phone: Authenticator
) -> None:
    person, other = browser(), browser()
    come_to_passkey(person, library)
    come_to_passkey(other, library)
    person.send({"answer": phone.get(walks.options_of(other))})
    assert person.status == 400
    assert answer(other, phone).left_to is not None


def test_an_answer_sent_twice_signs_in_once(
    browser: Callable[[], Person], library: Service, phone: Authenticator
) -> None:
    person, thief = browser(), browser()
    come_to_passkey(person, library)
    said = phone.get(walks.options_of(person))
    person.send({"answer": said})
    assert person.left_to is not None
    come_to_passkey(thief, library)
    thief.send({"answer": said})
    assert thief.status == 400


@pytest.mark.parametrize(
    ("state", "heading"),
    [("suspended", "Your account is suspended"), ("blocked", "You cannot use this account")],
)
def test_a_closed_account_stays_closed(
    person: Person,
    library: Service,
    alice: Citizen,
    phone: Authenticator,
    session: Session,
    state: str,
    heading: str,
) -> None:
    account = accounts.get(session, alice.account_id)
    assert account is not None
    account.state = state
    session.commit()
    come_to_passkey(person, library)
    answer(person, phone)
    assert (person.status, person.left_to) == (403, None)
    assert person.heading == heading
    assert session.scalars(select(BrowserSession)).all() == []


def test_after_the_password_it_stands_for_the_code(
    person: Person, library: Service, alice: Citizen, phone: Authenticator, session: Session
) -> None:
    walks.come_to_code(person, library, alice)
    person.open(person.url.replace("/code", "/method"))
    person.send({"way": "passkey"})
    assert person.heading == "Use a passkey to continue"
    answer(person, phone)
    assert person.left_to is not None
    assert only_session(session).amr == "pwd pop user mfa"


def test_it_steps_up_who_gave_a_password_before(
    person: Person, library: Service, alice: Citizen, phone: Authenticator, session: Session
) -> None:
    walks.arrive(person, library, vtr='["Cl"]')
    person.send(button=walks.SIGN_IN)
    person.send({"email": alice.email})
    person.send({"password": alice.password})
    person.open(library.url(library.ask()))
    person.open(person.url.replace("/code", "/passkey"))
    answer(person, phone)
    assert person.left_to is not None
    assert only_session(session).level == "Cl.Cm"


def test_the_passkey_of_another_account_is_no_second_factor(
    person: Person,
    library: Service,
    alice: Citizen,
    phone: Authenticator,
    bobs: Authenticator,
    session: Session,
) -> None:
    walks.come_to_code(person, library, alice)
    person.open(person.url.replace("/code", "/passkey"))
    answer(person, bobs)
    assert person.status == 400
    assert only_session(session).level == "Cl"
    assert answer(person, phone).left_to is not None


def test_who_has_none_is_not_asked_for_one_after_the_password(
    person: Person, library: Service, alice: Citizen
) -> None:
    walks.come_to_code(person, library, alice)
    person.open(person.url.replace("/code", "/passkey"))
    assert person.heading == "Enter the code from your authenticator app"


def test_somebody_else_may_take_over_the_browser_with_theirs(
    person: Person,
    library: Service,
    alice: Citizen,
    bobs: Authenticator,
    bob: Citizen,
    clock: FixedClock,
    session: Session,
) -> None:
    walks.sign_in(person, library, alice, clock)
    person.open(library.url(library.ask(prompt="login")))
    person.open(person.url.replace("/password", "/passkey"))
    answer(person, bobs)
    assert person.left_to is not None
    assert only_session(session).account_id == bob.account_id


def test_a_new_sign_in_by_passkey_is_new(
    person: Person, library: Service, phone: Authenticator, clock: FixedClock, session: Session
) -> None:
    come_to_passkey(person, library)
    answer(person, phone)
    clock.move(300)
    person.open(library.url(library.ask(prompt="login")))
    assert person.heading == "Enter your password"
    person.open(person.url.replace("/password", "/passkey"))
    page = person.url
    answer(person, phone)
    assert person.left_to is not None
    assert only_session(session).auth_time == clock.now()
    person.open(page)
    assert person.status != 200, "the page asks for more"


def test_who_is_signed_in_already_needs_none(
    person: Person, library: Service, alice: Citizen, clock: FixedClock
) -> None:
    other_tab = Person.__new__(Person)
    other_tab.__dict__.update(person.__dict__)
    walks.arrive(other_tab, library)
    page = other_tab.url.replace("/start", "/passkey")
    walks.sign_in(person, library, alice, clock)
    person.open(page)
    assert person.left_to is not None


def test_whoever_wants_one_adds_it_and_signs_in_with_it_next_time(
    browser: Callable[[], Person],
    library: Service,
    alice: Citizen,
    clock: FixedClock,
    session: Session,
    services: Services,
    post: Post,
) -> None:
    account = accounts.get(session, alice.account_id)
    assert account is not None
    account.passkey_offered_at = None
    session.commit()
    person = browser()
    walks.come_to_code(person, library, alice)
    person.send({"code": alice.code(clock.now())})
    party = RelyingParty.of(services)
    device = Authenticator(party.origin, party.id, b"new")
    person.send({"answer": device.create(walks.options_of(person))})
    assert person.left_to is not None
    assert session.scalars(select(Passkey.account_id)).one() == alice.account_id
    assert session.scalars(select(Account.passkey_offered_at)).one() == clock.now()
    assert post.newest(alice.email).kind == "passkey_added"
    other = browser()
    come_to_passkey(other, library)
    assert answer(other, device).left_to is not None
