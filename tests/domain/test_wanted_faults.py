"""Faults wanted for a client: given outside production, refused everywhere else."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from idp.domain import clients, wanted_faults
from idp.domain.audit_entries import AuditEntry
from idp.domain.clients import Client, ClientRegistry
from idp.domain.services import Services
from idp.domain.wanted_faults import FaultsRefused
from tests.support.building import ISSUER
from tests.support.clock import FixedClock
from tests.support.relying_party import RelyingParty

FAULT = "id_token.INVALID_ISS"


@pytest.fixture
def client_id(session: Session, services: Services) -> str:
    """A client of an integration environment."""
    made = clients.apply(session, services, RelyingParty(ISSUER).registration()).client_id
    session.commit()
    return made


def policy_faults(services: Services, client_id: str) -> frozenset[str]:
    """The faults that a process of this installation would give the client."""
    engine = sa.create_engine(services.settings.database_url, poolclass=NullPool)
    found = ClientRegistry(services, lambda: Session(engine)).find(client_id)
    engine.dispose()
    assert found is not None
    return found.policy.faults


def test_a_client_has_the_faults_that_were_asked_for_until_it_has_none(
    session: Session, services: Services, client_id: str
) -> None:
    wanted_faults.ask(session, client_id, [FAULT, "authorize.ACCESS_DENIED"], 1, offered=True)
    session.commit()
    assert policy_faults(services, client_id) == {FAULT, "authorize.ACCESS_DENIED"}
    wanted_faults.ask(session, client_id, [], 2, offered=True)
    session.commit()
    assert policy_faults(services, client_id) == frozenset()
    facts = session.scalars(sa.select(AuditEntry.fact).filter_by(client_id=client_id)).all()
    assert facts.count("faults_wanted") == 2


@pytest.mark.parametrize(
    ("faults", "offered", "words"),
    [
        ([FAULT], False, "There is no fault menu in production."),
        (["id_token.SOMETHING"], True, "There is no fault id_token.SOMETHING."),
    ],
)
def test_what_is_not_offered_is_refused(
    session: Session, client_id: str, faults: list[str], offered: bool, words: str
) -> None:
    with pytest.raises(FaultsRefused, match=words):
        wanted_faults.ask(session, client_id, faults, 1, offered=offered)
    with pytest.raises(FaultsRefused, match="There is no client nobody"):
        wanted_faults.ask(session, "nobody", [FAULT], 1, offered=True)
    assert session.get_one(Client, client_id).faults is None


def test_a_client_of_production_has_none_whatever_the_database_says(
    session: Session, services: Services
) -> None:
    party = RelyingParty(ISSUER, more={"environment": "production"})
    made = clients.apply(session, services, party.registration()).client_id
    with pytest.raises(FaultsRefused, match="of production gets no faulty answers"):
        wanted_faults.ask(session, made, [FAULT], 1, offered=True)
    session.get_one(Client, made).faults = FAULT
    session.commit()
    assert policy_faults(services, made) == frozenset()


def test_production_gives_none_whatever_the_database_says(
    session: Session, services: Services, client_id: str
) -> None:
    wanted_faults.ask(session, client_id, [FAULT], 1, offered=True)
    session.commit()
    in_production = replace(services.settings, mode="production")
    assert policy_faults(replace(services, settings=in_production), client_id) == frozenset()
    assert policy_faults(services, client_id) == {FAULT}


def test_a_demo_believes_a_client_for_seconds_only(
    session: Session, services: Services, client_id: str, clock: FixedClock
) -> None:
    demo = replace(services, settings=replace(services.settings, mode="demo"))
    engine = sa.create_engine(services.settings.database_url, poolclass=NullPool)
    registry = ClientRegistry(demo, lambda: Session(engine))
    assert registry.find(client_id)
    wanted_faults.ask(session, client_id, [FAULT], 1, offered=True)
    session.commit()
    clock.move(3)
    found = registry.find(client_id)
    engine.dispose()
    assert found is not None
    assert found.policy.faults == {FAULT}
