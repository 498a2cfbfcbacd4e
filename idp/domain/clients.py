"""Clients and the services citizens know them by; and the short-lived cache in front of them.

The registration is kept as it was given (the field names of the registration API); the policy
and the parsed keys are made from it. A process believes what it read for 30 seconds and never
remembers a miss, so a suspension holds everywhere within a minute.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit, client_keys, secrets
from idp.domain.services import Services
from idp.kernel.database import Base
from idp.protocol.client_policy import ClientPolicy, policy_from_registration
from idp.protocol.client_registration import CLIENT_SECRET_POST
from idp.protocol.errors import InvalidClientMetadata

BELIEVED_FOR = 30
"""Seconds a process goes without re-reading a client."""
CACHED_CLIENTS = 1000
SECRETS_KEY = "client secrets"


class Service(Base):
    """What citizens see: a name in both languages and where it starts."""

    __tablename__ = "services"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(255), unique=True)
    name_cy: Mapped[str | None] = mapped_column(String(255))
    landing_page_url: Mapped[str | None] = mapped_column(String(2048))
    created_at: Mapped[int] = mapped_column(BigInteger)


class Client(Base):
    """One registered client of a service."""

    __tablename__ = "clients"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    service_id: Mapped[str] = mapped_column(ForeignKey("services.id"), index=True)
    registration: Mapped[str] = mapped_column(Text)
    secret_hash: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A client as the protocol needs it; what was parsed once is kept with it."""

    policy: ClientPolicy
    service_name: str
    service_name_cy: str
    secret_hash: str | None
    secrets_key: bytes | None


@dataclass(frozen=True, slots=True)
class Applied:
    """What `apply` did. `client_secret` is shown once and never stored."""

    client_id: str
    created: bool
    client_secret: str | None


def apply(session: Session, services: Services, registration: Mapping[str, Any]) -> Applied:
    """Create or update a client from registration fields.

    With the `client_id` of an existing client the given fields replace its own; a client that
    authenticates by secret gets one when it has none. Raises InvalidClientMetadata; nothing is
    written then.
    """
    given = dict(registration)
    client_id = str(given.get("client_id") or services.entropy.short_token())
    existing = session.get(Client, client_id)
    fields = json.loads(existing.registration) | given if existing else given
    fields["client_id"] = client_id
    policy = policy_from_registration(fields)
    _refuse_an_unusable_key(policy)
    service = _service(session, services, fields, policy)
    now = services.clock.now()
    client = existing or Client(client_id=client_id, state="active", created_at=now)
    client.service_id = service.id
    client.registration = json.dumps(fields, sort_keys=True, ensure_ascii=False)
    client.updated_at = now
    secret = None
    if policy.token_endpoint_auth_method == CLIENT_SECRET_POST and not client.secret_hash:
        secret = services.entropy.token()
        client.secret_hash = secrets.keyed_hash(session, services, SECRETS_KEY, secret)
    session.add(client)
    session.flush()
    applied = audit.ClientApplied(client_id=client_id, created=existing is None)
    audit.record(session, applied, now=now)
    return Applied(client_id, existing is None, secret)


def _refuse_an_unusable_key(policy: ClientPolicy) -> None:
    if not policy.public_key:
        return
    try:
        client_keys.static_key(policy.public_key)
    except ValueError as error:
        raise InvalidClientMetadata(
            "invalid_client_metadata", "Invalid Public Key", detail=str(error)
        ) from error


def _service(
    session: Session, services: Services, fields: Mapping[str, Any], policy: ClientPolicy
) -> Service:
    name = str(fields.get("service") or policy.name)
    service = session.scalar(select(Service).where(Service.name == name))
    if service is None:
        service = Service(
            id=services.entropy.identifier(), name=name, created_at=services.clock.now()
        )
    if fields.get("service_cy"):
        service.name_cy = str(fields["service_cy"])
    if policy.landing_page_url:
        service.landing_page_url = policy.landing_page_url
    session.add(service)
    session.flush()
    return service


def all_clients(session: Session) -> list[Client]:
    """Return every client, by id."""
    return list(session.scalars(select(Client).order_by(Client.client_id)))


def all_services(session: Session) -> list[Service]:
    """Return every service, in the order they were created."""
    return list(session.scalars(select(Service).order_by(Service.id)))


def back_channel_uri(client: Client) -> str | None:
    """Return where this client wants to hear of a sign-out, or None."""
    uri: str | None = json.loads(client.registration).get("back_channel_logout_uri")
    return uri


class ClientRegistry:
    """The cache described above, one for each process, safe under threads."""

    def __init__(self, services: Services, new_session: Callable[[], Session]) -> None:
        self._services = services
        self._new_session = new_session
        self._known: dict[str, tuple[float, RegisteredClient]] = {}
        self._lock = threading.Lock()

    def find(self, client_id: str) -> RegisteredClient | None:
        """Return the client, at most 30 seconds old, or None."""
        now = self._services.clock.monotonic()
        known = self._known.get(client_id)
        if known is not None and known[0] > now:
            return known[1]
        client = self._read(client_id) if len(client_id) <= 64 else None
        with self._lock:
            if client is None:
                self._known.pop(client_id, None)
            else:
                if len(self._known) >= CACHED_CLIENTS:
                    self._known.pop(next(iter(self._known)))
                self._known[client_id] = (now + BELIEVED_FOR, client)
        return client

    def forget(self) -> None:
        """Read everything anew from now on."""
        with self._lock:
            self._known.clear()

    def _proves_identities_for(self, policy: ClientPolicy) -> bool:
        """Return whether an identity can be proved now; test clients do not hear of the switch."""
        settings = self._services.settings
        return settings.identity_proving or (policy.test_client and settings.stand_in_proving)

    def _read(self, client_id: str) -> RegisteredClient | None:
        with self._new_session() as session:
            row = session.execute(
                select(Client, Service).join(Service).where(Client.client_id == client_id)
            ).one_or_none()
            if row is None:
                return None
            client, service = row
            policy = policy_from_registration(json.loads(client.registration))
            if client.state != "active":
                policy = replace(policy, active=False)
            if not self._proves_identities_for(policy):
                policy = replace(policy, identity_available=False)
            return RegisteredClient(
                policy=policy,
                service_name=service.name,
                service_name_cy=service.name_cy or service.name,
                secret_hash=client.secret_hash,
                secrets_key=secrets.key(session, self._services, SECRETS_KEY)
                if client.secret_hash
                else None,
            )
