"""Registration keys: found by their hash, ended by time or by hand, on both databases."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from idp.domain import registration_keys as keys
from idp.domain import suspensions, sweeping
from idp.domain.clients import Client, apply
from idp.domain.registration_keys import RegistrationKey
from idp.domain.services import Services
from tests.support.building import ISSUER
from tests.support.clock import FixedClock
from tests.support.relying_party import RelyingParty


def test_a_live_key_is_found_and_its_use_noted(
    session: Session, services: Services, clock: FixedClock
) -> None:
    issued = keys.issue(session, services, "A team", 60)
    clock.move(59)
    found = keys.use(session, issued.text, clock.now())
    assert found is not None
    assert (found.id, found.name, found.last_used_at) == (issued.key.id, "A team", clock.now())
    assert keys.any_live(session, clock.now())
    clock.move(1)
    assert keys.use(session, issued.text, clock.now()) is None
    assert not keys.any_live(session, clock.now())
    assert keys.all_keys(session) == [found]


@pytest.mark.parametrize("text", ["", "x", keys.PREFIX, "\ud800"])
def test_no_other_text_is_a_key(
    session: Session, services: Services, clock: FixedClock, text: str
) -> None:
    issued = keys.issue(session, services, "A team", 60)
    assert keys.use(session, text, clock.now()) is None
    assert keys.use(session, issued.text, clock.now()) is not None


def test_a_revoked_key_is_none(session: Session, services: Services, clock: FixedClock) -> None:
    issued, other = (keys.issue(session, services, "A team", 60) for _ in range(2))
    assert keys.revoke(session, issued.key.id, clock.now())
    assert not keys.revoke(session, issued.key.id, clock.now())
    assert keys.use(session, issued.text, clock.now()) is None
    assert keys.use(session, other.text, clock.now()) is not None


def test_ended_keys_are_swept_a_year_later(
    session: Session, services: Services, clock: FixedClock
) -> None:
    keys.issue(session, services, "A team", 60)
    session.commit()
    engine = sa.create_engine(services.settings.database_url)
    for move, left in ((60, 1), (keys.KEPT_FOR + 1, 0)):
        clock.move(move)
        sweeping.sweep(engine, services)
        assert session.query(RegistrationKey).count() == left
        session.rollback()
    engine.dispose()


def test_a_client_is_suspended_and_restored_once(
    session: Session, services: Services, clock: FixedClock
) -> None:
    party = RelyingParty(ISSUER)
    apply(session, services, party.registration())
    for change, state in ((suspensions.suspend, "suspended"), (suspensions.restore, "active")):
        assert change(session, party.client_id, clock.now())
        assert not change(session, party.client_id, clock.now())
        assert not change(session, "nobody", clock.now())
        stored = session.get_one(Client, party.client_id, populate_existing=True)
        assert stored.state == state
