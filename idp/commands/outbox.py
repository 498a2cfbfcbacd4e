"""`onepass outbox`: what is still to be delivered, and what could not be."""

from typing import Any

import click

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.domain import audit
from idp.domain import outbox as outbox_of
from idp.domain.outbox import OutboxMessage


@click.group()
def outbox() -> None:
    """Mails and logout notices on their way."""


@outbox.command(name="list")
@click.option("--state", type=click.Choice(["waiting", "delivered", "dead"]), help="Only these.")
@as_json
@pass_workplace
def list_messages(workplace: Workplace, state: str | None, as_json: bool) -> None:
    """List messages, oldest first; what they say stays sealed."""
    with workplace.session() as session:
        found = [_told(message) for message in outbox_of.messages(session, state)]
    words = "\n".join(
        f"{message['id']}  {message['kind']}  {message['state']}, {message['tries']} "
        + ("try" if message["tries"] == 1 else "tries")
        + (f": {message['last_error']}" if message["last_error"] else "")
        for message in found
    )
    tell(as_json, found, words or "There are no such messages.")


@outbox.command()
@as_json
@pass_workplace
def show(workplace: Workplace, as_json: bool) -> None:
    """Count the messages in each state, and say how long the oldest has waited."""
    with workplace.session() as session:
        counts = outbox_of.counts(session)
        oldest_at = outbox_of.oldest_waiting_at(session)
    age = None if oldest_at is None else workplace.services.clock.now() - oldest_at
    words = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    words = words or "The outbox is empty"
    if age is not None:
        words += f"; the oldest has waited {age} seconds"
    tell(as_json, {"counts": counts, "oldest_waiting_age": age}, f"{words}.")


@outbox.command()
@click.argument("message_id", required=False)
@click.option("--all", "every", is_flag=True, help="Every dead message.")
@as_json
@pass_workplace
def retry(workplace: Workplace, message_id: str | None, every: bool, as_json: bool) -> None:
    """Put a dead message back in line, with all its tries; mails whose code has ended stay dead."""
    if (message_id is None) is not every:
        raise click.UsageError("Name one message, or give --all.")
    now = workplace.services.clock.now()
    with workplace.session() as session:
        revived = outbox_of.retry(session, message_id, now)
        if message_id is not None and not revived:
            raise click.ClickException(f"There is no dead message {message_id}.")
        for each in revived:
            audit.record(session, audit.DeadLetterRetried(message_id=each), now=now)
    if every:
        tell(as_json, {"ids": revived, "state": "waiting"}, f"{len(revived)} are in line again.")
    else:
        tell(as_json, {"id": message_id, "state": "waiting"}, f"{message_id} is in line again.")


def _told(message: OutboxMessage) -> dict[str, Any]:
    return {
        name: getattr(message, name)
        for name in ("id", "kind", "state", "tries", "due_at", "created_at", "last_error")
    }
