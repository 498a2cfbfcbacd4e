"""Citizens for tests: an account with a password and an app, and the codes the app would show."""

from dataclasses import dataclass, replace
from functools import cache

import pyotp
from sqlalchemy.orm import Session

from idp.domain import (
    accounts,
    authenticator_apps,
    passkeys,
    passwords,
    recovery_codes,
    second_factors,
    sessions,
)
from idp.domain.authenticator_apps import Role
from idp.domain.passkey_challenges import Asked, Ceremony
from idp.domain.passkeys import RelyingParty
from idp.domain.services import Services
from tests.support.authenticator import Authenticator

PASSWORD = "marmalade ladder 27"
SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
BACKUP_SEED = "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U"


@dataclass
class Citizen:
    """Somebody with an email address, a password and an authenticator app in their hand."""

    email: str = "alice@example.com"
    password: str = PASSWORD
    seed: str = SEED
    account_id: str = ""

    def code(self, now: int, steps: int = 0) -> str:
        """What the app shows at `now`, or `steps` 30-second steps later."""
        return pyotp.TOTP(self.seed).generate_otp(now // 30 + steps)

    def wrong_code(self, now: int) -> str:
        """Six digits that the app shows at no step near `now`."""
        near = {self.code(now, step) for step in range(-3, 4)}
        return next(code for code in (f"{n:06d}" for n in range(100)) if code not in near)


@cache
def _hash_of(hasher: passwords.Hasher, password: str) -> str:
    return hasher.hash(password)


def enrol(session: Session, services: Services, citizen: Citizen | None = None) -> Citizen:
    """Keep `citizen` (default: Alice) with a password and an app; the caller commits.

    The app's present code is still unused, so the citizen can sign in at once. They have been
    asked before whether they want a passkey.
    """
    citizen = citizen or Citizen()
    account = accounts.create(
        session,
        services,
        email=citizen.email,
        password_hash=_hash_of(services.hasher, citizen.password),
        language="en",
    )
    authenticator_apps.add(
        session,
        services,
        account_id=account.id,
        secret=citizen.seed,
        step=services.clock.now() // authenticator_apps.STEP_SECONDS - 2,
    )
    accounts.complete(session, account)
    accounts.passkey_was_offered(session, account.id, services.clock.now())
    session.flush()
    citizen.account_id = account.id
    return citizen


def give_passkey(session: Session, services: Services, citizen: Citizen) -> Authenticator:
    """Add a passkey for `citizen` and return what answers for it; the caller commits."""
    party = RelyingParty.of(services)
    device = Authenticator(party.origin, party.id, citizen.email.encode())
    account = accounts.get(session, citizen.account_id)
    assert account is not None
    asked = Asked(Ceremony.ADD, "a" * 64, "a journey", account.id)
    options = passkeys.options_to_add(session, services, account, asked)
    answer = device.create(options)
    second_factors.add_passkey(session, services, account, asked, answer, device="Chrome/ Linux")
    return device


def give_codes(session: Session, services: Services, citizen: Citizen) -> tuple[str, ...]:
    """Make recovery codes that `citizen` keeps, and return them; the caller commits."""
    shown = recovery_codes.make(session, services, citizen.account_id, replacing=0)
    assert shown is not None
    recovery_codes.saved(session, citizen.account_id, services.clock.now())
    return shown.codes


def give_backup(session: Session, services: Services, citizen: Citizen) -> Citizen:
    """Add a back-up app, and return the citizen with that one in hand; the caller commits."""
    added = authenticator_apps.add(
        session,
        services,
        account_id=citizen.account_id,
        secret=BACKUP_SEED,
        step=services.clock.now() // authenticator_apps.STEP_SECONDS - 2,
        role=Role.BACKUP,
    )
    assert added
    return replace(citizen, seed=BACKUP_SEED)


def give_every_way(session: Session, services: Services, citizen: Citizen) -> tuple[str, ...]:
    """Add a back-up app, a passkey and recovery codes, which are returned."""
    give_backup(session, services, citizen)
    give_passkey(session, services, citizen)
    return give_codes(session, services, citizen)


def signed_in_cookie(
    session: Session, services: Services, citizen: Citizen, *, level: str = "Cl.Cm"
) -> str:
    """Open a session for `citizen` as the sign-in pages do; return its cookie's value."""
    account = accounts.get(session, citizen.account_id)
    assert account is not None
    signed_in, secret = sessions.after_password(
        session,
        services,
        browser_hash="0" * 64,
        account=account,
        current=None,
        device="a test",
    )
    if level == "Cl.Cm":
        secret = sessions.after_second_factor(session, services, signed_in)
    session.flush()
    return secret
