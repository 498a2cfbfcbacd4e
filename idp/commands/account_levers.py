"""`onepass accounts …`: what operators do to a citizen's account, looking at it included.

It is written down who did it and why, as on the pages.
"""

from typing import Any

import click
from sqlalchemy.orm import Session

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.commands.accounts import accounts
from idp.commands.operator_named import WORDS, as_operator, operator_named
from idp.domain import accounts as accounts_of
from idp.domain import citizen_levers
from idp.domain.accounts import Account
from idp.domain.citizen_levers import Lever, OwnAccount, Pulled
from idp.journeys.operators import citizen_steps

__all__ = ["COMMANDS", "accounts"]

because = click.option("--reason", required=True, type=WORDS, help="Why; it is kept.")

HELP = {
    Lever.SUSPEND: "Keep the owner of EMAIL's account out for now, and end their sessions.",
    Lever.RESTORE: "Open the suspended account of EMAIL again.",
    Lever.FORCE_RESET: (
        "Let the owner of EMAIL's account do nothing until they set a new password. Their sessions "
        "end. They prove their mailbox and their second factor before the new password."
    ),
    Lever.FORCE_PROOF: "Delete the proof of EMAIL's identity: services ask for it anew.",
    Lever.BLOCK: "Ask another operator to keep the owner of EMAIL's account out for good.",
    Lever.UNLOCK: "Give back every try at the passwords and codes of EMAIL's account.",
    Lever.REMOVE_SECOND_FACTOR: (
        "Ask another operator to let the owner of EMAIL's account, who waits for it, set up a new "
        "second factor at once."
    ),
    Lever.SIGN_OUT: "End every session of EMAIL's account; the services are told.",
}


@accounts.command()
@click.argument("who")
@as_operator
@because
@as_json
@pass_workplace
def show(workplace: Workplace, who: str, operator: str, reason: str, as_json: bool) -> None:
    """Show the record of WHO: an email address, or the subject that a service knows."""
    with workplace.session() as session:
        by = operator_named(session, operator)
        found = citizen_steps.look_up(session, workplace.services, who, by=by, reason=reason[:500])
        account = accounts_of.get(session, found) if found else None
        document = _told(session, workplace, account) if account else None
    if document is None:
        raise click.ClickException(
            "There is no account with that address, and no service was given that subject. A new "
            "one is known when the worker has read the record, within a minute."
        )
    words = "\n".join(f"{name}: {value}" for name, value in document.items())
    tell(as_json, document, words)


def _told(session: Session, workplace: Workplace, account: Account) -> dict[str, Any]:
    record = citizen_steps.record_of(session, workplace.services, account)
    return {
        "account_id": account.id,
        "email": account.email,
        "state": account.state,
        "reset_because": account.reset_because,
        "created_at": account.created_at,
        "apps": len(record.ways.apps),
        "passkeys": len(record.ways.passkeys),
        "recovery_codes_left": record.ways.codes.left,
        "identity_proved_at": record.proved_at,
        "locks": [{"kind": kind.value, "until": until} for kind, until in record.locks],
        "recovery_ready_at": record.recovery.ready_at if record.recovery else None,
        "signed_in_on": record.signed_in,
        "possible": [lever.value for lever in record.levers],
        "waiting": [lever.value for lever in record.waiting],
    }


def _pull(workplace: Workplace, lever: Lever, email: str, operator: str, why: str) -> Any:
    services = workplace.services
    with workplace.session() as session:
        account = accounts_of.find_by_email(session, email)
        if account is None:
            raise click.ClickException("There is no account with that address.")
        by = operator_named(session, operator)
        try:
            pulled = citizen_levers.pull(session, services, lever, account, by=by, reason=why[:500])
        except OwnAccount as own:
            raise click.ClickException("Nobody does that to their own account.") from own
        return {
            "account_id": account.id,
            "state": account.state,
            "changed": pulled is Pulled.DONE,
            "waits_for_another": pulled is Pulled.ASKED,
        }


def _command(lever: Lever) -> click.Command:
    @accounts.command(name=lever.value.replace("_", "-"), help=HELP[lever])
    @click.argument("email")
    @as_operator
    @because
    @as_json
    @pass_workplace
    def command(
        workplace: Workplace, email: str, operator: str, reason: str, as_json: bool
    ) -> None:
        document = _pull(workplace, lever, email, operator, reason)
        words = f"The account is {document['state']}."
        if document["waits_for_another"]:
            words = "Another operator has been asked to approve it."
        elif not document["changed"]:
            words += " Nothing has changed."
        tell(as_json, document, words)

    return command


COMMANDS = tuple(_command(lever) for lever in Lever)
"""One command for each lever, in the group `onepass accounts`."""
