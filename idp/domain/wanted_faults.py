"""Faults that somebody wants in a client's answers, so that its team can see it refuse them.

Owns: who has one, and that nobody has in production, whatever the database says.
Does not own: what a fault does (`idp.protocol.faults`).
"""

from collections.abc import Collection

from sqlalchemy.orm import Session

from idp.domain import audit
from idp.domain.clients import Client, held
from idp.protocol.client_policy import PRODUCTION, policy_from_registration
from idp.protocol.faults import FAULTS


class FaultsRefused(Exception):
    """No such faults can be asked for; the text says why."""


def ask(
    session: Session, client_id: str, faults: Collection[str], now: int, *, offered: bool
) -> Client:
    """Want these faults in the client's answers from now on; none of them ends it.

    `offered` says whether this installation has the fault menu. Raises FaultsRefused for a client
    that is unknown or of production, and for a fault that is unknown.
    """
    if not offered:
        raise FaultsRefused("There is no fault menu in production.")
    unknown = sorted(set(faults) - set(FAULTS))
    if unknown:
        raise FaultsRefused(f"There is no fault {unknown[0]}.")
    client = held(session, client_id)
    if client is None:
        raise FaultsRefused(f"There is no client {client_id}.")
    if policy_from_registration(client.members).environment == PRODUCTION:
        raise FaultsRefused("A client of production gets no faulty answers.")
    client.faults = " ".join(sorted(set(faults))) or None
    fact = audit.FaultsWanted(client_id=client_id, faults=tuple(sorted(set(faults))))
    audit.record(session, fact, now=now)
    session.flush()
    return client
