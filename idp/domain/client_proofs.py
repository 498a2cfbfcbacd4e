"""What clients prove themselves with: their generated secrets and pasted keys, and since when.

Owns: which secrets of a client are live (two at most), who added a secret or a key, when it was
last used. Does not own: whether one that was given is right (`idp.domain.client_secrets`,
`idp.domain.client_keys`), or imported secrets, which are known by one hash of the registration.

A secret is kept as a keyed hash; nobody can be shown it a second time.
"""

import threading
from collections.abc import Callable
from hashlib import sha256

import structlog
from sqlalchemy import BigInteger, ForeignKey, String, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import secrets
from idp.domain.services import Services
from idp.kernel.clock import Clock
from idp.kernel.database import Base, is_postgresql

log = structlog.get_logger(__name__)

SECRETS_KEY = "client secrets"
SECRET, KEY, NAMED_KEY = "secret", "key", "named_key"
MOST_SECRETS = 2
NOTED_EVERY = 3600
MOST_NOTED = 5000


class ClientProof(Base):
    """One secret or key. `proof` is a secret's keyed hash, or the hash of a key or its name."""

    __tablename__ = "client_proofs"

    client_id: Mapped[str] = mapped_column(
        ForeignKey("clients.client_id", ondelete="CASCADE"), primary_key=True
    )
    proof: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    last_four: Mapped[str | None] = mapped_column(String(4))
    added_at: Mapped[int] = mapped_column(BigInteger)
    added_by: Mapped[str | None] = mapped_column(String(32))
    last_used_at: Mapped[int | None] = mapped_column(BigInteger)
    reminded_at: Mapped[int | None] = mapped_column(BigInteger)


def of_text(text: str) -> str:
    """Return what a pasted key, or the name of a fetched one, is known by here."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def of_client(session: Session, client_id: str, kind: str) -> list[ClientProof]:
    """Return a client's proofs of this kind, the oldest first."""
    listed = select(ClientProof).where(ClientProof.client_id == client_id, ClientProof.kind == kind)
    return list(session.scalars(listed.order_by(ClientProof.added_at, ClientProof.proof)))


def hashes(session: Session, client_id: str) -> tuple[str, ...]:
    """Return the keyed hashes of a client's live secrets."""
    live = select(ClientProof.proof).where(
        ClientProof.client_id == client_id, ClientProof.kind == SECRET
    )
    return tuple(session.scalars(live.order_by(ClientProof.added_at, ClientProof.proof)))


def add_secret(
    session: Session, services: Services, client_id: str, *, by: str | None = None
) -> str:
    """Give a client another secret and return it, which nobody can do again."""
    secret = services.entropy.token()
    session.add(
        ClientProof(
            client_id=client_id,
            proof=secrets.keyed_hash(session, services, SECRETS_KEY, secret),
            kind=SECRET,
            last_four=secret[-4:],
            added_at=services.clock.now(),
            added_by=by,
        )
    )
    session.flush()
    return secret


def keep_key(
    session: Session, services: Services, client_id: str, public_key: str, by: str | None = None
) -> None:
    """Note since when a client has this pasted key, in the place of any other."""
    proof = of_text(public_key)
    session.execute(
        delete(ClientProof).where(
            ClientProof.client_id == client_id,
            ClientProof.kind == KEY,
            ClientProof.proof != proof,
        )
    )
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    now = services.clock.now()
    session.execute(
        insert(ClientProof)
        .values(client_id=client_id, proof=proof, kind=KEY, added_at=now, added_by=by)
        .on_conflict_do_nothing()
    )


def forget(session: Session, client_id: str, *kinds: str) -> None:
    """Forget every proof of these kinds that a client has."""
    session.execute(
        delete(ClientProof).where(ClientProof.client_id == client_id, ClientProof.kind.in_(kinds))
    )


class ProofUses:
    """Notes which proofs were used; one for each process, safe under threads.

    Noting needs no database. What was noted is written down at the end of the next request that
    is none of a single sign-on (a page, a health check), of each proof at most once an hour.
    """

    def __init__(self, clock: Clock, new_session: Callable[[], Session]) -> None:
        self._clock = clock
        self._new_session = new_session
        self._noted: dict[tuple[str, str], float] = {}
        self._waiting: dict[tuple[str, str], tuple[str, int]] = {}
        self._lock = threading.Lock()

    def note(self, client_id: str, proof: str, kind: str) -> None:
        """Note that a client has just proved itself so."""
        now, which = self._clock.monotonic(), (client_id, proof)
        noted = self._noted.get(which)
        if noted is not None and now - noted < NOTED_EVERY:
            return
        with self._lock:
            if len(self._noted) >= MOST_NOTED:
                self._noted.clear()
                self._waiting.clear()
            self._noted[which] = now
            self._waiting[which] = kind, self._clock.now()

    def write_down(self) -> None:
        """Write down what was noted; a database that cannot take it now is not asked again.

        Never call it inside a transaction.
        """
        if not self._waiting:
            return
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        try:
            with self._new_session() as session:
                for (client_id, proof), (kind, at) in sorted(waiting.items()):
                    _used(session, client_id, proof, kind, at)
                session.commit()
        except SQLAlchemyError as error:
            log.warning("proof_uses_not_written", reason=type(error).__name__)


def _used(session: Session, client_id: str, proof: str, kind: str, now: int) -> None:
    if kind == NAMED_KEY:
        insert = postgresql.insert if is_postgresql(session) else sqlite.insert
        values = {"client_id": client_id, "proof": proof, "kind": kind}
        session.execute(
            insert(ClientProof)
            .values(**values, added_at=now, last_used_at=now)
            .on_conflict_do_update(
                index_elements=["client_id", "proof"], set_={"last_used_at": now}
            )
        )
        return
    session.execute(
        update(ClientProof)
        .where(ClientProof.client_id == client_id, ClientProof.proof == proof)
        .values(last_used_at=now)
        .execution_options(synchronize_session=False)
    )
