"""A passkey's answer counts once, for the page that asked, and only from who it belongs to."""

import pytest
from sqlalchemy.orm import Session

from idp.domain import accounts, passkeys
from idp.domain.passkey_challenges import LIFETIME, Asked, Ceremony
from idp.domain.passkeys import Refused
from idp.domain.services import Services
from tests.support.authenticator import PRESENT, VERIFIED, Authenticator
from tests.support.citizens import Citizen, enrol, give_passkey
from tests.support.clock import FixedClock

HERE = Asked(Ceremony.SIGN_IN, "a" * 64, "journey")
ELSEWHERE = (
    Asked(Ceremony.SIGN_IN, "b" * 64, "journey"),
    Asked(Ceremony.SIGN_IN, "a" * 64, "another journey"),
    Asked(Ceremony.CONFIRM, "a" * 64, "journey"),
)


@pytest.fixture
def citizen(session: Session, services: Services) -> Citizen:
    return enrol(session, services)


@pytest.fixture
def phone(session: Session, services: Services, citizen: Citizen) -> Authenticator:
    """What the citizen's passkey is in."""
    return give_passkey(session, services, citizen)


def is_taken(session: Session, services: Services, answer: str, asked: Asked = HERE) -> bool:
    try:
        passkeys.use(session, services, asked, answer)
    except Refused:
        return False
    return True


def answer_of(
    session: Session, services: Services, phone: Authenticator, asked: Asked = HERE
) -> str:
    return phone.get(passkeys.options_to_use(session, services, asked))


@pytest.mark.threat("PASSKEY-01")
def test_passkey_01_an_answer_counts_once_and_not_for_ever(
    session: Session, services: Services, phone: Authenticator, clock: FixedClock
) -> None:
    phone.step = 0  # one that counts nothing: the challenge alone must keep it from coming again
    answer = answer_of(session, services, phone)
    assert is_taken(session, services, answer)
    assert not is_taken(session, services, answer)
    late = answer_of(session, services, phone)
    clock.move(LIFETIME)
    assert not is_taken(session, services, late)


@pytest.mark.threat("PASSKEY-01")
def test_passkey_01_an_answer_counts_for_the_page_that_asked(
    session: Session, services: Services, phone: Authenticator
) -> None:
    for asked in ELSEWHERE:
        answer = answer_of(session, services, phone, asked)
        assert not is_taken(session, services, answer), asked
    origin, phone.origin = phone.origin, "https://attacker.example"
    assert not is_taken(session, services, answer_of(session, services, phone))
    phone.origin = origin
    assert is_taken(session, services, answer_of(session, services, phone))


@pytest.mark.threat("PASSKEY-01")
def test_passkey_01_only_its_own_person_answers_and_shows_to_be_there(
    session: Session, services: Services, citizen: Citizen, phone: Authenticator
) -> None:
    phone.flags = PRESENT
    assert not is_taken(session, services, answer_of(session, services, phone))
    phone.flags = PRESENT | VERIFIED
    other = enrol(session, services, Citizen("other@example.com"))
    asked = Asked(Ceremony.STEP_UP, "a" * 64, "journey", other.account_id)
    assert not is_taken(session, services, answer_of(session, services, phone, asked), asked)
    phone.count, phone.step = 5, 1
    assert is_taken(session, services, answer_of(session, services, phone))
    phone.count = 1
    assert not is_taken(session, services, answer_of(session, services, phone)), "a copy of it"
    assert accounts.get(session, citizen.account_id) is not None
