"""Which operator a command acts as, where it must be known (`--as EMAIL`), and why."""

from typing import Any, Final

import click
from sqlalchemy.orm import Session

from idp.domain import accounts, operators

as_operator = click.option(
    "--as", "operator", required=True, metavar="EMAIL", help="The operator who does this."
)


def operator_named(session: Session, email: str) -> str:
    """Return the account of the operator with this address, or end with words."""
    account = accounts.find_by_email(session, email)
    if account is None or not operators.is_operator(session, account.id):
        raise click.ClickException(f"There is no operator {email}.")
    return account.id


class _Words(click.ParamType[str]):
    name = "words"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the words without white space around them; the command ends without any."""
        words = str(value).strip()
        if not words:
            self.fail("say it in words.", param, ctx)
        return words


WORDS: Final = _Words()
"""What somebody has to say: never nothing."""
