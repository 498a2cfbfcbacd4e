"""`/logout` over HTTP: which hints are believed, and where anybody is sent afterwards."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import jwt
import pytest
from werkzeug.test import TestResponse

from idp.domain.outbox import OutboxMessage
from tests.endpoints.provider import Browser, Provider
from tests.support.relying_party import RelyingParty, ec_key

SIGNATURE = "unable to validate id_token_hint"
UNREADABLE = "invalid id_token_hint"


class Visit:
    """Somebody signed in, who used a service; their hint and the service's address."""

    def __init__(self, provider: Provider, **about: Any) -> None:
        self.provider = provider
        self.party: RelyingParty = provider.party(**about)
        self.browser: Browser = provider.signed_in()
        _, tokens = provider.tokens(self.party, self.browser)
        self.hint: str = tokens["id_token"]
        self.access: str = tokens["access_token"]
        self.target = f"{self.party.origin}/signed-out"

    def logout(self, **parameters: str) -> TestResponse:
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
        return self.browser.get(f"/logout?{query}", Accept="text/html")

    @property
    def signed_in(self) -> bool:
        return self.browser.session().ended_at is None


@pytest.fixture
def visit(on_sqlite: Provider) -> Visit:
    return Visit(on_sqlite)


def test_with_a_hint_the_session_ends_and_all_that_hung_off_it(provider: Provider) -> None:
    visit = Visit(provider)
    asked, code = visit.browser.code(visit.party)
    answer = visit.logout(
        id_token_hint=visit.hint, post_logout_redirect_uri=visit.target, state="s 1&<"
    )
    assert answer.status_code in (302, 303)
    assert answer.headers["Location"] == f"{visit.target}?state=s+1%26%3C"
    assert "onepass-session=;" in answer.headers["Set-Cookie"]
    assert not visit.signed_in
    assert provider.userinfo(visit.access).status_code == 401
    assert provider.redeem(visit.party, asked, code).status_code == 400
    asked = visit.party.ask(prompt="none")
    answer = visit.browser.authorize(visit.party, asked)
    told = visit.party.answer(asked, answer.headers["Location"])
    assert told["error"] == "login_required"


def test_an_old_cookie_opens_nothing_after_signing_out(provider: Provider) -> None:
    visit = Visit(provider)
    cookie = visit.browser.client.get_cookie("onepass-session", domain=provider.host)
    assert cookie is not None
    visit.logout(id_token_hint=visit.hint)
    other = provider.browser()
    other.client.set_cookie("onepass-session", cookie.value, domain=provider.host)
    asked = visit.party.ask(prompt="none")
    answer = other.authorize(visit.party, asked)
    told = visit.party.answer(asked, answer.headers["Location"])
    assert told["error"] == "login_required"


@pytest.mark.row("5.logout.hint")
def test_a_hint_counts_after_it_has_expired(visit: Visit) -> None:
    visit.provider.clock.move(3000)
    answer = visit.logout(id_token_hint=visit.hint, post_logout_redirect_uri=visit.target)
    assert answer.headers["Location"] == visit.target
    assert not visit.signed_in


def none_instead(visit: Visit) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return f"{head}.{visit.hint.split('.')[1]}."


def strangers(visit: Visit) -> str:
    claims = jwt.decode(visit.hint, options={"verify_signature": False})
    header = jwt.get_unverified_header(visit.hint)
    return jwt.encode(claims, ec_key("a stranger"), algorithm="ES256", headers=header)


def altered(visit: Visit) -> str:
    head, payload, signature = visit.hint.split(".")
    return f"{head}.{payload}.{signature[:-6]}AAAAAA"


def deep(_visit: Visit) -> str:
    return base64.urlsafe_b64encode(b"[" * 1200).rstrip(b"=").decode() + ".a.b"


def claims_missing(visit: Visit) -> str:
    return visit.provider.services.keyring.sign({"sub": "x"}, alg="ES256", typ="")


HINTS: dict[str, tuple[Callable[[Visit], str], str]] = {
    "an altered signature": (altered, SIGNATURE),
    "no signature": (lambda visit: visit.hint.rsplit(".", 1)[0] + ".", SIGNATURE),
    "alg none": (none_instead, SIGNATURE),
    "a stranger's key": (strangers, SIGNATURE),
    "an access token": (lambda visit: visit.access, SIGNATURE),
    "nonsense": (lambda _visit: "nonsense", UNREADABLE),
    "two parts": (lambda visit: visit.hint.rsplit(".", 1)[0], UNREADABLE),
    "other letters": (lambda _visit: "ŵ.ŵ.ŵ", UNREADABLE),
    "a header nobody can read to its end": (deep, UNREADABLE),
    "our signature under too few claims": (claims_missing, UNREADABLE),
}


@pytest.mark.parametrize("name", HINTS)
@pytest.mark.row("5.logout.hint")
def test_a_hint_that_is_not_believed_asks_first_and_leads_nowhere(visit: Visit, name: str) -> None:
    make, words = HINTS[name]
    answer = visit.logout(id_token_hint=make(visit), post_logout_redirect_uri=visit.target)
    assert answer.status_code == 200, answer.text
    assert words in answer.text
    assert visit.signed_in
    visit.logout(id_token_hint=visit.hint)
    assert not visit.signed_in


@pytest.mark.parametrize(
    "change",
    [lambda uri: uri + "/", lambda uri: uri + "?a=b", lambda uri: uri + "#a",
     lambda uri: uri.replace("https", "http"), lambda uri: uri.replace("example", "Example"),
     lambda _uri: "https://evil.example/", lambda _uri: "//evil.example", lambda _uri: "/",
     lambda _uri: "javascript:alert(1)", lambda uri: uri + "\r\nX: y", lambda _uri: " "],
)  # fmt: skip
def test_an_address_that_is_not_registered_is_not_gone_to(
    visit: Visit, change: Callable[[str], str]
) -> None:
    address = change(visit.target)
    answer = visit.logout(
        id_token_hint=visit.hint, post_logout_redirect_uri=address, state="secret-state"
    )
    location = answer.headers.get("Location", "/signed-out")
    assert location.startswith("/signed-out")
    assert "evil" not in location
    assert not visit.signed_in


@pytest.mark.row("5.logout.no_hint")
def test_an_address_without_a_hint_is_not_gone_to(visit: Visit) -> None:
    answer = visit.logout(post_logout_redirect_uri=visit.target, client_id=visit.party.client_id)
    assert answer.status_code == 200
    assert visit.signed_in


def test_hint_and_client_that_disagree(visit: Visit) -> None:
    other = visit.provider.party()
    answer = visit.logout(
        id_token_hint=visit.hint,
        client_id=other.client_id,
        post_logout_redirect_uri=visit.target,
    )
    assert answer.status_code == 200
    assert UNREADABLE in answer.text
    assert visit.signed_in


def test_a_doubled_parameter_counts_as_none(visit: Visit) -> None:
    query = f"id_token_hint={visit.hint}&post_logout_redirect_uri={visit.target}"
    answer = visit.browser.get(
        f"/logout?{query}&post_logout_redirect_uri={visit.target}", Accept="text/html"
    )
    assert answer.headers["Location"].startswith("/signed-out")


def test_nobody_signed_in_is_sent_on(visit: Visit) -> None:
    stranger = visit.provider.browser()
    answer = stranger.get(
        f"/logout?id_token_hint={visit.hint}&post_logout_redirect_uri={visit.target}"
    )
    assert answer.headers["Location"] == visit.target
    assert visit.signed_in


@pytest.mark.row("5.logout.session_ends", "5.logout.no_hint")
def test_a_get_alone_ends_nothing(visit: Visit) -> None:
    """LOGOUT-01: an image on a stranger's page must not sign anybody out."""
    for query in ("", "state=x", "id_token_hint=", "client_id=x"):
        assert visit.browser.get(f"/logout?{query}").status_code == 200
        assert visit.signed_in


@pytest.mark.row("5.back_channel.logout", "5.back_channel.every_journey")
def test_services_with_a_back_channel_are_told_once(provider: Provider) -> None:
    visit = Visit(provider, more={"back_channel_logout_uri": "https://back.example/logout"})
    provider.tokens(visit.party, visit.browser)
    before = _waiting(provider)
    visit.logout(id_token_hint=visit.hint)
    visit.logout(id_token_hint=visit.hint)
    assert _waiting(provider) == before + 1


def _waiting(provider: Provider) -> int:
    with provider.records() as session:
        return int(session.query(OutboxMessage).filter_by(kind="back_channel_logout").count())
