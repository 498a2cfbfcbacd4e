"""`onepass services`: a service for a team, and its first manager."""

import click

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.domain import accounts, team_services
from idp.domain.team_services import NameTaken, Seen, TooManyServices


@click.group()
def services() -> None:
    """Services, which own clients."""


@services.command()
@click.argument("name")
@click.option("--department", required=True, help="The department that runs the service.")
@click.option("--manager", required=True, metavar="EMAIL", help="Who manages it, with an account.")
@click.option("--name-cy", help="Its Welsh name.")
@as_json
@pass_workplace
def add(
    workplace: Workplace,
    name: str,
    department: str,
    manager: str,
    name_cy: str | None,
    as_json: bool,
) -> None:
    """Add the service NAME. In production mode only operators can, with this."""
    with workplace.session() as session:
        account = accounts.find_by_email(session, manager)
        if account is None:
            raise click.ClickException("There is no account with that address.")
        try:
            made = team_services.create(
                session, workplace.services, account.id, department, Seen(name, name_cy)
            )
        except NameTaken as taken:
            raise click.ClickException("A service has that name, or one that reads so.") from taken
        except TooManyServices as many:
            raise click.ClickException(f"{manager} manages too many services.") from many
        document = {"service_id": made.id, "name": made.name, "manager": account.id}
    tell(as_json, document, f"{name} is there, and {manager} manages it.")
