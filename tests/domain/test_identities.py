"""Proven identities are sealed to their row, and disclosures remember claim by claim."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from idp.domain import disclosures, identities
from idp.domain.disclosures import Disclosure
from idp.domain.identities import Identity
from idp.domain.sample_people import SAMPLE_PEOPLE
from idp.domain.services import Services
from idp.kernel.sealing import SealBroken
from idp.protocol.identity_claims import ADDRESS, CORE_IDENTITY, PASSPORT, available
from tests.support.citizens import Citizen, enrol
from tests.support.clock import FixedClock

NIA, KWAME = SAMPLE_PEOPLE["nia"], SAMPLE_PEOPLE["kwame"]


@pytest.fixture
def alice(session: Session, services: Services) -> str:
    return enrol(session, services).account_id


@pytest.fixture
def bob(session: Session, services: Services) -> str:
    return enrol(session, services, Citizen("bob@example.com")).account_id


def test_a_proof_is_kept_and_found(session: Session, services: Services, alice: str) -> None:
    assert identities.find(session, services, alice) is None
    kept = identities.keep(session, services, account_id=alice, level="P2", person=NIA)
    assert identities.find(session, services, alice) == kept
    assert (kept.level, kept.person, kept.proved_at) == ("P2", NIA, services.clock.now())


def test_nothing_about_the_person_can_be_read_at_rest(
    session: Session, services: Services, alice: str
) -> None:
    identities.keep(session, services, account_id=alice, level="P2", person=NIA)
    row = session.execute(sa.select(Identity.__table__)).one()
    written = " ".join(str(value) for value in row)
    assert not [word for word in ("Nia", "Roberts", "1987", "099000114") if word in written]


def test_a_new_proof_takes_the_place_of_the_old_under_another_id(
    session: Session, services: Services, alice: str, bob: str, clock: FixedClock
) -> None:
    first = identities.keep(session, services, account_id=alice, level="P2", person=NIA)
    bobs = identities.keep(session, services, account_id=bob, level="P3", person=NIA)
    clock.move(60)
    second = identities.keep(session, services, account_id=alice, level="P1", person=KWAME)
    assert second.id != first.id
    assert second.proved_at == first.proved_at + 60
    assert identities.find(session, services, alice) == second
    assert identities.find(session, services, bob) == bobs
    assert session.scalar(sa.select(sa.func.count()).select_from(Identity)) == 2


def test_facts_moved_to_another_row_do_not_open(
    session: Session, services: Services, alice: str, bob: str
) -> None:
    identities.keep(session, services, account_id=alice, level="P1", person=NIA)
    identities.keep(session, services, account_id=bob, level="P3", person=KWAME)
    sealed = session.scalar(sa.select(Identity.facts_sealed).filter_by(account_id=bob))
    session.execute(sa.update(Identity).filter_by(account_id=alice).values(facts_sealed=sealed))
    with pytest.raises(SealBroken):
        identities.find(session, services, alice)
    assert identities.find(session, services, bob) is not None


def rows(session: Session) -> list[tuple[str, str, int, int]]:
    found = session.scalars(
        sa.select(Disclosure).order_by(Disclosure.client_id, Disclosure.first_at, Disclosure.claim)
    )
    return [(row.client_id, row.claim, row.first_at, row.last_at) for row in found]


def test_what_is_shared_grows_and_remembers_first_and_last(session: Session, alice: str) -> None:
    assert disclosures.shared(session, alice, "a") == set()
    disclosures.share(session, account_id=alice, client_id="a", claims=(), now=1)
    assert rows(session) == []
    disclosures.share(session, account_id=alice, client_id="a", claims=(CORE_IDENTITY,), now=5)
    both = (CORE_IDENTITY, ADDRESS)
    disclosures.share(session, account_id=alice, client_id="a", claims=both, now=9)
    assert disclosures.shared(session, alice, "a") == set(both)
    assert rows(session) == [("a", CORE_IDENTITY, 5, 9), ("a", ADDRESS, 9, 9)]


def test_what_one_client_was_given_is_nothing_to_another_or_for_somebody_else(
    session: Session, alice: str, bob: str
) -> None:
    disclosures.share(session, account_id=alice, client_id="a", claims=(PASSPORT,), now=5)
    assert disclosures.shared(session, alice, "b") == set()
    assert disclosures.shared(session, bob, "a") == set()
    assert disclosures.shared(session, alice, "a") == {PASSPORT}


def test_what_was_withdrawn_is_asked_about_again(session: Session, alice: str) -> None:
    both = (CORE_IDENTITY, ADDRESS)
    disclosures.share(session, account_id=alice, client_id="a", claims=both, now=5)
    session.execute(sa.update(Disclosure).values(withdrawn_at=7))
    assert disclosures.shared(session, alice, "a") == set()
    disclosures.share(session, account_id=alice, client_id="a", claims=(ADDRESS,), now=9)
    assert disclosures.shared(session, alice, "a") == {ADDRESS}
    assert ("a", CORE_IDENTITY, 5, 5) in rows(session)


@pytest.mark.parametrize("name", SAMPLE_PEOPLE)
def test_sample_people_are_whole_and_made_up(name: str) -> None:
    person = SAMPLE_PEOPLE[name]
    assert person.names[0].valid_until is None
    assert len(person.names[0].parts) >= 2
    assert len(person.birth_dates) == 1
    assert person.addresses[0].valid_until is None
    assert CORE_IDENTITY in available(person)
    # Numbers of documents begin with what nobody is given.
    numbers = [passport.document_number for passport in person.passports]
    assert all(number.startswith(("0990", "PZ99")) for number in numbers)
