"""Recovery codes: ten codes on paper, each standing in once for an authenticator app.

An account has one set at a time. Its codes are shown once, by whoever makes them, and kept as
keyed hashes only; what their owner may still see again in the same breath (the page with a missing
tick, the file) travels with the page in a sealed parcel, which opens once.
"""

from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Integer,
    String,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit
from idp.domain.secrets import keyed_hash
from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql
from idp.kernel.entropy import Entropy
from idp.kernel.sealing import SealBroken

COUNT: Final = 10
ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without 0, O, 1 and I, which look alike: five bits a character."""
GROUP: Final = 4
_BYTES: Final = 10
_LENGTH: Final = _BYTES * 8 // 5
_KEY: Final = "recovery codes"
_PARCEL: Final = "recovery codes to show"


class RecoveryCodeSet(Base):
    """An account's set. `number` counts its sets, `shown` how often this one was shown."""

    __tablename__ = "recovery_code_sets"

    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer)
    shown: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[int] = mapped_column(BigInteger)
    saved_at: Mapped[int | None] = mapped_column(BigInteger)


class RecoveryCode(Base):
    """One code of the set; a used one stays until another set takes its place."""

    __tablename__ = "recovery_codes"

    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_at: Mapped[int | None] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True)
class Shown:
    """A set on its way to its owner: the codes in groups, and the parcel for showing them again."""

    number: int
    codes: tuple[str, ...]
    parcel: str


@dataclass(frozen=True, slots=True)
class SetFacts:
    """What may be known of an account's set at any time.

    `number` is what a page names that wants to replace it, also where nothing is left of it;
    `shown` says whether there are codes that somebody has seen, `saved` whether they keep them.
    """

    number: int = 0
    made_at: int = 0
    shown: bool = False
    saved: bool = False
    left: int = 0


def facts(session: Session, account_id: str) -> SetFacts:
    """Return what there is to know of the account's set, without its codes."""
    found = session.scalar(
        select(RecoveryCodeSet)
        .where(RecoveryCodeSet.account_id == account_id)
        .execution_options(populate_existing=True)
    )
    if found is None:
        return SetFacts()
    return SetFacts(
        found.number,
        found.made_at,
        shown=found.shown > 0,
        saved=found.saved_at is not None,
        left=left(session, account_id),
    )


def left(session: Session, account_id: str) -> int:
    """Return how many codes of the account can still be used."""
    count = session.scalar(
        select(func.count())
        .select_from(RecoveryCode)
        .where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    )
    return count or 0


def make(session: Session, services: Services, account_id: str, *, replacing: int) -> Shown | None:
    """Make a set in the place of the one numbered `replacing` (0: of none), and return it once.

    None if that is no longer the account's set: a page that is sent twice makes one set.
    """
    number = _next_number(session, services.clock.now(), account_id, replacing)
    if number is None:
        return None
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = tuple(_code(services.entropy) for _ in range(COUNT))
    session.execute(
        insert(RecoveryCode),
        [
            {"account_id": account_id, "code_hash": _hash(session, services, account_id, code)}
            for code in codes
        ],
    )
    fact = audit.RecoveryCodesMade(account_id=account_id, number=number)
    audit.record(session, fact, now=services.clock.now())
    return _shown(services, account_id, number, 1, codes)


def show_again(session: Session, services: Services, account_id: str, parcel: str) -> Shown | None:
    """Open the parcel that came with the page before and return its codes; None if it is spent.

    Each parcel opens once for this, and none does after the codes were said to be saved.
    """
    opened = _open(services, account_id, parcel)
    if opened is None:
        return None
    number, shown, codes = opened
    again = session.scalar(
        update(RecoveryCodeSet)
        .where(*_is_in_hand(account_id, number, shown))
        .values(shown=shown + 1)
        .returning(RecoveryCodeSet.shown)
        .execution_options(synchronize_session=False)
    )
    return None if again is None else _shown(services, account_id, number, again, codes)


def to_keep(
    session: Session, services: Services, account_id: str, parcel: str
) -> tuple[str, ...] | None:
    """Return the codes of the page now shown, for its file; None if that page is over."""
    opened = _open(services, account_id, parcel)
    if opened is None:
        return None
    number, shown, codes = opened
    in_hand = select(RecoveryCodeSet.account_id).where(*_is_in_hand(account_id, number, shown))
    return codes if session.scalar(in_hand) is not None else None


def saved(session: Session, account_id: str, now: int) -> None:
    """Record that the owner says they keep the codes: nothing shows them from here on."""
    session.execute(
        update(RecoveryCodeSet)
        .where(RecoveryCodeSet.account_id == account_id, RecoveryCodeSet.saved_at.is_(None))
        .values(saved_at=now)
        .execution_options(synchronize_session=False)
    )


def use(session: Session, services: Services, account_id: str, typed: str) -> int | None:
    """Use the code up and return how many are left; None if it is wrong or was used.

    One conditional update decides, so of two requests with one code exactly one is right.
    """
    bare = cleaned(typed)
    if bare is None:
        return None
    used = session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id,
            RecoveryCode.code_hash == _hash(session, services, account_id, bare),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=services.clock.now())
        .returning(RecoveryCode.account_id)
        .execution_options(synchronize_session=False)
    )
    if used is None:
        return None
    remaining = left(session, account_id)
    fact = audit.RecoveryCodeUsed(account_id=account_id, left=remaining)
    audit.record(session, fact, now=services.clock.now())
    return remaining


def remove_all(session: Session, account_id: str) -> None:
    """Forget the account's codes. The count of its sets goes on, so that no old page counts."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    session.execute(
        update(RecoveryCodeSet)
        .where(RecoveryCodeSet.account_id == account_id)
        .values(number=RecoveryCodeSet.number + 1, shown=0, saved_at=None)
        .execution_options(synchronize_session=False)
    )


def cleaned(typed: str) -> str | None:
    """Return the code as it is hashed, whatever its case and spacing; None if it can be none."""
    bare = "".join(c for c in typed[:128].upper() if c.isascii() and c.isalnum())
    return bare if len(bare) == _LENGTH and set(bare) <= set(ALPHABET) else None


def in_groups(code: str) -> str:
    """Return the code as people read it: groups of four with hyphens."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def _next_number(session: Session, now: int, account_id: str, replacing: int) -> int | None:
    new = {"number": replacing + 1, "shown": 1, "made_at": now, "saved_at": None}
    if replacing:
        return session.scalar(
            update(RecoveryCodeSet)
            .where(RecoveryCodeSet.account_id == account_id, RecoveryCodeSet.number == replacing)
            .values(new)
            .returning(RecoveryCodeSet.number)
            .execution_options(synchronize_session=False)
        )
    insert_once = postgresql.insert if is_postgresql(session) else sqlite.insert
    return session.scalar(
        insert_once(RecoveryCodeSet)
        .values(account_id=account_id, **new)
        .on_conflict_do_nothing(index_elements=["account_id"])
        .returning(RecoveryCodeSet.number)
    )


def _is_in_hand(account_id: str, number: int, shown: int) -> tuple[ColumnElement[bool], ...]:
    return (
        RecoveryCodeSet.account_id == account_id,
        RecoveryCodeSet.number == number,
        RecoveryCodeSet.shown == shown,
        RecoveryCodeSet.saved_at.is_(None),
    )


def _code(entropy: Entropy) -> str:
    bits = int.from_bytes(entropy.bytes(_BYTES))
    return "".join(ALPHABET[bits >> shift & 31] for shift in range(0, _BYTES * 8, 5))


def _hash(session: Session, services: Services, account_id: str, code: str) -> str:
    return keyed_hash(session, services, _KEY, f"{account_id}:{code}")


def _shown(
    services: Services, account_id: str, number: int, shown: int, codes: tuple[str, ...]
) -> Shown:
    contents = orjson.dumps([number, shown, codes])
    parcel = services.sealer.seal(contents, _PARCEL, account_id)
    return Shown(number, tuple(in_groups(code) for code in codes), parcel)


def _open(
    services: Services, account_id: str, parcel: str
) -> tuple[int, int, tuple[str, ...]] | None:
    try:
        number, shown, codes = orjson.loads(services.sealer.open(parcel, _PARCEL, account_id))
    except SealBroken:
        return None
    return number, shown, tuple(codes)
