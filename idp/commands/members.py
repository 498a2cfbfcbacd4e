"""`onepass members`: who may run a service, for when nobody of its team can say so any more."""

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.domain import accounts
from idp.domain import members as members_of
from idp.domain.accounts import Account
from idp.domain.clients import Service
from idp.domain.members import LastManager, Role

ROLES = [role.name.lower() for role in Role]


@click.group()
def members() -> None:
    """Members of a service's team. SERVICE is the service's name."""


@members.command()
@click.argument("email")
@click.argument("service")
@click.option("--role", type=click.Choice(ROLES), default="reader", show_default=True)
@as_json
@pass_workplace
def add(workplace: Workplace, email: str, service: str, role: str, as_json: bool) -> None:
    """Make the account of EMAIL a member of SERVICE, or give a member another role."""
    wanted = Role[role.upper()]
    with workplace.session() as session:
        account, found = _both(session, email, service)
        act = members_of.add if _is_new(session, found, account) else members_of.change_role
        try:
            changed = act(session, workplace.services, found.id, account.id, wanted)
        except LastManager as refused:
            raise click.ClickException(f"{email} is the last manager of {service}.") from refused
        document = {"account_id": account.id, "service_id": found.id, "role": role}
    words = f"{email} is a {role} of {service}" + ("." if changed else " already.")
    tell(as_json, document | {"changed": changed}, words)


@members.command()
@click.argument("email")
@click.argument("service")
@as_json
@pass_workplace
def remove(workplace: Workplace, email: str, service: str, as_json: bool) -> None:
    """Take the account of EMAIL out of SERVICE."""
    with workplace.session() as session:
        account, found = _both(session, email, service)
        try:
            changed = members_of.remove(session, workplace.services, found.id, account.id)
        except LastManager as refused:
            raise click.ClickException(f"{email} is the last manager of {service}.") from refused
        document = {"account_id": account.id, "service_id": found.id, "changed": changed}
    words = f"{email} is no member of {service}" + ("." if changed else " anyway.")
    tell(as_json, document, words)


@members.command(name="list")
@click.argument("service")
@as_json
@pass_workplace
def list_members(workplace: Workplace, service: str, as_json: bool) -> None:
    """List the members of SERVICE."""
    with workplace.session() as session:
        found = _service(session, service)
        listed = [
            {"account_id": account.id, "email": account.email, "role": member.role.lower()}
            for member, account in members_of.of_service(session, found.id)
        ]
    words = "\n".join(f"{one['email']}  {one['role']}" for one in listed)
    tell(as_json, {"service_id": found.id, "members": listed}, words or "It has no members.")


def _is_new(session: Session, service: Service, account: Account) -> bool:
    return members_of.role_in(session, service.id, account.id) is None


def _both(session: Session, email: str, service: str) -> tuple[Account, Service]:
    account = accounts.find_by_email(session, email)
    if account is None:
        raise click.ClickException("There is no account with that address.")
    return account, _service(session, service)


def _service(session: Session, name: str) -> Service:
    service = session.scalar(select(Service).where(Service.name == name))
    if service is None:
        raise click.ClickException(f"There is no service called {name}.")
    return service
