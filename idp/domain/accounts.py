"""Accounts: one for each citizen, found by email, known to services by a pairwise subject."""

import unicodedata

from sqlalchemy import BigInteger, String, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit, terms
from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql


class EmailTaken(Exception):
    """Another account has this email address."""


class Account(Base):
    """A citizen's account. `email` is as typed, `email_key` is what addresses are compared by.

    `reset_because` is a word of `RESET_REASONS`: until there is a new password, nothing else is
    done. `passkey_offered_at` is when they first said whether they want a passkey,
    `password_reset_at` when the password was last reset so that second factors are held (`holds`).
    """

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    email: Mapped[str] = mapped_column(String(256))
    email_key: Mapped[str] = mapped_column(String(512), unique=True)
    email_verified_at: Mapped[int] = mapped_column(BigInteger)
    password_hash: Mapped[str] = mapped_column(String(256))
    password_set_at: Mapped[int] = mapped_column(BigInteger)
    subject_salt: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[int] = mapped_column(BigInteger)
    terms_version: Mapped[int] = mapped_column(BigInteger)
    terms_agreed_at: Mapped[int] = mapped_column(BigInteger)
    reset_because: Mapped[str | None] = mapped_column(String(16))
    passkey_offered_at: Mapped[int | None] = mapped_column(BigInteger)
    password_reset_at: Mapped[int | None] = mapped_column(BigInteger)


WEAK = "weak"
ORDERED = "ordered"
RESET_REASONS = (WEAK, ORDERED)


def email_key(email: str) -> str:
    """Return the form in which two spellings of one address are equal."""
    return unicodedata.normalize("NFKC", email.strip()).casefold()


def get(session: Session, account_id: str) -> Account | None:
    """Return the account with this id, or None."""
    return session.get(Account, account_id)


def hold(session: Session, account_id: str) -> bool:
    """Let every other change of the account wait until this transaction ends.

    False if the account is gone. Whoever changes sessions of the account as well holds it first,
    so that no two can wait for each other.
    """
    if is_postgresql(session):
        # Unlike an update of no key, this also keeps out new rows that refer to the account.
        held = select(Account.id).where(Account.id == account_id).with_for_update()
        return session.scalar(held) is not None
    written = update(Account).where(Account.id == account_id).values(state=Account.state)
    found = written.returning(Account.id).execution_options(synchronize_session=False)
    return session.scalar(found) is not None


def find_by_email(session: Session, email: str) -> Account | None:
    """Return the account that answers to this address in any spelling, or None."""
    return session.scalar(select(Account).where(Account.email_key == email_key(email)))


def create(
    session: Session,
    services: Services,
    *,
    email: str,
    password_hash: str,
    language: str,
) -> Account:
    """Open a part-created account for an address that has been proved.

    Raises EmailTaken when another account has it, also when both were made at the same moment.
    """
    now = services.clock.now()
    account = Account(
        id=services.entropy.identifier(),
        email=email.strip(),
        email_key=email_key(email),
        email_verified_at=now,
        password_hash=password_hash,
        password_set_at=now,
        subject_salt=services.entropy.token(),
        state="part_created",
        language=language,
        created_at=now,
        terms_version=terms.CURRENT.version,
        terms_agreed_at=now,
    )
    try:
        with session.begin_nested():
            session.add(account)
    except IntegrityError as error:
        raise EmailTaken from error
    return account


def complete(session: Session, account: Account) -> bool:
    """Make a part-created account active; False if it was not, or another request was faster."""
    completed = session.scalar(
        update(Account)
        .where(Account.id == account.id, Account.state == "part_created")
        .values(state="active")
        .returning(Account.id)
        .execution_options(synchronize_session=False)
    )
    session.refresh(account, ["state"])
    return completed is not None


def has_agreed(account: Account) -> bool:
    """Return whether the owner has agreed to the terms of today."""
    return account.terms_version >= terms.CURRENT.version


def agree(session: Session, services: Services, account: Account) -> None:
    """Record that the owner agrees to the terms of today; once, whoever asks at the same time."""
    now, version = services.clock.now(), terms.CURRENT.version
    agreed = session.scalar(
        update(Account)
        .where(Account.id == account.id, Account.terms_version < version)
        .values(terms_version=version, terms_agreed_at=now)
        .returning(Account.id)
        .execution_options(synchronize_session=False)
    )
    if agreed is not None:
        fact = audit.TermsAgreed(account_id=account.id, version=version)
        audit.record(session, fact, now=now)


def passkey_was_offered(session: Session, account_id: str, now: int) -> bool:
    """Record that the owner said whether they want a passkey; False if the account is not open."""
    offered = session.scalar(
        update(Account)
        .where(Account.id == account_id, Account.state == "active")
        .values(passkey_offered_at=func.coalesce(Account.passkey_offered_at, now))
        .returning(Account.id)
        .execution_options(synchronize_session=False)
    )
    return offered is not None
