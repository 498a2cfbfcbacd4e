"""`onepass banner`: the notice on every page."""

from datetime import datetime

import click

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.commands.operator_named import operator_named
from idp.domain import banners

by_operator = click.option("--as", "operator", metavar="EMAIL", help="The operator who does this.")


@click.group()
def banner() -> None:
    """The notice that everybody sees on every page."""


@banner.command()
@as_json
@pass_workplace
def show(workplace: Workplace, as_json: bool) -> None:
    """Show the notice, and from when to when it is shown."""
    with workplace.session() as session:
        document = _told(banners.find(session))
    told = document["banner"]
    tell(as_json, document, str(told["english"]) if told else "There is no notice.")


@banner.command(name="set")
@click.option("--english", required=True)
@click.option("--welsh", required=True)
@click.option("--begins", help="ISO 8601 with an offset; now if not given.")
@click.option("--ends", required=True, help="ISO 8601 with an offset, at most 31 days later.")
@by_operator
@as_json
@pass_workplace
def set_banner(
    workplace: Workplace,
    english: str,
    welsh: str,
    begins: str | None,
    ends: str,
    operator: str | None,
    as_json: bool,
) -> None:
    """Put a notice on every page, in the place of the one before; within 30 seconds."""
    now = workplace.services.clock.now()
    begins_at, ends_at = _moment(begins) if begins else now, _moment(ends)
    for words in (english, welsh):
        if not words.strip() or len(words) > banners.LONGEST or not words.isprintable():
            raise click.ClickException("The notice is one line of 1 to 300 characters.")
    if ends_at <= max(begins_at, now) or ends_at - begins_at > banners.LONGEST_SHOWN:
        raise click.ClickException("It ends after its beginning, in the future, within 31 days.")
    with workplace.session() as session:
        banners.put(
            session,
            workplace.services,
            english=english.strip(),
            welsh=welsh.strip(),
            begins_at=begins_at,
            ends_at=ends_at,
            by=operator_named(session, operator) if operator else None,
        )
        document = _told(banners.find(session))
    tell(as_json, document, "The notice is on every page within 30 seconds of its beginning.")


@banner.command()
@by_operator
@as_json
@pass_workplace
def end(workplace: Workplace, operator: str | None, as_json: bool) -> None:
    """Take the notice away, within 30 seconds."""
    with workplace.session() as session:
        by = operator_named(session, operator) if operator else None
        ended = banners.end(session, workplace.services, by=by)
    tell(as_json, {"ended": ended}, "It is gone." if ended else "There is no notice.")


def _moment(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise click.ClickException(f"{text} is no moment in ISO 8601.") from wrong
    if moment.tzinfo is None:
        raise click.ClickException(f"Say in which zone {text} is: add Z or an offset.")
    return int(moment.timestamp())


def _told(stored: banners.Banner | None) -> dict[str, dict[str, object] | None]:
    if stored is None:
        return {"banner": None}
    names = ("english", "welsh", "begins_at", "ends_at", "set_by", "set_at")
    return {"banner": {name: getattr(stored, name) for name in names}}
