"""`onepass settings`: limits on guessing, and what else the installation is set to."""

import click

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.commands.operator_named import WORDS, as_operator, operator_named
from idp.domain import limits, passwords, terms, throttles
from idp.domain.throttles import Kind


@click.group()
def settings() -> None:
    """Limits on guessing, terms of use, passwords that nobody may have."""


@settings.command()
@as_json
@pass_workplace
def show(workplace: Workplace, as_json: bool) -> None:
    """Show what is in force."""
    with workplace.session() as session:
        told = {}
        for group, kinds in limits.GROUPS.items():
            limit = throttles.limit_of(session, Kind(kinds[0]))
            changed = limits.changed(session, group)
            told[group] = {
                "tries": limit.tries,
                "hours": limit.window // limits.HOUR,
                "changed_at": changed.changed_at if changed else None,
                "changed_by": changed.changed_by if changed else None,
                "waits": limits.waits(session, group),
            }
    document = {
        "limits": told,
        "terms_version": terms.CURRENT.version,
        "passwords_denied": passwords.count_of_common(),
    }
    words = "\n".join(
        f"{group}: {each['tries']} tries, then {each['hours']} hours"
        for group, each in told.items()
    )
    tell(as_json, document, words)


@settings.command()
@click.argument("group", type=click.Choice(list(limits.GROUPS)))
@click.option("--tries", required=True, type=click.IntRange(*limits.TRIES))
@click.option("--hours", required=True, type=click.IntRange(*limits.HOURS))
@click.option("--reason", required=True, type=WORDS, help="Why; the operator who decides reads it.")
@as_operator
@as_json
@pass_workplace
def change(
    workplace: Workplace,
    group: str,
    tries: int,
    hours: int,
    reason: str,
    operator: str,
    as_json: bool,
) -> None:
    """Ask another operator to change the limits of GROUP."""
    with workplace.session() as session:
        by = operator_named(session, operator)
        before = throttles.limit_of(session, Kind(limits.GROUPS[group][0]))
        try:
            asked = limits.ask(
                session,
                workplace.services,
                group,
                before=before,
                tries=tries,
                hours=hours,
                by=by,
                reason=reason[:500],
            )
        except limits.Unchanged as unchanged:
            raise click.ClickException("These limits are in force.") from unchanged
        document = {"request": asked.id if asked else None}
    if document["request"] is None:
        raise click.ClickException("A change of these limits waits already.")
    tell(as_json, document, f"Asked for; another operator approves {document['request']}.")
