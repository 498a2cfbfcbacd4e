"""A newcomer creates an account, from a service's link to the service's page."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import throttles
from idp.domain.accounts import Account
from idp.domain.authenticator_apps import AuthenticatorApp
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty


def test_alice_creates_an_account_and_comes_back_to_the_service(
    person: Person, library: RelyingParty, post: Post, clock: FixedClock
) -> None:
    request = walks.come_to_app(person, library, post)
    assert person.heading == "Set up an authenticator app"
    person.send({"code": walks.first_code(person, clock)})
    walks.save_codes(person)
    assert person.heading == "You have created your Onepass account"
    person.open(next(href for href, words in person.page.links if "Continue to" in words))
    assert "code" in library.answer(request, person.left_to)
    assert post.newest(walks.NEW_EMAIL).subject == "You have created your Onepass account"


def test_the_code_page_shows_the_address_and_the_mail_holds_the_code(
    person: Person, library: RelyingParty, post: Post
) -> None:
    walks.come_to_email_code(person, library)
    assert person.heading == "Check your email"
    assert walks.NEW_EMAIL in person.page.text
    assert len(post.code(walks.NEW_EMAIL)) == 6


def test_spaces_and_hyphens_in_a_pasted_code_do_not_matter(
    person: Person, library: RelyingParty, post: Post
) -> None:
    walks.come_to_email_code(person, library)
    code = post.code(walks.NEW_EMAIL)
    person.send({"code": f" {code[:2]} {code[2:4]}-{code[4:]} "})
    assert person.heading == "Create your password"


def test_six_wrong_email_codes_kill_the_code_and_a_new_one_works_at_once(
    person: Person, library: RelyingParty, post: Post
) -> None:
    walks.come_to_email_code(person, library)
    code = post.code(walks.NEW_EMAIL)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(6):
        person.send({"code": wrong})
        assert person.status == 400
    person.send({"code": code})
    assert "wrong or has expired" in person.page.text
    person.open(next(href for href, words in person.page.links if "new code" in words))
    person.send()
    person.send({"code": post.code(walks.NEW_EMAIL)})
    assert person.heading == "Create your password"


def test_only_the_newest_code_works(person: Person, library: RelyingParty, post: Post) -> None:
    walks.come_to_email_code(person, library)
    first = post.code(walks.NEW_EMAIL)
    person.open(person.url.replace("email-code", "email-resend"))
    person.send()
    assert post.code(walks.NEW_EMAIL) != first
    person.send({"code": first})
    assert person.status == 400


def test_a_code_is_good_for_an_hour(
    person: Person, library: RelyingParty, post: Post, clock: FixedClock
) -> None:
    walks.come_to_email_code(person, library)
    code = post.code(walks.NEW_EMAIL)
    clock.move(3601)
    person.send({"code": code})
    assert person.status in (400, 410)


def test_after_five_more_codes_nobody_can_ask_for_another_for_two_hours(
    person: Person, library: RelyingParty, post: Post, browser: Callable[[], Person]
) -> None:
    walks.come_to_email_code(person, library)
    resend = person.url.replace("email-code", "email-resend")
    for _ in range(5):
        person.open(resend)
        person.send()
    assert person.heading == "You cannot get a new code at the moment"
    person.open(resend)
    assert person.heading == "You cannot get a new code at the moment"
    other = browser()
    walks.come_to_email_code(other, library, "  ALICE@example.com ")
    assert other.heading == "You cannot get a new code at the moment"
    assert len(post.all()) == 6


def test_a_known_address_meets_the_same_pages_and_its_owner_is_told(
    person: Person, library: RelyingParty, post: Post, alice: Citizen, browser: Callable[[], Person]
) -> None:
    walks.come_to_email_code(person, library, alice.email)
    other = browser()
    walks.come_to_email_code(other, library, "nobody@example.com")
    assert (person.heading, person.status) == (other.heading, other.status)
    assert person.page.text.replace(alice.email, "x") == other.page.text.replace(
        "nobody@example.com", "x"
    )
    assert post.newest(alice.email).kind == "already_have_account"
    assert post.newest("nobody@example.com").kind == "email_code"


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("", "Enter a password"),
        ("short", "Password must be 10 characters or more"),
        ("x" * 300 + "y z", "Password must be 256 characters or fewer"),
        ("password123", "That password is too easy to guess. Choose another one"),
        ("alice@example.com", "Your password must not be your email address"),
        ("aaaaaaaaaaaa", "one character repeated"),
    ],
)
def test_a_poor_password_is_refused_in_words_and_not_shown_again(
    person: Person, library: RelyingParty, post: Post, password: str, message: str
) -> None:
    walks.come_to_new_password(person, library, post)
    person.send({"password": password})
    assert person.status == 400
    assert person.page.title.startswith("Error: ")
    assert message in person.page.text
    assert person.form().values.get("password", "") == ""


def test_a_long_password_in_any_script_is_taken_whole(
    person: Person, library: RelyingParty, post: Post
) -> None:
    walks.come_to_new_password(person, library, post)
    person.send({"password": "ŵŷ 漢字 🐉 " * 20})
    assert person.heading == "Set up an authenticator app"


def test_a_wrong_first_code_keeps_the_same_key_and_stores_no_app(
    person: Person, library: RelyingParty, post: Post, clock: FixedClock, session: Session
) -> None:
    walks.come_to_app(person, library, post)
    seed = walks.seed_shown(person)
    person.send({"code": Citizen(seed=seed).wrong_code(clock.now())})
    assert person.status == 400
    assert walks.seed_shown(person) == seed
    assert session.scalar(select(AuthenticatorApp)) is None
    person.send({"code": walks.first_code(person, clock)})
    walks.save_codes(person)
    assert person.heading == "You have created your Onepass account"


def test_two_newcomers_never_get_the_same_key(
    person: Person, library: RelyingParty, post: Post, browser: Callable[[], Person]
) -> None:
    walks.come_to_app(person, library, post)
    other = browser()
    walks.come_to_app(other, library, post, "bob@example.com")
    assert len(walks.seed_shown(person)) == 32
    assert walks.seed_shown(person) != walks.seed_shown(other)


def test_who_left_after_the_password_finishes_by_signing_in(
    person: Person,
    library: RelyingParty,
    post: Post,
    clock: FixedClock,
    browser: Callable[[], Person],
) -> None:
    walks.come_to_app(person, library, post)
    returning = browser()
    request = walks.come_to_password(returning, library, walks.NEW_EMAIL)
    returning.send({"password": walks.NEW_PASSWORD})
    assert returning.heading == "Finish creating your account: set up an authenticator app"
    returning.send({"code": walks.first_code(returning, clock)})
    walks.save_codes(returning)
    returning.open(next(href for href, words in returning.page.links if "Continue to" in words))
    assert "code" in library.answer(request, returning.left_to)


def test_an_account_that_has_an_app_is_never_given_another_here(
    person: Person, library: RelyingParty, alice: Citizen, session: Session
) -> None:
    walks.come_to_code(person, library, alice)
    before = session.scalars(select(AuthenticatorApp.id)).all()
    person.open(person.url.replace("/code", "/create/app"))
    assert person.heading == "Enter the code from your authenticator app"
    assert session.scalars(select(AuthenticatorApp.id)).all() == before


def test_steps_cannot_be_skipped(person: Person, library: RelyingParty) -> None:
    walks.arrive(person, library)
    person.send(button=walks.CREATE)
    base = person.url.removesuffix("/email")
    for page in ("password", "app", "done", "email-code", "email-resend"):
        person.open(f"{base}/{page}")
        assert person.heading == "What is your email address?", page


def test_nothing_secret_stands_in_hidden_fields_or_addresses(
    person: Person, library: RelyingParty, post: Post
) -> None:
    walks.come_to_app(person, library, post)
    assert set(person.form().values) == {"csrf_token", "code"}
    seed = walks.seed_shown(person)
    assert seed not in person.url
    assert walks.NEW_EMAIL not in person.url


def test_an_address_taken_in_the_meantime_leads_to_signing_in(
    person: Person, library: RelyingParty, post: Post, browser: Callable[[], Person]
) -> None:
    walks.come_to_new_password(person, library, post)
    other = browser()
    walks.come_to_new_password(other, library, post)
    person.send({"password": walks.NEW_PASSWORD})
    other.send({"password": "another password here"})
    assert other.heading in ("Enter your password", "Enter your email address to sign in")


def test_no_email_address_is_stored_before_it_is_proved(
    person: Person, library: RelyingParty, app: Flask, session: Session
) -> None:
    walks.come_to_email_code(person, library)
    assert session.scalar(select(Account)) is None


VICTIM = "victim@example.com"


def _accounts(session: Session) -> set[str]:
    return set(session.scalars(select(Account.email)))


def test_a_proved_address_proves_no_other_that_is_typed_when_signing_in(
    person: Person, library: RelyingParty, post: Post, session: Session
) -> None:
    walks.come_to_new_password(person, library, post)
    new_password = person.url
    person.open(new_password.replace("/create/password", "/email"))
    person.send({"email": VICTIM})
    person.open(new_password)
    assert person.heading == "Check your email"
    assert _accounts(session) == set()


def test_a_code_mailed_to_one_address_proves_no_other(
    person: Person, library: RelyingParty, post: Post, session: Session
) -> None:
    walks.come_to_email_code(person, library)
    asked, code = person.url, post.code(walks.NEW_EMAIL)
    person.open(asked.replace("/create/email-code", "/email"))
    person.send({"email": VICTIM})
    person.open(asked)
    person.send({"code": code})
    assert "wrong or has expired" in person.page.text
    assert _accounts(session) == set()


def test_a_code_proves_no_address_to_which_no_more_can_be_sent(
    person: Person, library: RelyingParty, post: Post, session: Session, clock: FixedClock
) -> None:
    """The new address is refused a code, and the code for the old one is still at hand."""
    for _ in range(6):
        throttles.reserve(session, throttles.Kind.EMAIL_SEND, VICTIM, clock.now())
    session.commit()
    walks.come_to_email_code(person, library)
    asked, code = person.url, post.code(walks.NEW_EMAIL)
    person.open(asked.replace("/create/email-code", "/create/email"))
    person.send({"email": VICTIM})
    person.open(asked)
    person.send({"code": code})
    assert "wrong or has expired" in person.page.text
    assert _accounts(session) == set()
