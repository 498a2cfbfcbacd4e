"""What a team may not register, and what waits when its client is live."""

from idp.domain import approved_acts, operators, team_changes
from idp.domain.clients import Client
from tests.acceptance.showing_team_clients import add_service, come_to_the_console, go_live
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen, enrol
from tests.support.relying_party import RelyingParty
from tests.support.servers import Street


def at_a_live_client(
    visitor: Visitor, street: Street, citizen: Citizen, name: str
) -> tuple[RelyingParty, str]:
    """A manager whose service has a production client; its page."""
    come_to_the_console(visitor, street, citizen)
    visitor.press("Add a service")
    add_service(visitor, name)
    live = go_live(street, name)
    return live, f"{visitor.page.url}/clients/{live.client_id}"


def redirects(street: Street, live: RelyingParty) -> list[str]:
    """The redirect addresses that are in force."""
    with street.records() as session:
        return list(session.get_one(Client, live.client_id).members["redirect_uris"])


def test_s48_http_in_a_production_list_is_refused_by_the_name_of_the_rule(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    live, page = at_a_live_client(visitor, street, citizen, "Forty-eight")
    visitor.open(f"{page}/change/redirect-addresses")
    visitor.fill("value", "http://x")
    visitor.press("Add")
    assert "The address must begin with https://" in visitor.text
    assert redirects(street, live) == [live.redirect_uri]
    with street.records() as session:
        assert team_changes.waiting(session, live.client_id) is None


def test_s55_the_old_address_of_a_live_client_stays_until_approval(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    live, page = at_a_live_client(visitor, street, citizen, "Fifty-five")
    new = f"{live.origin}/new"
    visitor.open(f"{page}/change/redirect-addresses")
    visitor.fill("value", new)
    visitor.press("Continue")
    assert "A change waits for an operator" in visitor.text
    assert redirects(street, live) == [live.redirect_uri]
    with street.records() as session:
        operator = enrol(session, street.services, Citizen("operator.of.55@example.com"))
        operators.add(session, street.services, operator.account_id)
        asked = team_changes.waiting(session, live.client_id)
        assert asked is not None
        approved_acts.approve(session, street.services, asked.id, by=operator.account_id)
    assert redirects(street, live) == [live.redirect_uri, new]
    visitor.open(page)
    assert "A change waits for an operator" not in visitor.text
