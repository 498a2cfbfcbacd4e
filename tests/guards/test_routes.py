"""Every route stands in this table with its policy, and keeps to it.

A new route makes the first test fail until somebody has written down who may call it and what
protects its posts.
"""

from dataclasses import dataclass
from typing import Final

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain.services import Services
from idp.settings import Settings
from tests.guards.console_pages import PAGES
from tests.support.addresses import own_address
from tests.support.building import ISSUER, PRODUCTION, make_services, make_settings, register
from tests.support.citizens import Citizen, enrol
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

PUBLIC: Final = "anybody"
JOURNEY: Final = "the browser that started this Journey"
CLIENT: Final = "a client that proves who it is"
TOKEN: Final = "the bearer of an access token"
TICKET: Final = "the bearer of a ticket that works once"
SIGNED_IN: Final = "anybody; it acts on the session of this browser alone"
OWNER: Final = "whoever is signed in at Cl.Cm, for their own account"
NO_PRODUCTION: Final = "anybody, outside production"
TEAM: Final = "a service team with a registration key"
MEMBER: Final = "whoever is signed in at Cl.Cm and has the role in tests/guards/console_pages.py"

FORM: Final = "our token of this browser, and our Origin"
NOT_A_FORM: Final = "exempt: a machine proves itself in the request"
FOREIGN_BY_DESIGN: Final = "exempt: services post here; it changes nothing before a page asked"
NOBODYS: Final = "our Origin; it acts for nobody, so that no cookie is needed"
NO_POST: Final = ""


@dataclass(frozen=True)
class Policy:
    """Who may call a route, what protects its posts, and whether production has it."""

    who: str
    posts: str = NO_POST
    only_post: bool = False
    production: bool = True
    puts: bool = False


ROUTES: Final = {
    "/": Policy(PUBLIC),
    "/about": Policy(PUBLIC),
    "/terms": Policy(PUBLIC),
    "/privacy": Policy(PUBLIC),
    "/cookies": Policy(PUBLIC),
    "/accessibility": Policy(PUBLIC),
    "/support": Policy(PUBLIC),
    "/service-teams": Policy(PUBLIC),
    "/static/<path:filename>": Policy(PUBLIC),
    "/assets/<path:filename>": Policy(PUBLIC),
    "/health": Policy(PUBLIC),
    "/.well-known/openid-configuration": Policy(PUBLIC),
    "/.well-known/jwks.json": Policy(PUBLIC),
    "/.well-known/did.json": Policy(PUBLIC),
    "/trustmark": Policy(PUBLIC),
    "/authorize": Policy(PUBLIC, FOREIGN_BY_DESIGN),
    "/authorize/posted/<ticket>": Policy(TICKET),
    "/token": Policy(CLIENT, NOT_A_FORM, only_post=True),
    "/introspect": Policy(CLIENT, NOT_A_FORM, only_post=True),
    "/revoke": Policy(CLIENT, NOT_A_FORM, only_post=True),
    "/connect/register": Policy(TEAM, NOT_A_FORM, only_post=True, production=False),
    "/connect/register/<client_id>": Policy(TEAM, only_post=True, puts=True, production=False),
    "/userinfo": Policy(TOKEN, NOT_A_FORM),
    "/logout": Policy(SIGNED_IN, FOREIGN_BY_DESIGN),
    "/logout/confirm": Policy(SIGNED_IN, FORM, only_post=True),
    "/signed-out": Policy(PUBLIC),
    "/mailbox": Policy(NO_PRODUCTION, production=False),
    "/mailbox.json": Policy(NO_PRODUCTION, production=False),
    "/try/callback": Policy(TICKET, production=False),
    "/faults": Policy(NO_PRODUCTION, production=False),
    "/security-testing": Policy(NO_PRODUCTION, production=False),
    "/faults/<client_id>": Policy(NO_PRODUCTION, FORM, production=False),
    "/mailbox/<message_id>": Policy(NO_PRODUCTION, production=False),
    "/account": Policy(OWNER),
    "/account/service/<service_id>": Policy(OWNER),
    "/account/service/<service_id>/remove": Policy(OWNER, FORM),
    "/account/service/<service_id>/removed": Policy(OWNER),
    "/account/history": Policy(OWNER),
    "/account/history/<reference>": Policy(OWNER, FORM),
    "/account/history/<reference>/reported": Policy(OWNER),
    "/account/security": Policy(OWNER),
    "/account/devices": Policy(OWNER),
    "/account/devices/<sid>": Policy(OWNER, FORM, only_post=True),
    "/account/sign-out-everywhere": Policy(OWNER, FORM),
    "/account/confirm/<change>": Policy(OWNER, FORM),
    "/account/confirm/<change>/code": Policy(OWNER, FORM),
    "/account/confirm/<change>/recovery-code": Policy(OWNER, FORM),
    "/account/confirm/<change>/passkey": Policy(OWNER, FORM),
    "/account/held/<change>": Policy(OWNER),
    "/account/password": Policy(OWNER, FORM),
    "/account/password-changed": Policy(OWNER),
    "/account/email": Policy(OWNER, FORM),
    "/account/email/<journey_id>": Policy(OWNER, FORM),
    "/account/email/<journey_id>/resend": Policy(OWNER, FORM),
    "/account/email-changed": Policy(OWNER),
    "/account/app": Policy(OWNER, FORM),
    "/account/backup": Policy(OWNER, FORM),
    "/account/backup/app": Policy(OWNER, FORM),
    "/account/passkeys": Policy(OWNER, FORM),
    "/account/passkeys/<passkey_id>/remove": Policy(OWNER, FORM, only_post=True),
    "/account/recovery-codes": Policy(OWNER, FORM),
    "/account/ways-changed": Policy(OWNER),
    "/account/delete": Policy(OWNER, FORM),
    "/account/data": Policy(OWNER, FORM),
    "/feedback": Policy(PUBLIC, NOBODYS),
    "/feedback/thanks": Policy(PUBLIC),
    "/stay": Policy(SIGNED_IN, FORM, only_post=True),
    "/j/<journey_id>/": Policy(JOURNEY),
    "/j/<journey_id>/start": Policy(JOURNEY, FORM),
    "/j/<journey_id>/email": Policy(JOURNEY, FORM),
    "/j/<journey_id>/password": Policy(JOURNEY, FORM),
    "/j/<journey_id>/code": Policy(JOURNEY, FORM),
    "/j/<journey_id>/method": Policy(JOURNEY, FORM),
    "/j/<journey_id>/passkey": Policy(JOURNEY, FORM),
    "/j/<journey_id>/passkey-offer": Policy(JOURNEY, FORM),
    "/j/<journey_id>/recovery-code": Policy(JOURNEY, FORM),
    "/j/<journey_id>/recovery-code/used": Policy(JOURNEY),
    "/j/<journey_id>/locked": Policy(JOURNEY),
    "/j/<journey_id>/create/email": Policy(JOURNEY, FORM),
    "/j/<journey_id>/create/email-code": Policy(JOURNEY, FORM),
    "/j/<journey_id>/create/email-resend": Policy(JOURNEY, FORM),
    "/j/<journey_id>/create/password": Policy(JOURNEY, FORM),
    "/j/<journey_id>/create/app": Policy(JOURNEY, FORM),
    "/j/<journey_id>/create/recovery-codes": Policy(JOURNEY, FORM),
    "/j/<journey_id>/create/done": Policy(JOURNEY),
    "/j/<journey_id>/prove": Policy(JOURNEY, FORM, production=False),
    "/j/<journey_id>/prove/stand-in": Policy(JOURNEY, FORM, production=False),
    "/j/<journey_id>/prove/wait": Policy(JOURNEY, FORM, production=False),
    "/j/<journey_id>/prove/details": Policy(JOURNEY, FORM, production=False),
    "/j/<journey_id>/prove/result": Policy(JOURNEY, FORM, production=False),
    "/j/<journey_id>/share": Policy(JOURNEY, FORM),
    "/j/<journey_id>/stay": Policy(JOURNEY, FORM, only_post=True),
    "/j/<journey_id>/terms": Policy(JOURNEY, FORM),
    "/j/<journey_id>/reset/request": Policy(JOURNEY, FORM),
    "/j/<journey_id>/reset/required": Policy(JOURNEY, FORM),
    "/j/<journey_id>/reset/email-code": Policy(JOURNEY, FORM),
    "/j/<journey_id>/reset/email-resend": Policy(JOURNEY, FORM),
    "/j/<journey_id>/reset/second-factor": Policy(JOURNEY, FORM),
    "/j/<journey_id>/reset/recovery-code": Policy(JOURNEY, FORM),
    "/j/<journey_id>/reset/password": Policy(JOURNEY, FORM),
    "/j/<journey_id>/reset/locked": Policy(JOURNEY),
    "/j/<journey_id>/recover": Policy(JOURNEY, FORM),
    "/j/<journey_id>/recover/email-code": Policy(JOURNEY, FORM),
    "/j/<journey_id>/recover/email-resend": Policy(JOURNEY, FORM),
    "/j/<journey_id>/recover/stop": Policy(JOURNEY, FORM),
    "/j/<journey_id>/recover/ready": Policy(JOURNEY, FORM),
    "/j/<journey_id>/recover/not-now": Policy(JOURNEY, FORM),
    "/j/<journey_id>/recover/not-confirmed": Policy(JOURNEY, FORM),
    "/j/<journey_id>/recover/waiting": Policy(JOURNEY),
    "/j/<journey_id>/recover/stopped": Policy(JOURNEY),
    "/j/<journey_id>/recover/done": Policy(JOURNEY),
} | {
    rule: Policy(MEMBER, FORM if "POST" in methods else NO_POST, only_post="GET" not in methods)
    for rule, (_, methods) in PAGES.items()
}

FORMS: Final = sorted(rule for rule, policy in ROUTES.items() if policy.posts == FORM)
OF_AN_OWNER: Final = sorted(
    rule for rule, policy in ROUTES.items() if policy.who == OWNER and not policy.only_post
)
OF_A_JOURNEY: Final = sorted(
    rule for rule, policy in ROUTES.items() if policy.who == JOURNEY and not policy.only_post
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What a route lets through does not depend on the database."""
    return sqlite_url


def methods_of(app: Flask) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        found.setdefault(rule.rule, set()).update(rule.methods or ())
    return {rule: methods - {"HEAD", "OPTIONS"} for rule, methods in found.items()}


def test_every_route_stands_in_the_table(app: Flask) -> None:
    assert set(methods_of(app)) == set(ROUTES)


def test_every_route_takes_the_methods_its_policy_names(app: Flask) -> None:
    wanted = {
        rule: ({"POST"} if policy.posts else set())
        | (set() if policy.only_post else {"GET"})
        | ({"PUT"} if policy.puts else set())
        for rule, policy in ROUTES.items()
    }
    assert methods_of(app) == wanted


@pytest.fixture
def journey(person: Person, session: Session, services: Services, settings: Settings) -> str:
    """The id of a Journey that `person` started and is choosing an email address in."""
    enrol(session, services)
    party = register(session, services, RelyingParty(settings.issuer))
    session.commit()
    person.open(party.url(party.ask()))
    return person.url.split("/j/")[1].split("/")[0]


def address_of(rule: str, journey: str) -> str:
    return ISSUER + rule[1:].replace("<journey_id>", journey)


@pytest.mark.parametrize("token", ["none", "another browser's", "made up"])
def test_a_form_without_our_token_is_refused(
    app: Flask, person: Person, journey: str, token: str
) -> None:
    data = {"email": "alice@example.com", "choice": "sign_in"}
    stranger = Person(app, ISSUER, own_address())
    stranger.open(f"{ISSUER}account")
    others = [f.values["csrf_token"] for f in stranger.page.forms if "csrf_token" in f.values]
    if token != "none":
        data["csrf_token"] = others[0] if token == "another browser's" else "made.up.token"
    answers = {
        rule: person.request("POST", address_of(rule, journey), data, {}).status for rule in FORMS
    }
    assert answers == dict.fromkeys(FORMS, 403)


def test_a_form_from_another_site_is_refused(person: Person, journey: str) -> None:
    token = person.form().values["csrf_token"]
    data = {"csrf_token": token, "choice": "sign_in", "email": "alice@example.com"}
    evil = {"Origin": "https://evil.example"}
    answers = {
        rule: person.request("POST", address_of(rule, journey), data, evil).status for rule in FORMS
    }
    assert answers == dict.fromkeys(FORMS, 403)


def test_the_same_form_with_our_token_is_accepted(person: Person, journey: str) -> None:
    person.send(button=1)
    assert (person.status, person.url) == (200, f"{ISSUER}j/{journey}/email")


def test_a_journey_is_worth_nothing_in_another_browser(app: Flask, journey: str) -> None:
    mallory = Person(app, ISSUER, own_address())
    for rule in OF_A_JOURNEY:
        mallory.open(address_of(rule, journey))
        assert mallory.status == 403, rule
        assert "another browser" in mallory.heading, rule


def test_a_journey_that_never_was_shows_a_page_of_its_own(person: Person) -> None:
    for rule in OF_A_JOURNEY:
        person.open(address_of(rule, "a" * 43))
        assert person.status == 410, rule


def test_an_account_is_shown_to_nobody_who_is_not_signed_in(app: Flask) -> None:
    for rule in OF_AN_OWNER:
        nobody = Person(app, ISSUER, own_address())
        nobody.open(ISSUER + rule[1:])
        assert "/j/" in nobody.url, rule
        assert nobody.url.endswith("/start"), rule


def test_a_password_alone_opens_no_account(person: Person, journey: str) -> None:
    citizen = Citizen()
    person.send(button=1)
    person.send({"email": citizen.email})
    person.send({"password": citizen.password})
    for rule in OF_AN_OWNER:
        person.open(ISSUER + rule[1:])
        assert person.url.endswith("/code"), rule


@pytest.mark.parametrize("path", ["token", "introspect", "revoke"])
def test_an_endpoint_for_clients_refuses_who_does_not_prove_themselves(
    person: Person, path: str
) -> None:
    form = {"grant_type": "authorization_code", "token": "x", "code": "x", "redirect_uri": "x"}
    answer = person.request("POST", f"{ISSUER}{path}", form, {})
    assert answer.status == 400
    assert "Invalid token authentication method used" in answer.body


def test_registration_is_not_there_for_who_has_no_key(person: Person) -> None:
    assert person.request("POST", f"{ISSUER}connect/register", {}, {}).status == 404
    assert person.request("PUT", f"{ISSUER}connect/register/x", {}, {}).status == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_userinfo_refuses_who_bears_no_token(person: Person, method: str) -> None:
    answer = person.request(method, f"{ISSUER}userinfo", None, {})
    assert (answer.status, answer.body) == (401, "")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_service_may_post_an_authorization_request(
    person: Person, session: Session, services: Services, settings: Settings
) -> None:
    party = register(session, services, RelyingParty(settings.issuer))
    session.commit()
    answer = person.request(
        "POST", f"{ISSUER}authorize", party.ask().parameters, {"Origin": party.origin}
    )
    assert answer.status == 303
    person.open(answer.headers["Location"])
    assert person.status == 200
    person.open(answer.headers["Location"])
    assert person.status == 410, "the ticket worked twice"


def test_production_has_no_stand_ins_and_no_registration(
    sqlite_url: str, tmp_path: object, clock: FixedClock
) -> None:
    from pathlib import Path

    from idp.app import create_app

    settings = make_settings(
        sqlite_url,
        Path(str(tmp_path)),
        issuer="https://id.example/",
        more=PRODUCTION,
    )
    app = create_app(settings, make_services(settings, clock))
    outside = {rule for rule, policy in ROUTES.items() if not policy.production}
    assert set(methods_of(app)) == set(ROUTES) - outside
