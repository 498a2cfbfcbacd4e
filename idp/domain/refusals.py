"""Refused requests of clients, written down so that a team can see what went wrong.

Owns: how many of one client's are recorded in a minute. Whoever knows a client's id can send wrong
requests in its name as fast as they like, and must not fill the audit record by it.
Does not own: reading them (`idp.domain.client_requests`).
"""

from sqlalchemy.orm import Session

from idp.domain import audit, throttles
from idp.domain.audit import Fact
from idp.domain.throttles import Kind


def record(
    session: Session, fact: Fact, client_id: str | None, *, now: int, request_id: str | None
) -> bool:
    """Record a refusal; False if as many of this client's were recorded in this minute as may be.

    Those of nobody we know are always recorded: an address of origin can send few.
    """
    if client_id is not None:
        try:
            throttles.reserve(session, Kind.REFUSALS, client_id, now)
        except throttles.Locked:
            return False
    audit.record(session, fact, now=now, request_id=request_id)
    return True
