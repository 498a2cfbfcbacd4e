"""`onepass operators`: who may use the operators' console."""

import click

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.domain import accounts
from idp.domain import operators as operators_of


@click.group()
def operators() -> None:
    """Operators: accounts that may use the operators' console."""


@operators.command()
@click.argument("email")
@as_json
@pass_workplace
def add(workplace: Workplace, email: str, as_json: bool) -> None:
    """Make the account of EMAIL an operator's."""
    _change(workplace, email, as_json, added=True)


@operators.command()
@click.argument("email")
@as_json
@pass_workplace
def remove(workplace: Workplace, email: str, as_json: bool) -> None:
    """Take the console away from the account of EMAIL, at once."""
    _change(workplace, email, as_json, added=False)


@operators.command(name="list")
@as_json
@pass_workplace
def list_operators(workplace: Workplace, as_json: bool) -> None:
    """List every operator."""
    with workplace.session() as session:
        listed = [
            {"account_id": account.id, "email": account.email, "added_at": operator.added_at}
            for operator, account in operators_of.all_operators(session)
        ]
    words = "\n".join(str(one["email"]) for one in listed)
    tell(as_json, {"operators": listed}, words or "There are no operators.")


def _change(workplace: Workplace, email: str, as_json: bool, *, added: bool) -> None:
    act = operators_of.add if added else operators_of.remove
    with workplace.session() as session:
        account = accounts.find_by_email(session, email)
        if account is None:
            raise click.ClickException("There is no account with that address.")
        changed = act(session, workplace.services, account.id)
        document = {"account_id": account.id, "operator": added, "changed": changed}
    words = f"{email} is {'an' if added else 'no'} operator" + ("." if changed else " already.")
    tell(as_json, document, words)
