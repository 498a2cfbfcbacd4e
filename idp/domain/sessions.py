"""Sessions: a browser that is signed in, how it proved it, and how that ends.

The cookie holds 256 random bits and the table their hash. The cookie changes whenever the level
rises or somebody signs in anew; `sid` is the session's public name and stays.
"""

from enum import StrEnum
from hashlib import sha256

from sqlalchemy import BigInteger, ForeignKey, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit, clients, grants, holds, outbox, recoveries
from idp.domain.accounts import Account
from idp.domain.clients import Service
from idp.domain.hot_path import HotPath, SeenSession
from idp.domain.services import Services
from idp.kernel.database import Base
from idp.settings import Settings

TOUCH_AFTER = 60
"""Seconds after which a session that is used has its `last_seen_at` written again."""
KEPT_FOR = 30 * 86_400
"""Seconds after its beginning in which a session, long over, still tells its owner the device."""


class Method(StrEnum):
    """What was given beside the password, as `amr` tells it: RFC 8176, where that has a word.

    No word says that a passkey's key is in hardware: nobody was asked to prove it.
    """

    APP = "otp"
    RECOVERY_CODE = "recovery_code"
    PASSKEY = "pop user"


class BrowserSession(Base):
    """One signed-in browser.

    A passkey stands for both: `password_at` and `otp_at` are then when it was used.
    `confirmed_for` is the one change for which its person has just shown again who they are,
    `app_secret_sealed` the seed of an app that they are about to add.
    """

    __tablename__ = "browser_sessions"

    sid: Mapped[str] = mapped_column(String(32), primary_key=True)
    cookie_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    browser_hash: Mapped[str] = mapped_column(String(64))
    level: Mapped[str] = mapped_column(String(8))
    amr: Mapped[str] = mapped_column(String(64))
    password_at: Mapped[int] = mapped_column(BigInteger)
    otp_at: Mapped[int | None] = mapped_column(BigInteger)
    auth_time: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[int] = mapped_column(BigInteger, index=True)
    last_seen_at: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_because: Mapped[str | None] = mapped_column(String(32))
    device: Mapped[str] = mapped_column(String(256))
    confirmed_for: Mapped[str | None] = mapped_column(String(32))
    confirmed_at: Mapped[int | None] = mapped_column(BigInteger)
    app_secret_sealed: Mapped[str | None] = mapped_column(String(256))


def kept_for(settings: Settings) -> int:
    """Return after how many seconds from its beginning a session is deleted, at most.

    Its last grant may be made in its last second, and is kept for a session's time and an hour.
    """
    return max(KEPT_FOR, 2 * settings.session_lifetime + grants.OUTLIVES_SESSION)


def cookie_hash(secret: str) -> str:
    """Return the form in which a cookie is stored."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def find(session: Session, services: Services, secret: str | None) -> BrowserSession | None:
    """Return the live session that this cookie opens, or None."""
    if not secret:
        return None
    now = services.clock.now()
    return session.scalar(
        select(BrowserSession).where(
            BrowserSession.cookie_hash == cookie_hash(secret),
            BrowserSession.ended_at.is_(None),
            BrowserSession.last_seen_at > now - services.settings.session_idle_lifetime,
            BrowserSession.started_at > now - services.settings.session_lifetime,
        )
    )


def seen(path: HotPath, services: Services, cookie: str | None, now: int) -> SeenSession | None:
    """Return the facts of the live session that the cookie opens, in one cheap read, or None."""
    if not cookie:
        return None
    settings = services.settings
    return path.session(
        cookie_hash(cookie),
        seen_after=now - settings.session_idle_lifetime,
        started_after=now - settings.session_lifetime,
        reset_after=holds.reset_after(now),
    )


def must_be_touched(seen: SeenSession, now: int) -> bool:
    """Return whether the session's last use is old enough to be written down again."""
    return seen.last_seen_at < now - TOUCH_AFTER


def after_password(
    session: Session,
    services: Services,
    *,
    browser_hash: str,
    account: Account,
    current: BrowserSession | None,
    device: str,
) -> tuple[BrowserSession, str]:
    """Record that `account`'s password was right here; return the session and its new cookie.

    The same person's session goes on, at `Cl` until the second factor is given again: a new
    `auth_time` must not stand beside a factor of an earlier sign-in (`max_age` would be met by
    the password alone). Another person's session ends first, and its services are told.
    """
    now = services.clock.now()
    current, secret = _begun(session, services, browser_hash, account, current, device)
    current.level, current.amr, current.otp_at = "Cl", "pwd", None
    current.password_at = current.auth_time = current.last_seen_at = now
    session.flush()
    audit.record(
        session, audit.SignedInWithPassword(account_id=account.id, sid=current.sid), now=now
    )
    return current, secret


def after_second_factor(
    session: Session,
    services: Services,
    browser_session: BrowserSession,
    *,
    method: Method = Method.APP,
) -> str:
    """Raise the session to `Cl.Cm` and return its new cookie.

    Whoever can sign in so needs no recovery: one that is open ends.
    """
    now = services.clock.now()
    secret = services.entropy.token()
    browser_session.cookie_hash = cookie_hash(secret)
    browser_session.level = "Cl.Cm"
    browser_session.amr = f"pwd {method} mfa"
    browser_session.otp_at = browser_session.auth_time = browser_session.last_seen_at = now
    session.flush()
    audit.record(
        session,
        audit.SecondFactorPassed(account_id=browser_session.account_id, sid=browser_session.sid),
        now=now,
    )
    _recovery_ends(session, services, browser_session)
    return secret


def of_account(session: Session, services: Services, account_id: str) -> list[BrowserSession]:
    """Return the live sessions of the account, the one used last first."""
    now, settings = services.clock.now(), services.settings
    live = (
        select(BrowserSession)
        .where(
            BrowserSession.account_id == account_id,
            BrowserSession.ended_at.is_(None),
            BrowserSession.last_seen_at > now - settings.session_idle_lifetime,
            BrowserSession.started_at > now - settings.session_lifetime,
        )
        .order_by(BrowserSession.last_seen_at.desc(), BrowserSession.sid)
    )
    return list(session.scalars(live))


def after_passkey(
    session: Session,
    services: Services,
    *,
    browser_hash: str,
    account: Account,
    current: BrowserSession | None,
    device: str,
) -> tuple[BrowserSession, str]:
    """Record that `account`'s passkey was used here; return the session and its new cookie.

    Whoever's it is and whoever was signed in before: as `after_password`, but at `Cl.Cm`, since a
    passkey proves both that they have it and that it is them. A recovery that is open ends.
    """
    now = services.clock.now()
    current, secret = _begun(session, services, browser_hash, account, current, device)
    current.level, current.amr = "Cl.Cm", f"{Method.PASSKEY} mfa"
    current.password_at = current.otp_at = current.auth_time = current.last_seen_at = now
    session.flush()
    audit.record(
        session, audit.SignedInWithPasskey(account_id=account.id, sid=current.sid), now=now
    )
    _recovery_ends(session, services, current)
    return current, secret


def method_of(browser_session: BrowserSession) -> Method | None:
    """Return which second factor was given last in this session, None for the password alone."""
    told = f" {browser_session.amr} "
    return next((method for method in Method if f" {method} " in told), None)


def _recovery_ends(session: Session, services: Services, signed_in: BrowserSession) -> None:
    """End what this person waits for who has lost their second factor: here is one."""
    recoveries.cancel(
        session,
        services,
        signed_in.account_id,
        recoveries.SIGNED_IN,
        device=signed_in.device,
    )


def _begun(
    session: Session,
    services: Services,
    browser_hash: str,
    account: Account,
    current: BrowserSession | None,
    device: str,
) -> tuple[BrowserSession, str]:
    """Return the session that goes on or begins, and the cookie that will open it."""
    secret = services.entropy.token()
    if current is not None and current.account_id != account.id:
        end(session, services, current, "another_person")
        current = None
    if current is None:
        current = BrowserSession(
            sid=services.entropy.short_token(),
            account_id=account.id,
            browser_hash=browser_hash,
            started_at=services.clock.now(),
            device=device[:256],
        )
        session.add(current)
    current.cookie_hash = cookie_hash(secret)
    return current, secret


def touch(session: Session, sid: str, now: int) -> None:
    """Write that the session was used now, unless that was written within the last minute."""
    session.execute(
        update(BrowserSession)
        .where(BrowserSession.sid == sid, BrowserSession.last_seen_at < now - TOUCH_AFTER)
        .values(last_seen_at=now)
        .execution_options(synchronize_session=False)
    )


def ends_at_latest(services: Services, browser_session: BrowserSession) -> int:
    """Return when the session ends however much it is used."""
    return browser_session.started_at + services.settings.session_lifetime


def ends_at(services: Services, browser_session: BrowserSession) -> int:
    """Return when the session ends unless it is used before."""
    idle = browser_session.last_seen_at + services.settings.session_idle_lifetime
    return min(idle, ends_at_latest(services, browser_session))


def stay(session: Session, services: Services, browser_session: BrowserSession) -> int:
    """Count this moment as a use of the session; return when it now ends."""
    touch(session, browser_session.sid, services.clock.now())
    session.refresh(browser_session)
    return ends_at(services, browser_session)


def end(
    session: Session, services: Services, browser_session: BrowserSession, because: str
) -> list[Service]:
    """End the session and return the services that will be told.

    Their notices are in the outbox when this transaction commits. Ending a session that has
    ended tells nobody twice.
    """
    now = services.clock.now()
    ended = session.scalar(
        update(BrowserSession)
        .where(BrowserSession.sid == browser_session.sid, BrowserSession.ended_at.is_(None))
        .values(ended_at=now, ended_because=because)
        .returning(BrowserSession.sid)
        .execution_options(synchronize_session=False)
    )
    if ended is None:
        return []
    audit.record(
        session,
        audit.SignedOut(
            account_id=browser_session.account_id, sid=browser_session.sid, because=because
        ),
        now=now,
    )
    return tell_services(session, services, browser_session.sid)


def end_all(
    session: Session, services: Services, account_id: str, because: str, *, but: str | None = None
) -> int:
    """End every session of the account except the one named `but`; return how many.

    The services of each are told. Those that ended by themselves so long ago that no token of
    theirs can work are left as they are.
    """
    works = services.clock.now() - 2 * services.settings.session_lifetime
    live = session.scalars(
        select(BrowserSession)
        .where(
            BrowserSession.account_id == account_id,
            BrowserSession.ended_at.is_(None),
            BrowserSession.started_at > works,
        )
        .order_by(BrowserSession.sid)
    ).all()
    ended = [each for each in live if each.sid != but]
    for each in ended:
        end(session, services, each, because)
    return len(ended)


def tell_services(
    session: Session, services: Services, sid: str, *, only: str | None = None
) -> list[Service]:
    """Queue a logout notice to each client of the session, or to one; return their services."""
    told: list[Service] = []
    for client_id, subject in grants.clients_of_session(session, sid):
        if only not in (None, client_id):
            continue
        client = session.get(clients.Client, client_id)
        if client is None or not clients.back_channel_uri(client):
            continue
        outbox.put(
            session,
            services,
            "back_channel_logout",
            {"client_id": client_id, "subject": subject, "sid": sid},
        )
        service = session.get_one(Service, client.service_id)
        if service not in told:
            told.append(service)
    return told


def sweep(session: Session, services: Services, limit: int = 500) -> int:
    """Delete up to `limit` sessions of which nobody need know any more, and no grant hangs off."""
    over = BrowserSession.started_at <= services.clock.now() - kept_for(services.settings)
    old = (
        select(BrowserSession.sid)
        .where(
            over, ~select(grants.Grant.id).where(grants.Grant.sid == BrowserSession.sid).exists()
        )
        .limit(limit)
    )
    return len(
        session.scalars(
            delete(BrowserSession).where(BrowserSession.sid.in_(old)).returning(BrowserSession.sid)
        ).all()
    )
