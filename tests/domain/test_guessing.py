"""A guess is taken, judged and written down, the same wherever it is asked."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from idp.domain import account_changes, accounts, guessing, sessions, throttles
from idp.domain.accounts import Account
from idp.domain.audit_entries import AuditEntry
from idp.domain.guessing import Counter, Verdict
from idp.domain.passwords import Hasher
from idp.domain.throttles import Kind, Locked
from tests.domain.conftest import Installation
from tests.support.citizens import Citizen, enrol, give_codes
from tests.support.databases import wait_until_somebody_waits

SOMEBODY = Counter(Kind.REAUTH_PASSWORD, "a subject")


def test_a_password_longer_than_any_is_wrong_and_costs_a_hash(bare: Installation) -> None:
    with bare.session() as session:
        citizen = enrol(session, bare.services)
        guess = guessing.take_password_try(session, bare.services, citizen.email)
        session.commit()
    too_long = citizen.password + "x" * guessing.LONGEST_PASSWORD_TRIED
    assert guessing.judge(bare.services, guess, too_long) == Verdict(right=False)
    assert guessing.judge(bare.services, guess, citizen.password) == Verdict(right=True)


def test_a_right_password_gives_the_tries_back_and_keeps_the_better_hash(
    bare: Installation,
) -> None:
    with bare.session() as session:
        citizen = enrol(session, bare.services)
        for _ in range(5):
            guess = guessing.take_password_try(session, bare.services, citizen.email)
        assert guess.tries_left == 1
        guessing.password_was_right(session, guess, Verdict(right=True, better_hash="a better one"))
        session.commit()
        again = guessing.take_password_try(session, bare.services, citizen.email)
        assert (again.password_hash, again.tries_left) == ("a better one", 5)


def test_a_hash_of_yesterdays_cost_is_made_anew(bare: Installation) -> None:
    settings = bare.settings
    dearer = Hasher(
        memory_kib=settings.argon2_memory_kib,
        time_cost=settings.argon2_time + 1,
        gate_dir=settings.var_dir,
    )
    services = replace(bare.services, hasher=dearer)
    with bare.session() as session:
        citizen = enrol(session, bare.services)
        guess = guessing.take_password_try(session, services, citizen.email)
        session.commit()
    verdict = guessing.judge(services, guess, citizen.password)
    assert verdict.right
    assert verdict.better_hash is not None
    assert not dearer.needs_rehash(verdict.better_hash)
    assert guessing.judge(services, guess, "not this one at all") == Verdict(right=False)


def test_the_last_try_of_an_own_counter_is_told_and_locks_nobody_out(bare: Installation) -> None:
    """Who is asked to sign in again is not kept from signing in."""
    with bare.session() as session:
        citizen = enrol(session, bare.services)
        last = []
        for _ in range(6):
            guess = guessing.take_password_try(session, bare.services, citizen.email, SOMEBODY)
            last.append(guessing.password_was_wrong(session, bare.services, guess, device="x"))
        with pytest.raises(Locked):
            guessing.take_password_try(session, bare.services, citizen.email, SOMEBODY)
        assert last == [False] * 5 + [True]
        now = bare.clock.now()
        assert throttles.locked_until(session, Kind.PASSWORD, citizen.email, now) is None
        facts = session.scalars(select(AuditEntry.fact)).all()
        assert facts.count("password_refused") == 6
        assert "locked" not in facts


def test_a_lock_of_an_address_that_nobody_has_is_recorded_and_mailed_to_nobody(
    bare: Installation,
) -> None:
    nobody = Citizen(email="nobody@example.com")
    with bare.session() as session:
        for _ in range(6):
            guess = guessing.take_password_try(session, bare.services, nobody.email)
            over = guessing.password_was_wrong(session, bare.services, guess, device="x")
        assert over
        assert "locked" in session.scalars(select(AuditEntry.fact)).all()


def test_a_password_that_was_replaced_while_it_was_judged_opens_nothing(bare: Installation) -> None:
    """Who knows the old one must not slip in beside the reset that locks them out."""
    services = bare.services
    with bare.session() as session:
        citizen = enrol(session, services)
        session.commit()
        guess = guessing.take_password_try(session, services, citizen.email)
        session.commit()
        with bare.session() as other:
            account = other.get_one(Account, citizen.account_id)
            account.password_hash, account.password_set_at = "another one", bare.clock.now() + 1
            other.commit()
        better = Verdict(right=True, better_hash="the old one, dearer")
        assert not guessing.password_was_right(session, guess, better)
        session.commit()
        assert session.get_one(Account, citizen.account_id).password_hash == "another one"


def test_a_password_stays_right_whose_hash_was_made_anew_meanwhile(bare: Installation) -> None:
    with bare.session() as session:
        citizen = enrol(session, bare.services)
        guesses = [
            guessing.take_password_try(session, bare.services, citizen.email) for _ in range(2)
        ]
        session.commit()
        for guess in guesses:
            better = Verdict(right=True, better_hash="dearer")
            assert guessing.password_was_right(session, guess, better)


def test_a_right_password_of_an_account_that_is_gone_opens_nothing(bare: Installation) -> None:
    with bare.session() as session:
        citizen = enrol(session, bare.services)
        guess = guessing.take_password_try(session, bare.services, citizen.email)
        account = session.get_one(Account, citizen.account_id)
        here, _ = sessions.after_password(
            session, bare.services, browser_hash="b", account=account, current=None, device=""
        )
        session.flush()
        account_changes.delete_account(session, bare.services, account, here)
        assert not guessing.password_was_right(session, guess, Verdict(right=True))


@pytest.mark.parametrize("kind", ["password", "app", "recovery code"])
def test_a_sign_in_and_a_deletion_wait_in_line_and_not_for_each_other(
    bare: Installation, kind: str
) -> None:
    """Both write what proves who it is and the session, in two orders: one must begin first."""
    services = bare.services
    with bare.session() as session:
        citizen = enrol(session, services)
        [code, *_] = give_codes(session, services, citizen)
        account = accounts.get(session, citizen.account_id)
        assert account is not None
        here, _ = sessions.after_password(
            session, services, browser_hash="b", account=account, current=None, device=""
        )
        session.commit()

        def leave() -> None:
            with bare.session() as other:
                gone = other.get_one(Account, citizen.account_id)
                signed_in = other.get_one(sessions.BrowserSession, here.sid)
                account_changes.delete_account(other, services, gone, signed_in)
                other.commit()

        counter = Counter(Kind.APP_CODE, citizen.account_id)
        with ThreadPoolExecutor(1) as pool:
            if kind == "password":
                guess = guessing.take_password_try(session, services, citizen.email)
                guessing.password_was_right(session, guess, Verdict(right=True))
            elif kind == "app":
                shown = citizen.code(bare.clock.now())
                assert guessing.use_app_code(session, services, counter, citizen.account_id, shown)
            else:
                assert guessing.use_recovery_code(
                    session, services, counter, citizen.account_id, code, device=""
                )
            leaving = pool.submit(leave)
            wait_until_somebody_waits(bare.settings.database_url)
            sessions.after_second_factor(session, services, here)
            session.commit()
            leaving.result(30)
    with bare.session() as session:
        assert accounts.get(session, citizen.account_id) is None
