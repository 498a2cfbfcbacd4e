"""A proving takes each of its steps once, for one account in one Journey."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from idp.domain import disclosures, identities, journeys, provings, sweeping
from idp.domain.provings import Known, Proving, Result
from idp.domain.sample_people import SAMPLE_PEOPLE
from idp.domain.services import Services
from idp.protocol.identity_claims import ADDRESS, CORE_IDENTITY, IDENTITY_CLAIMS
from idp.protocol.identity_proving import Agreement, IdentityAsked, IdentityFacts, Outcome
from tests.domain.conftest import Installation
from tests.support.citizens import Citizen, enrol
from tests.support.clock import FixedClock

NIA = SAMPLE_PEOPLE["nia"]
ASKED = IdentityAsked(frozenset({"P1", "P2"}), frozenset({CORE_IDENTITY, ADDRESS}))
MATCHED = Result(Outcome.PROVED, "P2", NIA)


@dataclass
class Walk:
    """One Journey of Alice's in which an identity is proved."""

    session: Session
    services: Services
    journey_id: str
    account_id: str

    def begin(self, account_id: str = "") -> None:
        provings.begin(
            self.session,
            journey_id=self.journey_id,
            account_id=account_id or self.account_id,
            asked=ASKED,
            scopes=("openid", "email", "openid"),
        )

    @property
    def proving(self) -> Proving:
        found = provings.find(self.session, self.journey_id, self.account_id)
        assert found is not None
        return found

    @property
    def known(self) -> Known:
        return provings.known(
            self.session,
            self.services,
            account_id=self.account_id,
            client_id="a client",
            journey_id=self.journey_id,
        )

    def submit(self, result: Result = MATCHED, delay: int = 0) -> bool:
        return provings.submit(self.session, self.services, self.proving, result, delay=delay)

    def receive(self) -> Result | None:
        return provings.receive(self.session, self.services, self.proving)

    def prove(self) -> None:
        """From the beginning to the outcome."""
        self.begin()
        self.submit()
        self.receive()
        assert provings.settle(self.session, self.proving, Outcome.PROVED)


def open_journey(session: Session, services: Services) -> str:
    return journeys.open_journey(
        session,
        services,
        browser_id="alice's browser",
        client_id="a client",
        parameters="{}",
        language="en",
        wanted=journeys.Wanted(),
    ).id


@pytest.fixture
def walk(session: Session, services: Services) -> Walk:
    alice = enrol(session, services).account_id
    return Walk(session, services, open_journey(session, services), alice)


@pytest.fixture
def bob(session: Session, services: Services) -> str:
    return enrol(session, services, Citizen("bob@example.com")).account_id


def test_a_proving_remembers_what_was_asked(walk: Walk) -> None:
    walk.begin()
    assert walk.proving.identity_asked == ASKED
    assert walk.proving.scopes == {"openid", "email"}


def test_it_belongs_to_one_account(walk: Walk, session: Session, bob: str) -> None:
    walk.begin()
    walk.submit()
    assert provings.find(session, walk.journey_id, bob) is None
    walk.begin(bob)
    assert provings.find(session, walk.journey_id, walk.account_id) is None
    bobs = provings.find(session, walk.journey_id, bob)
    assert bobs is not None
    assert (bobs.submitted_at, bobs.result_sealed) == (None, None)


def test_what_is_under_way_goes_on_and_what_is_over_begins_anew(walk: Walk) -> None:
    walk.begin()
    walk.submit()
    walk.begin()
    assert walk.proving.submitted_at is not None
    walk.receive()
    assert provings.settle(walk.session, walk.proving, Outcome.PROVED)
    walk.begin()
    assert walk.proving.outcome is None
    assert walk.proving.submitted_at is None


def test_a_result_waits_sealed_until_it_is_ready_and_is_received_once(
    walk: Walk, clock: FixedClock
) -> None:
    walk.begin()
    assert walk.receive() is None
    assert walk.submit(delay=5)
    assert not walk.submit(Result(Outcome.FRAUD))
    assert "Roberts" not in str(walk.proving.result_sealed)
    assert walk.receive() is None
    clock.move(5)
    assert walk.receive() == MATCHED
    assert (walk.proving.result, walk.proving.result_sealed) == (Outcome.PROVED, None)
    assert walk.receive() is None
    kept = identities.find(walk.session, walk.services, walk.account_id)
    assert kept is not None
    assert (kept.id, kept.level, kept.person) == (walk.proving.proof_id, "P2", NIA)


def test_a_check_that_did_not_match_keeps_no_proof(walk: Walk) -> None:
    walk.begin()
    walk.submit(Result(Outcome.NOT_MATCHED))
    assert walk.receive() == Result(Outcome.NOT_MATCHED)
    assert identities.find(walk.session, walk.services, walk.account_id) is None
    assert walk.known.facts == IdentityFacts()
    provings.settle(walk.session, walk.proving, Outcome.NOT_MATCHED)
    assert walk.known.facts == IdentityFacts(Outcome.NOT_MATCHED)


def test_who_gives_up_gets_no_late_answer(walk: Walk, clock: FixedClock) -> None:
    walk.begin()
    assert not provings.give_up(walk.session, walk.proving)
    walk.submit(delay=5)
    assert provings.give_up(walk.session, walk.proving)
    clock.move(5)
    assert walk.receive() is None
    assert walk.proving.result == Outcome.TIMED_OUT
    assert not provings.give_up(walk.session, walk.proving)
    assert identities.find(walk.session, walk.services, walk.account_id) is None


def test_a_check_can_be_made_again_until_it_is_settled(walk: Walk) -> None:
    walk.begin()
    walk.submit(Result(Outcome.NOT_MATCHED))
    walk.receive()
    assert provings.start_again(walk.session, walk.proving)
    assert walk.proving.anew
    assert (walk.proving.result, walk.proving.submitted_at) == (None, None)
    assert walk.submit()
    walk.receive()
    assert provings.settle(walk.session, walk.proving, Outcome.PROVED)
    assert not provings.start_again(walk.session, walk.proving)
    assert not provings.settle(walk.session, walk.proving, Outcome.CANCELLED)
    assert walk.proving.outcome == Outcome.PROVED


def test_what_is_known_of_a_proof_made_or_confirmed_here(walk: Walk) -> None:
    walk.prove()
    disclosures.share(
        walk.session, account_id=walk.account_id, client_id="a client", claims=(ADDRESS,), now=1
    )
    known = walk.known
    assert known.facts == IdentityFacts(
        Outcome.PROVED, "P2", IDENTITY_CLAIMS, shared=frozenset({ADDRESS})
    )
    assert known.proof == known.kept
    other = Walk(
        walk.session,
        walk.services,
        open_journey(walk.session, walk.services),
        walk.account_id,
    )
    assert other.known.facts == IdentityFacts(shared=frozenset({ADDRESS}))
    assert (other.known.kept, other.known.proof) == (known.proof, None)
    other.begin()
    assert known.proof is not None
    assert provings.settle(other.session, other.proving, Outcome.PROVED, proof_id=known.proof.id)
    assert other.known.facts.proven == "P2"
    silent = provings.known(
        walk.session,
        walk.services,
        account_id=walk.account_id,
        client_id="another client",
        journey_id=None,
    )
    assert silent.facts == IdentityFacts()


def test_a_proof_replaced_elsewhere_no_longer_counts_here(walk: Walk) -> None:
    walk.prove()
    identities.keep(
        walk.session,
        walk.services,
        account_id=walk.account_id,
        level="P3",
        person=SAMPLE_PEOPLE["kwame"],
    )
    assert walk.known.facts == IdentityFacts()
    assert walk.known.proof is None


def test_the_answer_is_given_once_and_not_before_the_outcome(walk: Walk) -> None:
    walk.begin()
    claims = frozenset({CORE_IDENTITY})
    assert not provings.answer(walk.session, walk.proving, Agreement.AGREED, claims)
    walk.prove()
    assert provings.answer(walk.session, walk.proving, Agreement.AGREED, claims)
    assert not provings.answer(walk.session, walk.proving, Agreement.REFUSED, frozenset())
    assert (walk.known.facts.agreement, walk.known.agreed) == (Agreement.AGREED, claims)


def test_a_proving_goes_with_its_journey(walk: Walk, clock: FixedClock) -> None:
    walk.prove()
    walk.session.commit()
    engine = sa.create_engine(walk.services.settings.database_url)
    clock.move(2 * 3600 + 1)
    sweeping.sweep(engine, walk.services)
    engine.dispose()
    assert walk.session.scalar(sa.select(sa.func.count()).select_from(Proving)) == 0
    assert identities.find(walk.session, walk.services, walk.account_id) is not None


def at_once(installation: Installation, do: Callable[[Session, Proving], Any]) -> list[Any]:
    """What four threads get that do the same to one proving at the same moment."""
    with installation.session() as session:
        alice = enrol(session, installation.services).account_id
        walk = Walk(
            session, installation.services, open_journey(session, installation.services), alice
        )
        walk.begin()
        walk.submit()
        session.commit()
    start, answers = threading.Barrier(4), []

    def one() -> None:
        with installation.session() as session:
            proving = provings.find(session, walk.journey_id, alice)
            assert proving is not None
            session.commit()
            start.wait()
            answers.append(do(session, proving))
            session.commit()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_of_many_who_receive_at_once_one_keeps_the_proof(installation: Installation) -> None:
    answers = at_once(
        installation,
        lambda session, proving: provings.receive(session, installation.services, proving),
    )
    assert sorted(answer is None for answer in answers) == [False, True, True, True]
    with installation.session() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(identities.Identity)) == 1


def test_of_many_who_settle_at_once_one_does(installation: Installation) -> None:
    answers = at_once(
        installation,
        lambda session, proving: provings.settle(session, proving, Outcome.CANCELLED),
    )
    assert sorted(answers) == [False, False, False, True]


class TestForRecovery:
    """Finding again the person whom the account's proof is about."""

    @staticmethod
    def begin(walk: Walk, level: str = "P2") -> None:
        provings.begin_for_recovery(
            walk.session, journey_id=walk.journey_id, account_id=walk.account_id, level=level
        )

    def check(self, walk: Walk, result: Result, kept: bool = True) -> Outcome:
        if kept:
            identities.keep(
                walk.session, walk.services, account_id=walk.account_id, level="P2", person=NIA
            )
        self.begin(walk)
        assert walk.submit(result)
        received = walk.receive()
        assert received is not None
        assert walk.proving.result == received.outcome
        return received.outcome

    @pytest.mark.parametrize(
        ("result", "outcome"),
        [
            (MATCHED, Outcome.PROVED),
            (Result(Outcome.PROVED, "P3", NIA), Outcome.PROVED),
            (Result(Outcome.PROVED, "P1", NIA), Outcome.NOT_MATCHED),
            (Result(Outcome.PROVED, "P2", SAMPLE_PEOPLE["kwame"]), Outcome.NOT_MATCHED),
            (Result(Outcome.PROVED, "P2", None), Outcome.NOT_MATCHED),
            (Result(Outcome.TIMED_OUT), Outcome.TIMED_OUT),
            (Result(Outcome.FRAUD), Outcome.FRAUD),
        ],
    )
    def test_only_the_owner_is_found(self, walk: Walk, result: Result, outcome: Outcome) -> None:
        assert self.check(walk, result) is outcome
        kept = identities.find(walk.session, walk.services, walk.account_id)
        assert kept is not None
        assert (kept.level, kept.person) == ("P2", NIA), "what is kept never changes by this"

    def test_without_a_kept_proof_nobody_is_found(self, walk: Walk) -> None:
        assert self.check(walk, MATCHED, kept=False) is Outcome.NOT_MATCHED

    def test_it_is_used_once_and_only_when_it_proves(self, walk: Walk) -> None:
        assert self.check(walk, MATCHED) is Outcome.PROVED
        proving = walk.proving
        assert not provings.use_for_recovery(walk.session, proving)
        assert provings.settle(walk.session, proving, Outcome.PROVED)
        assert walk.known.facts.outcome is None, "no service hears of it"
        assert provings.use_for_recovery(walk.session, proving)
        assert not provings.use_for_recovery(walk.session, proving)

    def test_a_proof_for_a_service_is_none_for_a_recovery(self, walk: Walk) -> None:
        walk.prove()
        assert not provings.use_for_recovery(walk.session, walk.proving)

    def test_each_takes_the_place_of_the_other(self, walk: Walk) -> None:
        walk.begin()
        self.begin(walk)
        seen = [walk.proving.for_recovery]
        walk.submit()
        walk.begin()
        seen.append(walk.proving.for_recovery)
        assert seen == [True, False]
        assert walk.proving.submitted_at is None
        walk.submit()
        walk.begin()
        assert walk.proving.submitted_at is not None, "what is under way for a service goes on"
