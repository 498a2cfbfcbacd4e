"""Second factors, whatever they are: what an account has, and every change that its owner makes.

Each change is recorded and told to the owner here; each kind is kept by its own module. An account
that is complete always has a default app: nothing here removes it without another in its place.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from idp.domain import (
    audit,
    authenticator_apps,
    notices,
    passkeys,
    recovery_codes,
    sessions,
    throttles,
)
from idp.domain.accounts import Account
from idp.domain.audit import Fact
from idp.domain.authenticator_apps import Role
from idp.domain.passkey_challenges import Asked
from idp.domain.passkeys import Passkey
from idp.domain.recovery_codes import SetFacts, Shown
from idp.domain.services import Services
from idp.domain.throttles import Kind

RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class AppFacts:
    """An authenticator app, without its seed."""

    role: Role
    added_at: int


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """What an account has beside its password."""

    apps: tuple[AppFacts, ...]
    """The default one first."""
    codes: SetFacts
    passkeys: tuple[Passkey, ...]
    """Oldest first."""

    @property
    def backup_app(self) -> AppFacts | None:
        """The second app, if there is one."""
        return next((app for app in self.apps if app.role is Role.BACKUP), None)


def of(session: Session, account_id: str) -> SecondFactors:
    """Return what second factors the account has."""
    apps = authenticator_apps.of_account(session, account_id)
    return SecondFactors(
        tuple(AppFacts(Role(app.role), app.added_at) for app in apps),
        recovery_codes.facts(session, account_id),
        tuple(passkeys.of_account(session, account_id)),
    )


def has_any(session: Session, account_id: str) -> bool:
    """Return whether the account has a second factor of any kind."""
    factors = of(session, account_id)
    return bool(factors.apps or factors.passkeys or factors.codes.left)


def add_backup_app(
    session: Session, services: Services, account: Account, *, secret: str, step: int, device: str
) -> bool:
    """Add the second app, whose first code was of `step`; False if there is one already."""
    added = authenticator_apps.add(
        session, services, account_id=account.id, secret=secret, step=step, role=Role.BACKUP
    )
    if added:
        fact = audit.BackupAppAdded(account_id=account.id)
        _record(session, services, account, fact, "backup_added", device)
    return added


def replace_app(
    session: Session,
    services: Services,
    account: Account,
    *,
    role: Role,
    secret: str,
    step: int,
    device: str,
) -> bool:
    """Put another app in the place of the one in `role`; False if there is none."""
    replaced = authenticator_apps.replace(
        session, services, account_id=account.id, secret=secret, step=step, role=role
    )
    if replaced:
        fact = audit.AuthenticatorAppReplaced(account_id=account.id, role=role.value)
        _record(session, services, account, fact, "authenticator_app_changed", device)
    return replaced


def switch_apps(session: Session, services: Services, account: Account, *, device: str) -> bool:
    """Let the default and the back-up app change places; False if there is no back-up."""
    switched = authenticator_apps.switch(session, account.id)
    if switched:
        fact = audit.AuthenticatorAppsSwitched(account_id=account.id)
        _record(session, services, account, fact, "backup_switched", device)
    return switched


def remove_backup_app(
    session: Session, services: Services, account: Account, *, device: str
) -> bool:
    """Remove the back-up app; False if there is none. The default one cannot be removed."""
    removed = authenticator_apps.remove_backup(session, account.id)
    if removed:
        fact = audit.BackupAppRemoved(account_id=account.id)
        _record(session, services, account, fact, "backup_removed", device)
    return removed


def make_recovery_codes(
    session: Session, services: Services, account: Account, *, replacing: int, device: str
) -> Shown | None:
    """Make a new set of recovery codes; None if another set than `replacing` is there now.

    The first set of an account is made while it is being created, of which its owner hears anyway.
    """
    shown = recovery_codes.make(session, services, account.id, replacing=replacing)
    if shown is not None and replacing:
        _tell(session, services, account, "recovery_codes_made", device)
    return shown


def add_passkey(
    session: Session,
    services: Services,
    account: Account,
    asked: Asked,
    answer: str,
    *,
    device: str,
) -> Passkey:
    """Add the passkey that a browser has made. Raises passkeys.Refused."""
    passkey = passkeys.add(session, services, account, asked, answer, device=device)
    fact = audit.PasskeyAdded(account_id=account.id, synced=passkey.synced)
    _record(session, services, account, fact, "passkey_added", device)
    return passkey


def remove_passkey(
    session: Session, services: Services, account: Account, passkey_id: str, *, device: str
) -> bool:
    """Remove one of the account's passkeys; False if it is not theirs or is gone already."""
    removed = passkeys.remove(session, account.id, passkey_id)
    if removed:
        fact = audit.PasskeyRemoved(account_id=account.id)
        _record(session, services, account, fact, "passkey_removed", device)
    return removed


def passkey_was_refused(
    session: Session,
    services: Services,
    refused: passkeys.Refused,
    *,
    journey_id: str | None = None,
) -> None:
    """Record that an answer for a passkey did not count."""
    fact = audit.PasskeyRefused(account_id=refused.account_id, because=refused.because)
    audit.record(session, fact, now=services.clock.now(), journey_id=journey_id)


def remove_all(session: Session, services: Services, account_id: str) -> None:
    """Remove every second factor of the account, and lift the locks on guessing them.

    Whoever does this puts another factor in their place in the same transaction, or deletes the
    account: a password alone must never be enough to choose a new second factor.
    """
    authenticator_apps.remove_all(session, account_id)
    passkeys.remove_all(session, account_id)
    recovery_codes.remove_all(session, account_id)
    throttles.forgive(session, Kind.APP_CODE, account_id)
    throttles.forgive(session, Kind.RESET_APP_CODE, account_id)
    throttles.forgive(session, Kind.RESET_RECOVERY, account_id)
    throttles.forgive(session, Kind.RECOVERY_CODE, account_id)
    fact = audit.SecondFactorsRemoved(account_id=account_id)
    audit.record(session, fact, now=services.clock.now())


def start_over(
    session: Session, services: Services, account_id: str, *, secret: str, step: int, but: str
) -> None:
    """Remove every second factor and put one app in their place, whose first code was of `step`.

    Every session but the one named `but` ends.
    """
    remove_all(session, services, account_id)
    authenticator_apps.add(session, services, account_id=account_id, secret=secret, step=step)
    fact = audit.AuthenticatorAppAdded(account_id=account_id)
    audit.record(session, fact, now=services.clock.now())
    sessions.end_all(session, services, account_id, RECOVERED, but=but)


def _record(
    session: Session, services: Services, account: Account, fact: Fact, template: str, device: str
) -> None:
    audit.record(session, fact, now=services.clock.now())
    _tell(session, services, account, template, device)


def _tell(
    session: Session, services: Services, account: Account, template: str, device: str
) -> None:
    notices.send(
        session,
        services,
        to=account.email,
        template=template,
        language=account.language,
        device=device,
    )
