"""Every page of going live and of deciding, in every state: what `showing` has for the others."""

from collections.abc import Iterator

from idp.domain import change_requests, go_lives, operators, suspensions
from tests.acceptance.at_the_levers import come_to, new_operator
from tests.acceptance.at_the_queue import (
    Service,
    become,
    fill_in,
    let_it_have_signed_in,
    new_service,
)
from tests.acceptance.shown import Shown, Walk
from tests.support.chromium import Visitor
from tests.support.servers import Street

REQUEST = "/ops/requests/<request_id>"
CLIENT = "/ops/clients/<client_id>"
NOWHERE = f"https://{'x' * 64}.example/jwks.json"
"""A name too long to be one: nobody is asked for it."""
SUBMIT = 1
"""Which button of the page submits; the first saves."""
GO_LIVE = "/team/services/<service_id>/clients/<client_id>/go-live"


def ask_to_suspend(visitor: Visitor, street: Street, client_id: str) -> str:
    """Ask for it, and return the address of the request."""
    visitor.open(f"{street.issuer}ops/clients/{client_id}/suspend")
    visitor.fill("reason", "Its access tokens were published.\nSee the ticket.")
    visitor.fill("ticket", "INC-1234")
    visitor.submit()
    return visitor.page.url


def suspending_a_client(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """One operator asks, the other decides."""
    client_id = new_service(street).party.client_id
    asks = new_operator(street)
    come_to(visitor, street, asks, f"ops/clients?lng={language}")
    yield Shown("/ops/clients")
    visitor.open(f"{street.issuer}ops/clients?q=nothing+like+it")
    yield Shown("/ops/clients", "nothing found")
    visitor.open(f"{street.issuer}ops/clients/{client_id}")
    yield Shown("/ops/clients/<client_id>")
    visitor.open(f"{street.issuer}ops/clients/{client_id}/restore")
    yield Shown("/ops/clients/<client_id>/restore", "not suspended")
    visitor.open(f"{street.issuer}ops/clients/{client_id}/suspend")
    yield Shown("/ops/clients/<client_id>/suspend")
    visitor.submit()
    yield Shown("/ops/clients/<client_id>/suspend", "empty")
    visitor.fill("reason", "x" * 1001)
    visitor.fill("ticket", "x" * 101)
    visitor.submit()
    yield Shown("/ops/clients/<client_id>/suspend", "too long")
    ask_to_suspend(visitor, street, client_id)
    yield Shown("/ops/requests/<request_id>", "ones own")
    own = visitor.page.url
    visitor.open(f"{own}/refuse")
    yield Shown("/ops/requests/<request_id>/refuse", "ones own")
    visitor.open(f"{own}/ask")
    yield Shown("/ops/requests/<request_id>/ask", "ones own")
    visitor.open(own)
    visitor.submit()
    yield Shown("/ops/requests/<request_id>", "withdrawn")
    page = ask_to_suspend(visitor, street, client_id)
    visitor.open(f"{street.issuer}ops/clients/{client_id}")
    yield Shown("/ops/clients/<client_id>", "asked")
    become(visitor, street, new_operator(street), f"ops?lng={language}")
    yield Shown("/ops")
    with street.records() as session:
        operators.remove(session, street.services, asks.account_id)
    visitor.open(page)
    yield Shown("/ops/requests/<request_id>", "asker is no operator any more")
    with street.records() as session:
        operators.add(session, street.services, asks.account_id)
    yield from _deciding(visitor, street, client_id, page)


def _deciding(visitor: Visitor, street: Street, client_id: str, page: str) -> Iterator[Shown]:
    """The other operator, from the request to the restored client."""
    visitor.open(page)
    yield Shown("/ops/requests/<request_id>")
    visitor.open(f"{page}/refuse")
    yield Shown("/ops/requests/<request_id>/refuse")
    visitor.submit()
    yield Shown("/ops/requests/<request_id>/refuse", "empty")
    visitor.open(f"{page}/ask")
    yield Shown("/ops/requests/<request_id>/ask")
    visitor.submit()
    yield Shown("/ops/requests/<request_id>/ask", "empty")
    visitor.open(page)
    with street.records() as session:
        suspensions.suspend(session, client_id, street.clock.now())
    visitor.submit()
    yield Shown("/ops/requests/<request_id>/approve", "cannot be done")
    with street.records() as session:
        suspensions.restore(session, client_id, street.clock.now())
    visitor.open(page)
    visitor.submit()
    yield Shown("/ops/requests/<request_id>", "approved")
    visitor.open(f"{page}/refuse")
    yield Shown("/ops/requests/<request_id>/refuse", "decided")
    visitor.open(f"{page}/ask")
    yield Shown("/ops/requests/<request_id>/ask", "decided")
    visitor.open(f"{street.issuer}ops/clients/{client_id}/suspend")
    yield Shown("/ops/clients/<client_id>/suspend", "suspended already")
    visitor.open(f"{street.issuer}ops/clients/{client_id}")
    yield Shown("/ops/clients/<client_id>", "suspended")
    visitor.open(f"{street.issuer}ops/clients/{client_id}/restore")
    yield Shown("/ops/clients/<client_id>/restore")
    visitor.submit()
    yield Shown("/ops/clients/<client_id>/restore", "empty")
    visitor.fill("reason", "x" * 1001)
    visitor.submit()
    yield Shown("/ops/clients/<client_id>/restore", "too long")


def going_live(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """A client with a key, with every mistake."""
    fetched = {"public_key_source": "JWKS", "public_key": None, "jwks_uri": NOWHERE}
    service = new_service(street, "private_key_jwt", **fetched)
    come_to(visitor, street, service.manager, f"{service.pages}/go-live?lng={language}")
    yield Shown("/team/services/<service_id>/go-live")
    visitor.open(f"{street.issuer}{service.go_live}")
    yield Shown("/team/services/<service_id>/clients/<client_id>/go-live")
    visitor.submit(SUBMIT)
    yield Shown("/team/services/<service_id>/clients/<client_id>/go-live", "empty")
    fill_in(
        visitor,
        redirect_uris="http://tax.example/callback",
        sector_identifier_uri="tax",
        jwks_uri="https://localhost/jwks.json",
        evidence="x" * 4001,
    )
    visitor.submit(SUBMIT)
    yield Shown("/team/services/<service_id>/clients/<client_id>/go-live", "wrong addresses")
    many = "\n".join(f"https://tax.example/{number}" for number in range(101))
    fill_in(visitor, redirect_uris=many, jwks_uri=NOWHERE)
    visitor.submit(SUBMIT)
    yield Shown("/team/services/<service_id>/clients/<client_id>/go-live", "too many addresses")
    fill_in(visitor)
    visitor.fill("jwks_uri", NOWHERE)
    visitor.submit(SUBMIT)
    yield Shown("/team/services/<service_id>/clients/<client_id>/go-live", "checks not passed")


def being_let_live(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """A client with a secret, asked for three times."""
    service, operator = new_service(street), new_operator(street)
    let_it_have_signed_in(street, service.party)
    come_to(visitor, street, service.manager, f"{service.go_live}?lng={language}")
    fill_in(visitor)
    visitor.submit(SUBMIT)
    yield Shown("/team/services/<service_id>/clients/<client_id>/go-live", "submitted")
    visitor.open(f"{street.issuer}{service.pages}/branding")
    yield Shown("/team/services/<service_id>/branding", "going live")
    yield from _answered(visitor, street, language, service, "ask", "changes")
    yield from _answered(visitor, street, language, service, "refuse", "reason")
    street.clock.move(16 * 86_400)
    become(visitor, street, operator, f"ops?lng={language}")
    yield Shown("/ops", "late")
    visitor.open(f"{street.issuer}{_newest(street, service)}")
    yield Shown("/ops/requests/<request_id>", "going live")
    visitor.submit()
    yield Shown("/ops/requests/<request_id>", "live")
    become(visitor, street, service.manager, f"{service.go_live}?lng={language}")
    yield Shown("/team/services/<service_id>/clients/<client_id>/go-live", "live")


def _answered(
    visitor: Visitor, street: Street, language: str, service: Service, page: str, field: str
) -> Iterator[Shown]:
    """Let an operator decide otherwise, see it as the team, and submit again."""
    request = _newest(street, service)
    become(visitor, street, new_operator(street), f"{request}/{page}?lng={language}")
    visitor.fill(field, "Name somebody who hears of security problems at night.\nAnd a number.")
    visitor.submit()
    become(visitor, street, service.manager, f"{service.go_live}?lng={language}")
    yield Shown("/team/services/<service_id>/clients/<client_id>/go-live", f"after {page}")
    visitor.page.locator("[name=declaration]").check()
    visitor.submit(SUBMIT)


def _newest(street: Street, service: Service) -> str:
    """The page of the request to let this service go live."""
    with street.records() as session:
        asked = change_requests.of_client(session, service.party.client_id, go_lives.KIND)
        assert asked is not None
        return f"ops/requests/{asked.id}"


WALKS: dict[str, Walk] = {
    "suspending a client": suspending_a_client,
    "going live": going_live,
    "being let live": being_let_live,
}

ROUTES = {
    "/ops",
    "/ops/clients",
    CLIENT,
    f"{CLIENT}/restore",
    f"{CLIENT}/suspend",
    REQUEST,
    f"{REQUEST}/approve",
    f"{REQUEST}/ask",
    f"{REQUEST}/refuse",
    "/team/services/<service_id>/go-live",
    GO_LIVE,
}
"""Every route of this part that shows a page."""
