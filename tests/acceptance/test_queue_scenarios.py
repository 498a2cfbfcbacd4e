"""The numbered scenarios about going live, deciding, and suspended clients."""

import requests
from sqlalchemy import select

from idp.domain.audit_entries import AuditEntry
from idp.domain.change_requests import ChangeRequest
from tests.acceptance.at_the_levers import come_to, new_operator
from tests.acceptance.at_the_queue import become, fill_in, new_service
from tests.acceptance.test_own_account import access_token, userinfo
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen
from tests.support.relying_party import RelyingParty
from tests.support.servers import Street


def states(street: Street, client_id: str) -> list[str]:
    """What became of the requests about a client."""
    with street.records() as session:
        about = select(ChangeRequest.state).where(ChangeRequest.client_id == client_id)
        return list(session.scalars(about))


def ask_to_suspend(visitor: Visitor, street: Street, operator: Citizen, client_id: str) -> str:
    """Ask for it on the client's page, and return the address of the request."""
    come_to(visitor, street, operator, f"ops/clients/{client_id}")
    visitor.press("Suspend this client")
    visitor.fill("reason", "Its access tokens were published.")
    visitor.fill("ticket", "INC-1234")
    visitor.press("Ask another operator")
    return visitor.page.url


def test_s54_a_failing_check_blocks_submission_and_says_how_to_fix_it(
    street: Street, visitor: Visitor
) -> None:
    service = new_service(street)
    come_to(visitor, street, service.manager, service.go_live)
    fill_in(visitor)
    visitor.press("Submit")
    assert "some checks are not passed" in visitor.text
    [item] = visitor.page.locator(".onepass-events > li").filter(has_text="Not passed").all()
    assert "Somebody has signed in to your integration client" in item.inner_text()
    assert "How to fix it: Sign in to your service" in item.inner_text()
    assert states(street, service.party.client_id) == []

    assert access_token(street, visitor, service.party), "as the check said"
    visitor.open(f"{street.issuer}{service.go_live}")
    assert "Not passed" not in visitor.text
    visitor.page.locator("[name=declaration]").check()
    visitor.press("Submit")
    assert visitor.heading == "You have asked to go live"
    assert states(street, service.party.client_id) == ["submitted"]


def test_s56_nobody_approves_what_they_asked_for(street: Street, visitor: Visitor) -> None:
    operator, client_id = new_operator(street), new_service(street).party.client_id
    page = ask_to_suspend(visitor, street, operator, client_id)
    assert "You asked for this, so you cannot approve it." in visitor.text
    assert visitor.page.get_by_role("button", name="Approve").count() == 0
    form = visitor.page.locator("main form")
    form.evaluate("(form, address) => { form.action = address }", f"{page}/approve")
    visitor.press("Withdraw it")
    assert visitor.visits[-1] == f"POST 403 {page}/approve", "by hand"
    assert states(street, client_id) == ["submitted"]
    with street.records() as session:
        tried = select(AuditEntry.detail).where(
            AuditEntry.fact == "own_request_not_approved",
            AuditEntry.account_id == operator.account_id,
        )
        [detail] = session.scalars(tried).all()
    assert page.rpartition("/")[2] in detail

    become(visitor, street, new_operator(street), page.removeprefix(street.issuer))
    visitor.press("Approve")
    assert "Approved" in visitor.text
    assert states(street, client_id) == ["approved"]


def test_s57_a_suspended_client_is_refused_everywhere_within_a_minute(
    street: Street, visitor: Visitor
) -> None:
    party = new_service(street).party
    page = ask_to_suspend(visitor, street, new_operator(street), party.client_id)
    token = access_token(street, visitor, party)
    assert userinfo(street, token) == 200

    become(visitor, street, new_operator(street), page.removeprefix(street.issuer))
    visitor.press("Approve")
    assert userinfo(street, token) == 401, "its tokens are dead at once"

    street.clock.move(59)
    asked = party.ask()
    answer = requests.get(party.url(asked), allow_redirects=False, timeout=10)
    told = party.answer(asked, answer.headers.get("Location"))
    assert told["error"] == "unauthorized_client"
    assert told["error_description"] == "client deactivated"
    assert answer.headers["Location"].startswith(party.redirect_uri)
    assert_refused_at_token(street, party)


def assert_refused_at_token(street: Street, party: RelyingParty) -> None:
    """Whatever code it brings."""
    form = party.token_form(party.ask(), "x" * 43, street.clock.now())
    answer = requests.post(f"{street.issuer}token", data=form, timeout=10)
    assert answer.json()["error"] == "unauthorized_client"
