"""Section 5: `/logout` by a service, each row with its exact answer."""

from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from werkzeug.test import TestResponse

from idp.domain.clients import Client
from idp.domain.grants import Grant
from tests.endpoints.provider import Provider
from tests.endpoints.test_logout import Visit
from tests.support.rows import with_rows


@pytest.fixture
def visit(provider: Provider) -> Visit:
    """Somebody signed in, with a hint."""
    return Visit(provider)


def says(answer: TestResponse) -> dict[str, str]:
    """What the default page is told, once it is where the browser is sent."""
    assert answer.status_code == 302
    parts = urlsplit(answer.headers["Location"])
    assert (parts.netloc, parts.path) == ("", "/signed-out")
    return dict(parse_qsl(parts.query))


@pytest.mark.row("1.endpoint.logout", "5.logout.good", "5.logout.state")
@pytest.mark.parametrize("state", [None, "a state & more"])
def test_a_registered_address(visit: Visit, state: str | None) -> None:
    answer = visit.logout(
        id_token_hint=visit.hint,
        post_logout_redirect_uri=visit.target,
        **({"state": state} if state else {}),
    )
    more = f"?state={quote(state).replace('%20', '+')}" if state else ""
    assert (answer.status_code, answer.headers["Location"]) == (302, visit.target + more)
    assert not visit.signed_in


@pytest.mark.row("1.endpoint.logout")
def test_without_a_hint_a_page_asks(visit: Visit) -> None:
    answer = visit.logout(post_logout_redirect_uri=visit.target)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert visit.signed_in


@pytest.mark.row("5.logout.no_address")
def test_a_hint_and_no_address(visit: Visit) -> None:
    assert says(visit.logout(id_token_hint=visit.hint)) == {}
    assert not visit.signed_in


NOT_REGISTERED = "client registry does not contain post_logout_redirect_uri"
ADDRESSES = {
    "another page": ("{origin}/elsewhere", NOT_REGISTERED),
    "a slash more": ("{origin}/signed-out/", NOT_REGISTERED),
    "another host": ("https://evil.example/signed-out", NOT_REGISTERED),
    "a script": ("javascript:alert(1)", "invalid post logout redirect URI"),
    "half an address": ("https://[", "invalid post logout redirect URI"),
    "no address": ("nowhere", "invalid post logout redirect URI"),
}
ADDRESSES_ROWS = {
    name: "5.logout.not_registered" if words == NOT_REGISTERED else "5.logout.malformed"
    for name, (_, words) in ADDRESSES.items()
}


@pytest.mark.row("5.logout.names", "5.logout.state")
@pytest.mark.parametrize("name", with_rows(ADDRESSES, ADDRESSES_ROWS))
def test_an_address_that_is_not_gone_to(visit: Visit, name: str) -> None:
    address, words = ADDRESSES[name]
    answer = visit.logout(
        id_token_hint=visit.hint,
        post_logout_redirect_uri=address.format(origin=visit.party.origin),
        state="a state",
    )
    assert says(answer) == {
        "error_code": "invalid_request",
        "error_description": words,
        "state": "a state",
    }
    assert not visit.signed_in


@pytest.mark.row("5.logout.client_gone")
def test_the_hint_of_a_client_that_is_no_more(visit: Visit) -> None:
    with visit.provider.records() as session:
        session.query(Grant).filter_by(client_id=visit.party.client_id).delete()
        session.delete(session.get_one(Client, visit.party.client_id))
    visit.provider.wiring.registry.forget()
    answer = visit.logout(id_token_hint=visit.hint, post_logout_redirect_uri=visit.target)
    assert answer.status_code == 200
    assert "unauthorized_client: client not found" in answer.text
    assert visit.signed_in
