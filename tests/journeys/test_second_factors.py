"""What stands in for the code of an app: recovery codes, a back-up app, and choosing among them."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import accounts, recovery_codes
from idp.domain.accounts import Account
from idp.domain.audit_entries import AuditEntry
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.support.citizens import Citizen, give_backup, give_codes
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

WRONG = "ABCD-EFGH-JKLM-NPQR"


@pytest.fixture
def codes(session: Session, services: Services, alice: Citizen) -> tuple[str, ...]:
    """Alice's recovery codes, which she keeps."""
    kept = give_codes(session, services, alice)
    session.commit()
    return kept


@pytest.fixture
def backup(session: Session, services: Services, alice: Citizen) -> Citizen:
    """Alice with her back-up app in hand."""
    in_hand = give_backup(session, services, alice)
    session.commit()
    return in_hand


def come_to_codes(person: Person, library: RelyingParty, post: Post, clock: FixedClock) -> None:
    walks.come_to_app(person, library, post)
    person.send({"code": walks.first_code(person, clock)})


def come_to_recovery_code(person: Person, library: RelyingParty, alice: Citizen) -> None:
    walks.come_to_code(person, library, alice)
    person.open(next(href for href, words in person.page.links if words == "I cannot use my app"))
    person.send({"way": "recovery_code"})
    assert person.heading == "Enter a recovery code"


class TestSavingCodes:
    """The page after the app's first code."""

    def test_they_are_shown_once_whatever_is_pressed(
        self, person: Person, library: RelyingParty, post: Post, clock: FixedClock
    ) -> None:
        come_to_codes(person, library, post, clock)
        page, form = person.url, dict(person.form().values)
        person.send()
        codes = walks.codes_shown(person)
        assert len(codes) == 10
        assert person.answer is not None
        assert "no-store" in person.answer.headers["Cache-Control"]
        for reloaded in (False, True):
            if reloaded:
                person._go("POST", page, form | {"do": "make"}, {})
            else:
                person.open(page)
            assert person.heading == "Have you saved your recovery codes?"
            assert not any(code in person.html for code in codes)

    def test_a_missing_tick_is_an_error_and_keeps_the_codes_in_sight_once(
        self, person: Person, library: RelyingParty, post: Post, clock: FixedClock
    ) -> None:
        come_to_codes(person, library, post, clock)
        person.send()
        codes, form = walks.codes_shown(person), dict(person.form(1).values)
        person.send(form=1)
        assert (person.status, walks.codes_shown(person)) == (400, codes)
        assert "Confirm that you have saved your codes" in person.page.text
        assert person.page.title.startswith("Error: ")
        person._go("POST", person.url, form | {"do": "save"}, {})
        assert (person.status, walks.codes_shown(person)) == (400, [])
        assert person.heading == "Have you saved your recovery codes?"
        person.send({"saved": "y"})
        assert person.heading == "You have created your Onepass account"

    def test_they_come_as_a_file_while_they_are_in_sight(
        self, person: Person, library: RelyingParty, post: Post, clock: FixedClock
    ) -> None:
        come_to_codes(person, library, post, clock)
        page = person.url
        person.send()
        codes, shown = walks.codes_shown(person), person.answer
        form = dict(person.form().values) | {"do": "file"}
        file = person.request("POST", page, form, {"Origin": person.issuer.rstrip("/")})
        assert file.headers["Content-Type"].startswith("text/plain")
        assert "attachment" in file.headers["Content-Disposition"]
        assert "no-store" in file.headers["Cache-Control"]
        lines = file.body.split("\r\n")
        assert [line for line in lines if line in codes] == codes
        assert lines[1] == "Made on 21 September 2026, 15:13"
        person.answer = shown
        person.send({"saved": "y"}, form=1)
        late = person.request("POST", page, form, {"Origin": person.issuer.rstrip("/")})
        assert not any(code in late.body for code in codes)

    def test_no_code_and_no_key_stands_in_the_page_twice_or_in_a_field(
        self, person: Person, library: RelyingParty, post: Post, clock: FixedClock
    ) -> None:
        come_to_codes(person, library, post, clock)
        person.send()
        for code in walks.codes_shown(person):
            assert person.html.count(code) == 1
            assert code.replace("-", "") not in person.html

    def test_whoever_did_not_save_them_makes_new_ones_and_the_old_are_void(
        self,
        person: Person,
        library: RelyingParty,
        post: Post,
        clock: FixedClock,
        session: Session,
        services: Services,
    ) -> None:
        come_to_codes(person, library, post, clock)
        page = person.url
        person.send()
        first = walks.codes_shown(person)
        person.open(page)
        person.send(form=1)
        second = walks.codes_shown(person)
        person.send({"saved": "y"}, form=1)
        assert not set(first) & set(second)
        account = accounts.find_by_email(session, walks.NEW_EMAIL)
        assert account is not None
        assert recovery_codes.use(session, services, account.id, first[0]) is None
        assert recovery_codes.use(session, services, account.id, second[0]) == 9
        session.commit()
        assert post.newest(walks.NEW_EMAIL).kind == "recovery_codes_made"

    def test_after_they_are_saved_the_page_is_over(
        self, person: Person, library: RelyingParty, post: Post, clock: FixedClock
    ) -> None:
        come_to_codes(person, library, post, clock)
        page = person.url
        walks.save_codes(person)
        person.open(page)
        assert person.left_to is not None

    @pytest.mark.parametrize("do", ["", "look", "nonsense"])
    def test_what_no_button_sends_is_refused(
        self, person: Person, library: RelyingParty, post: Post, clock: FixedClock, do: str
    ) -> None:
        come_to_codes(person, library, post, clock)
        person.send({"do": do})
        assert person.status == 400

    @pytest.mark.parametrize("replacing", ["", "7", "-1", "x", "9" * 30])
    def test_a_set_that_is_not_there_is_not_replaced(
        self, person: Person, library: RelyingParty, post: Post, clock: FixedClock, replacing: str
    ) -> None:
        come_to_codes(person, library, post, clock)
        person.send({"replacing": replacing})
        assert walks.codes_shown(person) == []
        person.send()
        assert len(walks.codes_shown(person)) == 10

    def test_nobody_gets_codes_who_has_some_or_gave_no_second_factor(
        self,
        person: Person,
        library: RelyingParty,
        alice: Citizen,
        codes: tuple[str, ...],
    ) -> None:
        walks.come_to_code(person, library, alice)
        page = person.url.replace("/code", "/create/recovery-codes")
        person.open(page)
        assert person.heading == "Enter the code from your authenticator app"
        person.open(page.replace("/create/recovery-codes", "/recovery-code"))
        person.send({"recovery_code": codes[0]})
        assert person.heading == "You have used a recovery code"
        person.open(page)
        assert person.left_to is not None, "new codes by a page of creation"


class TestUsingCodes:
    """A recovery code in the place of the app's."""

    def test_it_signs_in_and_says_how_many_are_left(
        self,
        person: Person,
        library: RelyingParty,
        alice: Citizen,
        codes: tuple[str, ...],
        post: Post,
        session: Session,
    ) -> None:
        come_to_recovery_code(person, library, alice)
        person.send({"recovery_code": codes[0].lower().replace("-", " ")})
        assert person.heading == "You have used a recovery code"
        assert "9 recovery codes left" in person.page.text
        assert "Make new recovery codes soon" not in person.page.text
        signed_in = session.scalars(select(BrowserSession)).one()
        assert (signed_in.level, signed_in.amr) == ("Cl.Cm", "pwd recovery_code mfa")
        mail = post.newest(alice.email)
        assert (mail.kind, "9" in mail.body) == ("recovery_code_used", True)
        person.open(next(href for href, words in person.page.links if "Continue to" in words))
        assert person.left_to is not None

    def test_it_is_good_once(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        codes: tuple[str, ...],
    ) -> None:
        for number, heading in enumerate(
            ("You have used a recovery code", "Enter a recovery code")
        ):
            person = browser()
            come_to_recovery_code(person, library, alice)
            person.send({"recovery_code": codes[0]})
            assert (person.heading, person.status) == (heading, (200, 400)[number])
        assert "That recovery code is wrong or already used" in person.page.text
        assert codes[0] not in person.html, "what was typed is shown again"

    @pytest.mark.parametrize(
        ("typed", "said"),
        [("", "Enter a recovery code"), (WRONG, "wrong or already used"), ("1", "wrong or alr")],
    )
    def test_a_wrong_one_is_told_in_words(
        self,
        person: Person,
        library: RelyingParty,
        alice: Citizen,
        codes: tuple[str, ...],
        typed: str,
        said: str,
    ) -> None:
        come_to_recovery_code(person, library, alice)
        person.send({"recovery_code": typed})
        assert person.status == 400
        assert said in person.page.text

    def test_five_wrong_ones_lock_recovery_codes_and_leave_the_app(
        self,
        person: Person,
        library: RelyingParty,
        alice: Citizen,
        codes: tuple[str, ...],
        clock: FixedClock,
        post: Post,
    ) -> None:
        come_to_recovery_code(person, library, alice)
        page = person.url
        for _ in range(5):
            person.send({"recovery_code": WRONG})
        assert person.heading == "You have tried too many times"
        assert "no code of that kind" in person.page.text
        assert post.newest(alice.email).kind == "account_locked"
        person.open(page)
        assert person.heading == "You cannot sign in at the moment"
        person.open(next(href for href, words in person.page.links if words == "Use another way"))
        person.send({"way": "app"})
        person.send({"code": alice.code(clock.now())})
        assert person.left_to is not None

    def test_locked_codes_of_the_app_leave_recovery_codes(
        self,
        person: Person,
        library: RelyingParty,
        alice: Citizen,
        codes: tuple[str, ...],
        clock: FixedClock,
    ) -> None:
        walks.come_to_code(person, library, alice)
        for _ in range(6):
            person.send({"code": alice.wrong_code(clock.now())})
        assert person.heading == "You have tried too many times"
        person.open(next(href for href, words in person.page.links if words == "Use another way"))
        person.send({"way": "recovery_code"})
        person.send({"recovery_code": codes[0]})
        assert person.heading == "You have used a recovery code"

    def test_few_left_ask_for_new_ones(
        self,
        person: Person,
        library: RelyingParty,
        alice: Citizen,
        codes: tuple[str, ...],
        session: Session,
        services: Services,
    ) -> None:
        for code in codes[:6]:
            recovery_codes.use(session, services, alice.account_id, code)
        session.commit()
        come_to_recovery_code(person, library, alice)
        person.send({"recovery_code": codes[9]})
        assert "3 recovery codes left" in person.page.text
        assert "Make new recovery codes soon" in person.page.text

    def test_without_a_password_there_is_no_page(
        self, person: Person, library: RelyingParty, alice: Citizen, codes: tuple[str, ...]
    ) -> None:
        walks.come_to_password(person, library, alice.email)
        for page in ("recovery-code", "recovery-code/used", "method"):
            person.open(
                person.url.rpartition("/j/")[0]
                + "/j/"
                + person.url.split("/j/")[1].split("/")[0]
                + f"/{page}"
            )
            assert person.heading == "Enter your email address to sign in"

    def test_who_has_none_is_sent_to_what_they_have(
        self, person: Person, library: RelyingParty, alice: Citizen
    ) -> None:
        walks.come_to_code(person, library, alice)
        person.open(person.url.replace("/code", "/recovery-code"))
        assert person.heading == "How do you want to sign in?"
        assert "no other way" in person.page.text


class TestChoosing:
    """The page of ways, and the back-up app."""

    def test_only_what_there_is_can_be_chosen(
        self, person: Person, library: RelyingParty, alice: Citizen, backup: Citizen
    ) -> None:
        walks.come_to_code(person, library, alice)
        person.open(person.url.replace("/code", "/method"))
        assert "back-up authenticator app" in person.page.text
        assert "recovery codes" not in person.page.text
        for way in ("", "recovery_code", "passkey", "nonsense"):
            person.send({"way": way})
            assert person.status == 400
            assert "Select how you want to sign in" in person.page.text

    def test_the_back_up_app_shows_a_code_that_counts_once(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        backup: Citizen,
        clock: FixedClock,
        session: Session,
    ) -> None:
        person = browser()
        walks.come_to_code(person, library, alice)
        person.open(person.url.replace("/code", "/method"))
        person.send({"way": "backup_app"})
        assert person.heading == "Enter the code from your back-up app"
        person.send({"code": backup.code(clock.now())})
        assert person.left_to is not None
        assert session.scalars(select(BrowserSession.amr)).one() == "pwd otp mfa"
        other = browser()
        walks.come_to_code(other, library, alice)
        other.send({"code": backup.code(clock.now())})
        assert other.status == 400
        other.send({"code": alice.code(clock.now())})
        assert other.left_to is not None, "the other app has codes of its own"


class TestBeingOfferedAPasskey:
    """Once, after a sign-in with password and code."""

    @pytest.fixture
    def newcomer(self, session: Session, alice: Citizen) -> Citizen:
        account = accounts.get(session, alice.account_id)
        assert account is not None
        account.passkey_offered_at = None
        session.commit()
        return alice

    def test_not_now_is_remembered(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        newcomer: Citizen,
        clock: FixedClock,
        session: Session,
    ) -> None:
        person = browser()
        walks.come_to_code(person, library, newcomer)
        person.send({"code": newcomer.code(clock.now())})
        assert person.heading == "Do you want a passkey?"
        offer = person.url
        person.open(offer)
        assert person.heading == "Do you want a passkey?", "looking is no answer"
        person.send(button=1)
        assert person.left_to is not None
        assert session.scalars(select(Account.passkey_offered_at)).one() == clock.now()
        person.open(library.url(library.ask(prompt="login")))
        clock.move(30)
        person.send({"password": newcomer.password})
        person.send({"code": newcomer.code(clock.now())})
        assert person.left_to is not None, "offered twice"

    def test_nobody_is_asked_who_gave_half_or_nothing(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        newcomer: Citizen,
        clock: FixedClock,
    ) -> None:
        person = browser()
        walks.arrive(person, library, vtr='["Cl"]')
        person.send(button=walks.SIGN_IN)
        person.send({"email": newcomer.email})
        person.send({"password": newcomer.password})
        assert person.left_to is not None
        person.open(library.url(library.ask()))
        page = person.url.replace("/code", "/passkey-offer")
        person.open(page)
        assert person.heading == "Enter a code to continue"
        person.send({"code": newcomer.code(clock.now())})
        assert person.left_to is not None, "a step-up is no sign-in"
        person.open(library.url(library.ask(prompt="none")))
        assert "code=" in (person.left_to or "")

    def test_an_answer_that_is_none_is_told_in_words_and_recorded(
        self,
        person: Person,
        library: RelyingParty,
        newcomer: Citizen,
        clock: FixedClock,
        session: Session,
    ) -> None:
        walks.come_to_code(person, library, newcomer)
        person.send({"code": newcomer.code(clock.now())})
        person.send()
        assert (person.status, "did not give us a passkey" in person.page.text) == (400, True)
        person.send({"answer": "{}"})
        assert (person.status, "could not add that passkey" in person.page.text) == (400, True)
        assert session.scalars(select(AuditEntry.fact)).all().count("passkey_refused") == 1
        person.send(button=1)
        assert person.left_to is not None
