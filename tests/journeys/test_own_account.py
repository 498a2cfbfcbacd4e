"""What an owner may see and change about their account, and nobody else."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from idp.domain import account_changes, accounts, guessing, recoveries
from idp.domain.accounts import Account
from idp.domain.audit_entries import AuditEntry
from idp.domain.clients import Client, Service
from idp.domain.grants import Grant
from idp.domain.guessing import Verdict
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from idp.journeys.account.words import STATES
from idp.kernel.database import Base
from idp.protocol.session_facts import ACTIVE
from idp.settings import Settings
from tests.journeys.conftest import Post
from tests.journeys.walks import SIGN_IN, come_to_password, sign_in
from tests.support.building import register
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

CHANGES = ("email", "password", "sign-out-everywhere", "data", "delete")
NEW_PASSWORD = "violet anchors thursday"


@pytest.fixture
def owner(
    browser: Callable[[], Person], alice: Citizen, library: RelyingParty, clock: FixedClock
) -> Person:
    """Alice, signed in, with the library opened once."""
    person = browser()
    sign_in(person, library, alice, clock)
    return person


@pytest.fixture
def tax(session: Session, services: Services, settings: Settings) -> RelyingParty:
    """Another service."""
    party = register(session, services, RelyingParty(settings.issuer))
    session.commit()
    return party


def come_to(person: Person, page: str, citizen: Citizen) -> None:
    """Open a page of the account that has to be confirmed, and confirm it."""
    person.open(f"/account/{page}")
    assert person.heading.startswith("Enter your password"), person.heading
    person.send({"password": citizen.password})
    assert person.url.endswith(f"/account/{page}"), person.url


def service_page(session: Session, party: RelyingParty) -> str:
    """The page about the service of this client."""
    return f"/account/service/{session.get_one(Client, party.client_id).service_id}"


def facts(session: Session) -> list[str]:
    """What is recorded, in order."""
    session.expire_all()
    return list(session.scalars(select(AuditEntry.fact).order_by(AuditEntry.id)))


class TestServices:
    def test_lists_what_was_used_and_when(self, owner: Person) -> None:
        owner.open("/account")
        assert "Last opened on" in owner.page.text

    def test_shows_nothing_to_who_used_nothing(
        self, browser: Callable[[], Person], bob: Citizen, clock: FixedClock
    ) -> None:
        person = browser()
        person.open("/account")
        person.send(button=SIGN_IN)
        person.send({"email": bob.email})
        person.send({"password": bob.password})
        person.send({"code": bob.code(clock.now())})
        assert "You have not opened any service" in person.page.text

    def test_takes_access_away(
        self, owner: Person, library: RelyingParty, session: Session
    ) -> None:
        owner.open(service_page(session, library))
        assert "Remove access" in owner.page.text
        owner.open(f"{owner.url}/remove")
        owner.send()
        assert owner.heading == "Access removed"
        session.expire_all()
        assert session.scalars(select(Grant.revoked_at)).one() is not None
        assert "service_removed" in facts(session)
        owner.open(service_page(session, library))
        assert "It has no access at the moment" in owner.page.text

    def test_knows_no_service_that_was_not_used(
        self,
        owner: Person,
        library: RelyingParty,
        browser: Callable[[], Person],
        bob: Citizen,
        tax: RelyingParty,
        clock: FixedClock,
        session: Session,
    ) -> None:
        other = browser()
        sign_in(other, tax, bob, clock)
        for page in ("", "/remove", "/removed"):
            assert other.open(service_page(session, tax) + page).status == 200
            owner.open(service_page(session, tax) + page)
            assert owner.status == 404
        form = owner.open(service_page(session, library) + "/remove").form().values
        owner._go("POST", service_page(session, tax) + "/remove", form, {})
        assert owner.status == 404
        session.expire_all()
        assert session.scalars(select(Grant.revoked_at)).all() == [None, None]

    def test_of_several_clients_is_one(
        self, owner: Person, library: RelyingParty, tax: RelyingParty, session: Session
    ) -> None:
        clients = {each.client_id: each for each in session.scalars(select(Client))}
        clients[tax.client_id].service_id = clients[library.client_id].service_id
        session.commit()
        owner.open(tax.url(tax.ask()))
        assert owner.left_to is not None
        assert owner.open("/account").page.text.count("Last opened on") == 1
        owner.open(service_page(session, tax) + "/remove").send()
        session.expire_all()
        assert None not in session.scalars(select(Grant.revoked_at)).all()
        assert facts(session).count("service_removed") == 2


class TestActivity:
    def test_is_shown_newest_first_and_in_pages(self, owner: Person, library: RelyingParty) -> None:
        for _ in range(12):
            owner.open(library.url(library.ask()))
        owner.open("/account/history")
        assert owner.heading == "Activity (page 1 of 2)"
        assert "Service opened" in owner.page.text
        owner.open("/account/history?page=2")
        assert "Password accepted" in owner.page.text
        assert "where the record of your account begins" in owner.page.text
        for odd in ("0", "99", "x", "-1", "1" * 30, "２"):
            owner.open(f"/account/history?page={odd}")
            assert owner.status == 200

    def test_can_be_reported_once(
        self, owner: Person, post: Post, alice: Citizen, session: Session
    ) -> None:
        owner.open("/account/history")
        link = next(to for to, _ in owner.page.links if "/account/history/" in to)
        owner.open(link)
        owner.send()
        assert owner.heading == "We have your report"
        owner.open(link)
        assert "You reported this on" in owner.page.text
        assert facts(session).count("activity_reported") == 1

    def test_of_somebody_else_is_not_there(
        self,
        owner: Person,
        browser: Callable[[], Person],
        bob: Citizen,
        library: RelyingParty,
        clock: FixedClock,
    ) -> None:
        owner.open("/account/history")
        link = next(to for to, _ in owner.page.links if "/account/history/" in to)
        other = browser()
        sign_in(other, library, bob, clock)
        other.open(link)
        assert other.status == 404


class TestConfirming:
    @pytest.mark.parametrize("change", CHANGES)
    def test_a_change_is_asked_for_first(self, owner: Person, alice: Citizen, change: str) -> None:
        come_to(owner, change, alice)

    def test_nothing_else_can_be_confirmed(self, owner: Person) -> None:
        for change in ("apps", "everything", "half:email", ""):
            owner.open(f"/account/confirm/{change}")
            assert owner.status == 404

    def test_is_for_one_change_alone(self, owner: Person, alice: Citizen) -> None:
        come_to(owner, "email", alice)
        owner.open("/account/delete")
        assert owner.heading.startswith("Enter your password")

    def test_works_for_a_quarter_of_an_hour(
        self, owner: Person, alice: Citizen, clock: FixedClock
    ) -> None:
        come_to(owner, "email", alice)
        clock.move(901)
        owner.open("/account/email")
        assert owner.heading.startswith("Enter your password")

    def test_wants_a_code_too_when_the_last_one_is_old(
        self, owner: Person, alice: Citizen, clock: FixedClock
    ) -> None:
        clock.move(901)
        owner.open("/account/delete")
        owner.send({"password": alice.password})
        assert owner.heading == "Enter a security code to delete your account"
        owner.open("/account/delete")
        assert owner.heading.startswith("Enter your password"), "half is not enough"
        owner.send({"password": alice.password})
        owner.send({"code": alice.wrong_code(clock.now())})
        assert owner.status == 400
        owner.send({"code": alice.code(clock.now())})
        assert owner.heading == "Delete your account"

    def test_wrong_passwords_count_with_those_of_signing_in(
        self, owner: Person, alice: Citizen
    ) -> None:
        owner.open("/account/delete")
        for _ in range(5):
            owner.send({"password": "not this one at all"})
            assert owner.status == 400
        owner.send({"password": "not this one at all"})
        assert owner.heading == "You have tried too many times"
        owner.open("/account/confirm/delete")
        assert owner.heading == "You cannot do this at the moment"

    def test_wrong_codes_too(self, owner: Person, alice: Citizen, clock: FixedClock) -> None:
        clock.move(901)
        owner.open("/account/delete")
        owner.send({"password": alice.password})
        for _ in range(6):
            owner.send({"code": alice.wrong_code(clock.now())})
        assert owner.heading == "You have tried too many times"
        owner.open("/account/confirm/delete/code")
        assert owner.heading == "You cannot do this at the moment"

    def test_changes_the_cookie(self, owner: Person, alice: Citizen, session: Session) -> None:
        before = session.scalars(select(BrowserSession.cookie_hash)).one()
        come_to(owner, "email", alice)
        session.expire_all()
        assert session.scalars(select(BrowserSession.cookie_hash)).one() != before

    def test_a_form_without_it_changes_nothing(
        self, owner: Person, alice: Citizen, session: Session
    ) -> None:
        come_to(owner, "delete", alice)
        session.execute(update(BrowserSession).values(confirmed_for=None))
        session.commit()
        owner.send()
        assert owner.heading.startswith("Enter your password")
        session.expire_all()
        assert accounts.find_by_email(session, alice.email) is not None


class TestPassword:
    def test_is_changed_and_other_devices_are_signed_out(
        self,
        owner: Person,
        alice: Citizen,
        browser: Callable[[], Person],
        library: RelyingParty,
        clock: FixedClock,
        post: Post,
        session: Session,
    ) -> None:
        other = browser()
        clock.move(30)
        sign_in(other, library, alice, clock)
        come_to(owner, "password", alice)
        owner.send({"password": "short"})
        assert owner.status == 400
        owner.send({"password": alice.password})
        assert "You are already using that password" in owner.page.text
        owner.send({"password": NEW_PASSWORD})
        assert owner.heading == "Your password is changed"
        owner.open("/account")
        assert owner.heading == "Your services"
        other.open("/account")
        assert other.heading != "Your services"
        assert "password_changed" in facts(session)
        owner.open("/account/password")
        assert owner.heading.startswith("Enter your password"), "once is enough for one change"
        owner.send({"password": NEW_PASSWORD})
        assert owner.heading == "Choose a new password"


class TestEmail:
    def test_is_changed_when_the_new_one_is_proved(
        self, owner: Person, alice: Citizen, post: Post, session: Session
    ) -> None:
        account = accounts.find_by_email(session, alice.email)
        assert account is not None
        salt = account.subject_salt
        come_to(owner, "email", alice)
        owner.send({"email": alice.email.upper()})
        assert "That is your email address already" in owner.page.text
        owner.send({"email": "new.alice@example.com"})
        assert owner.heading == "Check your email"
        session.expire_all()
        assert accounts.find_by_email(session, alice.email) is not None, "the old one works still"
        owner.send({"code": "000000"})
        assert owner.status == 400
        owner.send({"code": post.code("new.alice@example.com")})
        assert owner.heading == "Your email address is changed"
        session.expire_all()
        assert accounts.find_by_email(session, alice.email) is None
        changed = accounts.find_by_email(session, "new.alice@example.com")
        assert changed is not None
        assert changed.subject_salt == salt, "services know the person as before"
        assert "email_changed" in facts(session)

    def test_of_somebody_else_looks_the_same_and_changes_nothing(
        self, owner: Person, alice: Citizen, bob: Citizen, session: Session
    ) -> None:
        come_to(owner, "email", alice)
        owner.send({"email": bob.email})
        assert owner.heading == "Check your email"
        for _ in range(6):
            owner.send({"code": "123456"})
            assert owner.status == 400
        session.expire_all()
        assert accounts.find_by_email(session, alice.email) is not None

    def test_that_got_an_account_meanwhile_is_not_taken(
        self, owner: Person, alice: Citizen, bob: Citizen, post: Post, session: Session
    ) -> None:
        come_to(owner, "email", alice)
        owner.send({"email": "new.alice@example.com"})
        code = post.code("new.alice@example.com")
        account = accounts.find_by_email(session, bob.email)
        assert account is not None
        account.email = account.email_key = "new.alice@example.com"
        session.commit()
        owner.send({"code": code})
        assert owner.status == 400
        session.expire_all()
        assert accounts.find_by_email(session, alice.email) is not None

    def test_codes_can_be_had_six_times(self, owner: Person, alice: Citizen, post: Post) -> None:
        come_to(owner, "email", alice)
        owner.send({"email": "new.alice@example.com"})
        page = owner.url
        for _ in range(5):
            owner.open(f"{page}/resend")
            owner.send()
        owner.open(f"{page}/resend")
        assert owner.heading == "You have asked for too many codes"

    def test_a_change_under_way_is_its_owners(
        self,
        owner: Person,
        alice: Citizen,
        bob: Citizen,
        browser: Callable[[], Person],
        library: RelyingParty,
        clock: FixedClock,
    ) -> None:
        come_to(owner, "email", alice)
        owner.send({"email": "new.alice@example.com"})
        other = browser()
        sign_in(other, library, bob, clock)
        other.open(owner.url)
        assert other.status in (403, 410)


class TestDevices:
    def test_one_can_be_signed_out(
        self,
        owner: Person,
        alice: Citizen,
        bob: Citizen,
        browser: Callable[[], Person],
        library: RelyingParty,
        clock: FixedClock,
        session: Session,
    ) -> None:
        other, stranger = browser(), browser()
        clock.move(30)
        sign_in(other, library, alice, clock)
        sign_in(stranger, library, bob, clock)
        owner.open("/account/devices")
        assert "this device" in owner.page.text
        owner.send()
        other.open("/account")
        assert other.heading != "Your services"
        account = accounts.find_by_email(session, bob.email)
        assert account is not None
        sid = session.scalars(
            select(BrowserSession.sid).where(BrowserSession.account_id == account.id)
        ).one()
        token = owner.open(service_page(session, library) + "/remove").form().values
        owner._go("POST", f"/account/devices/{sid}", token, {})
        assert owner.status == 404
        stranger.open("/account")
        assert stranger.heading == "Your services"

    def test_all_can_be_signed_out(self, owner: Person, alice: Citizen, session: Session) -> None:
        come_to(owner, "sign-out-everywhere", alice)
        owner.send()
        assert owner.heading == "You are signed out everywhere"
        owner.open("/account")
        assert owner.heading != "Your services"
        session.expire_all()
        assert None not in session.scalars(select(BrowserSession.ended_at)).all()


class TestData:
    def test_is_all_there_and_holds_no_secret(
        self, owner: Person, alice: Citizen, session: Session
    ) -> None:
        come_to(owner, "data", alice)
        assert "All that we keep about you" in owner.heading
        assert not re.search(r"\d{4}-\d{2}-\d{2}T", owner.html), "a moment as machines write it"
        assert "<dd>English</dd>" in owner.html
        assert "<dd>In use</dd>" in owner.html
        owner.send()
        assert owner.answer is not None
        assert "attachment" in owner.answer.headers["Content-Disposition"]
        copy = json.loads(owner.html)
        assert copy["account"]["email"] == alice.email
        assert len(copy["authenticator_apps"]) == 1
        account = accounts.find_by_email(session, alice.email)
        assert account is not None
        secrets = [account.password_hash, account.subject_salt, alice.seed]
        secrets += session.scalars(select(BrowserSession.cookie_hash)).all()
        assert [secret for secret in secrets if secret in owner.html] == []


class TestDeleting:
    def test_leaves_nothing_but_the_record(
        self, owner: Person, alice: Citizen, library: RelyingParty, post: Post, session: Session
    ) -> None:
        account = accounts.find_by_email(session, alice.email)
        assert account is not None
        account_id = account.id
        come_to(owner, "delete", alice)
        owner.send()
        assert owner.heading == "Your account is deleted"
        session.expire_all()
        for table in Base.metadata.sorted_tables:
            if "audit" in table.name or table.name in ("outbox", "mailbox"):
                continue
            for row in session.execute(table.select()).mappings():
                assert account_id not in [str(value) for value in row.values()], table.name
                assert alice.email not in [str(value) for value in row.values()], table.name
        assert "account_deleted" in facts(session)
        for entry in session.scalars(select(AuditEntry)):
            assert alice.email not in entry.detail
        owner.open(library.url(library.ask()))
        owner.send(button=SIGN_IN)
        owner.send({"email": alice.email})
        owner.send({"password": alice.password})
        assert owner.status == 400
        assert "Email or password is wrong" in owner.page.text

    def test_names_the_services_in_the_order_of_their_names(
        self,
        owner: Person,
        alice: Citizen,
        library: RelyingParty,
        tax: RelyingParty,
        session: Session,
    ) -> None:
        names = {library.client_id: "zebras", tax.client_id: "Apples"}
        for client_id, name in names.items():
            client = session.get_one(Client, client_id)
            session.get_one(Service, client.service_id).name = name
        session.commit()
        owner.open(tax.url(tax.ask()))
        come_to(owner, "delete", alice)
        assert owner.page.text.index("Apples") < owner.page.text.index("zebras")
        assert session.scalars(select(Account)).one().email == alice.email

    @pytest.mark.parametrize("where", ["/account/delete", "a sign-in"])
    def test_while_a_password_is_looked_at_starts_that_over(
        self,
        owner: Person,
        alice: Citizen,
        library: RelyingParty,
        browser: Callable[[], Person],
        session: Session,
        services: Services,
        monkeypatch: pytest.MonkeyPatch,
        where: str,
    ) -> None:
        """The password was right when it was typed; by now there is nobody whose it could be."""
        judge = guessing.judge

        def judge_and_delete(*given: Any) -> Verdict:
            verdict = judge(*given)
            account = session.scalars(select(Account)).one()
            signed_in = session.scalars(select(BrowserSession)).one()
            account_changes.delete_account(session, services, account, signed_in)
            session.commit()
            return verdict

        monkeypatch.setattr(guessing, "judge", judge_and_delete)
        person = owner if where.startswith("/") else browser()
        if person is owner:
            owner.open(where)
        else:
            come_to_password(person, library, alice.email)
        person.send({"password": alice.password})
        assert person.status == 410, person.heading
        assert session.scalars(select(BrowserSession)).all() == []
        assert facts(session).count("account_deleted") == 1


def test_what_a_recovery_has_come_to_is_said_in_words() -> None:
    ends = {
        recoveries.FINISHED,
        recoveries.SIGNED_IN,
        recoveries.STOPPED,
        recoveries.LAPSED,
        recoveries.REPLACED,
    }
    assert ends | {"open", ACTIVE, *accounts.RESET_REASONS} == set(STATES)
