"""Signing in again as one certain person: the one that a service's hint names.

Whoever cannot is refused towards the service and signed out here. The counters are this act's
own: neither the person named nor the owner of a mistyped address is locked out of signing in.
"""

from sqlalchemy.orm import Session

from idp.domain import accounts, audit, sessions, throttles
from idp.domain.accounts import Account
from idp.domain.journeys import Journey
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from idp.domain.throttles import Kind
from idp.protocol import subjects
from idp.protocol.client_policy import ClientPolicy

FAILED = "login_required"
ENDED_BECAUSE = "reauthentication_failed"


def take_email_try(session: Session, services: Services, hinted: str) -> int:
    """Take one of the tries to name the right address; return how many are left.

    Raises throttles.Locked. Commit before judging.
    """
    return throttles.reserve(session, Kind.REAUTH_EMAIL, hinted, services.clock.now())


def is_named(session: Session, client: ClientPolicy, hinted: str, email: str) -> bool:
    """Return whether `email` is the address of the person named, forgiving earlier tries."""
    account = accounts.find_by_email(session, email)
    if account is None or not is_named_account(client, hinted, account):
        return False
    throttles.forgive(session, Kind.REAUTH_EMAIL, hinted)
    return True


def is_named_account(client: ClientPolicy | None, hinted: str, account: Account) -> bool:
    """Return whether `account` is the person named."""
    if client is None:
        return False
    return subjects.subject_for(client, account.id, account.subject_salt) == hinted


def fail(
    session: Session,
    services: Services,
    journey: Journey,
    signed_in: BrowserSession | None,
    factor: Kind,
) -> None:
    """Give up on this Journey: the service is told, and this browser is signed out."""
    journey.failed = FAILED
    account_id = signed_in.account_id if signed_in is not None else None
    audit.record(
        session,
        audit.ReauthenticationFailed(
            account_id=account_id, client_id=journey.client_id, factor=factor.value
        ),
        now=services.clock.now(),
        journey_id=journey.id,
    )
    if signed_in is not None:
        sessions.end(session, services, signed_in, ENDED_BECAUSE)
