"""Discovery matches behaviour: what it advertises works, and what it leaves out is refused."""

import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain.sample_people import SAMPLE_PEOPLE
from idp.domain.services import Services
from idp.settings import Settings
from tests.support.building import register
from tests.support.citizens import enrol, signed_in_cookie
from tests.support.clock import FixedClock
from tests.support.identity import ALL_CLAIMS, IdentityParty, prove, walk_back
from tests.support.person import Person
from tests.support.relying_party import RelyingParty, verified

Flow = Callable[..., dict[str, Any]]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is advertised does not depend on the database."""
    return sqlite_url


@pytest.fixture
def advertised(person: Person) -> dict[str, Any]:
    """The discovery document."""
    document: dict[str, Any] = person.client.get("/.well-known/openid-configuration").get_json()
    return document


@pytest.fixture
def flow(
    app: Flask,
    person: Person,
    session: Session,
    services: Services,
    settings: Settings,
    clock: FixedClock,
) -> Flow:
    """A whole flow of a new client with these properties; returns everything that came back."""
    alice = enrol(session, services)
    cookie = signed_in_cookie(session, services, alice)
    session.commit()
    person.client.set_cookie("onepass-session", cookie, domain="id.onepass.localhost")

    def run(
        changes: dict[str, str] | None = None, *, signed: bool = False, **properties: Any
    ) -> dict[str, Any]:
        party = register(session, services, RelyingParty(settings.issuer, **properties))
        session.commit()
        asked = party.ask_signed(clock.now()) if signed else party.ask(**(changes or {}))
        answer = person.request("GET", party.url(asked), None, {})
        location = answer.headers.get("Location", "")
        if "code=" not in location:
            return {"location": location, "text": answer.body, "party": party}
        query = location.replace("#", "?", 1)
        code = party.answer(asked, query)["code"]
        form = party.token_form(asked, code, clock.now())
        tokens = person.client.post("/token", data=form, headers=party.headers).get_json()
        bearer = {"Authorization": f"Bearer {tokens.get('access_token')}"}
        claims = person.client.get("/userinfo", headers=bearer)
        return {
            "location": location,
            "tokens": tokens,
            "party": party,
            "userinfo": claims.get_json(silent=True),
        }

    return run


def test_every_address_is_ours_and_answers(
    advertised: dict[str, Any], settings: Settings, person: Person
) -> None:
    assert advertised["issuer"] == settings.issuer
    for name, value in advertised.items():
        if name.endswith(("_endpoint", "_uri")) or name in ("trustmarks", "service_documentation"):
            assert value.startswith(settings.issuer), name
            path = value.removeprefix(settings.issuer[:-1])
            assert person.client.get(path).status_code != 404, name
    assert person.client.get("/.well-known/openid-configuration").status_code == 200


def test_no_endpoint_is_named_that_does_not_exist(advertised: dict[str, Any]) -> None:
    absent = ("registration", "device_authorization", "pushed_authorization_request")
    assert not [name for name in absent if f"{name}_endpoint" in advertised]


def test_every_token_signature_advertised_is_made(
    advertised: dict[str, Any], flow: Flow, person: Person
) -> None:
    jwks = person.client.get("/.well-known/jwks.json").get_json()
    assert advertised["id_token_signing_alg_values_supported"]
    for alg in advertised["id_token_signing_alg_values_supported"]:
        done = flow(id_token_alg=alg)
        claims = verified(
            done["tokens"]["id_token"], jwks, audience=done["party"].client_id, algorithm=alg
        )
        assert set(claims) - {"at_hash", "exp", "iat"} <= {
            *advertised["claims_supported"],
            *("iss", "aud", "nonce", "vot", "vtm", "sid", "auth_time"),
        }


OPENID = {"profile": "openid"}
QUERIES = ("introspection", "revocation")


@pytest.mark.row("1.discovery.token_endpoint_auth_methods_supported")
def test_every_way_to_prove_oneself_works(advertised: dict[str, Any], flow: Flow) -> None:
    methods = advertised["token_endpoint_auth_methods_supported"]
    assert methods == ["private_key_jwt", "client_secret_post", "client_secret_basic"]
    for method in methods:
        assert "id_token" in flow(method=method, more=OPENID)["tokens"], method


def ask(
    person: Person, clock: FixedClock, done: dict[str, Any], url: str, token: str
) -> dict[str, Any]:
    party: RelyingParty = done["party"]
    path = url.removeprefix(party.issuer[:-1])
    form = {"token": token} | party.proof(clock.now())
    answer = person.client.post(path, data=form, headers=party.headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


def test_introspection_and_revocation_work_in_every_way_advertised(
    advertised: dict[str, Any], flow: Flow, person: Person, clock: FixedClock
) -> None:
    ways = [
        {"method": method} for method in advertised["introspection_endpoint_auth_methods_supported"]
    ] + [
        {"alg": alg}
        for alg in advertised["introspection_endpoint_auth_signing_alg_values_supported"]
    ]
    assert len(ways) == 10
    for what in ("methods", "signing_alg_values"):
        both = [advertised[f"{name}_endpoint_auth_{what}_supported"] for name in QUERIES]
        assert both[0] == both[1]
    for way in ways:
        done = flow(more=OPENID, **way)
        token = done["tokens"]["access_token"]
        introspect, revoke = (advertised[f"{name}_endpoint"] for name in QUERIES)
        assert ask(person, clock, done, introspect, token)["active"] is True, way
        assert ask(person, clock, done, revoke, token) == {}, way
        assert ask(person, clock, done, introspect, token) == {"active": False}, way


def test_every_assertion_signature_advertised_is_accepted(
    advertised: dict[str, Any], flow: Flow
) -> None:
    algorithms = advertised["token_endpoint_auth_signing_alg_values_supported"]
    assert {"ES256", "RS256", "PS256"} <= set(algorithms)
    assert not {"none", "HS256"} & set(algorithms)
    for alg in algorithms:
        assert "id_token" in flow(alg=alg)["tokens"], alg


@pytest.mark.row("2.scope.public")
def test_every_scope_advertised_gives_its_claims(advertised: dict[str, Any], flow: Flow) -> None:
    given = {"openid": {"sub"}, "email": {"email", "email_verified"}, "phone": set()}
    for scope in advertised["scopes_supported"]:
        asked = "openid" if scope == "openid" else f"openid {scope}"
        done = flow({"scope": asked}, more={"scopes": sorted({"openid", scope})})
        assert done["userinfo"] is not None, scope
        assert given[scope] <= set(done["userinfo"]), scope
        assert set(done["userinfo"]) <= set(advertised["claims_supported"]), scope


@pytest.mark.parametrize("level", ["P1", "P2", "P3"])
def test_every_identity_claim_and_level_advertised_is_given(
    advertised: dict[str, Any],
    person: Person,
    session: Session,
    services: Services,
    settings: Settings,
    clock: FixedClock,
    level: str,
) -> None:
    alice = enrol(session, services)
    prove(session, services, alice, SAMPLE_PEOPLE["nia"], level)
    party = register(session, services, IdentityParty(settings.issuer, vtr=f"Cl.Cm.{level}"))
    cookie = signed_in_cookie(session, services, alice)
    session.commit()
    person.client.set_cookie("onepass-session", cookie, domain="id.onepass.localhost")
    assert level in person.client.get("/trustmark").get_json()["P"]
    asked, location = walk_back(person, party)
    form = party.token_form(asked, party.answer(asked, location)["code"], clock.now())
    tokens = person.client.post("/token", data=form).get_json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    told = person.client.get("/userinfo", headers=bearer).get_json()
    wanted = {name for name in advertised["claims_supported"] if name.startswith("https://")}
    assert wanted == set(ALL_CLAIMS)
    assert wanted <= set(told)


def test_only_the_response_types_and_challenges_advertised_work(
    advertised: dict[str, Any], flow: Flow
) -> None:
    assert advertised["response_types_supported"] == ["code"]
    assert "tokens" in flow({"response_type": "code"})
    for refused in ("token", "id_token", "code id_token", "none"):
        assert "error=" in flow({"response_type": refused})["location"], refused
    assert advertised["code_challenge_methods_supported"] == ["S256"]
    assert "error=" in flow({"code_challenge_method": "plain"})["location"]
    assert advertised["grant_types_supported"] == ["authorization_code"]


def test_a_grant_that_is_not_advertised_is_refused(
    flow: Flow, person: Person, clock: FixedClock
) -> None:
    party: RelyingParty = flow()["party"]
    for grant in ("refresh_token", "client_credentials", "password", "implicit"):
        form = party.token_form(party.ask(), "x", clock.now(), grant_type=grant)
        answer = person.client.post("/token", data=form)
        assert answer.status_code == 400, grant
        assert answer.get_json()["error"] == "unsupported_grant_type", grant


def test_response_modes_are_as_advertised(advertised: dict[str, Any], flow: Flow) -> None:
    assert advertised["response_modes_supported"] == ["query", "fragment", "form_post"]
    assert "?code=" in flow({"response_mode": "query"})["location"]
    assert "#code=" in flow({"response_mode": "fragment"})["location"]
    posted = flow({"response_mode": "form_post"}, more={"profile": "openid"})
    assert f'action="{posted["party"].redirect_uri}"' in posted["text"]


def test_request_objects_are_as_advertised(advertised: dict[str, Any], flow: Flow) -> None:
    assert advertised["request_uri_parameter_supported"] is False
    assert (
        "error=request_uri_not_supported" in flow({"request_uri": "https://x.example"})["location"]
    )
    assert advertised["request_parameter_supported"] is True
    for alg in advertised["request_object_signing_alg_values_supported"]:
        assert "code=" in flow(alg=alg, signed=True)["location"], alg


@pytest.mark.row("1.discovery.no_acr_values")
def test_levels_and_claims_by_name_are_as_advertised(
    advertised: dict[str, Any], flow: Flow
) -> None:
    plain = {"profile": "openid"}
    for level in advertised["acr_values_supported"]:
        token = flow({"acr_values": level}, more=plain)["tokens"]["id_token"]
        assert jwt.decode(token, options={"verify_signature": False})["acr"] == "Cl.Cm"
        wanted = json.dumps({"id_token": {"acr": {"value": level, "essential": True}}})
        token = flow({"claims": wanted}, more=plain)["tokens"]["id_token"]
        assert jwt.decode(token, options={"verify_signature": False})["acr"] == level
    assert advertised["claims_parameter_supported"] is True


def test_the_issuer_parameter_and_both_languages_are_as_advertised(
    advertised: dict[str, Any], flow: Flow, person: Person
) -> None:
    assert advertised["authorization_response_iss_parameter_supported"] is True
    assert "iss=" in flow()["location"]
    assert advertised["ui_locales_supported"] == ["en", "cy"]
    party: RelyingParty = flow()["party"]
    person.client.delete_cookie("onepass-session", domain="id.onepass.localhost")
    for language in advertised["ui_locales_supported"]:
        person.open(party.url(party.ask(ui_locales=language)))
        assert person.page.language == language


def test_the_jwks_holds_public_halves_only(person: Person, advertised: dict[str, Any]) -> None:
    keys = person.client.get("/.well-known/jwks.json").get_json()["keys"]
    assert {key["alg"] for key in keys} == set(advertised["id_token_signing_alg_values_supported"])
    for key in keys:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(key), json.dumps(key)
        assert key["use"] == "sig"
        assert len(key["kid"]) == 64
