"""Finding clients by what people call them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain.clients import Client, Service
from idp.protocol.registration_rules import as_read


def like(session: Session, words: str) -> list[Client]:
    """Return the clients whose id, name or service's name holds `words`, in any case, by id."""
    wanted = as_read(words)
    rows = session.execute(select(Client, Service.name).join(Service).order_by(Client.client_id))
    return [
        client
        for client, service in ((row[0], row[1]) for row in rows)
        if any(
            wanted in as_read(str(text))
            for text in (client.client_id, client.members.get("client_name", ""), service)
        )
    ]
