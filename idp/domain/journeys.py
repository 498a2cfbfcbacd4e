"""Journeys: one authorization request on its way, kept on the server, bound to one browser.

Its id stands in the path and is worth nothing without the browser's cookie. Two tabs are two
Journeys. What the rooms find out is recorded here; who is signed in is a session's business.
"""

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import BigInteger, Boolean, Index, String, Text, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain.services import Services
from idp.kernel.database import Base
from idp.protocol.session_facts import JourneyFacts


class Journey(Base):
    """A stored authorization request and what has been proved for it so far.

    One that leads to a page of our own has no request: `returns_to` is the page's path. `pages`
    are those it has shown, until they are counted (`domain.journey_times`).
    `reset_…` is about a new password (`idp.domain.resets`): when it was asked for, for which
    account (None where the address has none), when its code and its second factor were right,
    and which factor that was.
    `recovering` says that somebody who gave the password cannot give a second factor.
    """

    __tablename__ = "journeys"

    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    browser_hash: Mapped[str] = mapped_column(String(64))
    client_id: Mapped[str] = mapped_column(String(64))
    parameters: Mapped[str] = mapped_column(Text)
    returns_to: Mapped[str | None] = mapped_column(String(2048))
    language: Mapped[str] = mapped_column(String(8))
    choice: Mapped[str | None] = mapped_column(String(16))
    email: Mapped[str | None] = mapped_column(String(256))
    email_proved_at: Mapped[int | None] = mapped_column(BigInteger)
    account_id: Mapped[str | None] = mapped_column(String(32))
    app_secret_sealed: Mapped[str | None] = mapped_column(String(256))
    fresh: Mapped[bool] = mapped_column(Boolean)
    hint_subject: Mapped[str | None] = mapped_column(String(128))
    failed: Mapped[str | None] = mapped_column(String(32))
    password_at: Mapped[int | None] = mapped_column(BigInteger)
    otp_at: Mapped[int | None] = mapped_column(BigInteger)
    reset_begun_at: Mapped[int | None] = mapped_column(BigInteger)
    reset_account_id: Mapped[str | None] = mapped_column(String(32), index=True)
    reset_email_at: Mapped[int | None] = mapped_column(BigInteger)
    reset_factor_at: Mapped[int | None] = mapped_column(BigInteger)
    reset_factor: Mapped[str | None] = mapped_column(String(16))
    recovering: Mapped[bool] = mapped_column(Boolean, default=False)
    opened_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    pages: Mapped[str | None] = mapped_column(Text)
    counted_at: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        Index(
            "ix_journeys_uncounted",
            "expires_at",
            sqlite_where=text("counted_at IS NULL"),
            postgresql_where=text("counted_at IS NULL"),
        ),
    )

    def facts(self) -> JourneyFacts:
        """Return what `protocol.next_step` may know of this Journey."""
        return JourneyFacts(
            opened_at=self.opened_at,
            password_at=self.password_at,
            otp_at=self.otp_at,
            fresh=self.fresh,
            choice=self.choice,
            account_id=self.account_id,
            failed=self.failed,
            recovering=self.recovering,
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is to sign in. `fresh` asks for a new sign-in (OIDC Core section 3.1.2.1).

    `hint_subject` is the service's name for the one person who may answer, None for anybody;
    `email` is the address that the service suggests.
    """

    fresh: bool = False
    hint_subject: str | None = None
    email: str | None = None


def browser_hash(browser_id: str) -> str:
    """Return the form in which a browser is stored."""
    return sha256(browser_id.encode()).hexdigest()


def open_journey(
    session: Session,
    services: Services,
    *,
    browser_id: str,
    client_id: str,
    parameters: str,
    language: str,
    wanted: Wanted,
    returns_to: str | None = None,
) -> Journey:
    """Store a request that needs a screen, or the way to a page of our own, `returns_to`."""
    now = services.clock.now()
    journey = Journey(
        id=services.entropy.token(),
        browser_hash=browser_hash(browser_id),
        client_id=client_id,
        parameters=parameters,
        returns_to=returns_to,
        language=language,
        fresh=wanted.fresh,
        hint_subject=wanted.hint_subject,
        email=wanted.email,
        opened_at=now,
        expires_at=now + services.settings.journey_lifetime,
    )
    session.add(journey)
    session.flush()
    return journey


def go_by(journey: Journey, email: str) -> None:
    """Let the Journey go on with `email`; what was proved for another address is forgotten.

    Every room that asks for an address sets it here: what one room has proved must not outlive
    the change of address that another one takes.
    """
    journey.email = email
    journey.email_proved_at = journey.account_id = journey.password_at = journey.otp_at = None
    journey.reset_begun_at = journey.reset_account_id = None
    journey.reset_email_at = journey.reset_factor_at = journey.reset_factor = None
    journey.recovering = False


def forget_proofs(journey: Journey) -> None:
    """Let the Journey begin again with signing in: whoever gave a password in it has left."""
    journey.choice = "sign_in"
    journey.email_proved_at = journey.account_id = journey.password_at = journey.otp_at = None


def ends_at_latest(services: Services, journey: Journey) -> int:
    """Return when the Journey ends however often it is given more time."""
    return journey.opened_at + services.settings.session_lifetime


def may_stay(services: Services, journey: Journey) -> bool:
    """Return whether more time would let the Journey live longer than it does."""
    return journey.expires_at < ends_at_latest(services, journey)


def stay(session: Session, services: Services, journey: Journey) -> int | None:
    """Let the Journey live its whole lifetime from now; return until when.

    Never longer than a session, which its pages would outlive otherwise. None when it is over.
    """
    now = services.clock.now()
    until = min(now + services.settings.journey_lifetime, ends_at_latest(services, journey))
    return session.scalar(
        update(Journey)
        .where(Journey.id == journey.id, Journey.ended_at.is_(None), Journey.expires_at > now)
        .values(expires_at=until)
        .returning(Journey.expires_at)
    )


def end(session: Session, journey: Journey, now: int) -> bool:
    """Close the Journey and return True, or False if another request closed it first."""
    closed = session.scalar(
        update(Journey)
        .where(Journey.id == journey.id, Journey.ended_at.is_(None))
        .values(ended_at=now)
        .returning(Journey.id)
        .execution_options(synchronize_session=False)
    )
    return closed is not None
