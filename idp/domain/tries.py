"""Tries: a team's request of its own client, made on our pages and answered on our pages.

Owns: which request may come back to our own address, for whom, and that it does so once. A try is
bound to the browser that began it, to one integration client and to its own `state`, for ten
minutes: our address is good for nothing else. Does not own what the tokens of a try are checked for
(`idp.protocol.try_checks`), and keeps none of them.
"""

import json
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import BigInteger, ForeignKey, String, Text, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit
from idp.domain.request_facts import ClientTried
from idp.domain.services import Services
from idp.kernel.database import Base
from idp.protocol import metadata
from idp.protocol.client_policy import INTEGRATION, ClientPolicy

LIFETIME = 600


class Try(Base):
    """One request to try: its parameters, and the verifier that only its client would know."""

    __tablename__ = "client_tries"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    client_id: Mapped[str] = mapped_column(
        ForeignKey("clients.client_id", ondelete="CASCADE"), index=True
    )
    browser_hash: Mapped[str] = mapped_column(String(64))
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    parameters: Mapped[str] = mapped_column(Text)
    verifier: Mapped[str | None] = mapped_column(String(64))
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
    used_at: Mapped[int | None] = mapped_column(BigInteger)

    @property
    def asked(self) -> dict[str, str]:
        """The parameters of the request, in their order."""
        asked: dict[str, str] = json.loads(self.parameters)
        return asked


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is made anew for each try."""

    state: str
    nonce: str
    verifier: str


def redirect_uri(issuer: str) -> str:
    """Return our own address, which requests of tries come back to."""
    return f"{metadata.base(issuer)}/try/callback"


def may_try(policy: ClientPolicy, *, offered: bool) -> bool:
    """Return whether a client may be tried here at all; never in production."""
    return offered and policy.environment == INTEGRATION


def fresh_secrets(services: Services) -> Secrets:
    """Return what a client would make up for a request."""
    entropy = services.entropy
    return Secrets(entropy.token(), entropy.token(), entropy.token())


def begin(
    session: Session,
    services: Services,
    *,
    client_id: str,
    account_id: str,
    browser_hash: str,
    asked: dict[str, str],
    verifier: str | None,
) -> Try:
    """Keep a request for ten minutes; `asked` are its parameters, `state` among them."""
    now = services.clock.now()
    made = Try(
        id=services.entropy.identifier(),
        client_id=client_id,
        browser_hash=browser_hash,
        state_hash=_hash(asked["state"]),
        parameters=json.dumps(asked),
        verifier=verifier,
        expires_at=now + LIFETIME,
    )
    session.add(made)
    session.flush()
    audit.record(session, ClientTried(account_id=account_id, client_id=client_id), now=now)
    return made


def find(session: Session, try_id: str, client_id: str, browser_hash: str, now: int) -> Try | None:
    """Return a try of this client that this browser began and that is not over."""
    return session.scalar(
        select(Try).where(
            Try.id == try_id,
            Try.client_id == client_id,
            Try.browser_hash == browser_hash,
            Try.used_at.is_(None),
            Try.expires_at > now,
        )
    )


def is_under_way(
    session: Session, client_id: str, state: str | None, browser_hash: str, now: int
) -> bool:
    """Return whether this browser is trying this client with a request of this state."""
    live = select(Try.id).where(
        Try.state_hash == _hash(state or ""),
        Try.client_id == client_id,
        Try.browser_hash == browser_hash,
        Try.used_at.is_(None),
        Try.expires_at > now,
    )
    return session.scalar(live) is not None


def take(session: Session, state: str, browser_hash: str, now: int) -> Try | None:
    """Use up the try that an answer with this state belongs to; None for a used or foreign one."""
    return session.scalar(
        update(Try)
        .where(
            Try.state_hash == _hash(state),
            Try.browser_hash == browser_hash,
            Try.used_at.is_(None),
            Try.expires_at > now,
        )
        .values(used_at=now)
        .returning(Try)
        .execution_options(synchronize_session=False)
    )


def sweep(session: Session, now: int, limit: int = 500) -> int:
    """Delete up to `limit` tries that are over."""
    old = select(Try.id).where(Try.expires_at <= now).limit(limit)
    return len(session.scalars(delete(Try).where(Try.id.in_(old)).returning(Try.id)).all())


def _hash(state: str) -> str:
    return sha256(state.encode("utf-8", "surrogatepass")).hexdigest()
