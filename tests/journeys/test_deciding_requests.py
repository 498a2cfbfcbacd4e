"""The work queue, a request's page, and clients, as operators see them."""

from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain import change_requests, clients, members, operators, outbox, suspensions
from idp.domain.accounts import Account
from idp.domain.audit_entries import AuditEntry
from idp.domain.change_requests import ChangeRequest
from idp.domain.clients import Client
from idp.domain.members import Role
from idp.domain.outbox import OutboxMessage
from idp.domain.services import Services
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol
from tests.support.clock import FixedClock
from tests.support.consoles import sign_in_as
from tests.support.person import Person
from tests.support.relying_party import RelyingParty


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What pages show does not depend on the database."""
    return sqlite_url


@dataclass
class Office:
    """Two operators in their browsers, and a client with a manager."""

    asks: Person
    decides: Person
    session: Session
    client_id: str

    def request_id(self) -> str:
        """The one request there is."""
        self.session.expire_all()
        return self.session.scalars(sa.select(ChangeRequest.id)).one()

    def state(self) -> tuple[str, str]:
        """Where the request and the client stand."""
        self.session.expire_all()
        asked = self.session.scalars(sa.select(ChangeRequest.state)).one()
        return asked, self.session.get_one(Client, self.client_id).state

    def facts(self) -> list[str]:
        """What was recorded, in order."""
        self.session.expire_all()
        return list(self.session.scalars(sa.select(AuditEntry.fact).order_by(AuditEntry.id)))

    def ask(self) -> str:
        """Ask to suspend the client, and return the address of the request's page."""
        self.asks.open(f"{ISSUER}ops/clients/{self.client_id}/suspend")
        self.asks.send({"reason": "its tokens leak", "ticket": "INC-7"})
        return self.asks.url


@pytest.fixture
def office(app: Flask, session: Session, services: Services) -> Office:
    """Everybody is signed in."""
    applied = clients.apply(session, services, RelyingParty(ISSUER).registration())
    service_id = session.get_one(Client, applied.client_id).service_id
    people = []
    for name in ("asks", "decides"):
        citizen = enrol(session, services, Citizen(f"{name}@example.com"))
        operators.add(session, services, citizen.account_id)
        people.append(sign_in_as(app, session, services, citizen))
    manager = enrol(session, services, Citizen("manager@example.com"))
    members.add(session, services, service_id, manager.account_id, Role.MANAGER)
    session.commit()
    return Office(people[0], people[1], session, applied.client_id)


def mails(office: Office) -> int:
    office.session.expire_all()
    return (
        office.session.scalar(
            sa.select(sa.func.count())
            .select_from(OutboxMessage)
            .where(OutboxMessage.kind == "email")
        )
        or 0
    )


def test_another_operator_approves_what_the_first_asked_for(office: Office) -> None:
    page = office.ask()
    assert "so you cannot approve it" in office.asks.page.text
    assert "INC-7" in office.asks.page.text
    office.decides.open(f"{ISSUER}ops")
    assert "asks@example.com" in office.decides.page.text
    assert "Suspend a client" in office.decides.page.text
    office.decides.open(page)
    assert "its tokens leak" in office.decides.page.text
    office.decides.send()
    assert office.decides.url == page
    assert "Approved" in office.decides.page.text
    assert "decides@example.com" in office.decides.page.text
    assert office.state() == ("approved", "suspended")
    assert mails(office) == 1, "the manager hears of it"
    office.decides.open(f"{ISSUER}ops")
    assert "Nothing is waiting." in office.decides.page.text


@pytest.mark.parametrize(
    ("page", "values"),
    [("approve", {}), ("refuse", {"reason": "no"}), ("ask", {"changes": "all of it"})],
)
def test_nobody_decides_their_own_by_hand(
    office: Office, page: str, values: dict[str, str]
) -> None:
    address = office.ask()
    form = office.asks.form()
    headers = {"Origin": ISSUER.rstrip("/"), "Accept": "text/html", "Referer": ISSUER}
    token = {"csrf_token": form.values["csrf_token"]}
    answer = office.asks.request("POST", f"{address}/{page}", token | values, headers)
    assert answer.status == 403
    assert office.state() == ("submitted", "active")
    assert office.facts()[-1] == "own_request_not_approved"


def test_who_asks_for_the_same_is_led_to_what_waits(office: Office) -> None:
    page = office.ask()
    office.decides.open(f"{ISSUER}ops/clients/{office.client_id}/suspend")
    office.decides.send({"reason": "I think so too", "ticket": "INC-8"})
    assert office.decides.url == page
    assert "Approve" in office.decides.page.text
    assert office.state() == ("submitted", "active")


def test_nobody_is_asked_to_suspend_what_is_suspended(office: Office, services: Services) -> None:
    office.asks.open(f"{ISSUER}ops/clients/{office.client_id}/suspend")
    suspensions.suspend(office.session, office.client_id, services.clock.now())
    office.session.commit()
    office.asks.send({"reason": "its tokens leak", "ticket": "INC-7"})
    assert office.asks.url == f"{ISSUER}ops/clients/{office.client_id}"
    assert office.session.scalars(sa.select(ChangeRequest.id)).all() == []


def test_who_asked_withdraws_it(office: Office) -> None:
    office.ask()
    office.asks.send()
    assert "Withdrawn" in office.asks.page.text
    assert office.state() == ("withdrawn", "active")


@pytest.mark.parametrize(
    ("page", "field", "told", "state"),
    [
        ("refuse", "reason", "Enter why you refuse it", "refused"),
        ("ask", "changes", "Enter what they should change", "changes_asked"),
    ],
)
def test_not_approving_needs_words(
    office: Office, page: str, field: str, told: str, state: str
) -> None:
    address = office.ask()
    office.decides.open(f"{address}/{page}").send({field: " \n "})
    assert told in office.decides.page.text
    assert office.state() == ("submitted", "active")
    office.decides.send({field: "First line\nsecond line"})
    assert office.decides.url == address
    assert "second line" in office.decides.page.text
    assert office.state() == (state, "active")
    office.decides.open(f"{address}/{page}")
    assert "It is decided already." in office.decides.page.text


def test_words_have_an_end(office: Office) -> None:
    address = office.ask()
    office.decides.open(f"{address}/refuse").send({"reason": "x" * 1001})
    assert "must be 1000 characters or fewer" in office.decides.page.text


def test_what_cannot_be_done_any_more_is_said_and_waits(office: Office, services: Services) -> None:
    address = office.ask()
    office.decides.open(address)
    assert suspensions.suspend(office.session, office.client_id, services.clock.now())
    office.session.commit()
    office.decides.send()
    assert office.decides.status == 409
    assert "The client is suspended already" in office.decides.page.text
    assert office.state()[0] == "submitted"


def test_a_second_click_changes_nothing(office: Office) -> None:
    address = office.ask()
    office.decides.open(address)
    form = office.decides.form()
    office.decides.send()
    headers = {"Origin": ISSUER.rstrip("/"), "Accept": "text/html", "Referer": ISSUER}
    again = office.decides.request("POST", f"{address}/approve", form.values, headers)
    assert again.status == 303
    assert office.facts().count("client_suspended") == 1


def test_a_change_of_a_live_client_is_shown_beside_what_is_there(
    office: Office, services: Services
) -> None:
    wanted = {"redirect_uris": ["https://new.example/callback"], "pkce_enforced": False}
    account_id = office.session.scalars(
        sa.select(Account.id).where(Account.email == "manager@example.com")
    ).one()
    asked = change_requests.submit(
        office.session,
        services,
        "client_change",
        wanted,
        by=account_id,
        client_id=office.client_id,
    )
    office.session.commit()
    office.decides.open(f"{ISSUER}ops/requests/{asked.id}")
    told = office.decides.page.text
    for words in ("Change a live client", "Then: https://new.example/callback", "Now: On"):
        assert words in told
    assert "Then: Off" in told


def test_late_is_said_in_words(app: Flask, office: Office, clock: FixedClock) -> None:
    office.ask()
    office.session.execute(sa.update(ChangeRequest).values(requested_at=clock.now() - 15 * 86_400))
    office.session.commit()
    office.decides.open(f"{ISSUER}ops")
    assert "Late: more than 10 working days" in office.decides.page.text
    assert "1 is late" in office.decides.page.text


def test_messages_given_up_are_counted(
    office: Office, services: Services, clock: FixedClock
) -> None:
    outbox.put(office.session, services, "email", {"to": "x"})
    office.session.execute(sa.update(OutboxMessage).values(state="dead"))
    office.session.commit()
    office.decides.open(f"{ISSUER}ops")
    assert "onepass outbox list --state dead" in office.decides.page.text


def test_clients_are_searched_suspended_and_restored(office: Office, services: Services) -> None:
    office.asks.open(f"{ISSUER}ops/clients?q=nothing%20like%20it")
    assert "No client is like that." in office.asks.page.text
    office.asks.open(f"{ISSUER}ops/clients?q={office.client_id.upper()}")
    assert office.client_id in office.asks.page.text
    page = f"{ISSUER}ops/clients/{office.client_id}"
    office.asks.open(page)
    assert "redirect_uris" in office.asks.html.replace("<wbr>", "")
    office.asks.open(f"{page}/suspend").send({"reason": "", "ticket": ""})
    assert "Enter why the client should be suspended" in office.asks.page.text
    assert "Enter the number or name of the ticket" in office.asks.page.text
    office.ask()
    office.asks.open(page)
    assert "waits for another operator" in office.asks.page.text
    suspensions.suspend(office.session, office.client_id, services.clock.now())
    office.session.commit()
    office.asks.open(f"{page}/restore").send({"reason": " "})
    assert "Enter why the client should be restored" in office.asks.page.text
    office.asks.send({"reason": "the leak is mended"})
    assert office.asks.url == page
    kept = sa.select(ChangeRequest).where(ChangeRequest.kind == suspensions.RESTORE)
    assert office.session.scalars(kept).one().reason == "the leak is mended"
    assert mails(office) == 1
    assert office.session.get_one(Client, office.client_id).state == "active"
    office.asks.open(f"{page}/restore")
    assert "It is not suspended." in office.asks.page.text


@pytest.mark.parametrize("page", ["ops/clients/nobody", f"ops/requests/{'x' * 40}"])
def test_what_is_not_there(office: Office, page: str) -> None:
    office.asks.open(f"{ISSUER}{page}")
    assert office.asks.status == 404
