"""A reset belongs to one Journey, one address and one password, and ends with it."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from idp.domain import (
    account_changes,
    accounts,
    interventions,
    journeys,
    outbox,
    resets,
    sessions,
    throttles,
)
from idp.domain.accounts import Account
from idp.domain.journeys import Journey
from idp.domain.services import Services
from idp.domain.sessions import Method
from idp.domain.throttles import Kind
from tests.domain.conftest import Installation
from tests.domain.test_recoveries import another_journey, at_once
from tests.support.citizens import Citizen, enrol, signed_in_cookie

DONE = dict.fromkeys(
    ("reset_begun_at", "reset_account_id", "reset_email_at", "reset_factor_at", "reset_factor")
)


@pytest.fixture
def session(installation: Installation) -> Session:
    return installation.session()


@pytest.fixture
def services(installation: Installation) -> Services:
    return installation.services


@pytest.fixture
def alice(session: Session, services: Services) -> Account:
    account = accounts.get(session, enrol(session, services).account_id)
    assert account is not None
    return account


@pytest.fixture
def journey(session: Session, services: Services, alice: Account) -> Journey:
    """A Journey in which Alice has proved her mailbox and her second factor."""
    return proved(session, services, alice)


def proved(session: Session, services: Services, account: Account) -> Journey:
    journey = another_journey(session, services)
    journeys.go_by(journey, account.email)
    resets.begin(services, journey, account)
    resets.mailbox_was_proved(services, journey)
    resets.second_factor_was_given(services, journey, Method.APP)
    session.flush()
    return journey


def set_password(
    session: Session,
    services: Services,
    account: Account,
    new: str = "new",
    *,
    factor: Method | None = Method.APP,
    by_mail: bool = True,
    **more: str,
) -> bool:
    return resets.set_password(
        session,
        services,
        account,
        old_hash=more.pop("old_hash", account.password_hash),
        new_hash=new,
        proof=resets.Proof(factor, by_mail),
        device="",
        **more,
    )


def state_of(journey: Journey) -> dict[str, object]:
    return {name: getattr(journey, name) for name in DONE}


def test_a_mailbox_is_proved_for_the_account_that_had_the_address(
    session: Session, services: Services, alice: Account
) -> None:
    journey = another_journey(session, services)
    assert resets.account_of(session, journey) is None
    journeys.go_by(journey, alice.email.upper())
    resets.begin(services, journey, alice)
    assert resets.account_of(session, journey) is None
    resets.mailbox_was_proved(services, journey)
    assert resets.account_of(session, journey) is alice
    alice.email_key = "elsewhere@example.com"
    assert resets.account_of(session, journey) is None


def test_an_address_without_an_account_proves_nothing(session: Session, services: Services) -> None:
    journey = another_journey(session, services)
    journeys.go_by(journey, "nobody@example.com")
    resets.begin(services, journey, None)
    resets.mailbox_was_proved(services, journey)
    assert resets.account_of(session, journey) is None


def test_an_account_that_is_gone_is_not_found(
    session: Session, services: Services, journey: Journey
) -> None:
    journey.reset_account_id = "0" * 32
    assert resets.account_of(session, journey) is None


def test_another_address_and_another_code_forget_what_was_proved(
    session: Session, services: Services, alice: Account, journey: Journey
) -> None:
    resets.begin(services, journey, alice)
    assert resets.account_of(session, journey) is None
    assert journey.reset_factor_at is None
    resets.mailbox_was_proved(services, journey)
    journeys.go_by(journey, alice.email)
    assert state_of(journey) == DONE


def test_a_new_password_lifts_the_lock_ends_the_other_sessions_and_tells_the_owner(
    installation: Installation,
    session: Session,
    services: Services,
    alice: Account,
    journey: Journey,
) -> None:
    citizen = owner_of(alice)
    signed_in_cookie(session, services, citizen)
    signed_in_cookie(session, services, citizen)
    here = session.scalars(sa.select(sessions.BrowserSession.sid)).first()
    now = installation.clock.now()
    for _ in range(6):
        throttles.reserve(session, Kind.PASSWORD, alice.email_key, now)
    alice.reset_because = accounts.ORDERED
    session.flush()
    assert set_password(session, services, alice, but=str(here))
    assert alice.password_hash == "new"
    assert session.get_one(Account, alice.id, populate_existing=True).reset_because is None
    assert alice.password_reset_at == alice.password_set_at == now
    assert throttles.locked_until(session, Kind.PASSWORD, alice.email_key, now) is None
    live = sessions.BrowserSession.ended_at.is_(None)
    assert session.scalars(sa.select(sessions.BrowserSession.sid).where(live)).all() == [here]
    assert session.scalar(sa.select(sa.func.count()).select_from(outbox.OutboxMessage)) == 1
    assert state_of(journey) == DONE


def owner_of(account: Account) -> Citizen:
    return Citizen(email=account.email, account_id=account.id)


def test_every_other_reset_is_worthless_afterwards(
    session: Session, services: Services, alice: Account, journey: Journey
) -> None:
    bob = enrol(session, services, Citizen("bob@example.com", "another one 12"))
    others = accounts.get(session, bob.account_id)
    assert others is not None
    second, strangers = proved(session, services, alice), proved(session, services, others)
    assert set_password(session, services, alice)
    session.refresh(second)
    assert state_of(second) == DONE
    session.refresh(strangers)
    assert strangers.reset_email_at is not None


def test_a_password_set_meanwhile_is_not_overwritten(
    session: Session, services: Services, alice: Account, journey: Journey
) -> None:
    old = alice.password_hash
    assert set_password(session, services, alice, "first")
    assert not set_password(session, services, alice, "second", old_hash=old)
    assert alice.password_hash == "first"


@pytest.mark.parametrize("act", [interventions.suspend, interventions.block])
def test_an_account_that_is_closed_meanwhile_keeps_its_password(
    session: Session, services: Services, alice: Account, journey: Journey, act: object
) -> None:
    old = alice.password_hash
    assert act(session, services, alice)  # type: ignore[operator]
    assert not set_password(session, services, alice)
    assert alice.password_hash == old


def test_of_two_resets_at_once_one_sets_the_password(
    installation: Installation,
    session: Session,
    services: Services,
    alice: Account,
    journey: Journey,
) -> None:
    proved(session, services, alice)
    account_id, old = alice.id, alice.password_hash
    session.commit()
    answers = at_once(
        8,
        lambda own: set_password(
            own, services, own.get_one(Account, account_id), str(id(own)), old_hash=old
        ),
        installation,
    )
    assert sorted(answers) == [False] * 7 + [True]


class TestOrders:
    def test_an_order_is_given_once_and_ends_every_session(
        self, session: Session, services: Services, alice: Account
    ) -> None:
        signed_in_cookie(session, services, owner_of(alice))
        assert interventions.order_reset(session, services, alice)
        assert not interventions.order_reset(session, services, alice)
        assert alice.reset_because == accounts.ORDERED
        [ended] = session.scalars(sa.select(sessions.BrowserSession.ended_because))
        assert ended == interventions.RESET_ORDERED

    def test_an_order_takes_the_place_of_a_weak_password(
        self, session: Session, services: Services, alice: Account
    ) -> None:
        alice.reset_because = accounts.WEAK
        session.flush()
        assert interventions.order_reset(session, services, alice)
        assert alice.reset_because == accounts.ORDERED

    def test_nothing_is_ordered_of_who_is_blocked(
        self, session: Session, services: Services, alice: Account
    ) -> None:
        interventions.block(session, services, alice)
        assert not interventions.order_reset(session, services, alice)
        assert alice.reset_because is None


def test_a_password_changed_in_the_account_makes_every_reset_worthless(
    session: Session, services: Services, alice: Account, journey: Journey
) -> None:
    signed_in_cookie(session, services, owner_of(alice))
    signed_in = session.scalars(sa.select(sessions.BrowserSession)).one()
    account_changes.change_password(session, services, alice, signed_in, password_hash="new")
    session.refresh(journey)
    assert state_of(journey) == DONE
