"""Somebody has the password and no second factor any more."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain import authenticator_apps, identities, sessions
from idp.domain.accounts import Account
from idp.domain.audit_entries import AuditEntry
from idp.domain.recoveries import DAY, Recovery
from idp.domain.sample_people import SAMPLE_PEOPLE
from idp.domain.services import Services
from idp.kernel.database import db
from idp.worker import Worker
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.support.building import register
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.identity import IdentityParty, prove
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

CODE = "Enter the code from your authenticator app"
START = "Check if you can change how you get codes"
CHECK_MAIL = "Check your email"
WAIT = "You need to wait before you can set up a new app"
READY = "You can set up a new app now"
APP = "Set up an authenticator app"
DONE = "You have changed how you get codes"
NOT_NOW = "You cannot change how you get codes now"
NOT_CONFIRMED = "We could not confirm that it is you"
JUST_LOCKED = "You have tried too many times"
NIA = SAMPLE_PEOPLE["nia"]


def page(person: Person, path: str) -> Person:
    """Open another page of this Journey."""
    start, _, rest = person.url.partition("/j/")
    person.open(f"{start}/j/{rest.partition('/')[0]}/{path}")
    return person


def come_to_start(person: Person, service: RelyingParty, citizen: Citizen) -> None:
    """Give the password, and say that the app cannot be used."""
    walks.come_to_code(person, service, citizen)
    assert "I cannot use my app" in person.page.text
    page(person, "recover")


def begin_waiting(person: Person, service: RelyingParty, post: Post, citizen: Citizen) -> None:
    """Ask to get back in, and prove the mailbox."""
    come_to_start(person, service, citizen)
    assert person.heading == START
    person.send()
    assert person.heading == CHECK_MAIL
    person.send({"code": post.code(citizen.email)})
    assert person.heading == WAIT


def set_up_app(person: Person, clock: FixedClock) -> str:
    """From the page that says so to the new app's first code; its seed."""
    assert person.heading == READY
    person.send()
    assert person.heading == APP
    assert "This removes every way to get codes that you have now" in person.page.text
    seed = walks.seed_shown(person)
    person.send({"code": walks.first_code(person, clock)})
    if person.status == 200 and not person.left_to:
        walks.save_codes(person)
    return seed


def account_of(session: Session, citizen: Citizen) -> Account:
    session.rollback()
    account = session.get(Account, citizen.account_id, populate_existing=True)
    assert account is not None
    return account


def facts(session: Session, account_id: str) -> list[str]:
    session.rollback()
    query = sa.select(AuditEntry.fact).where(AuditEntry.account_id == account_id)
    return list(session.scalars(query.order_by(AuditEntry.id)))


def kinds(post: Post, to: str) -> list[str]:
    """The kinds of every mail to somebody, oldest first."""
    return [message.kind for message in reversed(post.all()) if message.to == to]


def stop_code(post: Post, to: str) -> str:
    """The code that the newest mail gives for stopping a recovery."""
    _, _, rest = post.newest(to).body.partition("with this code: ")
    return rest.split()[0]


class TestWaiting:
    def test_after_seven_days_a_new_app_takes_the_place_of_the_old_one(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
        session: Session,
        services: Services,
    ) -> None:
        walks.sign_in(browser(), library, alice, clock)
        begin_waiting(browser(), library, post, alice)
        assert kinds(post, alice.email)[-2:] == ["account_recovery_code", "recovery_begun"]
        clock.move(7 * DAY - 1)
        early = browser()
        come_to_start(early, library, alice)
        assert early.heading == WAIT
        clock.move(1)
        person = browser()
        come_to_start(person, library, alice)
        alice.seed = set_up_app(person, clock)
        assert person.heading == DONE
        assert post.newest(alice.email).kind == "recovery_done"
        page(person, "")
        assert person.left_to is not None
        walks.sign_in(browser(), library, alice, _later(clock))
        session.rollback()
        [app] = session.scalars(sa.select(authenticator_apps.AuthenticatorApp))
        assert app.added_at == clock.now() - 30
        recorded = facts(session, alice.account_id)
        for fact in ("recovery_begun", "recovery_finished", "authenticator_app_added"):
            assert recorded.count(fact) == 1, fact
        assert "recovery_cancelled" not in recorded

    def test_the_old_app_works_until_the_new_one_has_proved_itself_and_no_longer(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
        session: Session,
    ) -> None:
        begin_waiting(browser(), library, post, alice)
        clock.move(7 * DAY)
        person = browser()
        come_to_start(person, library, alice)
        person.send()
        person.send({"code": alice.wrong_code(clock.now())})
        assert (person.status, person.heading) == (400, APP)
        assert authenticator_apps.has_app(session, alice.account_id)
        person.send({"code": walks.first_code(person, clock)})
        assert person.heading == "Save your recovery codes"
        late = browser()
        walks.come_to_code(late, library, alice)
        late.send({"code": alice.code(clock.now())})
        assert late.status == 400, "the old app still works"

    def test_every_other_session_ends(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
        session: Session,
    ) -> None:
        begin_waiting(browser(), library, post, alice)
        clock.move(7 * DAY)
        elsewhere, person = browser(), browser()
        come_to_start(elsewhere, library, alice)
        come_to_start(person, library, alice)
        set_up_app(person, clock)
        rows = session.scalars(
            sa.select(sessions.BrowserSession).where(
                sessions.BrowserSession.started_at >= clock.now()
            )
        ).all()
        assert sorted(row.ended_because or "live" for row in rows) == ["live", "recovered"]

    def test_the_owner_is_told_at_once_and_after_three_and_six_days(
        self,
        app: Flask,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
        services: Services,
        session: Session,
    ) -> None:
        begin_waiting(browser(), library, post, alice)
        first = stop_code(post, alice.email)
        seen = []
        with app.app_context():
            worker = Worker(services, db.engine)
        for _ in range(8 * 24):
            clock.move(3600)
            if worker.remind():
                seen.append(clock.now())
        began = clock.now() - 8 * DAY
        assert seen == [began + 3 * DAY, began + 6 * DAY]
        assert kinds(post, alice.email)[-2:] == ["recovery_reminder"] * 2
        assert stop_code(post, alice.email) == first, "each mail tells the same code"
        assert facts(session, alice.account_id).count("recovery_reminded") == 2

    def test_a_worker_that_was_away_tells_once(
        self,
        app: Flask,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
        services: Services,
    ) -> None:
        begin_waiting(browser(), library, post, alice)
        with app.app_context():
            workers = Worker(services, db.engine), Worker(services, db.engine)
        clock.move(6 * DAY + 5)
        assert [worker.remind() for worker in workers] == [1, 0]
        clock.move(DAY)
        assert workers[0].remind() == 0

    @pytest.mark.parametrize("days", [1, 8])
    def test_a_full_sign_in_ends_it(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
        session: Session,
        days: int,
    ) -> None:
        begin_waiting(browser(), library, post, alice)
        clock.move(days * DAY)
        walks.sign_in(browser(), library, alice, clock)
        assert post.newest(alice.email).kind == "recovery_cancelled"
        assert "recovery_cancelled" in facts(session, alice.account_id)
        clock.move(7 * DAY)
        person = browser()
        come_to_start(person, library, alice)
        assert person.heading == START

    def test_the_password_alone_does_not_end_it(
        self, browser: Callable[[], Person], library: RelyingParty, alice: Citizen, post: Post
    ) -> None:
        begin_waiting(browser(), library, post, alice)
        walks.come_to_code(browser(), library, alice)
        person = browser()
        come_to_start(person, library, alice)
        assert person.heading == WAIT

    def test_it_is_stopped_by_the_code_of_the_mail_however_it_is_typed(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        session: Session,
    ) -> None:
        begin_waiting(browser(), library, post, alice)
        code = stop_code(post, alice.email)
        person = browser()
        come_to_start(person, library, alice)
        page(person, "recover/stop")
        for typed, words in (("", "Enter the code"), ("AAAA-AAAA", "not the code")):
            person.send({"code": typed})
            assert (person.status, words in person.page.text) == (400, True)
        person.send({"code": f" {code.lower().replace('-', ' ')} "})
        assert person.heading == "The request to get back in was stopped"
        assert post.newest(alice.email).kind == "recovery_cancelled"
        recorded = facts(session, alice.account_id)
        assert {"recovery_stop_refused", "recovery_cancelled"} <= set(recorded)
        page(person, "recover/stop")
        assert person.heading == START

    def test_who_guesses_the_code_that_stops_it_is_locked_out(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
    ) -> None:
        begin_waiting(browser(), library, post, alice)
        code = stop_code(post, alice.email)
        mallory = browser()
        come_to_start(mallory, library, alice)
        page(mallory, "recover/stop")
        token = mallory.form().values["csrf_token"]
        for _ in range(6):
            mallory.send({"code": "AAAA-AAAA"})
        assert mallory.heading == JUST_LOCKED
        page(mallory, "recover/stop")
        assert mallory.heading == "You cannot do this at the moment"
        mallory.request("POST", mallory.url, {"csrf_token": token, "code": code}, {})
        page(mallory, "recover")
        assert mallory.heading == WAIT, "the right code was looked at while locked"
        clock.move(7201)
        person = browser()
        come_to_start(person, library, alice)
        page(person, "recover/stop").send({"code": code})
        assert person.heading == "The request to get back in was stopped"

    def test_one_wait_is_open_however_often_it_is_asked_for(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        session: Session,
    ) -> None:
        first, second = browser(), browser()
        for person in (first, second):
            come_to_start(person, library, alice)
            person.send()
            person.send({"code": post.code(alice.email)})
            assert person.heading == WAIT
            break
        come_to_start(second, library, alice)
        assert second.heading == WAIT
        assert len(session.scalars(sa.select(Recovery)).all()) == 1
        assert kinds(post, alice.email).count("recovery_begun") == 1

    def test_what_nobody_came_for_within_thirty_days_is_over(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
        session: Session,
    ) -> None:
        begin_waiting(browser(), library, post, alice)
        clock.move(37 * DAY)
        begin_waiting(browser(), library, post, alice)
        rows = session.scalars(sa.select(Recovery).order_by(Recovery.begun_at)).all()
        assert [row.ended_because for row in rows] == ["lapsed", None]
        walks.sign_in(browser(), library, alice, _later(clock))
        assert kinds(post, alice.email).count("recovery_cancelled") == 1

    def test_wrong_codes_of_the_mail_lock_for_two_hours(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
    ) -> None:
        person = browser()
        come_to_start(person, library, alice)
        person.send()
        code = post.code(alice.email)
        wrong = "000000" if code != "000000" else "111111"
        for _ in range(6):
            person.send({"code": wrong})
        assert person.heading == JUST_LOCKED
        page(person, "recover/email-code")
        assert person.heading == "You cannot do this at the moment"
        clock.move(7201)
        again = browser()
        come_to_start(again, library, alice)
        again.send()
        again.send({"code": post.code(alice.email)})
        assert again.heading == WAIT

    def test_the_sixth_mail_is_the_last_for_two_hours(
        self, person: Person, library: RelyingParty, alice: Citizen
    ) -> None:
        come_to_start(person, library, alice)
        person.send()
        for _ in range(5):
            page(person, "recover/email-resend").send()
        assert person.heading == "You have asked for too many codes"
        page(person, "recover/email-resend")
        assert person.heading == "You cannot get a new code at the moment"
        page(person, "recover").send()
        assert person.heading == "You cannot get a new code at the moment"


class TestProving:
    @pytest.fixture
    def proved(self, alice: Citizen, session: Session, services: Services) -> Citizen:
        """Alice, who has proved that she is Nia."""
        prove(session, services, alice, NIA)
        session.commit()
        return alice

    @staticmethod
    def check(person: Person, who: str = "nia", ending: str = "P2") -> None:
        """From the first page to what came of the check."""
        assert person.heading == "Prove that it is you"
        person.send(button=0)
        person.send({"person": who, "ending": ending})

    def test_the_same_person_goes_on_at_once(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        proved: Citizen,
        post: Post,
        clock: FixedClock,
        session: Session,
        services: Services,
    ) -> None:
        kept = identities.find(session, services, proved.account_id)
        person = browser()
        come_to_start(person, library, proved)
        person.send()
        self.check(person)
        proved.seed = set_up_app(person, clock)
        assert person.heading == DONE
        assert post.newest(proved.email).kind == "recovery_done"
        walks.sign_in(browser(), library, proved, _later(clock))
        session.rollback()
        assert identities.find(session, services, proved.account_id) == kept
        recorded = facts(session, proved.account_id)
        assert {"recovery_check_ended", "recovery_allowed", "recovery_finished"} <= set(recorded)
        assert "identity_proved" not in recorded

    @pytest.mark.parametrize(
        ("who", "ending"),
        [("kwame", "P2"), ("nia", "P1"), ("nia", "not_matched"), ("nia", "fraud")],
    )
    def test_anybody_else_is_told_no_detail_and_changes_nothing(
        self,
        person: Person,
        library: RelyingParty,
        proved: Citizen,
        session: Session,
        services: Services,
        who: str,
        ending: str,
    ) -> None:
        kept = identities.find(session, services, proved.account_id)
        come_to_start(person, library, proved)
        person.send()
        self.check(person, who, ending)
        assert person.heading == NOT_CONFIRMED
        words = person.page.text
        for detail in ("name", "birth", "address", "fraud", "match"):
            assert detail not in words.lower(), detail
        for path in ("create/app", "recover/ready", "recover/done", ""):
            page(person, path)
            assert person.heading == NOT_CONFIRMED, path
        session.rollback()
        assert identities.find(session, services, proved.account_id) == kept

    @pytest.mark.parametrize(
        "ending", ["pending", "cancelled", "timed_out", "technical_error", "other_browser"]
    )
    def test_a_check_that_was_not_finished_may_be_tried_again(
        self,
        person: Person,
        library: RelyingParty,
        proved: Citizen,
        clock: FixedClock,
        ending: str,
    ) -> None:
        come_to_start(person, library, proved)
        person.send()
        self.check(person, "nia", ending)
        assert person.heading == NOT_NOW
        person.send({})
        assert person.status == 400
        person.send({"choice": "again"})
        self.check(person)
        set_up_app(person, clock)
        assert person.heading == DONE

    def test_who_goes_back_without_proving_may_try_a_code_or_read_about_help(
        self, person: Person, library: RelyingParty, proved: Citizen, clock: FixedClock
    ) -> None:
        come_to_start(person, library, proved)
        person.send()
        person.send(button=1)
        assert person.heading == NOT_NOW
        back = person.url
        person.send({"choice": "help"})
        assert person.url.endswith("/support")
        person.open(back)
        person.send({"choice": "try"})
        assert person.heading == CODE
        page(person, "")
        assert person.heading == CODE
        person.send({"code": proved.code(clock.now())})
        assert person.left_to is not None

    def test_a_proof_serves_once_and_in_its_own_journey(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        proved: Citizen,
        clock: FixedClock,
        session: Session,
    ) -> None:
        person, mallory = browser(), browser()
        come_to_start(person, library, proved)
        person.send()
        self.check(person)
        assert person.heading == READY
        come_to_start(mallory, library, proved)
        assert mallory.heading == START
        page(mallory, "create/app")
        assert mallory.heading == CODE
        set_up_app(person, clock)
        page(person, "recover/done")
        page(person, "recover")
        assert person.left_to is not None
        rows = session.scalars(sa.select(Recovery)).all()
        assert [row.ended_because for row in rows] == ["finished"]

    def test_five_checks_are_the_last_for_two_hours(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        proved: Citizen,
        clock: FixedClock,
    ) -> None:
        mallory = browser()
        come_to_start(mallory, library, proved)
        mallory.send()
        for _ in range(4):
            self.check(mallory, "kwame")
            mallory.send({"choice": "again"})
        self.check(mallory, "kwame")
        assert mallory.heading == NOT_CONFIRMED
        mallory.send({"choice": "again"})
        assert mallory.status == 400, "the choice is not there"
        person = browser()
        come_to_start(person, library, proved)
        assert person.heading == NOT_NOW
        clock.move(7201)
        come_to_start(person, library, proved)
        assert person.heading == START

    def test_the_service_that_asks_for_an_identity_gets_nothing_of_the_check(
        self,
        person: Person,
        proved: Citizen,
        clock: FixedClock,
        session: Session,
        services: Services,
    ) -> None:
        licensing = register(session, services, IdentityParty(services.settings.issuer))
        session.commit()
        person.open(licensing.url(licensing.ask()))
        person.send(button=walks.SIGN_IN)
        person.send({"email": proved.email})
        person.send({"password": proved.password})
        page(person, "recover").send()
        self.check(person)
        set_up_app(person, clock)
        page(person, "")
        assert person.url.endswith("/prove/details"), person.url

    def test_an_abandoned_check_does_not_stand_in_the_way_of_the_services(
        self,
        person: Person,
        proved: Citizen,
        clock: FixedClock,
        session: Session,
        services: Services,
    ) -> None:
        licensing = register(session, services, IdentityParty(services.settings.issuer))
        session.commit()
        person.open(licensing.url(licensing.ask()))
        person.send(button=walks.SIGN_IN)
        person.send({"email": proved.email})
        person.send({"password": proved.password})
        page(person, "recover").send()
        assert person.heading == "Prove that it is you"
        page(person, "code").send({"code": proved.code(clock.now())})
        assert person.url.endswith("/prove/details"), person.url

    def test_waiting_for_the_check_promises_nothing_to_services(
        self, person: Person, library: RelyingParty, proved: Citizen, clock: FixedClock
    ) -> None:
        come_to_start(person, library, proved)
        person.send()
        person.send(button=0)
        person.send({"person": "nia", "ending": "P2", "delay": "5"})
        assert "you will not need to do it again" not in person.page.text
        clock.move(5)
        page(person, "prove/wait")
        assert person.heading == READY

    def test_where_nobody_checks_identities_people_wait(
        self,
        visitor_of: Callable[..., Person],
        library: RelyingParty,
        proved: Citizen,
    ) -> None:
        person = visitor_of(mode="production")
        come_to_start(person, library, proved)
        assert person.heading == START
        assert "7 days" in person.page.text


class TestWhoMay:
    def test_without_the_password_in_this_journey_it_is_asked_for(
        self,
        person: Person,
        library: RelyingParty,
        alice: Citizen,
        clock: FixedClock,
    ) -> None:
        person.open(library.url(library.ask(vtr='["Cl"]')))
        person.send(button=walks.SIGN_IN)
        person.send({"email": alice.email})
        person.send({"password": alice.password})
        assert person.left_to is not None
        walks.arrive(person, library)
        assert person.heading == "Enter a code to continue"
        page(person, "recover")
        assert person.heading == "Enter your password"
        person.send({"password": alice.password})
        page(person, "recover")
        assert person.heading == START

    def test_nobody_gets_there_without_a_session_or_with_both_factors(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        clock: FixedClock,
    ) -> None:
        person = browser()
        walks.arrive(person, library)
        page(person, "recover")
        assert person.url.endswith("/start")
        other = browser()
        journey = walks_journey(other, library)
        walks.sign_in(other, library, alice, clock)
        other.open(f"{journey}recover")
        assert other.left_to is not None or other.url.endswith("/password")

    def test_the_password_alone_sets_up_nothing(
        self,
        person: Person,
        library: RelyingParty,
        alice: Citizen,
        session: Session,
    ) -> None:
        come_to_start(person, library, alice)
        for path in (
            "create/app",
            "recover/ready",
            "recover/done",
            "recover/waiting",
            "recover/stop",
            "recover/stopped",
            "recover/not-now",
            "recover/not-confirmed",
            "prove",
            "prove/stand-in",
        ):
            page(person, path)
            assert person.heading in (START, CODE), path
            assert person.left_to is None
        assert len(session.scalars(sa.select(authenticator_apps.AuthenticatorApp)).all()) == 1

    def test_a_wait_that_is_over_serves_only_who_says_so_in_this_journey(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
    ) -> None:
        begin_waiting(browser(), library, post, alice)
        clock.move(7 * DAY)
        person = browser()
        walks.come_to_code(person, library, alice)
        page(person, "create/app")
        assert person.heading == CODE

    @pytest.mark.parametrize("hours", [0, 47])
    def test_not_within_48_hours_of_a_reset(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
        session: Session,
        hours: int,
    ) -> None:
        account_of(session, alice).password_reset_at = clock.now() - hours * 3600
        session.commit()
        person = browser()
        come_to_start(person, library, alice)
        assert person.heading == NOT_NOW
        assert "48 hours" in person.page.text
        page(person, "recover/email-code")
        assert person.heading == NOT_NOW
        clock.move((48 - hours) * 3600)
        later = browser()
        come_to_start(later, library, alice)
        assert later.heading == START

    def test_a_reset_in_between_holds_the_last_step_back_too(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
        session: Session,
    ) -> None:
        begin_waiting(browser(), library, post, alice)
        clock.move(7 * DAY)
        person = browser()
        come_to_start(person, library, alice)
        person.send()
        assert person.heading == APP
        code = walks.first_code(person, clock)
        account_of(session, alice).password_reset_at = clock.now()
        session.commit()
        person.send({"code": code})
        assert person.heading == NOT_NOW

    def test_a_recovery_of_one_address_does_not_outlive_the_change_to_another(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        bob: Citizen,
        post: Post,
        clock: FixedClock,
    ) -> None:
        begin_waiting(browser(), library, post, alice)
        clock.move(7 * DAY)
        person = browser()
        come_to_start(person, library, alice)
        person.send()
        assert person.heading == APP
        # In another tab of the same browser, another Journey: Bob signs in.
        alices = person.url
        walks.arrive(person, library)
        page(person, "email").send({"email": bob.email})
        person.send({"password": bob.password})
        assert person.heading == CODE
        person.open(alices)
        assert person.heading != APP

    def test_a_suspended_account_gets_no_further(
        self,
        browser: Callable[[], Person],
        library: RelyingParty,
        alice: Citizen,
        session: Session,
    ) -> None:
        person = browser()
        come_to_start(person, library, alice)
        account_of(session, alice).state = "suspended"
        session.commit()
        page(person, "recover")
        assert person.heading == "Your account is suspended"


def test_a_lock_on_the_old_apps_codes_does_not_outlive_it(
    browser: Callable[[], Person],
    library: RelyingParty,
    alice: Citizen,
    post: Post,
    clock: FixedClock,
) -> None:
    begin_waiting(browser(), library, post, alice)
    clock.move(7 * DAY)
    ready = browser()
    come_to_start(ready, library, alice)
    mallory = browser()
    walks.come_to_code(mallory, library, alice)
    for _ in range(6):
        mallory.send({"code": alice.wrong_code(clock.now())})
    assert mallory.heading == JUST_LOCKED
    alice.seed = set_up_app(ready, clock)
    walks.sign_in(browser(), library, alice, _later(clock))


def _later(clock: FixedClock) -> FixedClock:
    clock.move(30)
    return clock


def walks_journey(person: Person, service: RelyingParty) -> str:
    """Begin a Journey; its address."""
    walks.arrive(person, service)
    return person.url.removesuffix("start")
