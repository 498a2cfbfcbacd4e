"""Levers that would do nothing do nothing, and what was asked is done as things stand by then."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from idp.domain import (
    approved_acts,
    banners,
    change_requests,
    citizen_levers,
    emergency_keys,
    identities,
    interventions,
    operators,
    recoveries,
    service_list,
    signing_keys,
)
from idp.domain.accounts import Account
from idp.domain.approved_acts import CannotBeDone
from idp.domain.citizen_levers import Lever, Pulled
from idp.domain.recoveries import Recovery
from idp.domain.sample_people import SAMPLE_PEOPLE
from idp.domain.signing_keys import Purpose, SigningKey
from tests.domain.conftest import Installation
from tests.support.citizens import Citizen, enrol

Approve = Callable[[Session, str], None]


@pytest.fixture
def asks(installation: Installation) -> str:
    """The account of the operator who asks."""
    return _operator(installation, "asks@example.com")


@pytest.fixture
def approve(installation: Installation) -> Approve:
    """Approves a request as another operator."""
    by = _operator(installation, "decides@example.com")

    def done(session: Session, request_id: str) -> None:
        approved_acts.approve(session, installation.services, request_id, by=by)

    return done


def _operator(installation: Installation, email: str) -> str:
    with installation.session() as session, session.begin():
        account_id = enrol(session, installation.services, Citizen(email)).account_id
        operators.add(session, installation.services, account_id)
        return account_id


def test_what_would_change_nothing_is_neither_done_nor_asked_for(
    installation: Installation, asks: str
) -> None:
    services = installation.services
    with installation.session() as session, session.begin():
        alice = enrol(session, services, Citizen("alice@example.com"))
        account = session.get_one(Account, alice.account_id)
        for lever in (Lever.RESTORE, Lever.FORCE_PROOF, Lever.UNLOCK, Lever.REMOVE_SECOND_FACTOR):
            pulled = citizen_levers.pull(session, services, lever, account, by=asks, reason="why")
            assert pulled is Pulled.NOTHING, lever
        assert not interventions.let_second_factor_go(session, services, account)
        assert not operators.remove(session, services, account.id)
        assert not service_list.put_on(session, services, "no such service", by=asks)


def test_a_proof_that_is_doubted_gets_nobody_back_in(installation: Installation, asks: str) -> None:
    services = installation.services
    with installation.session() as session, session.begin():
        alice = enrol(session, services, Citizen("alice@example.com"))
        account = session.get_one(Account, alice.account_id)
        assert not interventions.order_proof(session, services, account), "there is none"
        identities.keep(
            session, services, account_id=account.id, level="P2", person=SAMPLE_PEOPLE["nia"]
        )
        recoveries.begin(session, services, account, device="")
        # As when a check that was passed opened it.
        session.execute(sa.update(Recovery).values(journey_id="j"))
        pulled = citizen_levers.pull(
            session, services, Lever.FORCE_PROOF, account, by=asks, reason="why"
        )
        assert pulled is Pulled.DONE
        assert recoveries.find(session, account.id, installation.clock.now()) is None


def test_an_account_that_is_blocked_meanwhile_is_not_blocked_again(
    installation: Installation, asks: str, approve: Approve
) -> None:
    services = installation.services
    with installation.session() as session, session.begin():
        alice = enrol(session, services, Citizen("alice@example.com"))
        account = session.get_one(Account, alice.account_id)
        for pulled in (Pulled.ASKED, Pulled.NOTHING):
            found = citizen_levers.pull(
                session, services, Lever.BLOCK, account, by=asks, reason="why"
            )
            assert found is pulled
        (asked,) = change_requests.waiting(session)
        assert interventions.block(session, services, account)
        with pytest.raises(CannotBeDone, match=citizen_levers.NOT_POSSIBLE):
            approve(session, asked.id)


def _asked(
    session: Session, installation: Installation, asks: str, purpose: Purpose
) -> tuple[SigningKey, SigningKey, str]:
    """A request to replace the current key of a ring: that key, its successor, the request."""
    services, now = installation.services, installation.clock.now()
    services.keyring.equip(session, now)
    old = signing_keys.current(session, purpose, "ES256")
    assert old is not None
    assert emergency_keys.ask(session, services, old, by=asks, reason="x") is None, "no successor"
    new = services.keyring.generate(session, "ES256", purpose)
    services.keyring.publish(session, new.kid, now)
    asked = emergency_keys.ask(session, services, old, by=asks, reason="a laptop was stolen")
    assert asked is not None
    assert emergency_keys.ask(session, services, old, by=asks, reason="again") is None
    assert emergency_keys.successor(session, new) is None, "it does not sign"
    return old, new, asked.id


def test_what_an_audit_key_signed_stays(
    installation: Installation, asks: str, approve: Approve
) -> None:
    with installation.session() as session, session.begin():
        old, new, asked = _asked(session, installation, asks, "audit")
        approve(session, asked)
        assert (old.state, old.withdrawn_at, new.state) == ("retired", None, "current")


def test_a_key_is_not_replaced_that_signs_no_more_or_by_one_that_is_gone(
    installation: Installation, asks: str, approve: Approve
) -> None:
    keyring, now = installation.services.keyring, installation.clock.now()
    with installation.session() as session, session.begin():
        _, new, asked = _asked(session, installation, asks, "tokens")
        keyring.retire(session, new.kid, now)
        with pytest.raises(CannotBeDone, match=emergency_keys.SUCCESSOR_GONE):
            approve(session, asked)
        another = keyring.generate(session, "ES256")
        keyring.activate(session, another.kid, now, emergency=True)
        with pytest.raises(CannotBeDone, match=emergency_keys.SIGNS_NO_MORE):
            approve(session, asked)


def test_a_page_does_not_wait_for_another_that_reads_the_notice(
    installation: Installation,
) -> None:
    services, now = installation.services, installation.clock.now()
    with installation.session() as session, session.begin():
        banners.put(
            session, services, english="Slow", welsh="Araf", begins_at=now, ends_at=now + 9, by=None
        )
    board = banners.Board(installation.clock, installation.engine.connect)
    with board._lock:
        assert board.shown("en") is None
    assert board.shown("en") == "Slow"
