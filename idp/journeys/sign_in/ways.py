"""Which ways somebody has to go on beside the code of their app, without a web framework."""

from enum import StrEnum

from sqlalchemy.orm import Session

from idp.domain import accounts, guessing, passkeys, second_factors, sessions, throttles
from idp.domain.accounts import Account
from idp.domain.journeys import Journey
from idp.domain.passkey_challenges import Asked, Ceremony
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession, Method
from idp.domain.throttles import Kind
from idp.journeys.sign_in import steps
from idp.journeys.sign_in.steps import Arrival


class Way(StrEnum):
    """A way to show a second factor."""

    APP = "app"
    BACKUP_APP = "backup_app"
    RECOVERY_CODE = "recovery_code"
    PASSKEY = "passkey"


def ways_of(session: Session, account_id: str) -> list[Way]:
    """Return the ways the account has, the usual one first."""
    factors = second_factors.of(session, account_id)
    there = {
        Way.APP: bool(factors.apps),
        Way.BACKUP_APP: factors.backup_app is not None,
        Way.RECOVERY_CODE: bool(factors.codes.left),
        Way.PASSKEY: bool(factors.passkeys),
    }
    return [way for way, has in there.items() if has]


def open_ways(
    session: Session, services: Services, journey: Journey, signed_in: BrowserSession | None
) -> list[Way]:
    """Return the ways by which a second factor is wanted here that no lock closes for now."""
    if signed_in is None or not steps.code_is_wanted(journey, signed_in):
        return []
    now, account_id = services.clock.now(), signed_in.account_id
    closed: set[Way] = set()
    if throttles.locked_until(session, Kind.APP_CODE, account_id, now):
        closed |= {Way.APP, Way.BACKUP_APP}
    if throttles.locked_until(session, Kind.RECOVERY_CODE, account_id, now):
        closed |= {Way.RECOVERY_CODE}
    return [way for way in ways_of(session, account_id) if way not in closed]


def codes_locked_until(
    session: Session, services: Services, signed_in: BrowserSession | None
) -> int | None:
    """Return until when (seconds since the epoch) no recovery code can be tried, or None."""
    if signed_in is None:
        return None
    now = services.clock.now()
    return throttles.locked_until(session, Kind.RECOVERY_CODE, signed_in.account_id, now)


def use_recovery_code(
    session: Session,
    services: Services,
    journey: Journey,
    signed_in: BrowserSession,
    code: str,
    *,
    device: str,
) -> str | None:
    """Raise the session to `Cl.Cm` and return its new cookie, or None if the code was wrong."""
    account_id = signed_in.account_id
    counter = steps.code_counter(journey, account_id, Kind.RECOVERY_CODE)
    if not guessing.use_recovery_code(session, services, counter, account_id, code, device=device):
        return None
    return steps.second_factor_was_right(
        session, services, journey, signed_in, Method.RECOVERY_CODE
    )


def passkey_to_ask_for(
    session: Session, journey: Journey, signed_in: BrowserSession | None, browser_hash: str
) -> Asked | None:
    """Return which passkey would prove something here: a certain person's, anybody's, or none.

    After the password it stands for the code alone; otherwise for both.
    """
    if signed_in is not None and steps.code_is_wanted(journey, signed_in):
        given = steps.password_is_given(journey, signed_in)
        if given or not (journey.fresh or journey.hint_subject):
            account_id = signed_in.account_id
            has = passkeys.of_account(session, account_id)
            asked = Asked(Ceremony.STEP_UP, browser_hash, journey.id, account_id)
            return asked if has else None
    done = steps.password_is_given(journey, signed_in)
    if done or (signed_in is not None and not (journey.fresh or journey.hint_subject)):
        return None
    return Asked(Ceremony.SIGN_IN, browser_hash, journey.id)


def sign_in_with_passkey(
    session: Session, services: Services, journey: Journey, account: Account, arrival: Arrival
) -> str | None:
    """Sign `account` in at `Cl.Cm` and return the new cookie; None if it may not sign in at all."""
    journey.account_id = account.id
    if not steps.may_sign_in(account):
        return None
    journey.choice, journey.email = "sign_in", account.email
    journey.password_at = journey.otp_at = services.clock.now()
    account.language = arrival.language
    _, secret = sessions.after_passkey(
        session,
        services,
        browser_hash=arrival.browser_hash,
        account=account,
        current=arrival.session,
        device=arrival.device,
    )
    return secret


def owner_of(session: Session, passkey: passkeys.Passkey) -> Account:
    """Return the account that a passkey belongs to."""
    account = accounts.get(session, passkey.account_id)
    assert account is not None  # noqa: S101 - its row would be gone with the account's
    return account
