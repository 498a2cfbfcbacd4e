"""Somebody has forgotten their password, or must have another one."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from idp.domain import accounts, holds, interventions, sessions, throttles
from idp.domain.accounts import Account
from idp.domain.audit_entries import AuditEntry
from idp.domain.services import Services
from idp.domain.throttles import Kind
from idp.kernel.database import db
from idp.protocol.vectors_of_trust import CREDENTIAL_LEVELS
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.support.citizens import Citizen, give_codes
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

NOBODY = "nobody@example.com"
NEW = "velvet tractor seventeen"
CHECK_MAIL, FACTOR, SET = (
    "Check your email",
    "Enter the code from your authenticator app",
    "Set a new password",
)
JUST_LOCKED, STILL_LOCKED = (
    "You have tried too many times",
    "You cannot reset your password at the moment",
)
PASSWORD = "Enter your password"
TWO_HOURS = 7200


def page(person: Person, path: str) -> Person:
    """Open another page of this Journey."""
    start, _, rest = person.url.partition("/j/")
    person.open(f"{start}/j/{rest.partition('/')[0]}/{path}")
    return person


def come_to_reset_code(person: Person, service: RelyingParty, email: str) -> None:
    """Say that the password is forgotten, and have a code sent."""
    walks.come_to_password(person, service, email)
    assert "I have forgotten my password" in person.page.text
    page(person, "reset/request")
    person.send()
    assert person.heading == CHECK_MAIL


def come_to_second_factor(
    person: Person, service: RelyingParty, post: Post, citizen: Citizen
) -> None:
    """Prove the mailbox."""
    come_to_reset_code(person, service, citizen.email)
    person.send({"code": post.code(citizen.email)})
    assert person.heading == FACTOR


def come_to_set(
    person: Person, service: RelyingParty, post: Post, citizen: Citizen, clock: FixedClock
) -> None:
    """Give the second factor as well."""
    come_to_second_factor(person, service, post, citizen)
    clock.move(30)
    person.send({"code": citizen.code(clock.now())})
    assert person.heading == SET


def account_of(session: Session, citizen: Citizen) -> Account:
    session.rollback()
    account = session.get(Account, citizen.account_id, populate_existing=True)
    assert account is not None
    return account


def facts(session: Session, account_id: str) -> list[str]:
    session.rollback()
    query = sa.select(AuditEntry.fact).where(AuditEntry.account_id == account_id)
    return list(session.scalars(query.order_by(AuditEntry.id)))


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "111111"


def test_the_whole_way_signs_in_at_both_factors_without_another_code(
    person: Person,
    library: RelyingParty,
    alice: Citizen,
    post: Post,
    clock: FixedClock,
    session: Session,
    services: Services,
) -> None:
    come_to_set(person, library, post, alice, clock)
    person.send({"password": NEW})
    assert person.left_to is not None, person.heading
    account = account_of(session, alice)
    assert services.hasher.verify(account.password_hash, NEW)
    assert account.password_reset_at == account.password_set_at == clock.now()
    assert post.newest(alice.email).kind == "password_changed"
    [live] = session.scalars(sa.select(sessions.BrowserSession))
    assert (live.level, live.amr) == ("Cl.Cm", "pwd otp mfa")
    assert live.level in CREDENTIAL_LEVELS
    assert {"email_code_sent", "email_proved", "second_factor_passed", "password_reset"} <= set(
        facts(session, alice.account_id)
    )


def test_every_other_session_ends_and_this_browser_gets_a_new_cookie(
    browser: Callable[[], Person],
    library: RelyingParty,
    alice: Citizen,
    post: Post,
    clock: FixedClock,
    session: Session,
) -> None:
    elsewhere, here = browser(), browser()
    walks.sign_in(elsewhere, library, alice, clock)
    come_to_set(here, library, post, alice, clock)
    here.send({"password": NEW})
    rows = session.scalars(sa.select(sessions.BrowserSession)).all()
    assert sorted(row.ended_because or "live" for row in rows) == ["live", "password_reset"]
    walks.arrive(elsewhere, library)
    assert elsewhere.left_to is None


def test_a_lock_on_passwords_is_lifted_by_it(
    browser: Callable[[], Person],
    library: RelyingParty,
    alice: Citizen,
    post: Post,
    clock: FixedClock,
) -> None:
    person = browser()
    walks.come_to_password(person, library, alice.email)
    for _ in range(6):
        person.send({"password": "guess after guess"})
    assert person.heading == JUST_LOCKED
    assert "reset your password" in person.page.text
    assert "wait, and try again after" in person.page.text
    page(person, "reset/request").send()
    person.send({"code": post.code(alice.email)})
    person.send({"code": alice.code(clock.now())})
    person.send({"password": NEW})
    assert person.left_to is not None, person.heading
    again = browser()
    walks.come_to_password(again, library, alice.email)
    again.send({"password": NEW})
    assert again.heading == FACTOR


def test_the_mailbox_alone_sets_no_password(
    person: Person, library: RelyingParty, alice: Citizen, post: Post, session: Session
) -> None:
    come_to_second_factor(person, library, post, alice)
    before = account_of(session, alice).password_hash
    for path in ("reset/password", "reset/request", "reset/email-code", "reset/required", ""):
        page(person, path)
        assert person.heading != SET
        assert person.left_to is None
    page(person, "reset/second-factor")
    token = person.form().values["csrf_token"]
    target = person.url.replace("second-factor", "password")
    answer = person.request("POST", target, {"csrf_token": token, "password": NEW}, {})
    assert answer.headers["Location"].endswith("/reset/second-factor")
    assert account_of(session, alice).password_hash == before


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter a password"),
        ("too short", "10 characters or more"),
        ("password123", "too easy to guess"),
        ("alice@example.com", "must not be your email address"),
        ("marmalade ladder 27", "You are already using that password"),
    ],
)
def test_a_password_that_cannot_be_set(
    person: Person,
    library: RelyingParty,
    alice: Citizen,
    post: Post,
    clock: FixedClock,
    typed: str,
    words: str,
) -> None:
    come_to_set(person, library, post, alice, clock)
    person.send({"password": typed})
    assert person.status == 400
    assert words in person.page.text
    person.send({"password": NEW})
    assert person.left_to is not None


class TestGuessing:
    def test_six_wrong_codes_of_the_mail_lock_for_two_hours_over_every_code(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
    ) -> None:
        person = browser()
        come_to_reset_code(person, library, alice.email)
        for _ in range(3):
            person.send({"code": wrong(post.code(alice.email))})
        page(person, "reset/email-resend").send()
        code = post.code(alice.email)
        for _ in range(2):
            person.send({"code": wrong(code)})
            assert person.status == 400
        person.send({"code": wrong(code)})
        assert person.heading == JUST_LOCKED
        page(person, "reset/email-code")
        assert person.heading == STILL_LOCKED
        other = browser()
        walks.come_to_password(other, library, alice.email)
        page(other, "reset/request").send()
        assert other.heading == STILL_LOCKED
        assert post.newest(alice.email).kind == "password_reset_code", "sign-in is not paused"
        clock.move(TWO_HOURS + 1)
        person = browser()
        come_to_reset_code(person, library, alice.email)
        person.send({"code": post.code(alice.email)})
        assert person.heading == FACTOR

    def test_six_wrong_codes_of_the_app_lock_this_way_and_no_other(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
        session: Session,
    ) -> None:
        person = browser()
        come_to_second_factor(person, library, post, alice)
        for _ in range(5):
            person.send({"code": alice.wrong_code(clock.now())})
            assert person.status == 400
        person.send({"code": alice.wrong_code(clock.now())})
        assert person.heading == JUST_LOCKED
        other = browser()
        come_to_reset_code(other, library, alice.email)
        other.send({"code": post.code(alice.email)})
        assert other.heading == STILL_LOCKED
        assert "locked" in facts(session, alice.account_id)
        walks.sign_in(browser(), library, alice, clock)
        clock.move(TWO_HOURS + 1)
        come_to_set(browser(), library, post, alice, clock)

    def test_the_right_code_gives_the_tries_back(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
    ) -> None:
        for _ in range(2):
            person = browser()
            come_to_reset_code(person, library, alice.email)
            code = post.code(alice.email)
            for _ in range(5):
                person.send({"code": wrong(code)})
            person.send({"code": code})
            assert person.heading == FACTOR

    def test_a_sixth_mail_is_the_last_for_two_hours(
        self, person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock
    ) -> None:
        come_to_reset_code(person, library, alice.email)
        for _ in range(5):
            page(person, "reset/email-resend").send()
        assert person.heading == "You have asked for too many codes"
        page(person, "reset/email-resend")
        assert person.heading == "You cannot get a new code at the moment"
        walks.come_to_password(person, library, alice.email)
        page(person, "reset/request").send()
        assert person.heading == "You cannot get a new code at the moment"
        assert "Enter the newest code" not in person.page.text
        clock.move(TWO_HOURS + 1)
        come_to_reset_code(person, library, alice.email)

    def test_a_code_works_for_fifteen_minutes_once_and_only_the_newest(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
    ) -> None:
        person = browser()
        come_to_reset_code(person, library, alice.email)
        first = post.code(alice.email)
        page(person, "reset/email-resend").send()
        person.send({"code": first})
        assert person.status == 400
        second = post.code(alice.email)
        clock.move(900)
        person.send({"code": second})
        assert person.status == 400
        page(person, "reset/email-resend").send()
        person.send({"code": post.code(alice.email)})
        assert person.heading == FACTOR


class TestKeepingAccountsSecret:
    def test_an_unknown_address_sees_the_same_and_is_written_nothing(
        self, browser: Callable[[], Person], library: RelyingParty, alice: Citizen, post: Post
    ) -> None:
        seen = []
        for email in (alice.email, NOBODY):
            person = browser()
            come_to_reset_code(person, library, email)
            pages = [person.page.text.replace(email, "x")]
            for _ in range(6):
                person.send({"code": "000000"})
                pages.append(person.page.text.replace(email, "x"))
            seen.append(pages)
        assert seen[0] == seen[1]
        assert {message.to for message in post.all()} == {alice.email}

    def test_the_code_that_nobody_was_told_opens_nothing(
        self,
        person: Person,
        library: RelyingParty,
        services: Services,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(type(services.entropy), "digits", lambda *_: "123456")
        come_to_reset_code(person, library, NOBODY)
        person.send({"code": "123456"})
        assert (person.status, person.heading) == (400, CHECK_MAIL)

    def test_who_is_suspended_learns_it_after_the_code_and_not_before(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        session: Session,
        services: Services,
    ) -> None:
        interventions.suspend(session, services, account_of(session, alice))
        session.commit()
        person = browser()
        come_to_reset_code(person, library, alice.email)
        person.send({"code": post.code(alice.email)})
        assert person.heading == "Your account is suspended"
        page(person, "reset/password")
        assert person.heading == "Your account is suspended"


class TestOneJourney:
    def test_what_was_proved_for_one_address_serves_no_other(
        self,
        person: Person,
        library: RelyingParty,
        alice: Citizen,
        bob: Citizen,
        post: Post,
        clock: FixedClock,
    ) -> None:
        come_to_set(person, library, post, alice, clock)
        for email in (bob.email, alice.email):
            page(person, "email").send({"email": email})
            for path in ("reset/password", "reset/second-factor", "reset/email-code"):
                page(person, path)
                assert person.heading == "Reset your password", path

    def test_a_new_password_makes_every_other_reset_worthless(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
        session: Session,
    ) -> None:
        waiting, first, second = browser(), browser(), browser()
        come_to_reset_code(waiting, library, alice.email)
        code = post.code(alice.email)
        come_to_set(first, library, post, alice, clock)
        come_to_set(second, library, post, alice, clock)
        first.send({"password": NEW})
        assert first.left_to is not None
        set_to = account_of(session, alice).password_hash
        second.send({"password": "another lantern harvest"})
        assert second.left_to is None
        assert account_of(session, alice).password_hash == set_to
        waiting.send({"code": code})
        assert waiting.heading == "Reset your password"

    def test_a_proof_is_worth_nothing_when_the_account_has_another_address(
        self,
        person: Person,
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
        session: Session,
    ) -> None:
        come_to_set(person, library, post, alice, clock)
        account = account_of(session, alice)
        account.email = account.email_key = "elsewhere@example.com"
        session.commit()
        person.send({"password": NEW})
        assert person.heading == CHECK_MAIL

    def test_a_code_for_a_new_account_is_none_for_a_new_password(
        self, person: Person, library: RelyingParty, post: Post
    ) -> None:
        walks.come_to_email_code(person, library, "new@example.com")
        code = post.code("new@example.com")
        page(person, "email").send({"email": "new@example.com"})
        page(person, "reset/email-code")
        assert person.heading == "Reset your password"
        page(person, "create/email-code").send({"code": code})
        assert person.heading == "Create your password"

    def test_who_went_on_by_signing_in_has_no_reset_to_finish(
        self, person: Person, library: RelyingParty, alice: Citizen, post: Post
    ) -> None:
        come_to_second_factor(person, library, post, alice)
        page(person, "password").send({"password": alice.password})
        for path in ("reset/request", "reset/second-factor", "reset/password", "reset/required"):
            page(person, path)
            assert person.url.endswith("/code"), path

    def test_no_page_of_it_opens_before_there_is_an_address(
        self, person: Person, library: RelyingParty
    ) -> None:
        walks.arrive(person, library)
        for path in ("reset/request", "reset/locked", "reset/password"):
            page(person, path)
            assert person.url.endswith("/email"), path

    def test_a_lock_page_leads_on_when_there_is_no_lock(
        self, person: Person, library: RelyingParty, alice: Citizen
    ) -> None:
        come_to_reset_code(person, library, alice.email)
        page(person, "reset/locked")
        assert person.heading == CHECK_MAIL


def test_an_account_without_an_app_goes_on_to_setting_one_up(
    browser: Callable[[], Person], library: RelyingParty, post: Post, clock: FixedClock
) -> None:
    walks.come_to_app(browser(), library, post)
    person = browser()
    come_to_reset_code(person, library, walks.NEW_EMAIL)
    person.send({"code": post.code(walks.NEW_EMAIL)})
    assert person.heading == SET
    person.send({"password": NEW})
    assert person.heading == "Finish creating your account: set up an authenticator app"
    person.send({"code": walks.first_code(person, clock)})
    assert person.heading == "Save your recovery codes"


def test_a_reset_of_one_person_where_another_is_signed_in_ends_that_session(
    person: Person,
    library: RelyingParty,
    alice: Citizen,
    bob: Citizen,
    post: Post,
    clock: FixedClock,
    session: Session,
) -> None:
    walks.sign_in(person, library, bob, clock)
    person.open(library.url(library.ask(prompt="login")))
    page(person, "email").send({"email": alice.email})
    page(person, "reset/request").send()
    person.send({"code": post.code(alice.email)})
    person.send({"code": alice.code(clock.now())})
    person.send({"password": NEW})
    assert person.left_to is not None, person.heading
    rows = session.scalars(sa.select(sessions.BrowserSession)).all()
    live = [row.account_id for row in rows if row.ended_at is None]
    assert live == [alice.account_id]


def test_who_is_signed_in_and_asked_again_may_have_forgotten_the_password(
    person: Person, library: RelyingParty, alice: Citizen, post: Post, clock: FixedClock
) -> None:
    walks.sign_in(person, library, alice, clock)
    person.open(library.url(library.ask(prompt="login")))
    assert person.heading == PASSWORD
    page(person, "reset/request")
    assert alice.email in person.page.text


class TestForced:
    @pytest.fixture
    def weak(self, alice: Citizen, session: Session, services: Services) -> Citizen:
        """Alice, whose password came on the list after she chose it."""
        account = account_of(session, alice)
        alice.password = "Basketball99"
        account.password_hash = services.hasher.hash(alice.password)
        session.commit()
        return alice

    @pytest.fixture
    def ordered(self, alice: Citizen, session: Session, services: Services) -> Citizen:
        """Alice, who was ordered to have a new password."""
        assert interventions.order_reset(session, services, account_of(session, alice))
        session.commit()
        return alice

    def test_a_common_password_is_replaced_after_the_code_and_before_leaving(
        self,
        person: Person,
        library: RelyingParty,
        weak: Citizen,
        clock: FixedClock,
        session: Session,
    ) -> None:
        walks.come_to_code(person, library, weak)
        assert account_of(session, weak).reset_because == accounts.WEAK
        person.send({"code": weak.code(clock.now())})
        assert person.heading == SET
        assert "too easy to guess" in person.page.text
        for path in ("", "password", "code", "start"):
            page(person, path)
            assert person.heading == SET, path
        person.send({"password": NEW})
        assert person.left_to is not None, person.heading
        assert account_of(session, weak).reset_because is None
        recorded = facts(session, weak.account_id)
        assert recorded.count("password_found_weak") == 1
        assert "password_reset" in recorded

    def test_the_common_list_costs_no_second_hash(
        self,
        person: Person,
        library: RelyingParty,
        weak: Citizen,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        from idp.domain.passwords import Hasher

        done: list[bool] = []
        real = Hasher.verify

        def verify(self: Hasher, password_hash: str | None, password: str) -> bool:
            done.append(db.session().in_transaction())
            return real(self, password_hash, password)

        monkeypatch.setattr(Hasher, "verify", verify)
        monkeypatch.setattr(Hasher, "hash", lambda *_: pytest.fail("a second hash"))
        walks.come_to_code(person, library, weak)
        assert done == [False]

    def test_a_password_alone_does_not_replace_a_common_one(
        self, person: Person, library: RelyingParty, weak: Citizen, clock: FixedClock
    ) -> None:
        person.open(library.url(library.ask(vtr='["Cl"]')))
        person.send(button=walks.SIGN_IN)
        person.send({"email": weak.email})
        person.send({"password": weak.password})
        assert person.heading == FACTOR
        assert person.url.endswith("/reset/second-factor")
        person.send({"code": weak.code(clock.now())})
        assert person.heading == SET
        person.send({"password": NEW})
        assert person.left_to is not None, person.heading

    def test_a_factor_of_an_earlier_journey_is_asked_for_again(
        self,
        person: Person,
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
        session: Session,
    ) -> None:
        walks.sign_in(person, library, alice, clock)
        account_of(session, alice).reset_because = accounts.WEAK
        session.commit()
        walks.arrive(person, library)
        assert person.heading == "You need to reset your password"
        person.send()
        person.send({"code": post.code(alice.email)})
        assert person.heading == FACTOR

    def test_a_silent_request_is_refused_and_shows_no_page(
        self,
        person: Person,
        library: RelyingParty,
        alice: Citizen,
        clock: FixedClock,
        session: Session,
    ) -> None:
        walks.sign_in(person, library, alice, clock)
        asked = library.ask(prompt="none")
        person.open(library.url(asked))
        assert "code" in library.answer(asked, person.left_to)
        account_of(session, alice).reset_because = accounts.ORDERED
        session.commit()
        asked = library.ask(prompt="none")
        person.open(library.url(asked))
        assert library.answer(asked, person.left_to)["error"] == "interaction_required"

    def test_what_an_operator_ordered_needs_the_mailbox_and_says_why(
        self,
        person: Person,
        library: RelyingParty,
        ordered: Citizen,
        post: Post,
        clock: FixedClock,
        session: Session,
    ) -> None:
        walks.come_to_code(person, library, ordered)
        person.send({"code": ordered.code(clock.now())})
        assert person.heading == "You need to reset your password"
        person.send()
        assert person.heading == CHECK_MAIL
        person.send({"code": post.code(ordered.email)})
        assert person.heading == SET, "the second factor was given in this Journey"
        assert "somebody else may know your old one" in person.page.text
        person.send({"password": NEW})
        assert person.left_to is not None, person.heading
        assert account_of(session, ordered).reset_because is None

    def test_who_types_another_address_first_goes_by_that_of_the_account(
        self,
        person: Person,
        library: RelyingParty,
        alice: Citizen,
        bob: Citizen,
        post: Post,
        clock: FixedClock,
        session: Session,
    ) -> None:
        walks.arrive(person, library)
        person.send(button=walks.SIGN_IN)
        person.send({"email": bob.email})
        journey = person.url
        walks.sign_in(person, library, alice, clock)
        account_of(session, alice).reset_because = accounts.ORDERED
        session.commit()
        person.open(journey.replace("/password", "/reset/required"))
        assert alice.email in person.page.text
        person.send()
        assert post.newest(alice.email).kind == "password_reset_code"

    def test_the_order_outlives_a_common_password(
        self,
        person: Person,
        library: RelyingParty,
        weak: Citizen,
        session: Session,
        services: Services,
    ) -> None:
        interventions.order_reset(session, services, account_of(session, weak))
        session.commit()
        walks.come_to_code(person, library, weak)
        assert account_of(session, weak).reset_because == accounts.ORDERED

    def test_the_page_is_for_nobody_else(
        self, person: Person, library: RelyingParty, alice: Citizen
    ) -> None:
        walks.come_to_code(person, library, alice)
        page(person, "reset/required")
        assert person.url.endswith("/code")


def test_a_reset_holds_back_a_change_of_codes(
    person: Person,
    library: RelyingParty,
    alice: Citizen,
    post: Post,
    clock: FixedClock,
    session: Session,
) -> None:
    come_to_set(person, library, post, alice, clock)
    person.send({"password": NEW})
    account = account_of(session, alice)
    assert holds.until(account, clock.now()) == clock.now() + 2 * 86_400
    assert throttles.locked_until(session, Kind.PASSWORD, account.email_key, clock.now()) is None


class TestRecoveryCodes:
    @pytest.fixture
    def codes(self, session: Session, services: Services, alice: Citizen) -> tuple[str, ...]:
        """Alice's recovery codes, which she keeps."""
        kept = give_codes(session, services, alice)
        session.commit()
        return kept

    def test_one_stands_in_for_the_app_and_the_session_says_so(
        self,
        person: Person,
        library: RelyingParty,
        alice: Citizen,
        codes: tuple[str, ...],
        post: Post,
        session: Session,
    ) -> None:
        come_to_second_factor(person, library, post, alice)
        assert "Use a recovery code instead" in person.page.text
        page(person, "reset/recovery-code").send({"recovery_code": ""})
        assert person.status == 400
        person.send({"recovery_code": f" {codes[0].lower()} "})
        assert person.heading == SET
        assert post.newest(alice.email).kind == "recovery_code_used"
        person.send({"password": NEW})
        assert person.left_to is not None, person.heading
        [live] = session.scalars(sa.select(sessions.BrowserSession))
        assert (live.level, live.amr) == ("Cl.Cm", "pwd recovery_code mfa")

    def test_one_is_good_once_and_five_wrong_ones_lock(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        codes: tuple[str, ...],
        post: Post,
    ) -> None:
        first = browser()
        come_to_second_factor(first, library, post, alice)
        page(first, "reset/recovery-code").send({"recovery_code": codes[0]})
        person = browser()
        come_to_second_factor(person, library, post, alice)
        page(person, "reset/recovery-code").send({"recovery_code": codes[0]})
        assert (person.status, person.heading) == (400, "Enter a recovery code")
        for _ in range(4):
            person.send({"recovery_code": "AAAA-AAAA-AAAA-AAAA"})
        assert person.heading == JUST_LOCKED
        page(person, "reset/recovery-code")
        assert person.heading == STILL_LOCKED
        page(person, "reset/password")
        assert person.heading == FACTOR

    def test_who_has_none_is_not_asked_for_one(
        self, person: Person, library: RelyingParty, alice: Citizen, post: Post
    ) -> None:
        come_to_second_factor(person, library, post, alice)
        assert "Use a recovery code instead" not in person.page.text
        page(person, "reset/recovery-code")
        assert person.heading == FACTOR
        assert person.url.endswith("/reset/second-factor")

    def test_a_factor_of_the_sign_in_is_told_as_what_it_was(
        self,
        person: Person,
        library: RelyingParty,
        alice: Citizen,
        codes: tuple[str, ...],
        session: Session,
        services: Services,
    ) -> None:
        account = account_of(session, alice)
        account.password_hash = services.hasher.hash("Basketball99")
        session.commit()
        walks.come_to_password(person, library, alice.email)
        person.send({"password": "Basketball99"})
        page(person, "recovery-code").send({"recovery_code": codes[0]})
        page(person, "")
        assert person.heading == SET
        person.send({"password": NEW})
        assert person.left_to is not None, person.heading
        [live] = session.scalars(sa.select(sessions.BrowserSession))
        assert live.amr == "pwd recovery_code mfa"
