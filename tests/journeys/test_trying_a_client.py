"""A team tries its client on our pages; our own redirect address is good for nothing else."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import clients, members, tries, wanted_faults
from idp.domain.clients import Client
from idp.domain.go_live_checks import has_signed_somebody_in
from idp.domain.grants import Grant
from idp.domain.members import Role
from idp.domain.services import Services
from idp.protocol.try_checks import decoded
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol
from tests.support.clock import FixedClock
from tests.support.consoles import sign_in_as
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

OURS = f"{ISSUER}try/callback"


@pytest.fixture
def party(session: Session, services: Services) -> RelyingParty:
    """An integration client."""
    made = RelyingParty(ISSUER, client_id="tried")
    clients.apply(session, services, made.registration())
    session.commit()
    return made


@pytest.fixture
def page(session: Session, party: RelyingParty) -> str:
    """Where it is tried."""
    service_id = session.get_one(Client, party.client_id).service_id
    return f"{ISSUER}team/services/{service_id}/clients/{party.client_id}/try"


@pytest.fixture
def come(
    app: Flask, session: Session, services: Services, party: RelyingParty
) -> Callable[[str], Person]:
    """Brings a writer of the service."""

    def bring(email: str) -> Person:
        citizen = enrol(session, services, Citizen(email))
        service_id = session.get_one(Client, party.client_id).service_id
        members.add(session, services, service_id, citizen.account_id, Role.WRITER)
        return sign_in_as(app, session, services, citizen)

    return bring


@pytest.fixture
def writer(come: Callable[[str], Person]) -> Person:
    """A writer of the service."""
    return come("writer@example.com")


@pytest.mark.parametrize("environment", ["integration", "production"])
def test_a_production_client_is_led_to_no_tries_from_any_page(
    session: Session,
    services: Services,
    party: RelyingParty,
    page: str,
    come: Callable[[str], Person],
    environment: str,
) -> None:
    party.more["environment"] = environment
    clients.apply(session, services, party.registration())
    writer = come("leads@example.com")
    for other in ("", "/keys", "/secret", "/settings", "/requests"):
        writer.open(page.removesuffix("/try") + other)
        assert writer.status == 200, other
        led = any(href.endswith("/try") for href, _ in writer.page.links)
        assert led == (environment == "integration"), other


def build(writer: Person, page: str, **typed: str) -> str:
    """Build a request; the address to follow."""
    writer.open(page)
    writer.send({"pkce": "1", "scope": "openid email", "vtr": '["Cl.Cm"]'} | typed)
    assert writer.heading == "The request, part by part", writer.page.text
    found = re.search(r'href="(http[^"]+/authorize\?[^"]+)"', writer.html)
    assert found
    return found[1].replace("&amp;", "&")


def changed(address: str, **values: str) -> str:
    """The address with other values in its query."""
    parts = urlsplit(address)
    query = {name: held[0] for name, held in parse_qs(parts.query).items()} | values
    return parts._replace(query=urlencode(query)).geturl()


def test_every_check_is_ticked_and_nothing_is_left_behind(
    writer: Person, page: str, session: Session
) -> None:
    address = build(writer, page)
    writer.open(address)
    words = writer.page.text
    assert writer.heading == "What came of your try", words
    for check in ("state", "iss", "aud", "exp", "nonce", "at_hash", "signature", "vot", "sub"):
        assert f"<code>{check}</code>" in writer.html, check
    assert "Fail" not in words
    assert words.count("Pass") > 15
    assert "writer@example.com" in words, "UserInfo"
    assert "JWT-SIGNED-WITH-YOUR-PRIVATE-KEY" in words
    [token] = {raw for raw in re.findall(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", writer.html)
               if decoded(raw).header.get("typ") == "at+jwt"}  # fmt: skip
    refused = writer.request("GET", f"{ISSUER}userinfo", None, {"Authorization": f"Bearer {token}"})
    assert refused.status == 401, "the access is withdrawn"
    [grant] = session.scalars(select(Grant))
    assert grant.revoked_at is not None
    assert not has_signed_somebody_in(session, "tried"), "that was not the client"
    assert "eyJ" not in "".join(str(vars(row)) for row in session.scalars(select(tries.Try)))


@pytest.mark.parametrize("vtr", ["5", "null", "true"])
def test_a_vtr_that_is_json_and_no_list_is_refused_in_words(
    writer: Person, page: str, vtr: str
) -> None:
    writer.open(build(writer, page, vtr=vtr))
    assert writer.status == 200
    assert writer.heading == "What came of your try"


def test_a_try_is_shown_once(writer: Person, page: str) -> None:
    writer.open(build(writer, page))
    assert writer.heading == "What came of your try"
    assert writer.open(writer.url).status == 410
    assert writer.heading == "This try is over"


def test_a_faulty_answer_fails_its_check(
    writer: Person, page: str, session: Session, services: Services
) -> None:
    now = services.clock.now()
    wanted_faults.ask(session, "tried", ["id_token.INVALID_AUD"], now, offered=True)
    session.commit()
    writer.open(build(writer, page))
    assert re.search(r"<code>aud</code>.*?<strong>Fail</strong>", writer.html, re.DOTALL)
    wanted_faults.ask(session, "tried", ["id_token.INVALID_SIGNATURE"], now, offered=True)
    session.commit()


def test_a_refusal_is_shown_too(writer: Person, page: str) -> None:
    writer.open(build(writer, page, scope="openid everything"))
    assert "invalid_scope" in writer.page.text
    assert "no tokens" in writer.page.text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda address: changed(address, state="another-state-of-somebody"),
        lambda address: changed(address, redirect_uri=f"{OURS}/"),
        lambda address: changed(address, redirect_uri=f"{OURS}?a=1"),
    ],
    ids=["state", "slash", "query"],
)
def test_our_address_is_refused_for_another_request(
    writer: Person, page: str, spoil: Callable[[str], str]
) -> None:
    address = build(writer, page)
    assert writer.open(spoil(address)).status == 400
    assert writer.left_to is None
    writer.open(address)
    assert writer.heading == "What came of your try"


def test_our_address_is_refused_in_another_browser_and_for_another_client(
    writer: Person, page: str, come: Callable[[str], Person], session: Session, services: Services
) -> None:
    clients.apply(session, services, RelyingParty(ISSUER, client_id="another").registration())
    session.commit()
    address = build(writer, page)
    assert come("other@example.com").open(address).status == 400
    assert writer.open(changed(address, client_id="another")).status == 400


def test_a_try_ends_after_ten_minutes(writer: Person, page: str, clock: FixedClock) -> None:
    address = build(writer, page)
    clock.move(tries.LIFETIME)
    assert writer.open(address).status == 400


def test_a_code_of_a_try_is_of_no_use_in_another_browser(
    writer: Person, page: str, come: Callable[[str], Person]
) -> None:
    address = build(writer, page)
    back = writer.request("GET", address, None, {}).headers["Location"]
    assert back.startswith(OURS)
    other = come("other@example.com")
    assert other.open(back).status == 410
    writer.open(back)
    assert writer.heading == "What came of your try"


def test_a_production_client_is_never_tried(
    writer: Person, page: str, session: Session, services: Services
) -> None:
    address = build(writer, page)
    clients.apply(session, services, {"client_id": "tried", "environment": "production"})
    session.commit()
    assert writer.open(page).status == 404
    writer_app: Flask = writer.client.application
    writer_app.extensions["onepass"].registry.forget()
    assert writer.open(address).status == 400
