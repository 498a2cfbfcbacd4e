"""What the pages of an account show, without a web framework."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import (
    activity,
    authenticator_apps,
    confirmations,
    passwords,
    second_factors,
)
from idp.domain.accounts import Account
from idp.domain.activity import Use
from idp.domain.authenticator_apps import Role
from idp.domain.clients import Client, Service
from idp.domain.confirmations import Change
from idp.domain.disclosures import Disclosure
from idp.domain.grants import Grant
from idp.domain.passwords import Problem
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from idp.protocol.identity_claims import in_order


@dataclass(frozen=True, slots=True)
class Used:
    """A service that was used, through one of its clients or several. Moments in epoch seconds."""

    service_id: str
    client_ids: tuple[str, ...]
    name: str
    name_cy: str | None
    url: str | None
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class Shared:
    """A claim that a service was given: first, last, and until when if that is over."""

    claim: str
    first_at: int
    last_at: int
    withdrawn_at: int | None


class Way(StrEnum):
    """A way to show again who one is, beside the password."""

    APP = "app"
    RECOVERY_CODE = "recovery_code"
    PASSKEY = "passkey"


def ways_to_confirm(
    session: Session, services: Services, account: Account, change: Change
) -> frozenset[Way]:
    """Return the ways that the account has and this change takes: while held, a recovery code."""
    factors = second_factors.of(session, account.id)
    there = {
        Way.APP: bool(factors.apps),
        Way.RECOVERY_CODE: bool(factors.codes.left),
        Way.PASSKEY: bool(factors.passkeys),
    }
    has = frozenset(way for way, is_there in there.items() if is_there)
    held = confirmations.held_until(services, account, change) is not None
    return has & {Way.RECOVERY_CODE} if held else has


def services_used(session: Session, account_id: str) -> list[Used]:
    """Return the services this person has used, the one used last first."""
    uses = activity.uses(session, account_id)
    rows = session.execute(
        select(Client.client_id, Service)
        .join(Service, Service.id == Client.service_id)
        .where(Client.client_id.in_([use.client_id for use in uses]))
    )
    service_of = {row.client_id: row.Service for row in rows}
    by_service: dict[str, list[Use]] = {}
    for use in uses:
        if use.client_id in service_of:
            by_service.setdefault(service_of[use.client_id].id, []).append(use)
    found = []
    for ways in by_service.values():
        service = service_of[ways[0].client_id]
        found.append(
            Used(
                service.id,
                tuple(use.client_id for use in ways),
                service.name,
                service.name_cy,
                service.landing_page_url,
                min(use.first_at for use in ways),
                max(use.last_at for use in ways),
            )
        )
    return found


def service_used(session: Session, account_id: str, service_id: str) -> Used | None:
    """Return that service if this person has used it, else None."""
    used = services_used(session, account_id)
    return next((service for service in used if service.service_id == service_id), None)


def names_of(session: Session, account_id: str) -> dict[str, Used]:
    """Return the services this person has used, by client."""
    used = services_used(session, account_id)
    return {client_id: service for service in used for client_id in service.client_ids}


def shared_with(session: Session, account_id: str, used: Used) -> list[Shared]:
    """Return what of the person's identity this service was given, in the order of claims."""
    given: dict[str, list[Disclosure]] = {}
    for row in session.scalars(
        select(Disclosure).where(
            Disclosure.account_id == account_id, Disclosure.client_id.in_(used.client_ids)
        )
    ):
        given.setdefault(row.claim, []).append(row)
    return [
        Shared(
            claim,
            min(row.first_at for row in given[claim]),
            max(row.last_at for row in given[claim]),
            None
            if any(row.withdrawn_at is None for row in given[claim])
            else max(row.withdrawn_at or 0 for row in given[claim]),
        )
        for claim in in_order(given)
    ]


def has_access(session: Session, account_id: str, used: Used, shared: Collection[Shared]) -> bool:
    """Return whether there is anything to take away: a sign-in that goes on, or what was agreed."""
    goes_on = (
        select(Grant.id)
        .join(BrowserSession, BrowserSession.sid == Grant.sid)
        .where(
            Grant.account_id == account_id,
            Grant.client_id.in_(used.client_ids),
            Grant.revoked_at.is_(None),
            BrowserSession.ended_at.is_(None),
        )
    )
    agreed = any(each.withdrawn_at is None for each in shared)
    return agreed or bool(session.scalar(select(goes_on.exists())))


def password_problem(account: Account, password: str) -> Problem | None:
    """Return why this password cannot be used, or None."""
    return passwords.problem_with(password, email=account.email)


def is_the_same(services: Services, password_hash: str, password: str) -> bool:
    """Return whether the new password is the old one. Never inside a transaction."""
    return services.hasher.verify(password_hash, password)


def proposed_seed(services: Services, signed_in: BrowserSession) -> str:
    """Return the seed to show on the page of a new app: the same one until a code proves it."""
    seed, signed_in.app_secret_sealed = authenticator_apps.proposal(
        services, signed_in.app_secret_sealed, signed_in.sid
    )
    return seed


def keep_app(
    session: Session,
    services: Services,
    account: Account,
    signed_in: BrowserSession,
    *,
    role: Role,
    step: int,
    device: str,
) -> None:
    """Keep the app whose seed was shown and whose first code was of `step`, in this role."""
    secret = proposed_seed(services, signed_in)
    signed_in.app_secret_sealed = None
    replaced = second_factors.replace_app(
        session, services, account, role=role, secret=secret, step=step, device=device
    )
    if not replaced and role is Role.BACKUP:
        second_factors.add_backup_app(
            session, services, account, secret=secret, step=step, device=device
        )
