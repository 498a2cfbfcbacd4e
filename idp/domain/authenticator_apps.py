"""Authenticator apps (RFC 6238): seeds sealed at rest, each time step accepted once.

Six digits, SHA-1, 30 seconds: what every app understands. One step either side of now is
accepted, and the last accepted step only rises, so a code is good once and an older one never.
"""

import base64
import re

import pyotp
from sqlalchemy import BigInteger, ForeignKey, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain.services import Services
from idp.kernel.database import Base
from idp.kernel.entropy import Entropy

STEP_SECONDS = 30
SEED_BYTES = 20
ISSUER_NAME = "Onepass"
_PURPOSE = "authenticator app seed"
_CODE = re.compile(r"[0-9]{6}", re.ASCII)
_SEPARATORS = re.compile(r"[\s\-]+")


class AuthenticatorApp(Base):
    """An app that proved, by a first code, that it holds the seed."""

    __tablename__ = "authenticator_apps"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    secret_sealed: Mapped[str] = mapped_column(String(256))
    last_used_step: Mapped[int] = mapped_column(BigInteger)
    added_at: Mapped[int] = mapped_column(BigInteger)


def propose(entropy: Entropy) -> str:
    """Return a new seed: 160 random bits as 32 base32 characters."""
    return base64.b32encode(entropy.bytes(SEED_BYTES)).decode("ascii")


def provisioning_uri(secret: str, *, email: str, issuer_name: str = ISSUER_NAME) -> str:
    """Return the `otpauth:` address that a QR code or a link gives to the app."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer_name)


def cleaned(code: str) -> str | None:
    """Return `code` without spaces and hyphens, or None unless it is six ASCII digits."""
    bare = _SEPARATORS.sub("", code[:64])
    return bare if _CODE.fullmatch(bare) else None


def step_of(secret: str, code: str, now: int) -> int | None:
    """Return the time step that `code` belongs to, or None if it is not a code of now ± one."""
    bare = cleaned(code)
    if bare is None:
        return None
    totp = pyotp.TOTP(secret)
    current = now // STEP_SECONDS
    for step in (current, current - 1, current + 1):
        if pyotp.utils.strings_equal(bare, totp.generate_otp(step)):
            return step
    return None


def add(
    session: Session, services: Services, *, account_id: str, secret: str, step: int
) -> AuthenticatorApp:
    """Keep an app whose first code belonged to `step`; that code is thereby used."""
    app_id = services.entropy.identifier()
    app = AuthenticatorApp(
        id=app_id,
        account_id=account_id,
        secret_sealed=services.sealer.seal(secret.encode("ascii"), _PURPOSE, app_id),
        last_used_step=step,
        added_at=services.clock.now(),
    )
    session.add(app)
    session.flush()
    return app


def has_app(session: Session, account_id: str) -> bool:
    """Return whether the account has an authenticator app."""
    return (
        session.scalar(
            select(AuthenticatorApp.id).where(AuthenticatorApp.account_id == account_id).limit(1)
        )
        is not None
    )


def remove_all(session: Session, account_id: str) -> None:
    """Forget every app of the account."""
    session.execute(
        delete(AuthenticatorApp)
        .where(AuthenticatorApp.account_id == account_id)
        .execution_options(synchronize_session=False)
    )


def use_code(session: Session, services: Services, *, account_id: str, code: str) -> bool:
    """Return whether `code` is right and had not been used, and use it up.

    One conditional update decides, so of two requests with one code exactly one is right.
    """
    apps = session.scalars(
        select(AuthenticatorApp).where(AuthenticatorApp.account_id == account_id)
    ).all()
    for app in apps:
        secret = services.sealer.open(app.secret_sealed, _PURPOSE, app.id).decode("ascii")
        step = step_of(secret, code, services.clock.now())
        if step is not None:
            return _claim_step(session, app.id, step)
    return False


def _claim_step(session: Session, app_id: str, step: int) -> bool:
    claimed = session.scalar(
        update(AuthenticatorApp)
        .where(AuthenticatorApp.id == app_id, AuthenticatorApp.last_used_step < step)
        .values(last_used_step=step)
        .returning(AuthenticatorApp.id)
        .execution_options(synchronize_session=False)
    )
    return claimed is not None
