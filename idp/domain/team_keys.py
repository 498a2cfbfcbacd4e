"""A client's keys in the hands of its team: a pasted one replaced, a key set read anew.

Owns: that a key of a client that is live is not changed here: that is for an operator to approve.
"""

from joserfc.errors import JoseError
from sqlalchemy import update
from sqlalchemy.orm import Session

from idp.domain import audit, client_keys, client_proofs, clients
from idp.domain.client_proofs import KEY, ClientProof
from idp.domain.clients import Client
from idp.domain.proof_facts import ClientKeyReplaced, ClientKeysFetched, PrivateKeyRefused
from idp.domain.services import Services
from idp.protocol.client_policy import is_production
from idp.protocol.client_registration import JWKS, STATIC


class NotHere(Exception):
    """The client has no pasted key, or is live: its key is not changed this way."""


def source(client: Client) -> str | None:
    """Return where the client's key is (JWKS or STATIC), or None when it needs none."""
    members = client.members
    if members.get("token_endpoint_auth_method", "private_key_jwt") != "private_key_jwt":
        return None
    return JWKS if members.get("jwks_uri") and not members.get("public_key") else STATIC


def thumbprint(public_key: str) -> str | None:
    """Return the thumbprint of a pasted key (RFC 7638, SHA-256), or None if it is unreadable."""
    try:
        return str(client_keys.static_key(public_key).thumbprint())
    except (ValueError, JoseError):
        return None


def pasted(session: Session, client: Client) -> ClientProof | None:
    """Return what is known of the client's pasted key, or None if it has none."""
    found = client_proofs.of_client(session, client.client_id, KEY)
    return found[0] if found else None


def replace(
    session: Session, services: Services, client_id: str, public_key: str, *, by: str
) -> None:
    """Put another public key in the place of the one that was pasted, at once.

    Raises NotHere, InvalidClientMetadata; nothing is written then.
    """
    client = clients.held(session, client_id)
    if client is None or source(client) != STATIC or is_production(client.members):
        raise NotHere
    fields = clients.merged(client, {"public_key": public_key}, client_id)
    policy = clients.judged(fields)
    service = clients.service_of(session, services, policy)
    clients.write(session, services, client, fields, service, by=by)
    fact = ClientKeyReplaced(account_id=by, client_id=client_id, service_id=client.service_id)
    audit.record(session, fact, now=services.clock.now())


def refused_private_key(session: Session, services: Services, client: Client, *, by: str) -> None:
    """Record that somebody pasted a private key, and nothing of the key."""
    fact = PrivateKeyRefused(
        account_id=by, client_id=client.client_id, service_id=client.service_id
    )
    audit.record(session, fact, now=services.clock.now())


def fetched(session: Session, services: Services, client: Client, usable: int, *, by: str) -> None:
    """Let every process read the key set anew, now that it was seen to have `usable` keys."""
    now = services.clock.now()
    if usable:
        session.execute(
            update(Client)
            .where(Client.client_id == client.client_id)
            .values(keys_renewed_at=now)
            .execution_options(synchronize_session=False)
        )
    fact = ClientKeysFetched(
        account_id=by, client_id=client.client_id, service_id=client.service_id, usable=usable
    )
    audit.record(session, fact, now=now)
