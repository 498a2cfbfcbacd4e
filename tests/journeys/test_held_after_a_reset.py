"""A stolen mailbox and one code reset a password: they must not take the second factors over."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from idp.domain import accounts, passkeys, second_factors
from idp.domain.services import Services
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.support.citizens import Citizen, give_codes, give_passkey
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty as Service

HELD = "You cannot change how you sign in yet"
NEW = "velvet tractor seventeen"
CHANGES = ("email", "app", "backup", "backup/app", "recovery-codes", "passkeys")
DAY = 86_400


def reset(
    person: Person,
    service: Service,
    post: Post,
    citizen: Citizen,
    clock: FixedClock,
    recovery_code: str | None = None,
    new: str = NEW,
) -> None:
    """Set another password with the mailbox and a code; the person ends up signed in."""
    walks.come_to_password(person, service, citizen.email)
    at(person, "reset/request").send()
    person.send({"code": post.code(citizen.email)})
    clock.move(30)
    if recovery_code is None:
        person.send({"code": citizen.code(clock.now())})
    else:
        at(person, "reset/recovery-code").send({"recovery_code": recovery_code})
    person.send({"password": new})
    citizen.password = new


def at(person: Person, path: str) -> Person:
    """Open another page of the Journey."""
    start, _, rest = person.url.partition("/j/")
    person.open(f"{start}/j/{rest.partition('/')[0]}/{path}")
    return person


@pytest.fixture
def person(browser: Callable[[], Person]) -> Person:
    return browser()


@pytest.fixture
def intruder(
    browser: Callable[[], Person], library: Service, post: Post, alice: Citizen, clock: FixedClock
) -> Person:
    """Somebody with Alice's mailbox and one code of her app, who set a password of theirs."""
    person = browser()
    reset(person, library, post, alice, clock)
    assert person.left_to is not None, person.heading
    return person


@pytest.mark.parametrize("page", CHANGES)
def test_second_factors_are_held_for_48_hours(
    intruder: Person, alice: Citizen, clock: FixedClock, library: Service, page: str
) -> None:
    intruder.open(f"/account/{page}")
    assert (intruder.status, intruder.heading) == (200, HELD)
    assert "recovery code" not in intruder.page.text.replace("recovery codes or", "")
    intruder.open("/account/confirm/backup")
    assert intruder.heading == HELD
    clock.move(2 * DAY - 1)
    walks.sign_in(intruder, library, alice, clock)
    intruder.open(f"/account/{page}")
    assert intruder.heading == HELD
    clock.move(1)
    intruder.open(f"/account/{page}")
    assert intruder.heading.startswith("Enter your password"), intruder.heading


def test_the_security_page_says_until_when(intruder: Person, clock: FixedClock) -> None:
    intruder.open("/account/security")
    assert "Your password was reset not long ago" in intruder.page.text
    intruder.open("/account/held/password")
    assert intruder.heading.startswith("Enter your password"), "a password is not held"
    intruder.open("/account/held/nonsense")
    assert intruder.status == 404


def test_neither_a_code_nor_a_passkey_ends_the_hold_and_a_recovery_code_does(
    intruder: Person,
    alice: Citizen,
    clock: FixedClock,
    session: Session,
    services: Services,
) -> None:
    code = give_codes(session, services, alice)[0]
    give_passkey(session, services, alice)
    session.commit()
    intruder.open("/account/app")
    assert "if you have one of your recovery codes" in intruder.page.text
    intruder.open("/account/confirm/app/passkey")
    assert intruder.heading.startswith("Enter your password")
    assert "Use a passkey instead" not in intruder.page.text
    intruder.send({"password": NEW})
    assert intruder.heading == "Enter a recovery code to change your authenticator app"
    intruder.open("/account/confirm/app/code")
    assert intruder.heading == "Enter a recovery code to change your authenticator app"
    intruder.send({"recovery_code": "AAAA-AAAA-AAAA-AAAA"})
    assert intruder.status == 400
    intruder.send({"recovery_code": code})
    assert intruder.heading == "Set up another authenticator app"
    intruder.send({"code": walks.first_code(intruder, clock)})
    assert intruder.heading == "You have changed how you sign in"
    intruder.open("/account/app")
    assert intruder.heading == HELD, "one code, two changes"


def test_a_passkey_is_not_removed_either(
    intruder: Person, alice: Citizen, session: Session, services: Services
) -> None:
    give_passkey(session, services, alice)
    session.commit()
    [mine] = passkeys.of_account(session, alice.account_id)
    intruder.open("/account/email")
    form = dict(intruder.form().values)
    intruder._go("POST", f"/account/passkeys/{mine.id}/remove", form, {})
    assert intruder.heading == HELD
    session.rollback()
    assert passkeys.of_account(session, alice.account_id) != []


def test_what_was_confirmed_before_the_reset_serves_nothing_after_it(
    browser: Callable[[], Person],
    library: Service,
    post: Post,
    alice: Citizen,
    clock: FixedClock,
) -> None:
    person = browser()
    walks.sign_in(person, library, alice, clock)
    clock.move(60)
    person.open("/account/app")
    person.send({"password": alice.password})
    assert person.heading == "Set up another authenticator app"
    page, form, code = person.url, dict(person.form().values), walks.first_code(person, clock)
    walks.arrive(person, library, prompt="login")
    at(person, "reset/request").send()
    person.send({"code": post.code(alice.email)})
    person.send({"code": alice.code(clock.now())})
    person.send({"password": NEW})
    assert person.left_to is not None, person.heading
    person._go("POST", page, form | {"code": code}, {})
    assert person.heading == HELD


def test_no_passkey_is_offered_while_it_lasts(
    browser: Callable[[], Person],
    library: Service,
    post: Post,
    alice: Citizen,
    clock: FixedClock,
    session: Session,
) -> None:
    account = accounts.get(session, alice.account_id)
    assert account is not None
    account.passkey_offered_at = None
    session.commit()
    intruder = browser()
    reset(intruder, library, post, alice, clock)
    assert intruder.left_to is not None, "the intruder may add a passkey"
    clock.move(60)
    session.refresh(account)
    account.terms_version = 0
    session.commit()
    later = browser()
    walks.come_to_code(later, library, alice)
    later.send({"code": alice.code(clock.now())})
    assert later.url.endswith("/terms"), "the intruder may add a passkey"
    at(later, "passkey-offer")
    assert later.url.endswith("/terms"), "the intruder may add a passkey all the same"
    later.send()
    assert later.left_to is not None
    clock.move(2 * DAY)
    owner = browser()
    walks.come_to_code(owner, library, alice)
    owner.send({"code": alice.code(clock.now())})
    assert owner.url.endswith("/passkey-offer")


def test_no_recovery_codes_are_made_in_the_journey_of_a_reset(
    browser: Callable[[], Person],
    library: Service,
    post: Post,
    alice: Citizen,
    clock: FixedClock,
    session: Session,
) -> None:
    person = browser()
    walks.come_to_password(person, library, alice.email)
    journey = person.url.removesuffix("password")
    at(person, "reset/request").send()
    person.send({"code": post.code(alice.email)})
    clock.move(30)
    person.send({"code": alice.code(clock.now())})
    account = accounts.get(session, alice.account_id)
    assert account is not None
    account.terms_version = 0
    session.commit()
    person.send({"password": NEW})
    assert person.url.endswith("/terms"), "the Journey is over"
    person.open(f"{journey}create/recovery-codes")
    assert person.heading != "Save your recovery codes"
    session.rollback()
    assert not second_factors.of(session, alice.account_id).codes.shown


def test_a_sign_in_makes_no_recovery_codes_past_the_confirmation(
    browser: Callable[[], Person],
    library: Service,
    alice: Citizen,
    clock: FixedClock,
    session: Session,
) -> None:
    clock.move(3600)
    account = accounts.get(session, alice.account_id)
    assert account is not None
    account.terms_version = 0
    session.commit()
    person = browser()
    walks.come_to_code(person, library, alice)
    person.send({"code": alice.code(clock.now())})
    assert person.url.endswith("/terms")
    person.open(person.url.replace("/terms", "/create/recovery-codes"))
    assert person.url.endswith("/terms")


def test_who_replaces_a_weak_password_that_they_gave_is_not_held(
    person: Person, library: Service, alice: Citizen, clock: FixedClock, session: Session
) -> None:
    walks.come_to_code(person, library, alice)
    account = accounts.get(session, alice.account_id)
    assert account is not None
    account.reset_because = accounts.WEAK
    session.commit()
    person.send({"code": alice.code(clock.now())})
    assert person.heading == "Set a new password"
    person.send({"password": NEW})
    assert person.left_to is not None, person.heading
    person.open("/account/app")
    assert person.heading.startswith("Enter your password"), person.heading


def test_a_reset_with_a_recovery_code_holds_nothing(
    browser: Callable[[], Person],
    library: Service,
    post: Post,
    alice: Citizen,
    clock: FixedClock,
    session: Session,
    services: Services,
) -> None:
    code = give_codes(session, services, alice)[0]
    session.commit()
    intruder, owner = browser(), browser()
    reset(intruder, library, post, alice, clock)
    intruder.open("/account/app")
    assert intruder.heading == HELD
    clock.move(60)
    reset(owner, library, post, alice, clock, code, new="another lantern friday")
    owner.open("/account/app")
    assert owner.heading.startswith("Enter your password"), owner.heading
    owner.send({"password": alice.password})
    assert owner.heading == "Set up another authenticator app"
    intruder.open("/account/app")
    assert "/j/" in intruder.url, "the intruder is still signed in"
