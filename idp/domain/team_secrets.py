"""A client's secrets in the hands of its team: another one, and the end of an old one.

Owns: that two are live at most, so that one can take the place of the other without a moment in
which none works, and that the last one is not retired.
"""

from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from idp.domain import audit, client_proofs, clients
from idp.domain.client_proofs import MOST_SECRETS, SECRET, ClientProof
from idp.domain.clients import Client
from idp.domain.proof_facts import ClientSecretMade, ClientSecretRetired
from idp.domain.services import Services
from idp.protocol.client_registration import SECRET_METHODS

IMPORTED = "imported"
"""What the secret is called that came with the client as a hash."""


@dataclass(frozen=True, slots=True)
class LiveSecret:
    """What can be told of a live secret. `name` is what it is retired by; times are epoch."""

    name: str
    last_four: str | None
    added_at: int
    added_by: str | None
    last_used_at: int | None


class TooManySecrets(Exception):
    """Two secrets are live: one has to be retired first."""


class LastSecret(Exception):
    """The client would be left without any secret."""


def has_secrets(client: Client) -> bool:
    """Return whether this client proves itself with secrets at all."""
    return client.members.get("token_endpoint_auth_method") in SECRET_METHODS


def of_client(session: Session, client: Client) -> list[LiveSecret]:
    """Return a client's live secrets, the oldest first."""
    imported = [LiveSecret(IMPORTED, None, client.created_at, None, None)]
    return [
        *(imported if client.imported_secret_hash else []),
        *(
            LiveSecret(_name(each), each.last_four, each.added_at, each.added_by, each.last_used_at)
            for each in client_proofs.of_client(session, client.client_id, SECRET)
        ),
    ]


def make(session: Session, services: Services, client_id: str, *, by: str) -> str:
    """Give a client another secret and return it, once.

    Raises TooManySecrets; nothing is written then.
    """
    client = clients.held(session, client_id)
    if client is None or len(of_client(session, client)) >= MOST_SECRETS:
        raise TooManySecrets
    secret = client_proofs.add_secret(session, services, client_id, by=by)
    _mirror(session, client_id)
    fact = ClientSecretMade(account_id=by, client_id=client_id, service_id=client.service_id)
    audit.record(session, fact, now=services.clock.now())
    return secret


def retire(session: Session, services: Services, client_id: str, name: str, *, by: str) -> bool:
    """End a secret, within half a minute everywhere; False if it has ended already.

    Raises LastSecret; nothing is written then.
    """
    client = clients.held(session, client_id)
    live = of_client(session, client) if client else []
    if client is None or name not in {each.name for each in live}:
        return False
    if len(live) == 1:
        raise LastSecret
    if name == IMPORTED:
        client.imported_secret_hash = None
    else:
        session.execute(
            delete(ClientProof)
            .where(
                ClientProof.client_id == client_id,
                ClientProof.kind == SECRET,
                func.substr(ClientProof.proof, 1, len(name)) == name,
            )
            .execution_options(synchronize_session=False)
        )
    session.flush()
    _mirror(session, client_id)
    fact = ClientSecretRetired(account_id=by, client_id=client_id, service_id=client.service_id)
    audit.record(session, fact, now=services.clock.now())
    return True


def _name(proof: ClientProof) -> str:
    # Of a keyed hash of 256 random bits: it names the secret and helps nobody to find it.
    return proof.proof[:16]


def _mirror(session: Session, client_id: str) -> None:
    """Let servers of the version before, which know one secret, know the oldest."""
    oldest = (
        select(ClientProof.proof)
        .where(ClientProof.client_id == client_id, ClientProof.kind == SECRET)
        .order_by(ClientProof.added_at, ClientProof.proof)
        .limit(1)
        .scalar_subquery()
    )
    session.execute(
        update(Client)
        .where(Client.client_id == client_id)
        .values(secret_hash=oldest)
        .execution_options(synchronize_session=False)
    )
