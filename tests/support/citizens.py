"""Citizens for tests: an account with a password and an app, and the codes the app would show."""

from dataclasses import dataclass
from functools import cache

import pyotp
from sqlalchemy.orm import Session

from idp.domain import accounts, authenticator_apps, passwords, sessions
from idp.domain.services import Services

PASSWORD = "marmalade ladder 27"
SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


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
