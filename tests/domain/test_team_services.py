"""Services that teams make: their first manager, their names, and what their clients say then."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import select

from idp.domain import audit_entries, clients, departments, members, team_services
from idp.domain.clients import Client, Service
from idp.domain.members import Role
from idp.domain.team_services import NameTaken, Seen, TooManyServices
from idp.protocol.errors import InvalidClientMetadata
from tests.domain.conftest import Installation
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol
from tests.support.relying_party import RelyingParty


def team(bare: Installation, email: str = "team@example.com") -> str:
    with bare.session() as session, session.begin():
        return enrol(session, bare.services, Citizen(email)).account_id


def make(bare: Installation, account_id: str, name: str, name_cy: str | None = None) -> str:
    with bare.session() as session, session.begin():
        seen = Seen(name, name_cy)
        return team_services.create(session, bare.services, account_id, "Permits", seen).id


def test_whoever_makes_a_service_is_its_manager_and_its_department_is_one(
    bare: Installation,
) -> None:
    account = team(bare)
    first, second = make(bare, account, "Apply for a permit"), make(bare, account, "Pay for one")
    with bare.session() as session:
        assert members.role_in(session, first, account) is Role.MANAGER
        owners = {service.department_id for service in session.scalars(select(Service)).all()}
        assert owners == {departments.all_departments(session)[0].id}
        made, added = session.scalars(select(audit_entries.AuditEntry)).all()[-2:]
        assert [made.fact, added.fact] == ["service_created", "member_added"]
        assert f'"by":"{account}"' in added.detail
        assert second


@pytest.mark.parametrize(
    "name",
    ["Apply for a permit", "APPLY  for a permit", "Ａpply for a permit", "Apply-for-a-permıt."],
)
def test_a_name_that_reads_like_anothers_is_refused_in_both_languages(
    bare: Installation, name: str
) -> None:
    account = team(bare)
    make(bare, account, "Apply for a permit", "Gwneud cais am drwydded")
    for seen in (Seen(name, None), Seen("Another", name), Seen("gwneud cais am  drwydded", None)):
        with bare.session() as session, session.begin(), pytest.raises(NameTaken):
            team_services.create(session, bare.services, account, "Quite another", seen)
    with bare.session() as session:
        assert len(session.scalars(select(Service)).all()) == 1
        assert [each.name for each in departments.all_departments(session)] == ["Permits"]
    assert make(bare, account, "Another")


def test_two_at_once_cannot_take_names_that_read_alike(bare: Installation) -> None:
    account = team(bare)
    refused: list[str] = []

    def take(name: str) -> None:
        try:
            make(bare, account, name)
        except NameTaken:
            refused.append(name)

    names = ["Apply for a permit", "apply for a permit", "APPLY FOR A PERMIT"]
    threads = [threading.Thread(target=take, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 2


def test_a_team_and_an_operator_at_once_make_one_service_of_a_name(bare: Installation) -> None:
    account, name, start = team(bare), "Apply for a permit", threading.Barrier(2)
    party = RelyingParty(ISSUER, more={"service": name})

    def make_it() -> str:
        start.wait(20)
        with suppress(NameTaken):
            make(bare, account, name)
        return "made"

    def apply() -> str:
        start.wait(20)
        with bare.session() as session, session.begin():
            return clients.apply(session, bare.services, party.registration()).client_id

    with ThreadPoolExecutor(2) as pool:
        assert [each.result() for each in (pool.submit(make_it), pool.submit(apply))] == [
            "made",
            party.client_id,
        ]
    with bare.session() as session:
        assert [each.name for each in session.scalars(select(Service))] == [name]


def test_nobody_manages_more_than_twenty(
    bare: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(team_services, "MOST_SERVICES", 1)
    account = team(bare)
    make(bare, account, "One")
    with pytest.raises(TooManyServices):
        make(bare, account, "Two")
    assert make(bare, team(bare, "other@example.com"), "Two")


def test_another_name_is_in_every_registration_of_the_service(bare: Installation) -> None:
    account = team(bare)
    service_id = make(bare, account, "Apply for a permit")
    party = RelyingParty(ISSUER, more={"service": "Apply for a permit"})
    with bare.session() as session, session.begin():
        clients.apply(session, bare.services, party.registration())
        service = session.get_one(Service, service_id)
        seen = Seen("Get a permit", "Cael trwydded", "https://permits.example/")
        assert team_services.describe(session, bare.services, account, service, seen)
        assert not team_services.describe(session, bare.services, account, service, seen)
    with bare.session() as session, session.begin():
        client = session.get_one(Client, party.client_id)
        assert client.service_id == service_id
        assert client.members["service"] == "Get a permit"
        # Operators who apply to it again meet the same service.
        clients.apply(session, bare.services, {"client_id": party.client_id})
        assert len(session.scalars(select(Service)).all()) == 1
        service = session.get_one(Service, service_id)
        team_services.describe(session, bare.services, account, service, Seen("Get a permit", None))
        assert (service.name_cy, service.landing_page_url) == (None, None)


def test_a_landing_page_that_a_live_client_may_not_have_changes_nothing(
    bare: Installation,
) -> None:
    account = team(bare)
    service_id = make(bare, account, "Apply for a permit")
    more = {"service": "Apply for a permit", "environment": "production"}
    with bare.session() as session, session.begin():
        clients.apply(session, bare.services, RelyingParty(ISSUER, more=more).registration())
    with bare.session() as session:
        service = session.get_one(Service, service_id)
        seen = Seen("Get a permit", None, "http://localhost:3000/")
        with pytest.raises(InvalidClientMetadata):
            team_services.describe(session, bare.services, account, service, seen)
        session.commit()
        assert session.get_one(Service, service_id).name == "Apply for a permit"
