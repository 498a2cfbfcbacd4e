"""Authenticator apps (RFC 6238): seeds sealed at rest, each time step accepted once.

Six digits, SHA-1, 30 seconds: what every app understands. One step either side of now is
accepted, and the last accepted step only rises, so a code is good once and an older one never.
An account has two at most, one for each role. Whoever has any has a default one: it can be replaced
and change places with the back-up, and never be removed by itself.
"""

import base64
import re
from enum import StrEnum

import pyotp
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    String,
    UniqueConstraint,
    delete,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import accounts
from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql
from idp.kernel.entropy import Entropy

STEP_SECONDS = 30
SEED_BYTES = 20
ISSUER_NAME = "Onepass"
PROPOSAL = "proposed authenticator app"
"""What a seed is sealed as that no code has proved yet."""
_GROUP = 4
_PURPOSE = "authenticator app seed"
_CODE = re.compile(r"[0-9]{6}", re.ASCII)
_SEPARATORS = re.compile(r"[\s\-]+")


class Role(StrEnum):
    """What an app is to its account: asked for first, or there for when that one is not."""

    DEFAULT = "default"
    BACKUP = "backup"


_CHANGING = "changing"
"""The role that an app has for a moment inside `switch`, and never after a commit."""


class AuthenticatorApp(Base):
    """An app that proved, by a first code, that it holds the seed."""

    __tablename__ = "authenticator_apps"
    __table_args__ = (UniqueConstraint("account_id", "role", name="one_app_in_each_role"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    role: Mapped[str] = mapped_column(String(8))
    secret_sealed: Mapped[str] = mapped_column(String(256))
    last_used_step: Mapped[int] = mapped_column(BigInteger)
    added_at: Mapped[int] = mapped_column(BigInteger)


def propose(entropy: Entropy) -> str:
    """Return a new seed: 160 random bits as 32 base32 characters."""
    return base64.b32encode(entropy.bytes(SEED_BYTES)).decode("ascii")


def proposal(services: Services, sealed: str | None, row: str) -> tuple[str, str]:
    """Return the seed to show on a page, and the sealed form in which `row` keeps it meanwhile.

    It is the same seed until a code proves it, or until `row` forgets it.
    """
    if sealed is not None:
        return services.sealer.open(sealed, PROPOSAL, row).decode("ascii"), sealed
    seed = propose(services.entropy)
    return seed, services.sealer.seal(seed.encode("ascii"), PROPOSAL, row)


def in_groups(seed: str) -> list[str]:
    """Return the seed in groups of four, as people type it."""
    return [seed[start : start + _GROUP] for start in range(0, len(seed), _GROUP)]


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
    session: Session,
    services: Services,
    *,
    account_id: str,
    secret: str,
    step: int,
    role: Role = Role.DEFAULT,
) -> bool:
    """Keep an app whose first code belonged to `step`; that code is thereby used.

    False if the account has an app in this role already: nothing is changed then.
    """
    app_id = services.entropy.identifier()
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    added = session.scalar(
        insert(AuthenticatorApp)
        .values(
            id=app_id,
            account_id=account_id,
            role=role.value,
            secret_sealed=_sealed(services, secret, app_id),
            last_used_step=step,
            added_at=services.clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["account_id", "role"])
        .returning(AuthenticatorApp.id)
    )
    return added is not None


def replace(
    session: Session, services: Services, *, account_id: str, secret: str, step: int, role: Role
) -> bool:
    """Put another app in the place of the one in this role; the old one works until then.

    False if there is none. The first code of the new one belonged to `step` and is thereby used.
    """
    app_id = session.scalar(
        select(AuthenticatorApp.id).where(
            AuthenticatorApp.account_id == account_id, AuthenticatorApp.role == role
        )
    )
    replaced = session.scalar(
        update(AuthenticatorApp)
        .where(AuthenticatorApp.id == app_id, AuthenticatorApp.role == role)
        .values(
            secret_sealed=_sealed(services, secret, app_id or ""),
            last_used_step=step,
            added_at=services.clock.now(),
        )
        .returning(AuthenticatorApp.id)
        .execution_options(synchronize_session=False)
    )
    return replaced is not None


def switch(session: Session, account_id: str) -> bool:
    """Let the two apps change places; False if there is no back-up.

    Whatever else happens at the same time, a default app is left.
    """
    accounts.hold(session, account_id)
    backup = select(AuthenticatorApp.id).where(
        AuthenticatorApp.account_id == account_id, AuthenticatorApp.role == Role.BACKUP
    )
    if _move(session, account_id, Role.DEFAULT, _CHANGING, backup.exists()) is None:
        return False
    _move(session, account_id, Role.BACKUP, Role.DEFAULT)
    _move(session, account_id, _CHANGING, Role.BACKUP)
    return True


def _move(
    session: Session, account_id: str, before: str, after: str, *conditions: ColumnElement[bool]
) -> str | None:
    return session.scalar(
        update(AuthenticatorApp)
        .where(
            AuthenticatorApp.account_id == account_id,
            AuthenticatorApp.role == before,
            *conditions,
        )
        .values(role=str(after))
        .returning(AuthenticatorApp.id)
        .execution_options(synchronize_session=False)
    )


def remove_backup(session: Session, account_id: str) -> bool:
    """Forget the account's back-up app; False if it has none."""
    # A switch under way gives the back-up's place to another row, which must be seen.
    accounts.hold(session, account_id)
    removed = session.scalar(
        delete(AuthenticatorApp)
        .where(AuthenticatorApp.account_id == account_id, AuthenticatorApp.role == Role.BACKUP)
        .returning(AuthenticatorApp.id)
        .execution_options(synchronize_session=False)
    )
    return removed is not None


def remove_all(session: Session, account_id: str) -> None:
    """Forget every app of the account."""
    session.execute(
        delete(AuthenticatorApp)
        .where(AuthenticatorApp.account_id == account_id)
        .execution_options(synchronize_session=False)
    )


def of_account(session: Session, account_id: str) -> list[AuthenticatorApp]:
    """Return the account's apps as they are now, the default one first."""
    return list(
        session.scalars(
            select(AuthenticatorApp)
            .where(AuthenticatorApp.account_id == account_id)
            .order_by(AuthenticatorApp.role.desc())
            .execution_options(populate_existing=True)
        )
    )


def has_app(session: Session, account_id: str) -> bool:
    """Return whether the account has an authenticator app."""
    return (
        session.scalar(
            select(AuthenticatorApp.id).where(AuthenticatorApp.account_id == account_id).limit(1)
        )
        is not None
    )


def use_code(session: Session, services: Services, *, account_id: str, code: str) -> bool:
    """Return whether `code` is right and had not been used, and use it up.

    One conditional update decides, so of two requests with one code exactly one is right.
    """
    for app in of_account(session, account_id):
        secret = services.sealer.open(app.secret_sealed, _PURPOSE, app.id).decode("ascii")
        step = step_of(secret, code, services.clock.now())
        if step is not None and _claim_step(session, app, step):
            return True
    return False


def _claim_step(session: Session, app: AuthenticatorApp, step: int) -> bool:
    # The secret is asked for as well: a code of the app before must not count for the one after.
    claimed = session.scalar(
        update(AuthenticatorApp)
        .where(
            AuthenticatorApp.id == app.id,
            AuthenticatorApp.secret_sealed == app.secret_sealed,
            AuthenticatorApp.last_used_step < step,
        )
        .values(last_used_step=step)
        .returning(AuthenticatorApp.id)
        .execution_options(synchronize_session=False)
    )
    return claimed is not None


def _sealed(services: Services, secret: str, app_id: str) -> str:
    return services.sealer.seal(secret.encode("ascii"), _PURPOSE, app_id)
