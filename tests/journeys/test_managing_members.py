"""The members' pages of a service, as its manager, its reader and somebody invited see them."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain import clients, invitations, members, team_changes
from idp.domain.clients import Client
from idp.domain.members import Role
from idp.domain.services import Services
from tests.support.citizens import Citizen, enrol
from tests.support.consoles import sign_in_as
from tests.support.person import Person
from tests.support.relying_party import RelyingParty


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What the pages say does not depend on the database."""
    return sqlite_url


@pytest.fixture
def service_id(session: Session, services: Services) -> str:
    """A service of nobody yet."""
    party = RelyingParty(services.settings.issuer)
    applied = clients.apply(session, services, party.registration())
    session.commit()
    return session.get_one(Client, applied.client_id).service_id


@pytest.fixture
def come(
    app: Flask, session: Session, services: Services, service_id: str
) -> Callable[..., Person]:
    """Brings somebody signed in, with this role in the service or none."""

    def bring(name: str, role: Role | None = None) -> Person:
        citizen = enrol(session, services, Citizen(f"{name}@example.com"))
        if role is not None:
            members.add(session, services, service_id, citizen.account_id, role)
        return sign_in_as(app, session, services, citizen)

    return bring


def address(person: Person, service_id: str, page: str = "members") -> str:
    return f"{person.issuer}team/services/{service_id}/{page}"


def links(person: Person, part: str) -> list[str]:
    """Where the links of the page lead that have this in their address."""
    return [href for href, _words in person.page.links if part in href]


def test_somebody_invited_joins_and_is_made_a_manager_and_the_first_one_leaves(
    come: Callable[..., Person], service_id: str
) -> None:
    mia, ned = come("mia", Role.MANAGER), come("ned")
    ned.open(f"{ned.issuer}team")
    assert "You have 1 invitation" not in ned.page.text
    mia.open(address(mia, service_id, "members/invite"))
    mia.send({"email": "NED@example.com", "role": "WRITER"})
    assert "NED@example.com" in mia.page.text
    ned.open(f"{ned.issuer}team")
    assert "You have 1 invitation to a service team" in ned.page.text
    ned.open(f"{ned.issuer}team/invitations")
    [link] = links(ned, "/team/invitations/")
    ned.open(link)
    ned.send()
    assert ned.heading == "Members"
    assert "Invite somebody" not in ned.page.text, "a writer invites nobody"
    mia.open(address(mia, service_id, "leave"))
    mia.send()
    assert mia.status == 409
    assert "only manager of the service" in mia.page.text
    mia.open(address(mia, service_id))
    [theirs] = links(mia, "/remove")
    mia.open(theirs.removesuffix("/remove"))
    mia.send({"role": "MANAGER"})
    mia.open(address(mia, service_id, "leave"))
    mia.send()
    assert mia.url.endswith("/team")
    mia.open(address(mia, service_id))
    assert mia.status == 404
    ned.open(address(ned, service_id))
    assert ned.status == 200


def test_the_last_manager_is_not_made_a_reader(
    come: Callable[..., Person], service_id: str
) -> None:
    mia = come("mia", Role.MANAGER)
    mia.open(address(mia, service_id))
    [own] = {*links(mia, "/members/")} - {*links(mia, "/members/invite")}
    mia.open(own)
    mia.send({"role": "READER"})
    assert mia.status == 400
    assert "The last manager must stay one" in mia.page.text
    mia.send({"role": "KING"})
    assert mia.status == 400


def test_who_is_removed_is_out_at_once(come: Callable[..., Person], service_id: str) -> None:
    mia, ned = come("mia", Role.MANAGER), come("ned", Role.READER)
    mia.open(address(mia, service_id))
    [link] = links(mia, "/remove")
    mia.open(link)
    mia.send()
    assert "ned@example.com" not in mia.page.text
    ned.open(address(ned, service_id))
    assert ned.status == 404


def test_an_invitation_is_nobody_elses_and_can_be_taken_back(
    come: Callable[..., Person], service_id: str, session: Session, services: Services
) -> None:
    mia, eve = come("mia", Role.MANAGER), come("eve")
    mia.open(address(mia, service_id, "members/invite"))
    mia.send({"email": "ned@example.com", "role": "READER"})
    session.expire_all()
    [waiting] = invitations.of_service(session, service_id, services.clock.now())
    page = f"{eve.issuer}team/invitations/{waiting.id}"
    eve.open(page)
    assert eve.status == 404
    eve.open(f"{eve.issuer}team/invitations")
    eve.open(f"{eve.issuer}account/data")
    token = eve.form().values["csrf_token"]
    posted = eve.request("POST", page, {"csrf_token": token}, {"Origin": eve.issuer.rstrip("/")})
    assert posted.status == 404
    back, values = mia.issuer + mia.form().action.lstrip("/"), mia.form().values
    mia.send()
    assert "ned@example.com" not in mia.page.text
    assert mia.request("POST", back, values, {"Origin": eve.issuer.rstrip("/")}).status == 404


def test_what_somebody_asked_for_is_withdrawn_with_them_or_by_a_manager(
    come: Callable[..., Person], service_id: str, session: Session, services: Services
) -> None:
    mia, ned, zoe = come("mia", Role.MANAGER), come("ned", Role.WRITER), come("zoe", Role.WRITER)
    party = RelyingParty(services.settings.issuer, more={"environment": "production"})
    client_id = clients.apply(session, services, party.registration()).client_id
    session.get_one(Client, client_id).service_id = service_id
    session.commit()
    page = address(mia, service_id, f"clients/{client_id}")

    def waits() -> bool:
        session.expire_all()
        return team_changes.waiting(session, client_id) is not None

    ned.open(f"{page}/change/name").send({"value": "Another"})
    assert waits()
    zoe.open(page)
    assert "Withdraw the change" not in zoe.page.text
    mia.open(page).send()
    assert not waits(), "a manager takes back anybody's"
    ned.open(f"{page}/change/name").send({"value": "Another"})
    mia.open(address(mia, service_id))
    [neds] = [link for link in links(mia, "/remove") if "ned@" in mia.open(link).html]
    mia.open(neds).send()
    assert not waits()


def test_an_invitation_asks_for_the_address_of_the_other_person(
    come: Callable[..., Person], service_id: str
) -> None:
    mia = come("mia", Role.MANAGER)
    mia.open(address(mia, service_id, "members/invite"))
    mia.send({"email": "", "role": "READER"})
    assert mia.status == 400
    assert "Enter the email address of the person you invite" in mia.page.text
    assert "your email address" not in mia.page.text


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        (Role.READER, ["members", "audit", "go-live"]),
        (Role.WRITER, ["members", "audit", "go-live", "test-citizens"]),
    ],
)
def test_the_service_leads_to_every_page_about_it_that_opens(
    come: Callable[..., Person], service_id: str, role: Role, pages: list[str]
) -> None:
    ned = come("ned", role)
    page = f"{ned.issuer}team/services/{service_id}"
    ned.open(page)
    path = page.removeprefix(ned.issuer.rstrip("/"))
    listed = ned.html.partition("More about this service")[2]
    assert [link for link in links(ned, path) if f'href="{link}"' in listed] == [
        f"{path}/{each}" for each in pages
    ]
    for each in pages:
        ned.open(f"{page}/{each}")
        assert ned.status == 200, each


def test_a_member_is_not_invited_again(come: Callable[..., Person], service_id: str) -> None:
    mia = come("mia", Role.MANAGER)
    mia.open(address(mia, service_id, "members/invite"))
    mia.send({"email": "mia@example.com", "role": "READER"})
    assert mia.status == 400
    assert "They are a member of this service already" in mia.page.text
    mia.send({"email": "nobody", "role": ""})
    assert "Select what they may do" in mia.page.text
    assert "Enter an email address like name@example.com" in mia.page.text
