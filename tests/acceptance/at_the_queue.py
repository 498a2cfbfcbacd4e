"""A service on its way to live, with its manager; and how operators come to decide."""

from dataclasses import dataclass, field
from itertools import count

from idp.domain import audit, members
from idp.domain.clients import Client
from idp.domain.members import Role
from tests.acceptance.at_the_levers import come_to
from tests.acceptance.shown import newcomer
from tests.support.building import register
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen
from tests.support.going_live import typed
from tests.support.relying_party import RelyingParty
from tests.support.servers import Street

_numbers = count(1)


@dataclass
class Service:
    """A service with one integration client, and its manager."""

    party: RelyingParty
    service_id: str
    manager: Citizen
    pages: str = field(init=False)

    def __post_init__(self) -> None:
        """Work out where its pages are."""
        self.pages = f"team/services/{self.service_id}"

    @property
    def go_live(self) -> str:
        """The page on which its client asks to go live."""
        return f"{self.pages}/clients/{self.party.client_id}/go-live"


def new_service(street: Street, method: str = "client_secret_post", **more: object) -> Service:
    """A service that no other walk knows; its client uses a secret, unless told otherwise."""
    manager, number = newcomer(street, "manager"), next(_numbers)
    with street.records() as session:
        party = RelyingParty(
            street.issuer, method=method, client_id=f"on-its-way-{number}", more=more
        )
        register(session, street.services, party)
        service_id = session.get_one(Client, party.client_id).service_id
        members.add(session, street.services, service_id, manager.account_id, Role.MANAGER)
    return Service(party, service_id, manager)


def let_it_have_signed_in(street: Street, party: RelyingParty) -> None:
    """Let the record say that this client redeemed a code."""
    with street.records() as session:
        fact = audit.TokensIssued(account_id="a", client_id=party.client_id, sid="s", grant_id="g")
        audit.record(session, fact, now=street.clock.now())


def fill_in(visitor: Visitor, **changes: str) -> None:
    """Answer every question of the page rightly, but for the changes."""
    for name, text in typed(**changes).items():
        if name == "welsh":
            visitor.choose(name, text)
        elif name == "declaration":
            visitor.page.locator("[name=declaration]").check()
        elif visitor.page.locator(f"[name={name}]").count():
            visitor.fill(name, text)


def become(visitor: Visitor, street: Street, who: Citizen, page: str) -> None:
    """Let somebody else sit down at this browser, and open a page of a console."""
    visitor.context.clear_cookies()
    come_to(visitor, street, who, page)
