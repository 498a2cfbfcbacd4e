"""Second factors: two apps at most, one always, and every change told to the owner."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import (
    accounts,
    authenticator_apps,
    notices,
    recovery_codes,
    second_factors,
    sessions,
    throttles,
)
from idp.domain.accounts import Account
from idp.domain.audit_entries import AuditEntry
from idp.domain.authenticator_apps import AuthenticatorApp, Role
from idp.domain.outbox import OutboxMessage
from idp.domain.services import Services
from idp.domain.throttles import Kind
from tests.support.citizens import BACKUP_SEED, Citizen, enrol, signed_in_cookie
from tests.support.clock import FixedClock

SECOND_SEED = BACKUP_SEED
THIRD_SEED = "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"


@pytest.fixture
def citizen(session: Session, services: Services) -> Citizen:
    return enrol(session, services)


@pytest.fixture
def alice(session: Session, citizen: Citizen) -> Account:
    account = accounts.get(session, citizen.account_id)
    assert account is not None
    return account


def add_backup(session: Session, services: Services, account: Account) -> bool:
    return second_factors.add_backup_app(
        session, services, account, secret=SECOND_SEED, step=1, device="a browser"
    )


def takes(session: Session, services: Services, account: Account, seed: str) -> bool:
    code = Citizen(seed=seed).code(services.clock.now())
    return authenticator_apps.use_code(session, services, account_id=account.id, code=code)


def facts(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.fact)))


def mails(session: Session) -> int:
    return len(session.scalars(select(OutboxMessage)).all())


def test_a_second_app_is_the_back_up_and_there_is_no_third(
    session: Session, services: Services, alice: Account
) -> None:
    assert second_factors.of(session, alice.id).backup_app is None
    assert add_backup(session, services, alice)
    assert not add_backup(session, services, alice)
    factors = second_factors.of(session, alice.id)
    assert [app.role for app in factors.apps] == [Role.DEFAULT, Role.BACKUP]
    assert factors.backup_app == factors.apps[1]
    assert (facts(session).count("backup_app_added"), mails(session)) == (1, 1)
    assert not authenticator_apps.add(
        session, services, account_id=alice.id, secret=THIRD_SEED, step=1
    )


def test_either_app_is_right_and_each_code_once(
    session: Session, services: Services, alice: Account, citizen: Citizen
) -> None:
    add_backup(session, services, alice)
    assert takes(session, services, alice, citizen.seed)
    assert takes(session, services, alice, SECOND_SEED)
    assert not takes(session, services, alice, citizen.seed)
    assert not takes(session, services, alice, SECOND_SEED)


def test_two_apps_change_places_and_only_the_back_up_is_removed(
    session: Session, services: Services, alice: Account, citizen: Citizen
) -> None:
    remove = second_factors.remove_backup_app
    switch = second_factors.switch_apps
    assert not remove(session, services, alice, device=""), "the only app was removed"
    assert not switch(session, services, alice, device="")
    add_backup(session, services, alice)
    assert switch(session, services, alice, device="")
    assert remove(session, services, alice, device="")
    assert not remove(session, services, alice, device="")
    assert takes(session, services, alice, SECOND_SEED)
    assert not takes(session, services, alice, citizen.seed)
    for fact in ("authenticator_apps_switched", "backup_app_removed"):
        assert facts(session).count(fact) == 1
    assert mails(session) == 3


def test_another_app_takes_the_place_of_one(
    session: Session, services: Services, alice: Account, citizen: Citizen, clock: FixedClock
) -> None:
    def replace(role: Role) -> bool:
        return second_factors.replace_app(
            session, services, alice, role=role, secret=THIRD_SEED, step=1, device=""
        )

    assert not replace(Role.BACKUP), "there is none"
    assert replace(Role.DEFAULT)
    assert not takes(session, services, alice, citizen.seed)
    assert takes(session, services, alice, THIRD_SEED)
    assert (facts(session).count("authenticator_app_replaced"), mails(session)) == (1, 1)


def test_a_code_of_the_app_before_does_not_count_for_the_one_after(
    session: Session, services: Services, alice: Account, citizen: Citizen
) -> None:
    [before] = authenticator_apps.of_account(session, alice.id)
    session.expunge(before)
    authenticator_apps.replace(
        session,
        services,
        account_id=alice.id,
        secret=THIRD_SEED,
        step=1,
        role=Role.DEFAULT,
    )
    now = services.clock.now() // 30
    assert not authenticator_apps._claim_step(session, before, now)
    [after] = authenticator_apps.of_account(session, alice.id)
    assert authenticator_apps._claim_step(session, after, now)


def test_starting_over_leaves_one_new_app_and_one_session(
    session: Session, services: Services, alice: Account, citizen: Citizen
) -> None:
    add_backup(session, services, alice)
    codes = recovery_codes.make(session, services, alice.id, replacing=0)
    assert codes is not None
    for kind in (Kind.APP_CODE, Kind.RECOVERY_CODE):
        throttles.reserve(session, kind, alice.id, services.clock.now())
    here = sessions.find(session, services, signed_in_cookie(session, services, citizen))
    there = sessions.find(session, services, signed_in_cookie(session, services, citizen))
    assert here is not None
    assert there is not None
    second_factors.start_over(session, services, alice.id, secret=THIRD_SEED, step=1, but=here.sid)
    factors = second_factors.of(session, alice.id)
    assert [app.role for app in factors.apps] == [Role.DEFAULT]
    assert (factors.codes.left, factors.passkeys) == (0, ())
    assert takes(session, services, alice, THIRD_SEED)
    assert recovery_codes.use(session, services, alice.id, codes.codes[0]) is None
    for kind in (Kind.APP_CODE, Kind.RECOVERY_CODE):
        assert throttles.reserve(session, kind, alice.id, services.clock.now()) > 3
    session.refresh(here)
    session.refresh(there)
    assert (here.ended_at is None, there.ended_because) == (True, "recovered")


def test_who_has_any(session: Session, services: Services, alice: Account) -> None:
    assert second_factors.has_any(session, alice.id)
    second_factors.remove_all(session, services, alice.id)
    assert not second_factors.has_any(session, alice.id)
    assert session.scalars(select(AuthenticatorApp)).all() == []
    facts_now = recovery_codes.facts(session, alice.id)
    recovery_codes.make(session, services, alice.id, replacing=facts_now.number)
    assert second_factors.has_any(session, alice.id)


def test_the_words_are_in_the_owners_language(
    session: Session, services: Services, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, str]] = []

    def send(*_: object, template: str, language: str, **__: object) -> None:
        said.append((template, language))

    monkeypatch.setattr(notices, "send", send)
    alice.language = "cy"
    add_backup(session, services, alice)
    assert said == [("backup_added", "cy")]
