"""`onepass requests`: what waits for an operator to decide."""

import click

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.domain import change_requests


@click.group()
def requests() -> None:
    """Requests that somebody has to approve."""


@requests.command(name="list")
@as_json
@pass_workplace
def list_requests(workplace: Workplace, as_json: bool) -> None:
    """List what waits for a decision, the oldest first."""
    with workplace.session() as session:
        listed = [
            {
                "id": asked.id,
                "kind": asked.kind,
                "client_id": asked.client_id,
                "about": asked.about,
                "reason": asked.reason,
                "requested_by": asked.requested_by,
                "requested_at": asked.requested_at,
            }
            for asked in change_requests.waiting(session)
        ]
    words = "\n".join(f"{one['id']}  {one['kind']}" for one in listed)
    tell(as_json, {"requests": listed}, words or "Nothing is waiting.")
