"""Owners show again who they are, by a recovery code or a passkey too, and with nothing old."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import passkeys, recovery_codes
from idp.domain.audit_entries import AuditEntry
from idp.domain.services import Services
from tests.journeys.conftest import Post
from tests.journeys.walks import come_to_code, options_of, sign_in
from tests.support.citizens import Citizen, give_codes, give_passkey
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty as Service

CODE = "Enter a security code to change your email address"
RECOVERY_CODE = "Enter a recovery code to change your email address"
PASSKEY = "Use a passkey to change your email address"
PASSWORD = "Enter your password to change your email address"
JUST_LOCKED = "You have tried too many times"
LOCKED = "You cannot do this at the moment"
WRONG = "AAAA-AAAA-AAAA-AAAA"


@pytest.fixture
def owner(
    browser: Callable[[], Person], alice: Citizen, library: Service, clock: FixedClock
) -> Person:
    """Alice, signed in so long ago that a password is not enough."""
    person = browser()
    sign_in(person, library, alice, clock)
    clock.move(901)
    return person


def come_to_second(owner: Person, citizen: Citizen, change: str = "email") -> None:
    """Give the password for a change."""
    owner.open(f"/account/{change}")
    owner.send({"password": citizen.password})


def confirmed(session: Session) -> list[str]:
    """The changes that were confirmed, as the audit record tells."""
    session.rollback()
    entries = session.scalars(select(AuditEntry).where(AuditEntry.fact == "change_confirmed"))
    return [entry.detail for entry in entries]


def host(person: Person) -> str:
    """Where the person's cookies are kept."""
    return urlsplit(person.issuer).hostname or ""


def cookie_name(person: Person) -> str:
    """What the session's cookie is called here."""
    return ("__Host-" if person.issuer.startswith("https") else "") + "onepass-session"


def cookie_of(person: Person) -> str:
    """What opens the person's session."""
    cookie = person.client.get_cookie(cookie_name(person), domain=host(person))
    assert cookie is not None
    return cookie.value


class TestRecoveryCode:
    def test_it_stands_for_the_apps_code_once(
        self, owner: Person, alice: Citizen, session: Session, services: Services, post: Post
    ) -> None:
        code = give_codes(session, services, alice)[0]
        session.commit()
        come_to_second(owner, alice)
        assert (owner.heading, "Use a passkey instead" in owner.page.text) == (CODE, False)
        owner.open("/account/confirm/email/recovery-code")
        assert owner.heading == RECOVERY_CODE
        for typed in ("", WRONG):
            owner.send({"recovery_code": typed})
            assert owner.status == 400
        owner.send({"recovery_code": code.lower()})
        assert owner.url.endswith("/account/email"), owner.heading
        assert post.newest(alice.email).kind == "recovery_code_used"
        assert len(confirmed(session)) == 1
        assert recovery_codes.left(session, alice.account_id) == 9

    def test_it_comes_after_the_password_and_only_where_there_is_one(
        self, owner: Person, alice: Citizen, session: Session, services: Services
    ) -> None:
        owner.open("/account/confirm/email/recovery-code")
        assert owner.heading == PASSWORD
        come_to_second(owner, alice)
        assert "Use a recovery code instead" not in owner.page.text
        owner.open("/account/confirm/email/recovery-code")
        assert owner.heading == CODE
        give_codes(session, services, alice)
        session.commit()
        owner.open("/account/confirm/email/recovery-code")
        assert owner.heading == RECOVERY_CODE

    def test_wrong_ones_are_counted_with_those_of_signing_in(
        self,
        owner: Person,
        browser: Callable[[], Person],
        alice: Citizen,
        library: Service,
        session: Session,
        services: Services,
        clock: FixedClock,
    ) -> None:
        code = give_codes(session, services, alice)[0]
        session.commit()
        elsewhere = browser()
        come_to_code(elsewhere, library, alice)
        elsewhere.open(elsewhere.url.replace("/code", "/recovery-code"))
        for _ in range(2):
            elsewhere.send({"recovery_code": WRONG})
            assert elsewhere.status == 400
        come_to_second(owner, alice)
        owner.open("/account/confirm/email/recovery-code")
        for _ in range(3):
            owner.send({"recovery_code": WRONG})
        assert owner.heading == JUST_LOCKED
        assert "Use a code from an authenticator app instead" in owner.page.text
        elsewhere.send({"recovery_code": code})
        assert elsewhere.url.endswith("/locked")
        owner.open("/account/confirm/email/recovery-code")
        assert owner.heading == LOCKED
        # The lock closes this way alone.
        owner.open("/account/confirm/email/code")
        owner.send({"code": alice.code(clock.now())})
        assert owner.url.endswith("/account/email")

    def test_a_lock_on_the_apps_codes_leaves_it_open(
        self, owner: Person, alice: Citizen, session: Session, services: Services, clock: FixedClock
    ) -> None:
        code = give_codes(session, services, alice)[0]
        session.commit()
        come_to_second(owner, alice)
        for _ in range(6):
            owner.send({"code": alice.wrong_code(clock.now())})
        assert (owner.heading, "Use a recovery code instead" in owner.page.text) == (
            JUST_LOCKED,
            True,
        )
        owner.open("/account/confirm/email/recovery-code")
        owner.send({"recovery_code": code})
        assert owner.url.endswith("/account/email")


class TestPasskey:
    def test_it_stands_for_password_and_code(
        self, owner: Person, alice: Citizen, session: Session, services: Services
    ) -> None:
        device = give_passkey(session, services, alice)
        session.commit()
        owner.open("/account/email")
        assert (owner.heading, "Use a passkey instead" in owner.page.text) == (PASSWORD, True)
        owner.open("/account/confirm/email/passkey")
        assert owner.heading == PASSKEY
        for answer in ("", "{}"):
            owner.send({"answer": answer})
            assert (owner.status, owner.heading) == (400, PASSKEY)
        before = cookie_of(owner)
        owner.send({"answer": device.get(options_of(owner))})
        assert owner.url.endswith("/account/email"), owner.heading
        assert cookie_of(owner) != before
        assert len(confirmed(session)) == 1
        owner.open("/account/confirm/email/passkey")
        assert owner.url.endswith("/account/email")

    def test_who_has_none_is_asked_for_the_password(self, owner: Person) -> None:
        owner.open("/account/confirm/email/passkey")
        assert owner.heading == PASSWORD
        owner.open("/account/confirm/nonsense/passkey")
        assert owner.status == 404

    def test_an_answer_serves_one_change_once_in_one_session(
        self,
        owner: Person,
        browser: Callable[[], Person],
        library: Service,
        alice: Citizen,
        session: Session,
        services: Services,
        clock: FixedClock,
    ) -> None:
        device = give_passkey(session, services, alice)
        session.commit()
        other = browser()
        sign_in(other, library, alice, clock)
        clock.move(901)
        other.open("/account/confirm/email/passkey")
        owner.open("/account/confirm/delete/passkey")
        for_deletion = device.get(options_of(owner))
        owner.open("/account/confirm/email/passkey")
        for answer in (for_deletion, device.get(options_of(other))):
            owner.send({"answer": answer})
            assert (owner.status, owner.heading) == (400, PASSKEY)
        answer = device.get(options_of(owner))
        owner.send({"answer": answer})
        assert owner.url.endswith("/account/email")
        owner.send({"email": "new.alice@example.com"})
        owner.open("/account/confirm/email/passkey")
        owner.send({"answer": answer})
        assert (owner.status, owner.heading) == (400, PASSKEY)
        owner.open("/account/delete")
        assert owner.heading == "Enter your password to delete your account"

    def test_the_passkey_of_somebody_else_confirms_nothing(
        self, owner: Person, alice: Citizen, bob: Citizen, session: Session, services: Services
    ) -> None:
        mine = give_passkey(session, services, alice)
        theirs = give_passkey(session, services, bob)
        session.commit()
        owner.open("/account/confirm/email/passkey")
        owner.send({"answer": theirs.get(options_of(owner))})
        assert (owner.status, owner.heading) == (400, PASSKEY)
        owner.send({"answer": mine.get(options_of(owner))})
        assert owner.url.endswith("/account/email")

    def test_one_that_was_removed_meanwhile_confirms_nothing(
        self, owner: Person, alice: Citizen, session: Session, services: Services
    ) -> None:
        device = give_passkey(session, services, alice)
        session.commit()
        owner.open("/account/confirm/email/passkey")
        answer = device.get(options_of(owner))
        passkeys.remove_all(session, alice.account_id)
        session.commit()
        owner.send({"answer": answer})
        assert owner.heading == PASSWORD

    def test_a_lock_on_the_password_leaves_it_open(
        self, owner: Person, alice: Citizen, session: Session, services: Services
    ) -> None:
        device = give_passkey(session, services, alice)
        session.commit()
        owner.open("/account/email")
        for _ in range(6):
            owner.send({"password": "not this one at all"})
        assert (owner.heading, "Use a passkey instead" in owner.page.text) == (JUST_LOCKED, True)
        owner.open("/account/confirm/email/passkey")
        owner.send({"answer": device.get(options_of(owner))})
        assert owner.url.endswith("/account/email")


class TestBreakingIn:
    def test_what_was_confirmed_for_one_change_serves_no_other(
        self, owner: Person, alice: Citizen, clock: FixedClock
    ) -> None:
        come_to_second(owner, alice, "email")
        owner.open("/account/confirm/delete/code")
        assert owner.heading == "Enter your password to delete your account"
        owner.open("/account/confirm/email/code")
        owner.send({"code": alice.code(clock.now())})
        for change in ("password", "delete", "app", "passkeys", "recovery-codes", "data"):
            owner.open(f"/account/{change}")
            assert owner.heading.startswith("Enter your password"), change
        owner.open("/account/email")
        assert owner.heading == "What is your new email address?"

    def test_nothing_is_confirmed_after_signing_out(
        self, owner: Person, alice: Citizen, clock: FixedClock, session: Session
    ) -> None:
        come_to_second(owner, alice)
        page, form = owner.url, dict(owner.form().values)
        cookie = cookie_of(owner)
        owner.open("/logout")
        owner.send()
        owner.client.set_cookie(cookie_name(owner), cookie, domain=host(owner))
        owner._go("POST", page, form | {"code": alice.code(clock.now())}, {})
        assert "/j/" in owner.url
        assert confirmed(session) == []

    def test_two_tabs_with_two_addresses_need_two_confirmations(
        self, owner: Person, alice: Citizen, clock: FixedClock, post: Post
    ) -> None:
        come_to_second(owner, alice)
        owner.send({"code": alice.code(clock.now())})
        form = dict(owner.form().values)
        owner.send({"email": "one@example.com"})
        first = owner.url
        owner._go("POST", "/account/email", form | {"email": "two@example.com"}, {})
        assert owner.heading == PASSWORD
        assert "two@example.com" not in [message.to for message in post.all()]
        owner.send({"password": alice.password})
        owner.send({"email": "two@example.com"})
        code = post.code("two@example.com")
        owner.send({"code": code})
        assert "two@example.com" in owner.page.text
        owner.open(first)
        if code != post.code("one@example.com"):
            owner.send({"code": code})
            assert owner.status == 400, "the code of one address proves the other"
        owner.send({"code": post.code("one@example.com")})
        assert "one@example.com" in owner.page.text
        assert post.newest("two@example.com").kind == "email_changed_from"
