"""A Node service with npm `openid-client`: its strictest checks pass, and each can fail."""

import json
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import pytest

from tests.endpoints.key_server import KeyServer, jwk
from tests.interop.node_service import OpenNodeService
from tests.interop.provider import RunningProvider
from tests.support.processes import ROOT
from tests.support.relying_party import ec_key, verified


@pytest.mark.parametrize(("alg", "id_token_alg"), [("PS256", "ES256"), ("ES256", "RS256")])
def test_a_citizen_signs_in_and_out_under_every_check_of_the_library(
    provider: RunningProvider, open_node_service: OpenNodeService, alg: str, id_token_alg: str
) -> None:
    service = open_node_service(alg=alg, id_token_alg=id_token_alg)
    client_id = service.party.client_id
    person, citizen = provider.person(), provider.citizen()
    back = provider.sign_in(person, service.begin(vtr='["Cl.Cm"]', max_age="600"), citizen)
    held = service.finish(back)
    claims = held["claims"]
    assert (claims["iss"], claims["aud"]) == (provider.issuer, client_id)
    assert claims["nonce"] == held["asked"]["nonce"]
    assert held["userinfo"] == {
        "sub": claims["sub"],
        "email": citizen.email,
        "email_verified": True,
    }
    jwks = provider.document(".well-known/jwks.json")
    assert claims == verified(held["id_token"], jwks, audience=client_id, algorithm=id_token_alg)
    facts = ["client_applied", "code_issued", "tokens_issued", "claims_released"]
    assert provider.facts(client_id=client_id) == facts

    # Nobody is asked anything the second time, and it is the same person and the same sign-in.
    again = service.finish(provider.open(person, service.begin(max_age="600")))["claims"]
    assert (again["sub"], again["auth_time"]) == (claims["sub"], claims["auth_time"])

    leaving = service.ask("leave", "a state of its own")
    where = f"{service.party.origin}/signed-out?state=a+state+of+its+own"
    assert provider.open(person, leaving) == where
    assert "signed_out" in provider.facts(account_id=citizen.account_id)
    asked = service.begin(prompt="none")
    assert service.finish(provider.open(person, asked))["refused"] == "login_required"


def changed(address: str, **values: str | None) -> str:
    """The address with other values in its query; None leaves one out."""
    parts = urlsplit(address)
    query = {name: held[0] for name, held in parse_qs(parts.query).items()} | values
    kept = {name: value for name, value in query.items() if value is not None}
    return urlunsplit(parts._replace(query=urlencode(kept)))


CALLBACKS: dict[str, dict[str, str | None]] = {
    "another state": {"state": "another"},
    "no state": {"state": None},
    "another issuer": {"iss": "https://elsewhere.example/"},
    "no issuer": {"iss": None},
}


def test_a_callback_that_was_tampered_with_is_refused_and_costs_nothing(
    provider: RunningProvider, open_node_service: OpenNodeService
) -> None:
    service = open_node_service()
    back = provider.sign_in(provider.person(), service.begin(), provider.citizen())
    for name, values in CALLBACKS.items():
        refusal = service.finish(changed(back, **values))
        assert refusal["refused"] == "OAUTH_INVALID_RESPONSE", (name, refusal)
    assert "claims" in service.finish(back)


def test_a_code_of_somebody_elses_request_is_refused(
    provider: RunningProvider, open_node_service: OpenNodeService
) -> None:
    """The library asks for another nonce and sends another verifier than this code's."""
    service = open_node_service()
    back = provider.sign_in(provider.person(), service.begin(), provider.citizen())
    state = parse_qs(urlsplit(service.begin()).query)["state"][0]
    refusal = service.finish(changed(back, state=state))
    assert refusal == {"refused": "invalid_grant", "why": "PKCE code verification failed"}


def test_an_assertion_by_another_key_is_refused(
    provider: RunningProvider, open_node_service: OpenNodeService
) -> None:
    service = open_node_service(private_key=ec_key("another"))
    back = provider.sign_in(provider.person(), service.begin(), provider.citizen())
    refusal = service.finish(back)
    assert refusal == {
        "refused": "invalid_client",
        "why": "Invalid signature in private_key_jwt",
    }


def test_another_issuer_or_other_keys_are_refused(
    provider: RunningProvider, open_node_service: OpenNodeService
) -> None:
    """What the sign-in above was checked against is what the provider publishes."""
    document = provider.document(".well-known/openid-configuration")
    with KeyServer() as discovery, KeyServer() as key_server:
        discovery.body = json.dumps(document).encode()
        origin = discovery.url.removesuffix("jwks.json")
        refusal = open_node_service(origin).ask("begin", {})
        assert refusal["refused"] == "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED"

        kids = [key["kid"] for key in provider.document(".well-known/jwks.json")["keys"]]
        key_server.publish([jwk(ec_key("a stranger"), kid, alg="ES256") for kid in kids])
        discovery.body = json.dumps(document | {"jwks_uri": key_server.url}).encode()
        service = open_node_service(f"{origin}.well-known/openid-configuration")
        back = provider.sign_in(provider.person(), service.begin(), provider.citizen())
        assert service.finish(back)["why"] == "JWT signature verification failed"
        assert key_server.visits


def test_the_library_is_the_one_that_is_locked() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    wanted = lock["packages"]["node_modules/openid-client"]["version"]
    found = json.loads((ROOT / "node_modules" / "openid-client" / "package.json").read_text())
    assert found["version"] == wanted
    assert wanted.startswith("6.")
