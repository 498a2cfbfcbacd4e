"""Accounts: one for each address, in whatever spelling it is typed."""

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from idp.domain import accounts
from idp.domain.accounts import Account, EmailTaken
from idp.domain.services import Services
from idp.kernel.database import is_postgresql
from tests.domain.conftest import Installation


def _create(session: Session, services: Services, email: str) -> Account:
    return accounts.create(session, services, email=email, password_hash="a hash", language="en")


@pytest.mark.parametrize(
    "typed",
    ["Alice@Example.com", " alice@example.com\t", "ALICE@EXAMPLE.COM", "ａlice@example.com"],
)
def test_an_account_is_found_by_any_spelling_of_its_address(
    session: Session, services: Services, typed: str
) -> None:
    account = _create(session, services, "alice@example.com")
    assert accounts.find_by_email(session, typed) is account


def test_an_unknown_address_finds_nothing(session: Session, services: Services) -> None:
    _create(session, services, "alice@example.com")
    assert accounts.find_by_email(session, "alice@example.org") is None


def test_an_address_cannot_be_used_twice_and_the_transaction_goes_on(
    session: Session, services: Services
) -> None:
    first = _create(session, services, "alice@example.com")
    with pytest.raises(EmailTaken):
        _create(session, services, "Alice@example.com")
    session.commit()
    assert accounts.get(session, first.id) is first


def test_the_address_is_kept_as_typed(session: Session, services: Services) -> None:
    assert _create(session, services, " Alice@Example.com ").email == "Alice@Example.com"


def test_only_a_part_created_account_is_completed(session: Session, services: Services) -> None:
    account = _create(session, services, "alice@example.com")
    assert account.state == "part_created"
    assert accounts.complete(session, account)
    assert account.state == "active"
    assert not accounts.complete(session, account), "only one of two requests completes it"
    account.state = "suspended"
    session.flush()
    assert not accounts.complete(session, account)
    assert account.state == "suspended"


def test_two_accounts_have_salts_of_their_own(session: Session, services: Services) -> None:
    one = _create(session, services, "alice@example.com")
    other = _create(session, services, "bob@example.com")
    assert one.subject_salt != other.subject_salt


def test_while_an_account_is_held_nobody_else_changes_it(bare: Installation) -> None:
    with bare.session() as session:
        account_id = _create(session, bare.services, "alice@example.com").id
        session.commit()
        change = update(Account).where(Account.id == account_id).values(language="cy")

        def change_at_once() -> None:
            with bare.session() as other:
                patience = (
                    "SET lock_timeout = 1" if is_postgresql(other) else "PRAGMA busy_timeout = 0"
                )
                other.execute(text(patience))
                other.execute(change)
                other.commit()

        assert accounts.hold(session, account_id)
        with pytest.raises(OperationalError):
            change_at_once()
        session.rollback()
        change_at_once()


def test_nobody_is_held_who_is_not_there(session: Session) -> None:
    assert not accounts.hold(session, "0" * 32)
