"""Clients and the services citizens know them by; and the short-lived cache in front of them.

The registration is kept as it was given (the field names of the registration API, without a
secret's hash); the policy and the parsed keys are made from it. A process believes what it read
for 30 seconds (`Settings.clients_believed_for`) and never remembers a miss, so a suspension holds
everywhere within a minute. What a service team may do to its own clients is in
`idp.domain.team_clients`.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit, client_changes, client_keys, client_proofs, secrets
from idp.domain.client_proofs import KEY, NAMED_KEY, SECRET, SECRETS_KEY
from idp.domain.departments import Department
from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql
from idp.protocol.client_policy import (
    PRODUCTION,
    ClientPolicy,
    is_production,
    policy_from_registration,
)
from idp.protocol.client_registration import SECRET_METHODS
from idp.protocol.errors import InvalidClientMetadata
from idp.protocol.registration_names import canonical

CACHED_CLIENTS = 1000
ACTIVE, SUSPENDED = "active", "suspended"
_SECRET_HASH = "client_secret_hash"  # noqa: S105 - the name of a member
_NAMING = 7_460_014


class Service(Base):
    """What citizens see: a name in both languages and where it starts."""

    __tablename__ = "services"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(255), unique=True)
    name_cy: Mapped[str | None] = mapped_column(String(255))
    landing_page_url: Mapped[str | None] = mapped_column(String(2048))
    department_id: Mapped[str | None] = mapped_column(
        ForeignKey(Department.id, name="fk_services_department_id"), index=True
    )
    created_at: Mapped[int] = mapped_column(BigInteger)


class Client(Base):
    """One registered client of a service; `registered_by` is the team that did it by itself.

    `keys_renewed_at` is when the team last wanted its key set to be read again by everybody.
    """

    __tablename__ = "clients"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    service_id: Mapped[str] = mapped_column(ForeignKey("services.id"), index=True)
    registration: Mapped[str] = mapped_column(Text)
    secret_hash: Mapped[str | None] = mapped_column(String(64))
    imported_secret_hash: Mapped[str | None] = mapped_column(String(256))
    registered_by: Mapped[str | None] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(16))
    faults: Mapped[str | None] = mapped_column(Text)
    keys_renewed_at: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    @property
    def members(self) -> dict[str, Any]:
        """The registration, as it was given."""
        members: dict[str, Any] = json.loads(self.registration)
        return members


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A client as the protocol needs it; what was parsed once is kept with it."""

    policy: ClientPolicy
    service_name: str
    service_name_cy: str
    secret_hashes: tuple[str, ...]
    secrets_key: bytes | None
    imported_secret_hash: str | None = None
    keys_renewed_at: int | None = None
    service_id: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a registration. `client_secret` is shown once and never stored."""

    client_id: str
    created: bool
    client_secret: str | None


def apply(session: Session, services: Services, registration: Mapping[str, Any]) -> Applied:
    """Create or update a client from registration fields.

    With the `client_id` of an existing client the given fields replace its own; a client that
    authenticates by secret gets one when it has none. Raises InvalidClientMetadata; nothing is
    written then.
    """
    given = canonical(registration)
    client_id = str(given.get("client_id") or fresh_client_id(services))
    name_services_one_at_a_time(session)
    client = held(session, client_id)
    fields = merged(client, given, client_id)
    policy = judged(fields)
    applied = write(session, services, client, fields, service_of(session, services, policy))
    fact = audit.ClientApplied(client_id=client_id, created=applied.created)
    audit.record(session, fact, now=services.clock.now())
    return applied


def fresh_client_id(services: Services) -> str:
    """Return a new client id, which no command takes for an option."""
    return services.entropy.short_token().replace("-", "_")


def held(session: Session, client_id: str) -> Client | None:
    """Return the client, which nobody else changes until this transaction ends, or None."""
    return session.scalar(
        update(Client)
        .where(Client.client_id == client_id)
        .values(state=Client.state)
        .returning(Client)
        .execution_options(populate_existing=True)
    )


def merged(client: Client | None, given: Mapping[str, Any], client_id: str) -> dict[str, Any]:
    """Return a client's registration with what was `given` in place of what was there."""
    before = json.loads(client.registration) if client else {}
    return {**before, **given, "client_id": client_id}


def judged(fields: Mapping[str, Any]) -> ClientPolicy:
    """Return the policy of a registration whose key can be used. Raises InvalidClientMetadata."""
    policy = policy_from_registration(fields)
    if policy.public_key:
        try:
            client_keys.static_key(policy.public_key)
        except ValueError as error:
            raise InvalidClientMetadata(
                "invalid_client_metadata", "Invalid Public Key", detail=str(error)
            ) from error
    return policy


def name_services_one_at_a_time(session: Session) -> None:
    """Keep everybody else who names a service waiting until this transaction ends.

    Whoever holds a client as well holds it after this, or two would wait for each other.
    """
    if is_postgresql(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _NAMING})
    else:
        # On SQLite whoever writes is alone, also when nothing comes of it.
        nothing = update(Service).where(Service.id == "").values(name=Service.name)
        session.execute(nothing.execution_options(synchronize_session=False))


def service_of(session: Session, services: Services, policy: ClientPolicy) -> Service:
    """Return the service that the client belongs to, made if there is none of that name."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    now, fresh = services.clock.now(), services.entropy.identifier()
    session.execute(
        insert(Service)
        .values(id=fresh, name=policy.service, created_at=now)
        .on_conflict_do_nothing(index_elements=[Service.name])
    )
    return session.scalars(select(Service).where(Service.name == policy.service)).one()


def write(
    session: Session,
    services: Services,
    client: Client | None,
    fields: Mapping[str, Any],
    service: Service,
    registered_by: str | None = None,
    *,
    by: str | None = None,
) -> Applied:
    """Keep a registration that was judged good; `client` is None when it is new.

    `by` is the account whose doing it is: a new secret or key is noted as added by it.
    """
    now, policy = services.clock.now(), policy_from_registration(fields)
    created = client is None
    before = client.members if client else {}
    if client is None:
        client = Client(client_id=policy.client_id, state=ACTIVE, created_at=now)
        client.registered_by = registered_by
    client.service_id = service.id
    # What citizens see of a live service comes from what was approved, and from no other client.
    if policy.environment == PRODUCTION or not has_live_client(session, service.id):
        service.name_cy = policy.service_cy or service.name_cy
        service.landing_page_url = policy.landing_page_url or service.landing_page_url
    client.updated_at = now
    kept = {name: value for name, value in fields.items() if name != _SECRET_HASH}
    client.registration = json.dumps(kept, sort_keys=True)
    client_changes.keep(session, services, policy.client_id, before, kept)
    if _SECRET_HASH in fields:
        client.imported_secret_hash = fields[_SECRET_HASH]
    session.add(client)
    session.flush()
    imported = bool(fields.get(_SECRET_HASH))
    secret = _proofs(session, services, client, policy, by=by, imported=imported)
    return Applied(client.client_id, created, secret)


def _proofs(
    session: Session,
    services: Services,
    client: Client,
    policy: ClientPolicy,
    *,
    by: str | None,
    imported: bool,
) -> str | None:
    """Keep what the client proves itself with in step; a secret, if it got its first one now."""
    by_secret = policy.token_endpoint_auth_method in SECRET_METHODS
    if imported or not by_secret:
        client_proofs.forget(session, client.client_id, SECRET)
        client.secret_hash = None
    if policy.public_key and not by_secret:
        client_proofs.keep_key(session, services, client.client_id, policy.public_key, by)
    else:
        client_proofs.forget(session, client.client_id, KEY)
    if not policy.jwks_uri:
        client_proofs.forget(session, client.client_id, NAMED_KEY)
    if not by_secret:
        client.imported_secret_hash = None
        return None
    if client.imported_secret_hash or client_proofs.hashes(session, client.client_id):
        return None
    secret = client_proofs.add_secret(session, services, client.client_id, by=by)
    # What servers of the version before know a secret by.
    client.secret_hash = client_proofs.hashes(session, client.client_id)[0]
    return secret


def all_clients(session: Session) -> list[Client]:
    """Return every client, by id."""
    return list(session.scalars(select(Client).order_by(Client.client_id)))


def all_services(session: Session) -> list[Service]:
    """Return every service, in the order they were created."""
    return list(session.scalars(select(Service).order_by(Service.id)))


def has_live_client(session: Session, service_id: str) -> bool:
    """Return whether citizens use the service: whether it has a production client."""
    theirs = session.scalars(select(Client.registration).where(Client.service_id == service_id))
    return any(is_production(json.loads(each)) for each in theirs)


def back_channel_uri(client: Client) -> str | None:
    """Return where this client wants to hear of a sign-out, or None."""
    uri: str | None = json.loads(client.registration).get("back_channel_logout_uri")
    return uri


class ClientRegistry:
    """The cache described above, one for each process, safe under threads."""

    def __init__(
        self,
        services: Services,
        new_session: Callable[[], Session],
        renew_keys: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Make the cache; `renew_keys` hears of the address of a key set to be read again."""
        self._services = services
        self._renew_keys = renew_keys
        self._believed_for = services.settings.clients_believed_for
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
                self._known[client_id] = (now + self._believed_for, client)
        if known is not None and client is not None:
            jwks_uri = client.policy.jwks_uri
            if jwks_uri and client.keys_renewed_at != known[1].keys_renewed_at:
                self._renew_keys(jwks_uri)
        return client

    def forget(self) -> None:
        """Read everything anew from now on."""
        with self._lock:
            self._known.clear()

    def _proves_identities_for(self, policy: ClientPolicy) -> bool:
        """Return whether an identity can be proved now; test clients do not hear of the switch."""
        settings = self._services.settings
        return settings.identity_proving or (policy.test_client and settings.stand_in_proving)

    def _may_have_faults(self, policy: ClientPolicy) -> bool:
        return self._services.settings.fault_menu and policy.environment != PRODUCTION

    def _read(self, client_id: str) -> RegisteredClient | None:
        with self._new_session() as session:
            row = session.execute(
                select(Client, Service).join(Service).where(Client.client_id == client_id)
            ).one_or_none()
            if row is None:
                return None
            client, service = row
            policy = policy_from_registration(json.loads(client.registration))
            if client.state != ACTIVE:
                policy = replace(policy, active=False)
            if client.faults and self._may_have_faults(policy):
                policy = replace(policy, faults=frozenset(client.faults.split()))
            if not self._proves_identities_for(policy):
                policy = replace(policy, identity_available=False)
            live: tuple[str, ...] = ()
            if policy.token_endpoint_auth_method in SECRET_METHODS:
                live = client_proofs.hashes(session, client_id)
            return RegisteredClient(
                policy=policy,
                service_name=service.name,
                service_name_cy=service.name_cy or service.name,
                secret_hashes=live,
                secrets_key=secrets.key(session, self._services, SECRETS_KEY) if live else None,
                imported_secret_hash=client.imported_secret_hash,
                keys_renewed_at=client.keys_renewed_at,
                service_id=service.id,
            )
