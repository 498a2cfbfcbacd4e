"""`onepass services-list`: which services are on the public list."""

import click

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.commands.operator_named import operator_named
from idp.domain import service_list
from idp.domain.clients import Service

by_operator = click.option("--as", "operator", metavar="EMAIL", help="The operator who does this.")


@click.group(name="services-list")
def services_list() -> None:
    """The public list of services."""


@services_list.command()
@as_json
@pass_workplace
def show(workplace: Workplace, as_json: bool) -> None:
    """Show every service with a page to begin at, and whether it is listed."""
    with workplace.session() as session:
        listed = [
            {"service_id": service.id, "name": service.name, "listed": is_listed}
            for service, is_listed in service_list.all_services(session)
        ]
    words = "\n".join(
        f"{one['service_id']}  {'listed' if one['listed'] else 'not listed'}  {one['name']}"
        for one in listed
    )
    tell(as_json, {"services": listed}, words or "There is no service with a page to begin at.")


@services_list.command()
@click.argument("service_id")
@by_operator
@as_json
@pass_workplace
def put(workplace: Workplace, service_id: str, operator: str | None, as_json: bool) -> None:
    """Put a service on the list again."""
    _change(workplace, service_id, operator, as_json, listed=True)


@services_list.command()
@click.argument("service_id")
@by_operator
@as_json
@pass_workplace
def take(workplace: Workplace, service_id: str, operator: str | None, as_json: bool) -> None:
    """Take a service off the list."""
    _change(workplace, service_id, operator, as_json, listed=False)


def _change(
    workplace: Workplace, service_id: str, operator: str | None, as_json: bool, *, listed: bool
) -> None:
    act = service_list.put_on if listed else service_list.take_off
    with workplace.session() as session:
        if session.get(Service, service_id) is None:
            raise click.ClickException("There is no such service.")
        by = operator_named(session, operator) if operator else None
        changed = act(session, workplace.services, service_id, by=by)
    document = {"service_id": service_id, "listed": listed, "changed": changed}
    tell(as_json, document, f"The service is {'' if listed else 'not '}on the list.")
