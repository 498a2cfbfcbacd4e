"""Input that no honest browser or service sends, on both databases.

Every attack stands beside the same request unattacked, which must succeed: else any unrelated
refusal would look like a defence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from idp.settings import Settings
from tests.support.building import register
from tests.support.citizens import Citizen, enrol, signed_in_cookie
from tests.support.clock import FixedClock
from tests.support.person import Answer, Person
from tests.support.relying_party import RelyingParty

HUGE = "x" * 100_000
ODD = ["\x00", "a\x00b", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "🜁" * 300]
Change = Callable[[str], str]


@dataclass
class Door:
    """A provider with one service and one citizen, who is signed in."""

    app: Flask
    person: Person
    party: RelyingParty
    alice: Citizen
    cookie: str
    clock: FixedClock

    def authorize(self, **changes: str | None) -> Answer:
        """The answer to an authorization request that differs from a good one by `changes`."""
        return self.person.request("GET", self.party.url(self.party.ask(**changes)), None, {})

    def token(self, **changes: str) -> Answer:
        """The answer to a token request that differs from a good one by `changes`."""
        asked = self.party.ask()
        answer = self.person.request("GET", self.party.url(asked), None, {})
        code = self.party.answer(asked, answer.headers["Location"])["code"]
        form = self.party.token_form(asked, code, self.clock.now()) | changes
        return self.person.request("POST", f"{self.party.issuer}token", form, {})


@pytest.fixture
def door(
    app: Flask,
    person: Person,
    session: Session,
    services: Services,
    settings: Settings,
    clock: FixedClock,
) -> Door:
    """Alice is signed in, so that a good request is answered with a code at once."""
    alice = enrol(session, services)
    party = register(session, services, RelyingParty(settings.issuer))
    cookie = signed_in_cookie(session, services, alice)
    session.commit()
    person.client.set_cookie("onepass-session", cookie, domain="id.onepass.localhost")
    return Door(app, person, party, alice, cookie, clock)


NEARLY_RIGHT: dict[str, Change] = {
    "another host": lambda _: "https://evil.example/callback",
    "a slash more": lambda uri: uri + "/",
    "a query more": lambda uri: uri + "?next=1",
    "a fragment more": lambda uri: uri + "#x",
    "http": lambda uri: uri.replace("https:", "http:"),
    "upper case": lambda uri: uri.replace("callback", "Callback"),
    "upper case host": lambda uri: uri.replace(".example", ".EXAMPLE"),
    "a port": lambda uri: uri.replace(".example/", ".example:443/"),
    "a user": lambda uri: uri.replace("https://", "https://evil@"),
    "a longer host": lambda uri: uri.replace(".example/", ".example.evil.example/"),
    "dots": lambda uri: uri.replace("/callback", "/x/../callback"),
    "an escape": lambda uri: uri.replace("callback", "c%61llback"),
    "a backslash": lambda uri: uri.replace("/callback", "\\@evil.example/callback"),
    "a space": lambda uri: uri + " ",
    "a newline": lambda uri: uri + "\r\nLocation: https://evil.example/",
    "a script": lambda _: "javascript:alert(1)",
    "nothing": lambda _: "",
    "a path alone": lambda _: "/callback",
    "a prefix": lambda uri: uri[:-1],
}


def test_an_address_that_is_not_registered_is_never_redirected_to(door: Door) -> None:
    assert door.authorize().status == 302
    for name, change in NEARLY_RIGHT.items():
        answer = door.authorize(redirect_uri=change(door.party.redirect_uri))
        assert (answer.status, answer.headers.get("Location")) == (400, None), name
        assert "Invalid request" in answer.body or "missing parameters" in answer.body, name
    answer = door.authorize(redirect_uri=None)
    assert (answer.status, answer.headers.get("Location")) == (400, None)


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_a_refusal_at_the_door_is_a_page_for_people_and_text_for_programs(
    door: Door, accept: str
) -> None:
    url = door.party.url(door.party.ask(redirect_uri="https://evil.example/"))
    answer = door.person.request("GET", url, None, {"Accept": accept})
    assert answer.status == 400
    assert answer.headers["Content-Type"].startswith(
        "text/html" if accept == "text/html" else "text/plain"
    )
    assert "Invalid request" in answer.body
    # The language toggle may carry it in its query; nothing leads there.
    assert "https://evil.example" not in answer.body


def test_a_parameter_sent_twice_is_refused(door: Door) -> None:
    good = door.party.ask().parameters
    url = f"{door.party.issuer}authorize?{urlencode(good)}"
    assert door.person.request("GET", url, None, {}).status == 302
    for name, value in good.items():
        answer = door.person.request("GET", f"{url}&{urlencode({name: value})}", None, {})
        location = answer.headers.get("Location", "")
        if name in ("client_id", "redirect_uri"):
            assert (answer.status, location) == (400, ""), name
        else:
            assert "error=invalid_request" in location, name
            assert "code=" not in location, name


def test_a_token_parameter_sent_twice_is_refused_and_the_code_is_kept_from_nobody(
    door: Door,
) -> None:
    asked = door.party.ask()
    answer = door.person.request("GET", door.party.url(asked), None, {})
    code = door.party.answer(asked, answer.headers["Location"])["code"]
    form = door.party.token_form(asked, code, door.clock.now())
    url = f"{door.party.issuer}token"
    for name in form:
        body = urlencode([*form.items(), (name, form[name])])
        refused = door.person.client.post(
            url,
            data=body,
            content_type="application/x-www-form-urlencoded",
            base_url=door.party.issuer,
        )
        assert refused.status_code == 400, name
        assert refused.get_json()["error"] == "invalid_request", name
    good = door.party.token_form(asked, code, door.clock.now())
    assert door.person.request("POST", url, good, {}).status == 200


WRONG: dict[str, list[str]] = {
    "response_type": ["token", "code token", "none", "", "Code"],
    "scope": ["", "email", "openid nonsense", "openid  email admin"],
    "vtr": ["Cl", '["Cm"]', '["P9.Cl.Cm"]', '{"a":1}', "[1]", "[[]]", "null", "[" * 500],
    "claims": ["{", "[]", '{"userinfo": 3}', '{"userinfo":{"https://x.example/":null}}'],
    "prompt": ["none login", "nonsense"],
    "code_challenge_method": ["plain", "", "s256"],
    "code_challenge": ["", "short", "ö" * 43],
    "max_age": ["-2", "abc", "1e9", "9" * 40],
    "response_mode": ["form", "nonsense"],
    "state": [""],
    "nonce": [""],
    "request_uri": ["https://evil.example/"],
}


def test_a_wrong_value_is_refused_in_the_protocols_words(door: Door) -> None:
    for name, values in WRONG.items():
        for value in values:
            answer = door.authorize(**{name: value})
            location = answer.headers.get("Location", "")
            assert answer.status in (302, 400), (name, value, answer.status)
            assert "code=" not in location, (name, value)
            if answer.status == 302:
                assert "error=" in location, (name, value)
                assert location.startswith(door.party.redirect_uri), (name, value)


def test_odd_and_huge_values_break_nothing(door: Door) -> None:
    good = door.party.ask().parameters
    for name in (*good, "ui_locales", "login_hint", "id_token_hint", "claims", "vtr", "lng"):
        for value in ODD:
            assert door.authorize(**{name: value}).status < 500, (name, value)
        assert door.authorize(**{name: HUGE}).status in (400, 414), name
    for name in ("code", "code_verifier", "redirect_uri", "client_assertion", "grant_type"):
        for value in ODD:
            assert door.token(**{name: value}).status == 400, (name, value)
        assert door.token(**{name: HUGE}).status == 413, name


def test_odd_and_huge_values_in_forms_break_nothing(door: Door) -> None:
    person = Person(door.app, door.party.issuer, "127.7.7.7")
    person.open(door.party.url(door.party.ask()))
    person.send(button=1)
    for value in [*ODD, "a" * 5000, "a@" + "b" * 400 + ".example", "' OR 1=1 --@x.example"]:
        person.send({"email": value})
        assert person.status in (200, 400), value
        person.open(f"{person.url.rsplit('/', 1)[0]}/email")
    person.send({"email": HUGE})
    assert person.status == 413
    person.open(f"{person.url.rsplit('/', 1)[0]}/email")
    person.send({"email": door.alice.email})
    for value in [*ODD, "p" * 4000]:
        if person.url.endswith("/password"):
            person.send({"password": value})
        assert person.status in (200, 400), value


def test_a_request_with_too_many_fields_is_refused(door: Door) -> None:
    many = {f"field{number}": "x" for number in range(300)}
    answer = door.person.request("POST", f"{door.party.issuer}token", many, {})
    assert answer.status in (400, 413)


def test_a_sign_out_is_no_longer_by_post_than_by_get(door: Door) -> None:
    address = f"{door.party.issuer}logout"
    assert door.person.request("POST", address, {"state": "s" * 3000}, {}).status == 303
    assert door.person.request("POST", address, {"state": "s" * 5000}, {}).status == 413
    assert door.token().status == 200


def test_forged_cookies_open_nothing(door: Door, session: Session) -> None:
    assert door.authorize().status == 302
    others = [
        "",
        "x",
        door.cookie[:-1],
        door.cookie[:-1] + ("A" if door.cookie[-1] != "A" else "B"),
        door.cookie.lower(),
        door.cookie + "x",
        session.scalars(sa.select(BrowserSession.cookie_hash)).one(),
        session.scalars(sa.select(BrowserSession.sid)).one(),
        HUGE[:4000],
        '{"sid": 1}',
        "%00",
        "é",
    ]
    for forged in others:
        mallory = Person(door.app, door.party.issuer, "127.6.6.6")
        mallory.client.set_cookie("onepass-session", forged, domain="id.onepass.localhost")
        mallory.open(door.party.url(door.party.ask()))
        assert mallory.left_to is None, forged
        assert mallory.url.endswith("/start"), forged


def test_a_forged_browser_cookie_is_a_new_browser(door: Door) -> None:
    mallory = Person(door.app, door.party.issuer, "127.6.6.5")
    mallory.open(door.party.url(door.party.ask()))
    cookie = mallory.client.get_cookie("onepass-browser", domain="id.onepass.localhost")
    assert cookie is not None
    body, _, signature = cookie.value.rpartition(".")
    for forged in (body, f"{body}.{signature[::-1]}", "e30.x.y", "{}", "x" * 3000):
        other = Person(door.app, door.party.issuer, "127.6.6.4")
        other.client.set_cookie("onepass-browser", forged, domain="id.onepass.localhost")
        other.open(mallory.url)
        assert other.status == 403, forged


def test_the_session_cookie_changes_at_every_step_up(door: Door) -> None:
    person = Person(door.app, door.party.issuer, "127.6.6.3")
    planted = "p" * 43
    person.client.set_cookie("onepass-session", planted, domain="id.onepass.localhost")
    person.open(door.party.url(door.party.ask()))
    person.send(button=1)
    person.send({"email": door.alice.email})
    seen = [planted]
    for field, value in (
        ("password", door.alice.password),
        ("code", door.alice.code(door.clock.now())),
    ):
        person.send({field: value})
        cookie = person.client.get_cookie("onepass-session", domain="id.onepass.localhost")
        assert cookie is not None
        assert cookie.value not in seen
        assert cookie.http_only
        seen.append(cookie.value)
    assert person.left_to is not None
    for old in seen[:-1]:
        mallory = Person(door.app, door.party.issuer, "127.6.6.2")
        mallory.client.set_cookie("onepass-session", old, domain="id.onepass.localhost")
        mallory.open(door.party.url(door.party.ask()))
        assert mallory.left_to is None


def test_a_host_header_names_nobody_elses_host(door: Door) -> None:
    parts = urlsplit(door.party.url(door.party.ask()))
    answer = door.person.client.get(
        f"{parts.path}?{parts.query}",
        base_url="http://evil.example/",
        headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    )
    assert "evil.example" not in answer.headers.get("Location", "")
    document = door.person.client.get(
        "/.well-known/openid-configuration", base_url="http://evil.example/"
    )
    assert "evil.example" not in document.get_data(as_text=True)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize(
    "path", ["/j//evil.example/", "/j/evil.example", "//j//x/", "/connect//register"]
)
def test_an_address_in_another_spelling_is_no_address(door: Door, path: str, method: str) -> None:
    """DISC-01: a redirect to the right spelling would be to whatever host the sender named."""
    answer = door.person.client.open(
        "/", method=method, base_url="http://evil.example/", environ_overrides={"PATH_INFO": path}
    )
    assert answer.status_code in {404, 405}
    assert "Location" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert door.authorize().status == 302
