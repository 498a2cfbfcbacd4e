"""`onepass requests`: what waits for an operator to decide, and deciding it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import click

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.commands.operator_named import WORDS, as_operator, operator_named
from idp.domain import approved_acts, work_queue
from idp.domain.approved_acts import CannotBeDone, NotAnOperator, NotWaiting, OwnRequest
from idp.domain.change_requests import ChangeRequest


@click.group()
def requests() -> None:
    """Requests that somebody has to approve."""


@requests.command(name="list")
@as_json
@pass_workplace
def list_requests(workplace: Workplace, as_json: bool) -> None:
    """List what waits for a decision, the oldest first."""
    with workplace.session() as session:
        queue = work_queue.of(session, workplace.services.clock.now())
        listed = [
            _told(each.asked, each.email) | {"working_days": each.working_days, "late": each.late}
            for each in queue.waiting
        ]
    words = "\n".join(
        f"{one['id']}  {one['kind']}  {one['working_days']} working days"
        + ("  LATE" if one["late"] else "")
        for one in listed
    )
    document = {"requests": listed, "dead_letters": queue.dead_letters}
    tell(as_json, document, words or "Nothing is waiting.")


@requests.command()
@click.argument("request_id")
@as_json
@pass_workplace
def show(workplace: Workplace, request_id: str, as_json: bool) -> None:
    """Show one request: who asked for what, why, and what became of it."""
    with workplace.session() as session:
        asked = session.get(ChangeRequest, request_id)
        if asked is None:
            raise click.ClickException(f"There is no request {request_id}.")
        known = work_queue.emails_of(session, {asked.requested_by, asked.decided_by or ""})
        document = _told(asked, known.get(asked.requested_by, "")) | {
            "asked": asked.asked,
            "state": asked.state,
            "decided_by": known.get(asked.decided_by or ""),
            "decided_at": asked.decided_at,
            "decision": asked.decision,
        }
    words = "\n".join(f"{name}: {value}" for name, value in document.items())
    tell(as_json, document, words)


@requests.command()
@click.argument("request_id")
@as_operator
@click.option("--reason", required=True, type=WORDS, help="What who asked will read.")
@as_json
@pass_workplace
def refuse(
    workplace: Workplace, request_id: str, operator: str, reason: str, as_json: bool
) -> None:
    """Refuse a request that another made."""
    decide = partial(approved_acts.refuse, words=reason[:1000])
    _decide(workplace, request_id, operator, as_json, decide)


@requests.command()
@click.argument("request_id")
@as_operator
@click.option("--changes", required=True, type=WORDS, help="What who asked will read.")
@as_json
@pass_workplace
def ask(workplace: Workplace, request_id: str, operator: str, changes: str, as_json: bool) -> None:
    """Send a request back to who made it, for changes."""
    decide = partial(approved_acts.ask_for_changes, words=changes[:1000])
    _decide(workplace, request_id, operator, as_json, decide)


def _without_words(name: str, decide: Callable[..., ChangeRequest], words: str) -> None:
    @requests.command(name=name, help=words)
    @click.argument("request_id")
    @as_operator
    @as_json
    @pass_workplace
    def command(workplace: Workplace, request_id: str, operator: str, as_json: bool) -> None:
        _decide(workplace, request_id, operator, as_json, decide)


_without_words(
    "approve", approved_acts.approve, "Approve a request that another made, and do what it asks."
)
_without_words("withdraw", approved_acts.withdraw, "Take back a request of one's own.")


def _decide(
    workplace: Workplace,
    request_id: str,
    operator: str,
    as_json: bool,
    decide: Callable[..., ChangeRequest],
) -> None:
    """Decide, and tell. Whoever tried to approve their own is refused, and that is kept."""
    refused: Exception | None = None
    with workplace.session() as session:
        by = operator_named(session, operator)
        try:
            state = decide(session, workplace.services, request_id, by=by).state
        except (OwnRequest, NotWaiting, NotAnOperator, CannotBeDone) as problem:
            refused = problem
    if refused is not None:
        raise click.ClickException(_words(refused, request_id)) from refused
    tell(as_json, {"id": request_id, "state": str(state)}, f"{request_id}: {state}.")


def _words(refused: Exception, request_id: str) -> str:
    if isinstance(refused, OwnRequest):
        return "Who asked for it cannot decide it. Another operator can."
    if isinstance(refused, CannotBeDone):
        return f"{refused} The request still waits."
    return f"No request {request_id} waits for that."


def _told(asked: ChangeRequest, email: str) -> dict[str, Any]:
    names = ("id", "kind", "service_id", "client_id", "about", "reason")
    told = {name: getattr(asked, name) for name in names}
    return told | {
        "requested_by": asked.requested_by,
        "requested_by_email": email or None,
        "requested_at": asked.requested_at,
    }
