"""Clients: registered from fields, cached for half a minute, suspended everywhere soon after."""

import hmac
from collections.abc import Iterator
from hashlib import sha256

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from idp.domain import clients
from idp.domain.clients import Client, ClientRegistry, Service
from idp.domain.services import Services
from idp.protocol.errors import InvalidClientMetadata
from tests.support.building import ISSUER
from tests.support.clock import FixedClock
from tests.support.relying_party import RelyingParty


@pytest.fixture
def registry(services: Services) -> Iterator[ClientRegistry]:
    engine = sa.create_engine(services.settings.database_url, poolclass=NullPool)
    yield ClientRegistry(services, lambda: Session(engine))
    engine.dispose()


def _secret_client() -> RelyingParty:
    return RelyingParty(ISSUER, method="client_secret_post")


def test_a_client_with_a_key_gets_no_secret(session: Session, services: Services) -> None:
    party = RelyingParty(ISSUER)
    applied = clients.apply(session, services, party.registration())
    assert (applied.client_id, applied.created, applied.client_secret) == (
        party.client_id,
        True,
        None,
    )


def test_a_secret_is_shown_once_and_stored_as_a_keyed_hash(
    session: Session, services: Services, registry: ClientRegistry
) -> None:
    party = _secret_client()
    secret = clients.apply(session, services, party.registration()).client_secret
    session.commit()
    assert secret is not None
    assert clients.apply(session, services, party.registration()).client_secret is None
    session.commit()
    stored = session.get_one(Client, party.client_id)
    assert secret not in (stored.registration, stored.secret_hash)
    found = registry.find(party.client_id)
    assert found is not None
    assert found.secrets_key is not None
    given = hmac.new(found.secrets_key, secret.encode(), sha256).hexdigest()
    assert (given,) == found.secret_hashes == (stored.secret_hash,)


def test_a_client_without_an_id_is_given_one(session: Session, services: Services) -> None:
    registration = RelyingParty(ISSUER).registration()
    del registration["client_id"]
    applied = clients.apply(session, services, registration)
    assert len(applied.client_id) == 27


def test_an_update_changes_only_what_it_names(session: Session, services: Services) -> None:
    party = RelyingParty(ISSUER)
    clients.apply(session, services, party.registration())
    again = clients.apply(
        session, services, {"client_id": party.client_id, "client_name": "A new name"}
    )
    assert not again.created
    assert party.redirect_uri in session.get_one(Client, party.client_id).registration


def test_a_broken_registration_writes_nothing(session: Session, services: Services) -> None:
    party = RelyingParty(ISSUER, more={"redirect_uris": ["javascript:alert(1)"]})
    with pytest.raises(InvalidClientMetadata):
        clients.apply(session, services, party.registration())
    assert clients.all_clients(session) == []
    assert clients.all_services(session) == []


def test_a_key_that_cannot_be_parsed_is_refused(session: Session, services: Services) -> None:
    party = RelyingParty(ISSUER)
    cut = party.registration()["public_key"][:80]
    with pytest.raises(InvalidClientMetadata):
        clients.apply(session, services, party.registration() | {"public_key": cut + "===="})


def test_clients_of_one_service_share_it(session: Session, services: Services) -> None:
    more = {"service": "Fishing licences", "service_cy": "Trwyddedau pysgota"}
    first = RelyingParty(ISSUER, more=more)
    second = RelyingParty(ISSUER, more={"service": "Fishing licences", "landing_page_url": None})
    for party in (first, second):
        clients.apply(session, services, party.registration())
    [service] = clients.all_services(session)
    assert (service.name_cy, service.landing_page_url) == ("Trwyddedau pysgota", f"{first.origin}/")
    assert [client.service_id for client in clients.all_clients(session)] == [service.id] * 2


def test_the_back_channel_address_is_known_without_the_policy(
    session: Session, services: Services
) -> None:
    with_one = RelyingParty(ISSUER, more={"back_channel_logout_uri": "https://a.example/bye"})
    without = RelyingParty(ISSUER)
    for party in (with_one, without):
        clients.apply(session, services, party.registration())
    uris = [clients.back_channel_uri(client) for client in clients.all_clients(session)]
    assert sorted(uris, key=str) == [None, "https://a.example/bye"]


def test_the_registry_knows_names_in_both_languages(
    session: Session, services: Services, registry: ClientRegistry
) -> None:
    welsh = RelyingParty(ISSUER, more={"service_cy": "Yn Gymraeg"})
    english = RelyingParty(ISSUER)
    for party in (welsh, english):
        clients.apply(session, services, party.registration())
    session.commit()
    found = registry.find(welsh.client_id)
    other = registry.find(english.client_id)
    assert found is not None
    assert found.service_name_cy == "Yn Gymraeg"
    assert other is not None
    assert other.service_name_cy == other.service_name


def test_a_suspension_holds_within_half_a_minute(
    session: Session, services: Services, registry: ClientRegistry, clock: FixedClock
) -> None:
    party = RelyingParty(ISSUER)
    clients.apply(session, services, party.registration())
    session.commit()
    first = registry.find(party.client_id)
    assert first is not None
    assert first.policy.active
    session.get_one(Client, party.client_id).state = "suspended"
    session.commit()
    assert registry.find(party.client_id) is first, "believed for a while"
    clock.move(31)
    now = registry.find(party.client_id)
    assert now is not None
    assert not now.policy.active


def test_a_miss_is_never_remembered(
    session: Session, services: Services, registry: ClientRegistry
) -> None:
    party = RelyingParty(ISSUER)
    assert registry.find(party.client_id) is None
    clients.apply(session, services, party.registration())
    session.commit()
    assert registry.find(party.client_id) is not None
    assert registry.find("x" * 10_000) is None


def test_forgetting_reads_anew_and_a_deleted_client_is_gone(
    session: Session, services: Services, registry: ClientRegistry
) -> None:
    party = RelyingParty(ISSUER)
    clients.apply(session, services, party.registration())
    session.commit()
    assert registry.find(party.client_id) is not None
    session.execute(sa.delete(Client))
    session.commit()
    registry.forget()
    assert registry.find(party.client_id) is None


def test_the_cache_is_bounded(
    session: Session,
    services: Services,
    registry: ClientRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clients, "CACHED_CLIENTS", 2)
    parties = [RelyingParty(ISSUER) for _ in range(3)]
    for party in parties:
        clients.apply(session, services, party.registration())
    session.commit()
    for party in parties:
        assert registry.find(party.client_id) is not None
    assert len(registry._known) == 2


def test_services_come_in_the_order_they_were_made(session: Session, services: Services) -> None:
    for name in ("b", "a"):
        clients.apply(
            session, services, RelyingParty(ISSUER, more={"service": name}).registration()
        )
    assert {service.name for service in session.scalars(sa.select(Service))} == {"a", "b"}
    assert [service.id for service in clients.all_services(session)] == sorted(
        service.id for service in clients.all_services(session)
    )
