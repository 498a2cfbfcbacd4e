"""A citizen's record, and the levers on their account, in an operator's hands."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from idp.domain import (
    accounts,
    approved_acts,
    audit,
    audit_log,
    change_requests,
    daily_counts,
    identities,
    interventions,
    known_subjects,
    operators,
    recoveries,
    throttles,
)
from idp.domain.accounts import Account
from idp.domain.audit_entries import AuditEntry
from idp.domain.change_requests import CannotBeDone
from idp.domain.citizen_levers import Lever
from idp.domain.grants import Grant
from idp.domain.operator_acts import SEEN_FOR
from idp.domain.sample_people import SAMPLE_PEOPLE
from idp.domain.services import Services
from idp.journeys.operators.citizen_words import LEVERS
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol
from tests.support.clock import FixedClock
from tests.support.consoles import sign_in_as
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

REASON = "Ticket 4711, <b>asked</b> on the telephone"


@pytest.fixture
def olwen(app: Flask, session: Session, services: Services) -> Citizen:
    """An operator."""
    citizen = enrol(session, services, Citizen("olwen@example.com"))
    operators.add(session, services, citizen.account_id)
    session.commit()
    return citizen


@pytest.fixture
def operator(app: Flask, session: Session, services: Services, olwen: Citizen) -> Person:
    """Olwen in front of her browser."""
    return sign_in_as(app, session, services, olwen)


@pytest.fixture
def look(operator: Person, alice: Citizen) -> Callable[[], Person]:
    """Opens Alice's record."""

    def find() -> Person:
        operator.open(f"{ISSUER}ops/citizens")
        operator.send({"who": alice.email, "reason": REASON})
        return operator

    return find


def record(alice: Citizen, page: str = "") -> str:
    return f"{ISSUER}ops/citizens/{alice.account_id}{page}"


def account_of(session: Session, citizen: Citizen) -> Account:
    session.expire_all()
    return session.get_one(Account, citizen.account_id)


def details(session: Session, olwen: Citizen) -> list[str]:
    session.expire_all()
    acted = select(AuditEntry).where(
        AuditEntry.fact == "operator_acted", AuditEntry.account_id == olwen.account_id
    )
    return [each.detail for each in session.scalars(acted.order_by(AuditEntry.id))]


class TestLookingUp:
    def test_a_reason_comes_first_and_is_kept_but_not_in_the_audit_record(
        self, operator: Person, olwen: Citizen, alice: Citizen, session: Session
    ) -> None:
        operator.open(f"{ISSUER}ops/citizens").send({"who": alice.email})
        assert operator.status == 400
        assert "Enter the reason" in operator.page.text
        assert details(session, olwen) == []
        operator.send({"who": f" {alice.email.upper()}", "reason": REASON})
        assert operator.url == record(alice)
        assert alice.email not in operator.url
        assert REASON in operator.page.text, "as text, not as markup"
        assert details(session, olwen) == [f'{{"about":"{alice.account_id}","act":"look_up"}}']

    def test_it_is_open_for_a_quarter_of_an_hour_to_who_asked(
        self,
        look: Callable[[], Person],
        app: Flask,
        session: Session,
        services: Services,
        alice: Citizen,
        bob: Citizen,
        clock: FixedClock,
    ) -> None:
        operator = look()
        operators.add(session, services, bob.account_id)
        other = sign_in_as(app, session, services, bob).open(record(alice))
        assert other.heading == "Why do you need to see this record?"
        assert alice.email not in other.html
        other.open(record(alice, "/suspend"))
        assert other.url == record(alice)
        clock.move(SEEN_FOR - 1)
        assert alice.email in operator.open(record(alice)).html

    def test_afterwards_a_reason_opens_it_again(
        self, look: Callable[[], Person], alice: Citizen, clock: FixedClock
    ) -> None:
        operator = look()
        clock.move(SEEN_FOR)
        operator.open(record(alice))
        assert alice.email not in operator.html
        operator.send({"reason": ""})
        assert operator.status == 400
        operator.send({"reason": "the same ticket"})
        assert alice.email in operator.html

    def test_a_service_s_subject_finds_them_when_the_grant_is_gone_and_no_service_is_shown(
        self,
        operator: Person,
        app: Flask,
        session: Session,
        services: Services,
        alice: Citizen,
        library: RelyingParty,
    ) -> None:
        citizen = sign_in_as(app, session, services, alice)
        asked = library.ask()
        citizen.open(library.url(asked))
        assert citizen.left_to is not None
        session.expire_all()
        grant = session.scalars(select(Grant)).one()
        subject = grant.subject
        operator.open(f"{ISSUER}ops/citizens").send({"who": subject, "reason": REASON})
        assert "no service was given that subject" in operator.page.text
        issued = audit.TokensIssued(
            account_id=alice.account_id,
            client_id=library.client_id,
            sid=grant.sid,
            grant_id=grant.id,
        )
        audit.record(session, issued, now=services.clock.now())
        session.commit()
        while audit_log.seal_arrivals(session, services):
            pass
        daily_counts.count_sealed(session)
        told = [(library.client_id, subject)]
        assert known_subjects.of_account(session, alice.account_id) == told
        session.execute(delete(Grant))
        session.commit()
        operator.open(f"{ISSUER}ops/citizens").send({"who": subject, "reason": REASON})
        assert operator.url == record(alice)
        assert f"Service {library.client_id}" not in operator.html
        assert subject not in operator.html

    def test_that_nobody_was_found_is_recorded_as_well(
        self, operator: Person, olwen: Citizen, session: Session
    ) -> None:
        operator.open(f"{ISSUER}ops/citizens")
        operator.send({"who": "nobody@example.com", "reason": REASON})
        assert operator.status == 400
        assert "There is no account" in operator.page.text
        assert details(session, olwen) == ['{"about":null,"act":"look_up_nobody"}']
        assert operator.open(f"{ISSUER}ops/citizens/{'x' * 32}").status == 404


class TestLevers:
    @pytest.mark.parametrize(
        ("page", "state", "mail"),
        [
            ("suspend", "suspended", "account_suspended"),
            ("force-reset", "active", "new_password_needed"),
        ],
    )
    def test_the_citizen_gets_the_very_page_that_was_shown(
        self,
        page: str,
        state: str,
        mail: str,
        look: Callable[[], Person],
        app: Flask,
        session: Session,
        services: Services,
        alice: Citizen,
        olwen: Citizen,
        library: RelyingParty,
        post: Post,
        browser: Callable[[], Person],
        clock: FixedClock,
    ) -> None:
        citizen = sign_in_as(app, session, services, alice)
        operator = look().open(record(alice, f"/{page}"))
        operator.send({"reason": ""})
        assert operator.status == 400
        assert "Enter the reason" in operator.page.text
        shown = LEVERS[Lever(page.replace("-", "_"))].seen
        assert shown is not None
        operator.send({"reason": REASON})
        assert operator.url == record(alice)
        assert account_of(session, alice).state == state
        assert details(session, olwen)[-1] == (
            f'{{"about":"{alice.account_id}","act":"{page.replace("-", "_")}"}}'
        )
        assert post.newest(alice.email).kind == mail
        citizen.open(f"{ISSUER}account")
        assert "/j/" in citizen.url, "the session has ended"
        clock.move(30)
        person = browser()
        walks.come_to_code(person, library, alice)
        if person.url.endswith("/code"):
            person.send({"code": alice.code(clock.now())})
        assert person.heading == str(shown.heading)
        for sentence in shown.words:
            assert str(sentence) in person.page.text

    def test_blocking_waits_for_another_operator_who_is_not_the_one_who_asked(
        self,
        look: Callable[[], Person],
        session: Session,
        services: Services,
        alice: Citizen,
        bob: Citizen,
        olwen: Citizen,
    ) -> None:
        operator = look().open(record(alice, "/block"))
        assert "It cannot be opened again" in operator.page.text
        operator.send({"reason": REASON})
        assert "waits for another operator" in operator.page.text
        assert account_of(session, alice).state == "active"
        [asked] = change_requests.waiting(session)
        operators.add(session, services, bob.account_id)
        with pytest.raises(change_requests.OwnRequest):
            approved_acts.approve(session, services, asked.id, by=olwen.account_id)
        approved_acts.approve(session, services, asked.id, by=bob.account_id)
        session.commit()
        assert account_of(session, alice).state == "blocked"
        assert "would change nothing" in operator.open(record(alice, "/block")).page.text

    @pytest.mark.parametrize("page", ["block", "remove-second-factor"])
    def test_nobody_is_asked_to_approve_what_would_do_nothing(
        self,
        look: Callable[[], Person],
        session: Session,
        services: Services,
        alice: Citizen,
        page: str,
    ) -> None:
        operator = look().open(record(alice, "/sign-out"))
        token = {"csrf_token": operator.form().values["csrf_token"]}
        interventions.block(session, services, account_of(session, alice))
        session.commit()
        headers = {"Origin": ISSUER.rstrip("/"), "Accept": "text/html", "Referer": ISSUER}
        address = record(alice, f"/{page}")
        answer = operator.request("POST", address, token | {"reason": REASON}, headers)
        assert answer.status == 200
        assert "would change nothing" in answer.body
        assert change_requests.waiting(session) == []

    def test_nobody_approves_what_is_done_to_their_own_account(
        self,
        look: Callable[[], Person],
        session: Session,
        services: Services,
        alice: Citizen,
    ) -> None:
        look().open(record(alice, "/block")).send({"reason": REASON})
        [asked] = change_requests.waiting(session)
        operators.add(session, services, alice.account_id)
        with pytest.raises(CannotBeDone):
            approved_acts.approve(session, services, asked.id, by=alice.account_id)

    def test_nobody_acts_on_their_own_account(
        self, operator: Person, olwen: Citizen, session: Session
    ) -> None:
        operator.open(f"{ISSUER}ops/citizens").send({"who": olwen.email, "reason": REASON})
        assert "This is your own account" in operator.page.text
        operator.open(record(olwen, "/sign-out"))
        assert operator.status == 403
        assert account_of(session, olwen).state == "active"

    def test_a_proof_is_asked_for_anew_and_the_old_one_is_gone(
        self,
        look: Callable[[], Person],
        session: Session,
        services: Services,
        alice: Citizen,
        post: Post,
    ) -> None:
        operator = look().open(record(alice, "/force-proof"))
        assert "would change nothing" in operator.page.text
        identities.keep(
            session,
            services,
            account_id=alice.account_id,
            level="P2",
            person=next(iter(SAMPLE_PEOPLE.values())),
        )
        session.commit()
        operator.open(record(alice, "/force-proof")).send({"reason": REASON})
        session.expire_all()
        assert identities.find(session, services, alice.account_id) is None
        assert post.newest(alice.email).kind == "new_proof_needed"
        assert "Not proved" in operator.page.text

    def test_a_lock_is_lifted(
        self,
        look: Callable[[], Person],
        session: Session,
        services: Services,
        alice: Citizen,
        clock: FixedClock,
    ) -> None:
        key = accounts.email_key(alice.email)
        for _ in range(6):
            throttles.reserve(session, throttles.Kind.PASSWORD, key, clock.now())
        session.commit()
        operator = look()
        assert "Password: until" in operator.page.text
        operator.open(record(alice, "/unlock")).send({"reason": REASON})
        assert "Password: until" not in operator.page.text
        assert throttles.reserve(session, throttles.Kind.PASSWORD, key, clock.now()) == 5

    def test_a_second_factor_goes_only_while_its_owner_waits_for_a_new_one(
        self,
        look: Callable[[], Person],
        session: Session,
        services: Services,
        alice: Citizen,
        bob: Citizen,
        post: Post,
        clock: FixedClock,
    ) -> None:
        operator = look().open(record(alice, "/remove-second-factor"))
        assert "would change nothing" in operator.page.text
        account = account_of(session, alice)
        assert recoveries.begin(session, services, account, device="")
        session.commit()
        operator.open(record(alice, "/remove-second-factor")).send({"reason": REASON})
        [asked] = change_requests.waiting(session)
        operators.add(session, services, bob.account_id)
        approved_acts.approve(session, services, asked.id, by=bob.account_id)
        session.commit()
        session.expire_all()
        open_now = recoveries.find(session, alice.account_id, clock.now())
        assert open_now is not None
        assert open_now.ready_at == clock.now()
        assert post.newest(alice.email).kind == "recovery_hastened"


def test_every_lever_has_its_page(operator: Person, alice: Citizen) -> None:
    operator.open(f"{ISSUER}ops/citizens").send({"who": alice.email, "reason": REASON})
    for lever in Lever:
        operator.open(record(alice, f"/{lever.value.replace('_', '-')}"))
        assert operator.status == 200
        assert operator.heading == str(LEVERS[lever].name)
        assert urlsplit(operator.url).query == ""
