"""What the pages of an account show, without a web framework."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import activity, authenticator_apps, passwords, second_factors
from idp.domain.accounts import Account
from idp.domain.authenticator_apps import Role
from idp.domain.clients import Client, Service
from idp.domain.disclosures import Disclosure
from idp.domain.passwords import Problem
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession


@dataclass(frozen=True, slots=True)
class Used:
    """A service that was used through one of its clients. Moments in epoch seconds."""

    client_id: str
    name: str
    name_cy: str | None
    url: str | None
    first_at: int
    last_at: int


def services_used(session: Session, account_id: str) -> list[Used]:
    """Return the services this person has used, the one used last first."""
    found = []
    for use in activity.uses(session, account_id):
        client = session.get(Client, use.client_id)
        service = session.get(Service, client.service_id) if client else None
        if service is None:
            continue
        found.append(
            Used(
                use.client_id,
                service.name,
                service.name_cy,
                service.landing_page_url,
                use.first_at,
                use.last_at,
            )
        )
    return found


def shared_with(session: Session, account_id: str, client_id: str) -> list[Disclosure]:
    """Return what of the person's identity this client may be told, by claim."""
    return list(
        session.scalars(
            select(Disclosure)
            .where(
                Disclosure.account_id == account_id,
                Disclosure.client_id == client_id,
                Disclosure.withdrawn_at.is_(None),
            )
            .order_by(Disclosure.claim)
        )
    )


def names_of(session: Session, account_id: str) -> dict[str, Used]:
    """Return the services this person has used, by client."""
    return {used.client_id: used for used in services_used(session, account_id)}


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
