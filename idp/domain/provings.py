"""Provings: what one Journey finds out about its person's identity, and what they agreed to.

A row belongs to one Journey and one account, and is gone with the Journey. It takes four steps,
each of them once: begun, handed in (`submit`), received, settled; then the citizen answers whether
the service may have what was found.
"""

from dataclasses import dataclass

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    ForeignKey,
    String,
    Text,
    delete,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import disclosures, identities
from idp.domain.identities import Proof
from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql
from idp.protocol.identity_claims import available, in_order
from idp.protocol.identity_proving import Agreement, IdentityAsked, IdentityFacts, Outcome
from idp.protocol.person import Person, from_members, same_person, to_members

PURPOSE = "proving result"


class Proving(Base):
    """Identity proving in one Journey.

    `asked` says what its service wants (JSON), so that no page has to read the request again.
    `result_sealed` waits until `ready_at` and is emptied when it is received; `result` is then how
    it ended, `outcome` the same once the person has seen it and went on. `anew` records that the
    person did not want to use the proof they had. `for_recovery`: no service gets anything; the
    person must be found to be the one whom the account's proof is about.
    """

    __tablename__ = "provings"

    journey_id: Mapped[str] = mapped_column(
        ForeignKey("journeys.id", ondelete="CASCADE"), primary_key=True
    )
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    asked: Mapped[str] = mapped_column(Text)
    anew: Mapped[bool] = mapped_column(Boolean)
    result_sealed: Mapped[str | None] = mapped_column(Text)
    submitted_at: Mapped[int | None] = mapped_column(BigInteger)
    ready_at: Mapped[int | None] = mapped_column(BigInteger)
    result: Mapped[str | None] = mapped_column(String(16))
    outcome: Mapped[str | None] = mapped_column(String(16))
    proof_id: Mapped[str | None] = mapped_column(String(32))
    agreement: Mapped[str | None] = mapped_column(String(16))
    agreed_claims: Mapped[str | None] = mapped_column(Text)
    for_recovery: Mapped[bool] = mapped_column(Boolean, default=False)

    @property
    def identity_asked(self) -> IdentityAsked:
        """What the service wants."""
        asked = orjson.loads(self.asked)
        return IdentityAsked(frozenset(asked["levels"]), frozenset(asked["claims"]))

    @property
    def scopes(self) -> frozenset[str]:
        """What else the service wants."""
        return frozenset(orjson.loads(self.asked)["scopes"])


@dataclass(frozen=True, slots=True)
class Result:
    """What an identity check answers. `level` and `person` are there for PROVED alone."""

    outcome: Outcome
    level: str | None = None
    person: Person | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of an identity for one request: what the protocol decides on, and more.

    `kept` is the account's proof, whether this Journey used it or not; `agreed` is what the
    citizen agreed to in this Journey.
    """

    facts: IdentityFacts
    kept: Proof | None
    proof: Proof | None
    agreed: frozenset[str]


def begin(
    session: Session,
    *,
    journey_id: str,
    account_id: str,
    asked: IdentityAsked,
    scopes: tuple[str, ...],
) -> None:
    """Make a Journey ready for proving. What is under way for the same account goes on.

    A row of another account, or one whose outcome no longer counts, begins anew.
    """
    wanted = {
        "levels": sorted(asked.levels),
        "claims": in_order(asked.claims),
        "scopes": sorted(set(scopes)),
    }
    fresh: dict[str, object] = {
        "account_id": account_id,
        "asked": orjson.dumps(wanted).decode(),
        "anew": False,
        "for_recovery": False,
        **_NOTHING_YET,
    }
    over = (Proving.account_id != account_id) | Proving.outcome.is_not(None)
    _begin(session, journey_id, fresh, over | Proving.for_recovery.is_(True))


def begin_for_recovery(session: Session, *, journey_id: str, account_id: str, level: str) -> None:
    """Make a Journey ready to find again, at `level`, the person of the account's proof.

    What was under way in it is forgotten.
    """
    fresh: dict[str, object] = {
        "account_id": account_id,
        "asked": orjson.dumps({"levels": [level], "claims": [], "scopes": []}).decode(),
        "anew": True,
        "for_recovery": True,
        **_NOTHING_YET,
    }
    _begin(session, journey_id, fresh, Proving.journey_id == journey_id)


def use_for_recovery(session: Session, proving: Proving) -> bool:
    """Use up a proof that was made for a recovery; False if it was used, or proves nothing."""
    used = session.scalar(
        delete(Proving)
        .where(
            Proving.journey_id == proving.journey_id,
            Proving.account_id == proving.account_id,
            Proving.for_recovery.is_(True),
            Proving.outcome == Outcome.PROVED,
        )
        .returning(Proving.journey_id)
        .execution_options(synchronize_session=False)
    )
    return used is not None


def _begin(
    session: Session, journey_id: str, fresh: dict[str, object], over: ColumnElement[bool]
) -> None:
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    session.execute(
        insert(Proving)
        .values(journey_id=journey_id, **fresh)
        .on_conflict_do_update(index_elements=[Proving.journey_id], set_=fresh, where=over)
    )


_NOTHING_YET = {
    "result_sealed": None,
    "submitted_at": None,
    "ready_at": None,
    "result": None,
    "outcome": None,
    "proof_id": None,
    "agreement": None,
    "agreed_claims": None,
}


def find(session: Session, journey_id: str, account_id: str) -> Proving | None:
    """Return the Journey's proving as it is now, if it is this account's."""
    return session.scalar(
        select(Proving)
        .where(Proving.journey_id == journey_id, Proving.account_id == account_id)
        .execution_options(populate_existing=True)
    )


def submit(
    session: Session, services: Services, proving: Proving, result: Result, *, delay: int
) -> bool:
    """Hand in what the check will answer in `delay` seconds; False if that was done already."""
    now = services.clock.now()
    members = {
        "outcome": result.outcome,
        "level": result.level,
        "person": None if result.person is None else to_members(result.person),
    }
    sealed = services.sealer.seal(orjson.dumps(members), PURPOSE, proving.journey_id)
    return _once(
        session,
        proving,
        Proving.submitted_at.is_(None),
        result_sealed=sealed,
        submitted_at=now,
        ready_at=now + delay,
    )


def receive(session: Session, services: Services, proving: Proving) -> Result | None:
    """Take the check's answer and keep the proof it holds; None if that was done already."""
    sealed = proving.result_sealed
    if sealed is None:
        return None
    now = services.clock.now()
    members = orjson.loads(services.sealer.open(sealed, PURPOSE, proving.journey_id))
    person = members["person"]
    result = Result(
        Outcome(members["outcome"]),
        members["level"],
        None if person is None else from_members(person),
    )
    if proving.for_recovery:
        result = _about_the_owner(session, services, proving, result)
    taken = _once(
        session,
        proving,
        (Proving.result_sealed == sealed) & (Proving.ready_at <= now),
        result=result.outcome,
        result_sealed=None,
    )
    if not taken:
        return None
    if result.level is not None and result.person is not None and not proving.for_recovery:
        proof = identities.keep(
            session,
            services,
            account_id=proving.account_id,
            level=result.level,
            person=result.person,
        )
        _once(session, proving, Proving.proof_id.is_(None), proof_id=proof.id)
    return result


def _about_the_owner(
    session: Session, services: Services, proving: Proving, result: Result
) -> Result:
    """Return the result, not matched where it found another person than the account's proof."""
    kept = identities.find(session, services, proving.account_id)
    if result.outcome is not Outcome.PROVED:
        return result
    enough = proving.identity_asked.met_by(result.level) is not None
    if enough and kept and result.person and same_person(kept.person, result.person):
        return result
    return Result(Outcome.NOT_MATCHED)


def give_up(session: Session, proving: Proving) -> bool:
    """Wait no longer for the check's answer; False if it is there, or was given up before."""
    return _once(
        session,
        proving,
        Proving.submitted_at.is_not(None) & Proving.result.is_(None),
        result=Outcome.TIMED_OUT,
        result_sealed=None,
    )


def start_again(session: Session, proving: Proving) -> bool:
    """Forget how the check ended, or the proof that the person had; False once it is settled."""
    return _once(session, proving, Proving.outcome.is_(None), **(_NOTHING_YET | {"anew": True}))


def settle(
    session: Session, proving: Proving, outcome: Outcome, *, proof_id: str | None = None
) -> bool:
    """Let the Journey go on with `outcome`, and a proof that was confirmed; False if it did."""
    return _once(
        session,
        proving,
        Proving.outcome.is_(None),
        outcome=outcome,
        proof_id=proof_id or proving.proof_id,
    )


def answer(
    session: Session, proving: Proving, agreement: Agreement, claims: frozenset[str]
) -> bool:
    """Record whether the service may have `claims`; False if that was answered already."""
    return _once(
        session,
        proving,
        Proving.outcome.is_not(None) & Proving.agreement.is_(None),
        agreement=agreement,
        agreed_claims=orjson.dumps(in_order(claims)).decode(),
    )


def known(
    session: Session,
    services: Services,
    *,
    account_id: str,
    client_id: str,
    journey_id: str | None,
) -> Known:
    """Gather what is known of the account's identity, for a request of `client_id`.

    An outcome counts as long as the proof it rests on is the account's proof still: another
    Journey may have put a newer one in its place, which nobody has seen in this one.
    """
    shared = disclosures.shared(session, account_id, client_id)
    kept = identities.find(session, services, account_id)
    proving = find(session, journey_id, account_id) if journey_id else None
    if proving is None or proving.outcome is None or proving.for_recovery:
        return Known(IdentityFacts(shared=shared), kept, None, frozenset())
    outcome = Outcome(proving.outcome)
    proof = kept if kept is not None and kept.id == proving.proof_id else None
    if outcome is Outcome.PROVED and proof is None:
        return Known(IdentityFacts(shared=shared), kept, None, frozenset())
    facts = IdentityFacts(
        outcome=outcome,
        proven=None if proof is None else proof.level,
        available=frozenset() if proof is None else available(proof.person),
        shared=shared,
        agreement=None if proving.agreement is None else Agreement(proving.agreement),
    )
    agreed = frozenset(orjson.loads(proving.agreed_claims)) if proving.agreed_claims else None
    return Known(facts, kept, proof, agreed or frozenset())


def _once(session: Session, proving: Proving, still: object, **values: object) -> bool:
    changed = session.scalar(
        update(Proving)
        .where(
            Proving.journey_id == proving.journey_id,
            Proving.account_id == proving.account_id,
            still,  # type: ignore[arg-type]
        )
        .values(**values)
        .returning(Proving.journey_id)
        .execution_options(synchronize_session=False)
    )
    session.refresh(proving)
    return changed is not None
