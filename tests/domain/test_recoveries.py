"""A recovery is open once for each account, ends once, and tells its owner."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from idp.domain import accounts, holds, journeys, outbox, recoveries, sessions, sweeping
from idp.domain.accounts import Account
from idp.domain.journeys import Journey
from idp.domain.recoveries import DAY, Recovery
from idp.domain.services import Services
from tests.domain.conftest import Installation
from tests.support.citizens import enrol


@dataclass
class Waiting:
    """Alice, her account and one Journey of hers."""

    installation: Installation
    session: Session
    account: Account
    journey: Journey

    @property
    def services(self) -> Services:
        return self.installation.services

    @property
    def now(self) -> int:
        return self.installation.clock.now()

    def begin(self) -> bool:
        return recoveries.begin(self.session, self.services, self.account, device="")

    def allow(self) -> bool:
        return recoveries.allow(self.session, self.services, self.account.id, self.journey)

    def open_one(self) -> Recovery:
        found = recoveries.find(self.session, self.account.id, self.now)
        assert found is not None
        return found

    def finish(self, recovery: Recovery | None = None) -> bool:
        which = recovery or self.open_one()
        return recoveries.finish(self.session, self.services, which, self.journey)

    def cancel(self) -> bool:
        return recoveries.cancel(
            self.session, self.services, self.account.id, recoveries.STOPPED, device=""
        )

    def mails(self) -> int:
        self.session.flush()
        count = sa.select(sa.func.count()).select_from(outbox.OutboxMessage)
        return self.session.scalar(count) or 0


def another_journey(session: Session, services: Services) -> Journey:
    return journeys.open_journey(
        session,
        services,
        browser_id="alice's browser",
        client_id="a client",
        parameters="{}",
        language="en",
        wanted=journeys.Wanted(),
    )


@pytest.fixture
def alice(installation: Installation) -> Waiting:
    session = installation.session()
    account = accounts.get(session, enrol(session, installation.services).account_id)
    assert account is not None
    return Waiting(installation, session, account, another_journey(session, installation.services))


def test_one_is_open_at_a_time(alice: Waiting) -> None:
    assert recoveries.find(alice.session, alice.account.id, alice.now) is None
    assert alice.begin()
    assert not alice.begin()
    assert alice.mails() == 1
    assert not recoveries.was_stopped_since(alice.session, alice.account.id, alice.now)
    assert alice.cancel()
    assert recoveries.was_stopped_since(alice.session, alice.account.id, alice.now)
    assert not recoveries.was_stopped_since(alice.session, alice.account.id, alice.now + 1)
    assert not alice.cancel()
    assert alice.begin()


def test_it_may_be_finished_after_seven_days_for_thirty_and_once(alice: Waiting) -> None:
    alice.begin()
    recovery, clock = alice.open_one(), alice.installation.clock
    clock.move(7 * DAY - 1)
    assert not recovery.may_be_finished(alice.journey, alice.now)
    assert not alice.finish()
    clock.move(1)
    assert recovery.may_be_finished(alice.journey, alice.now)
    assert not recoveries.was_finished_in(alice.session, alice.journey, alice.account.id)
    assert alice.finish()
    assert not alice.finish(recovery)
    assert recoveries.was_finished_in(alice.session, alice.journey, alice.account.id)
    assert not recoveries.was_finished_in(alice.session, alice.journey, "somebody else")


def test_it_lapses(alice: Waiting) -> None:
    alice.begin()
    recovery = alice.open_one()
    alice.installation.clock.move(37 * DAY)
    assert recoveries.find(alice.session, alice.account.id, alice.now) is None
    assert not recovery.may_be_finished(alice.journey, alice.now)
    assert not alice.finish(recovery)
    mails = alice.mails()
    assert not alice.cancel(), "nobody is told that what lapsed was stopped"
    assert alice.mails() == mails


def test_a_proof_lets_its_own_journey_finish_and_no_other(alice: Waiting) -> None:
    alice.begin()
    assert alice.allow()
    recovery = alice.open_one()
    stranger = another_journey(alice.session, alice.services)
    assert not recovery.may_be_finished(stranger, alice.now)
    assert not recoveries.finish(alice.session, alice.services, recovery, stranger)
    assert alice.finish(recovery)
    ended = alice.session.scalars(sa.select(Recovery.ended_because)).all()
    assert sorted(map(str, ended)) == ["finished", "replaced"]


def test_two_proofs_at_once_open_one(alice: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.begin()
    # As another request would find it that had ended nothing, because nothing was open yet.
    monkeypatch.setattr(recoveries, "_end", lambda *_: None)
    assert not alice.allow()


def test_a_proof_that_was_not_needed_ends_without_a_mail(alice: Waiting) -> None:
    alice.allow()
    before = alice.mails()
    assert alice.cancel()
    assert alice.mails() == before


def test_a_full_sign_in_ends_it(alice: Waiting) -> None:
    alice.begin()
    signed_in, _ = sessions.after_password(
        alice.session,
        alice.services,
        browser_hash="0" * 64,
        account=alice.account,
        current=None,
        device="",
    )
    assert alice.open_one().ended_at is None
    sessions.after_second_factor(alice.session, alice.services, signed_in)
    assert recoveries.find(alice.session, alice.account.id, alice.now) is None


def test_a_sign_in_with_a_passkey_ends_it(alice: Waiting) -> None:
    alice.begin()
    sessions.after_passkey(
        alice.session,
        alice.services,
        browser_hash="0" * 64,
        account=alice.account,
        current=None,
        device="",
    )
    assert recoveries.find(alice.session, alice.account.id, alice.now) is None


def test_the_stop_code_is_the_same_at_every_asking_and_another_for_each(alice: Waiting) -> None:
    alice.begin()
    recovery = alice.open_one()
    code = recoveries.stop_code(alice.session, alice.services, recovery.id)
    assert code == recoveries.stop_code(alice.session, alice.services, recovery.id)
    assert code != recoveries.stop_code(alice.session, alice.services, "another")
    for typed, right in (
        (code, True),
        (code.lower().replace("-", " "), True),
        (code[:-1], False),
        ("", False),
        ("ŵ" * 8, False),
    ):
        assert recoveries.is_stop_code(alice.session, alice.services, recovery, typed) is right
    stored = alice.session.execute(sa.text("SELECT * FROM recoveries")).all()
    assert code not in str(stored)
    assert code.replace("-", "") not in str(stored)


def test_reminders_come_twice_and_never_after_the_end(alice: Waiting) -> None:
    clock = alice.installation.clock
    alice.begin()
    sent = []
    for _ in range(8):
        sent.append(recoveries.remind(alice.session, alice.services))
        clock.move(DAY)
    assert sent == [0, 0, 0, 1, 0, 0, 1, 0]
    alice.cancel()
    alice.begin()
    alice.cancel()
    clock.move(3 * DAY)
    assert recoveries.remind(alice.session, alice.services) == 0


def test_a_worker_that_was_away_for_the_whole_wait_tells_nothing_any_more(alice: Waiting) -> None:
    alice.begin()
    mails = alice.mails()
    alice.installation.clock.move(8 * DAY)
    assert recoveries.remind(alice.session, alice.services) == 0
    assert recoveries.remind(alice.session, alice.services) == 0
    assert alice.mails() == mails


def test_open_ones_are_listed_with_their_accounts(alice: Waiting) -> None:
    assert recoveries.open_ones(alice.session, alice.now) == []
    alice.begin()
    [(recovery, account)] = recoveries.open_ones(alice.session, alice.now)
    assert (recovery.account_id, account.email) == (alice.account.id, alice.account.email)
    assert recoveries.open_ones(alice.session, alice.now + 37 * DAY) == []
    alice.cancel()
    assert recoveries.open_ones(alice.session, alice.now) == []


@pytest.mark.parametrize("ended", [True, False])
def test_it_is_swept_thirty_days_after_it_is_over(alice: Waiting, ended: bool) -> None:
    alice.begin()
    over = alice.now if ended else alice.now + 37 * DAY
    if ended:
        alice.cancel()
    alice.session.commit()
    kept = alice.installation
    kept.clock.set(over + 30 * DAY)
    sweeping.sweep(kept.engine, kept.services)
    assert alice.session.scalar(sa.select(sa.func.count()).select_from(Recovery)) == 1
    kept.clock.move(1)
    sweeping.sweep(kept.engine, kept.services)
    assert alice.session.scalar(sa.select(sa.func.count()).select_from(Recovery)) == 0


@pytest.mark.parametrize(("hours", "held"), [(0, True), (47, True), (48, False)])
def test_a_reset_holds_it_back_for_48_hours(alice: Waiting, hours: int, held: bool) -> None:
    assert holds.until(alice.account, alice.now) is None
    alice.account.password_reset_at = alice.now - hours * 3600
    until = alice.account.password_reset_at + 48 * 3600
    assert holds.until(alice.account, alice.now) == (until if held else None)


def at_once(count: int, act: Callable[[Session], bool], installation: Installation) -> list[bool]:
    """What `act` answered in `count` transactions that began at the same moment."""
    barrier, answers = threading.Barrier(count), list[bool]()

    def run() -> None:
        with installation.session() as session:
            barrier.wait(20)
            done = act(session)
            session.commit()
            answers.append(done)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == count
    return answers


@pytest.mark.parametrize("what", ["begin", "finish", "cancel", "remind"])
def test_of_eight_at_once_one_does_it(alice: Waiting, what: str) -> None:
    installation, services, account = alice.installation, alice.services, alice.account
    account_id, journey_id = account.id, alice.journey.id
    if what != "begin":
        alice.begin()
    installation.clock.move({"remind": 3 * DAY, "finish": 7 * DAY}.get(what, 0))
    alice.session.commit()

    def act(session: Session) -> bool:
        if what == "begin":
            return recoveries.begin(
                session, services, session.get_one(Account, account_id), device=""
            )
        if what == "cancel":
            return recoveries.cancel(session, services, account_id, recoveries.STOPPED, device="")
        if what == "remind":
            return bool(recoveries.remind(session, services))
        recovery = session.scalars(sa.select(Recovery)).one()
        journey = session.get_one(Journey, journey_id)
        return recoveries.finish(session, services, recovery, journey)

    assert sorted(at_once(8, act, installation)) == [False] * 7 + [True]
