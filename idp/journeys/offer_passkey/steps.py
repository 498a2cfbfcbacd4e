"""Who is offered a passkey, without a web framework."""

from sqlalchemy.orm import Session

from idp.domain import accounts, holds
from idp.domain.accounts import Account
from idp.domain.journeys import Journey
from idp.domain.passkey_challenges import Asked, Ceremony
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession


def owner_to_ask(
    session: Session, services: Services, journey: Journey, signed_in: BrowserSession | None
) -> Account | None:
    """Return whom this Journey's page may ask: who gave both factors in it, and was never asked.

    A password alone must not be enough to add a passkey, nor both soon after a reset.
    """
    if signed_in is None or journey.account_id != signed_in.account_id:
        return None
    if journey.password_at is None or journey.otp_at is None or signed_in.level != "Cl.Cm":
        return None
    account = accounts.get(session, signed_in.account_id)
    if account is None or holds.until(account, services.clock.now()) is not None:
        return None
    return account if account.passkey_offered_at is None else None


def asked(journey: Journey, account: Account, browser_hash: str) -> Asked:
    """Return what the page's challenge is for."""
    return Asked(Ceremony.ADD, browser_hash, journey.id, account.id)
