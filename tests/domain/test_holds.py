"""After a reset nobody changes second factors for two days, unless by a recovery code."""

import pytest
from sqlalchemy.orm import Session

from idp.domain import confirmations, holds, sessions
from idp.domain.accounts import Account
from idp.domain.confirmations import HELD, Change
from idp.domain.hot_path import HotPath
from idp.domain.resets import Proof
from idp.domain.sessions import BrowserSession, Method
from tests.domain.conftest import Installation
from tests.domain.test_own_account import signed_in
from tests.domain.test_recoveries import Waiting, alice
from tests.domain.test_resets import set_password

__all__ = ["alice"]

BEFORE = 1_000


@pytest.mark.parametrize(
    ("proof", "held"),
    [
        (Proof(Method.APP, by_mail=True), "anew"),
        (Proof(Method.PASSKEY, by_mail=True), "anew"),
        (Proof(Method.RECOVERY_CODE, by_mail=True), "no more"),
        (Proof(None, by_mail=True), "as before"),
        (Proof(Method.APP, by_mail=False), "as before"),
        (Proof(Method.RECOVERY_CODE, by_mail=False), "no more"),
    ],
)
@pytest.mark.parametrize("held_before", [False, True])
def test_what_a_reset_was_proved_with_decides(
    bare: Installation, proof: Proof, held: str, held_before: bool
) -> None:
    with bare.session() as session:
        account, _ = signed_in(session, bare)
        now = bare.clock.now()
        before = now - BEFORE if held_before else None
        account.password_reset_at = before
        session.flush()
        given = {"factor": proof.factor, "by_mail": proof.by_mail}
        assert set_password(session, bare.services, account, **given)  # type: ignore[arg-type]
        expected = {"anew": now, "no more": None, "as before": before}[held]
        assert account.password_reset_at == expected
        until = None if expected is None else expected + holds.HELD_FOR
        assert holds.until(account, now) == until


def test_it_lasts_48_hours_to_the_second(bare: Installation) -> None:
    with bare.session() as session:
        account, _ = signed_in(session, bare)
        account.password_reset_at = then = bare.clock.now()
        assert holds.until(account, then + 48 * 3600 - 1) == then + 48 * 3600
        assert holds.until(account, then + 48 * 3600) is None


def confirmed_with(
    session: Session, bare: Installation, here: BrowserSession, change: Change, method: Method
) -> None:
    assert confirmations.factor_was_given(session, bare.services, here, change, method)


@pytest.mark.parametrize("change", list(Change))
@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("held", [False, True])
def test_a_held_change_takes_a_recovery_code_and_any_other_takes_each(
    bare: Installation, change: Change, method: Method, held: bool
) -> None:
    with bare.session() as session:
        account, here = signed_in(session, bare)
        account.password_reset_at = bare.clock.now() if held else None
        taken = not held or change not in HELD or method is Method.RECOVERY_CODE
        confirmed_with(session, bare, here, change, method)
        assert confirmations.is_confirmed(bare.services, account, here, change) is taken
        assert confirmations.use(session, bare.services, account, here, change) is taken
        assert not confirmations.use(session, bare.services, account, here, change)


def test_the_password_is_half_of_a_held_change_however_new_the_last_code(
    bare: Installation,
) -> None:
    with bare.session() as session:
        account, here = signed_in(session, bare)
        here.otp_at = account.password_reset_at = bare.clock.now()
        about = (session, bare.services, account, here)
        for change in Change:
            assert confirmations.password_was_given(*about, change)
            half = change in HELD
            assert confirmations.is_half_confirmed(bare.services, here, change) is half
            assert confirmations.is_confirmed(*about[1:], change) is not half


def test_a_hold_that_begins_meanwhile_counts(bare: Installation) -> None:
    with bare.session() as session:
        account, here = signed_in(session, bare)
        confirmed_with(session, bare, here, Change.APP, Method.APP)
        session.commit()
        now = bare.clock.now()
        bare.execute("UPDATE accounts SET password_reset_at = :now", now=now)
        assert account.password_reset_at is None, "nothing to find out"
        assert not confirmations.use(session, bare.services, account, here, Change.APP)


def test_nothing_is_confirmed_for_an_account_that_is_gone(bare: Installation) -> None:
    with bare.session() as session:
        account, here = signed_in(session, bare)
        confirmed_with(session, bare, here, Change.APP, Method.APP)
        session.flush()
        session.expunge(account)
        account.id = "another"
        assert not confirmations.use(session, bare.services, account, here, Change.APP)


def test_a_recovery_is_not_finished_while_it_lasts(alice: Waiting) -> None:
    assert alice.begin()
    alice.installation.clock.move(8 * 86_400)
    account = alice.session.get_one(Account, alice.account.id)
    account.password_reset_at = alice.now - holds.HELD_FOR + 1
    assert not alice.finish()
    account.password_reset_at = alice.now - holds.HELD_FOR
    assert alice.finish()


def test_a_recovery_of_an_account_that_is_gone_is_not_finished(alice: Waiting) -> None:
    assert alice.begin()
    recovery = alice.open_one()
    alice.session.expunge(recovery)
    recovery.account_id = "another"
    assert not alice.finish(recovery)


def test_nobody_is_offered_a_passkey_while_it_lasts(bare: Installation) -> None:
    with bare.session() as session:
        account, _ = signed_in(session, bare)
        account.passkey_offered_at = None
        _, cookie = sessions.after_password(
            session, bare.services, browser_hash="b", account=account, current=None, device=""
        )
        session.commit()
        path = HotPath(bare.engine)

        def offered(now: int) -> bool:
            seen = sessions.seen(path, bare.services, cookie, now)
            assert seen is not None
            return not seen.facts.passkey_offered

        now = bare.clock.now()
        assert offered(now)
        account.password_reset_at = now - holds.HELD_FOR + 1
        session.commit()
        assert not offered(now)
        assert offered(now + 1)
