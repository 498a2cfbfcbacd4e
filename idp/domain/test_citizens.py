"""Test citizens: accounts that a service's team makes for itself, and knows everything about.

Owns: that they have addresses which no person can have (RFC 2606), in a domain that names their
service and that nobody else can have, how many a service may have, and that their password and
seed can be read by its team.
Never in production mode, for which the pages are not there.
"""

import re
from enum import StrEnum
from typing import Final

import pyotp
from sqlalchemy import BigInteger, ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import (
    account_changes,
    accounts,
    audit,
    authenticator_apps,
    identities,
    interventions,
    members,
)
from idp.domain.accounts import Account
from idp.domain.sample_people import SAMPLE_PEOPLE
from idp.domain.services import Services
from idp.domain.test_citizen_facts import TestCitizenDeleted, TestCitizenMade
from idp.kernel.database import Base

MOST: Final = 50
"""Of one service."""
LONGEST_NAME: Final = 20
PASSWORD, SEED = "test citizen password", "test citizen seed"
_DOMAIN: Final = "test-citizens.example"
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,18}[a-z0-9])?")
_PERSON: Final = "nia"


class Made(StrEnum):
    """How far a test citizen is when it is made."""

    NEW = "new"
    PART_CREATED = "part_created"
    READY = "ready"
    PROVED = "proved"
    SUSPENDED = "suspended"


class TestCitizen(Base):
    """One of them. `account_id` is None for one that has still to create its account."""

    __tablename__ = "test_citizens"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    service_id: Mapped[str] = mapped_column(
        ForeignKey("services.id", ondelete="CASCADE"), index=True
    )
    account_id: Mapped[str | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    email: Mapped[str] = mapped_column(String(256), unique=True)
    password_sealed: Mapped[str] = mapped_column(String(256))
    seed_sealed: Mapped[str] = mapped_column(String(256))
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[int] = mapped_column(BigInteger)


class TooManyTestCitizens(Exception):
    """The service has as many as it may have."""


def name_is_acceptable(name: str) -> bool:
    """Return whether the part of an address before the @ may be `name`."""
    return _NAME.fullmatch(name) is not None


def address_of(service_id: str, name: str) -> str:
    """Return the address of a service's test citizen of this name."""
    return f"{name}@{service_id}.{_DOMAIN}"


def is_one(email: str) -> bool:
    """Return whether an address, in any spelling, is in the domain that is test citizens' alone."""
    return accounts.email_key(email).endswith((f".{_DOMAIN}", f"@{_DOMAIN}"))


def is_elsewhere(email: str, service_id: str) -> bool:
    """Return whether an address is a test citizen's of another service."""
    theirs = accounts.email_key(f"@{service_id}.{_DOMAIN}")
    return is_one(email) and not accounts.email_key(email).endswith(theirs)


def may_have_account(session: Session, email: str) -> bool:
    """Return whether an account may be opened for an address: test citizens' are nobody else's."""
    if not is_one(email):
        return True
    key = func.lower(TestCitizen.email) == accounts.email_key(email)
    return session.scalar(select(TestCitizen.id).where(key)) is not None


def make(  # noqa: PLR0913 - the facts of one citizen, by name
    session: Session,
    services: Services,
    service_id: str,
    *,
    name: str,
    state: Made,
    password: str,
    password_hash: str,
    language: str,
    by: str,
) -> TestCitizen:
    """Make a test citizen in this state; `password_hash` is that of `password`.

    Raises EmailTaken, and TooManyTestCitizens.
    """
    members.hold(session, service_id)
    of_service = select(func.count()).where(TestCitizen.service_id == service_id)
    if (session.scalar(of_service) or 0) >= MOST:
        raise TooManyTestCitizens
    email, seed = address_of(service_id, name), authenticator_apps.propose(services.entropy)
    taken = select(TestCitizen.id).where(TestCitizen.email == email)
    if session.scalar(taken) is not None:
        raise accounts.EmailTaken
    account_id = None
    if state is not Made.NEW:
        account = accounts.create(
            session, services, email=email, password_hash=password_hash, language=language
        )
        account_id = account.id
        if state is not Made.PART_CREATED:
            _bring_to(session, services, account, state, seed)
    now, citizen_id = services.clock.now(), services.entropy.identifier()
    made = TestCitizen(
        id=citizen_id,
        service_id=service_id,
        account_id=account_id,
        email=email,
        password_sealed=services.sealer.seal(password.encode(), PASSWORD, citizen_id),
        seed_sealed=services.sealer.seal(seed.encode(), SEED, citizen_id),
        made_by=by,
        made_at=now,
    )
    session.add(made)
    session.flush()
    fact = TestCitizenMade(account_id=by, service_id=service_id, state=str(state))
    audit.record(session, fact, now=now)
    return made


def of_service(session: Session, service_id: str) -> list[TestCitizen]:
    """Return a service's test citizens, by address."""
    listed = select(TestCitizen).where(TestCitizen.service_id == service_id)
    return list(session.scalars(listed.order_by(TestCitizen.email)))


def find(session: Session, service_id: str, citizen_id: str) -> TestCitizen | None:
    """Return this test citizen of this service, or None."""
    found = session.get(TestCitizen, citizen_id)
    return found if found is not None and found.service_id == service_id else None


def secrets_of(services: Services, citizen: TestCitizen) -> tuple[str, str]:
    """Return the password and the seed that a test citizen was made with."""
    opened = services.sealer.open
    password = opened(citizen.password_sealed, PASSWORD, citizen.id).decode()
    return password, opened(citizen.seed_sealed, SEED, citizen.id).decode()


def code_of(seed: str, now: int) -> str:
    """Return the six digits that an app with this seed shows now."""
    return pyotp.TOTP(seed).at(now)


def state_of(session: Session, citizen: TestCitizen) -> Made:
    """Return how far a test citizen is now, whatever it was made as."""
    account = accounts.find_by_email(session, citizen.email)
    if account is None:
        return Made.NEW
    if account.state == "part_created":
        return Made.PART_CREATED
    if account.state != "active":
        return Made.SUSPENDED
    proved = select(identities.Identity.id).where(identities.Identity.account_id == account.id)
    return Made.READY if session.scalar(proved) is None else Made.PROVED


def delete(session: Session, services: Services, citizen: TestCitizen, *, by: str) -> None:
    """Delete a test citizen, with the account of its address if there is one."""
    account = accounts.find_by_email(session, citizen.email)
    about, service_id = account.id if account else None, citizen.service_id
    session.delete(citizen)
    session.flush()
    if account is not None:
        account_changes.erase(session, services, account)
    fact = TestCitizenDeleted(account_id=by, service_id=service_id, about=about)
    audit.record(session, fact, now=services.clock.now())


def _bring_to(
    session: Session, services: Services, account: Account, state: Made, seed: str
) -> None:
    step = services.clock.now() // authenticator_apps.STEP_SECONDS - 2
    authenticator_apps.add(session, services, account_id=account.id, secret=seed, step=step)
    accounts.complete(session, account)
    # A question less on every way that a team tries.
    accounts.passkey_was_offered(session, account.id, services.clock.now())
    if state is Made.PROVED:
        person = SAMPLE_PEOPLE[_PERSON]
        identities.keep(session, services, account_id=account.id, level="P2", person=person)
    if state is Made.SUSPENDED:
        interventions.suspend(session, services, account)
