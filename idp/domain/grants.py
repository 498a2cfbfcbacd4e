"""Grants: what one citizen's sign-in gave one client. Codes and tokens hang off it.

A grant lives as long as its session and its account do; nothing has to be copied onto it when
either ends. The statements of the hot path work on this table too (`hot_path`).
"""

from hashlib import sha256

from sqlalchemy import BigInteger, ForeignKey, String, Text, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit
from idp.kernel.database import Base, is_postgresql

OUTLIVES_SESSION = 3600
"""Seconds that a grant is kept after any session that it could belong to has ended."""


class Grant(Base):
    """One authorization, its code (hashed), and the facts its tokens are made from.

    `claims` is a JSON list of the identity claims that the citizen agreed to, null when none is
    given; `confidence`, `proof_id` and `return_codes` are those of `IdentityGrant`.
    """

    __tablename__ = "grants"
    # Each row is updated once, in place, when its code is claimed.
    __table_args__ = {"postgresql_with": {"fillfactor": "80"}}  # noqa: RUF012

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    sid: Mapped[str] = mapped_column(ForeignKey("browser_sessions.sid"), index=True)
    client_id: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(128))
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_expires_at: Mapped[int] = mapped_column(BigInteger)
    code_consumed_at: Mapped[int | None] = mapped_column(BigInteger)
    redirect_uri: Mapped[str] = mapped_column(String(2048))
    code_challenge: Mapped[str | None] = mapped_column(String(128))
    nonce: Mapped[str | None] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(String(256))
    level: Mapped[str] = mapped_column(String(8))
    session_level: Mapped[str] = mapped_column(String(8))
    amr: Mapped[str] = mapped_column(String(64))
    auth_time: Mapped[int] = mapped_column(BigInteger)
    claims: Mapped[str | None] = mapped_column(Text)
    confidence: Mapped[str | None] = mapped_column(String(8))
    proof_id: Mapped[str | None] = mapped_column(String(32))
    return_codes: Mapped[str | None] = mapped_column(String(16))
    access_expires_at: Mapped[int | None] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)


class AssertionUse(Base):
    """A client assertion that has been used. The unique key is the replay check itself."""

    __tablename__ = "assertion_uses"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    jti_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


def code_hash(code: str) -> str:
    """Return the form in which a code is stored (256 random bits need no key)."""
    return sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


def use_assertion(session: Session, client_id: str, jti_hash: str, expires_at: int) -> bool:
    """Use up a client assertion outside `/token`; False if it had been used anywhere."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    used = session.scalar(
        insert(AssertionUse)
        .values(client_id=client_id, jti_hash=jti_hash, expires_at=expires_at)
        .on_conflict_do_nothing()
        .returning(AssertionUse.jti_hash)
    )
    return used is not None


def punish_reuse(session: Session, code: str, client_id: str, now: int) -> bool:
    """Deal with a code that could not be claimed; return whether it existed at all.

    A code that was used before takes everything its grant gave with it (RFC 6749 4.1.2), and so
    does a code that another client holds: it has leaked.
    """
    grant = session.scalar(select(Grant).where(Grant.code_hash == code_hash(code)))
    if grant is None:
        return False
    revoked = session.scalar(
        update(Grant)
        .where(Grant.id == grant.id, Grant.revoked_at.is_(None))
        .values(revoked_at=now, code_consumed_at=grant.code_consumed_at or now)
        .returning(Grant.id)
        .execution_options(synchronize_session=False)
    )
    if revoked:
        audit.record(
            session,
            audit.CodeReplayed(
                grant_id=grant.id, client_id=client_id, account_id=grant.account_id, sid=grant.sid
            ),
            now=now,
        )
    return True


def clients_of_session(session: Session, sid: str) -> list[tuple[str, str]]:
    """Return `(client_id, subject)` of every client that this session was used for."""
    rows = session.execute(
        select(Grant.client_id, Grant.subject)
        .where(Grant.sid == sid, Grant.code_consumed_at.is_not(None))
        .distinct()
        .order_by(Grant.client_id)
    ).all()
    return [(client_id, subject) for client_id, subject in rows]


def sweep(session: Session, before: int, limit: int = 500) -> int:
    """Delete up to `limit` grants made before `before`: no session is that old."""
    old = select(Grant.id).where(Grant.id < f"{before * 1000:012x}").order_by(Grant.id).limit(limit)
    return len(session.scalars(delete(Grant).where(Grant.id.in_(old)).returning(Grant.id)).all())
