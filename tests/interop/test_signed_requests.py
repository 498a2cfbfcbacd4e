"""Request objects that npm `openid-client` signs (RFC 9101), in the two ways it is used."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from jwt.utils import base64url_decode, base64url_encode

from tests.interop.node_service import NodeService, OpenNodeService
from tests.interop.provider import RunningProvider
from tests.interop.test_openid_client import changed
from tests.support.relying_party import ec_key, rsa_key, verified

PASSPORT = "https://vocab.account.gov.uk/v1/passport"
ALGORITHMS = [("PS256", "ES256"), ("ES256", "RS256")]
REGISTERED: dict[str, dict[str, Any]] = {
    "one_login": {"jar_validation_required": True, "claims": [PASSPORT]},
    "openid": {"jar_validation_required": True, "profile": "openid"},
}
BEGIN: dict[str, Callable[..., str]] = {
    "one_login": NodeService.begin_signed_for_one_login,
    "openid": NodeService.begin_signed,
}
ASKED = {
    "one_login": {
        "vtr": '["Cl.Cm"]',
        "claims": json.dumps({"userinfo": {PASSPORT: None}}),
        "max_age": "600",
    },
    "openid": {
        "acr_values": "Cl.Cm",
        "claims": json.dumps({"id_token": {"acr": {"essential": True, "values": ["Cl.Cm"]}}}),
        "max_age": "600",
    },
}


def beside(address: str) -> dict[str, str]:
    """What stands in an address."""
    return {name: held[0] for name, held in parse_qs(urlsplit(address).query).items()}


def inside(address: str) -> dict[str, Any]:
    """What stands in the request object of an address, its signature not looked at."""
    return jwt.decode(beside(address)["request"], options={"verify_signature": False})


def signed_in(
    provider: RunningProvider, service: NodeService, address: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Everything the service holds after a sign-in by `address`, and its claims, verified."""
    citizen = provider.citizen()
    held = service.finish(provider.sign_in(provider.person(), address, citizen))
    claims = verified(
        held["id_token"],
        provider.document(".well-known/jwks.json"),
        audience=service.party.client_id,
        algorithm=service.party.id_token_alg,
    )
    assert claims == held["claims"]
    assert claims["nonce"] == held["asked"]["nonce"]
    assert held["userinfo"]["email"] == citizen.email
    facts = provider.facts(client_id=service.party.client_id)
    assert facts[-3:] == ["code_issued", "tokens_issued", "claims_released"]
    return held, claims


@pytest.mark.parametrize(("alg", "id_token_alg"), ALGORITHMS)
def test_as_the_example_of_one_login_does_it(
    provider: RunningProvider, open_node_service: OpenNodeService, alg: str, id_token_alg: str
) -> None:
    service = open_node_service(alg=alg, id_token_alg=id_token_alg, more=REGISTERED["one_login"])
    address = service.begin_signed_for_one_login(**ASKED["one_login"])
    assert beside(address) == {
        "client_id": service.party.client_id,
        "response_type": "code",
        "scope": "openid",
        "request": beside(address)["request"],
    }
    header, members = jwt.get_unverified_header(beside(address)["request"]), inside(address)
    assert (header["alg"], header["typ"]) == (alg, "oauth-authz-req+jwt")
    assert members["aud"] == f"{provider.issuer}authorize"
    assert members["scope"] == "openid email"
    assert members["vtr"] == '["Cl.Cm"]'
    _, claims = signed_in(provider, service, address)
    assert claims["vot"] == "Cl.Cm"


@pytest.mark.parametrize(("alg", "id_token_alg"), ALGORITHMS)
def test_as_the_library_does_it_by_itself(
    provider: RunningProvider, open_node_service: OpenNodeService, alg: str, id_token_alg: str
) -> None:
    service = open_node_service(alg=alg, id_token_alg=id_token_alg, more=REGISTERED["openid"])
    address = service.begin_signed(**ASKED["openid"])
    assert beside(address).keys() == {"client_id", "request"}
    members = inside(address)
    assert members["aud"] == provider.issuer
    assert members["max_age"] == 600
    _, claims = signed_in(provider, service, address)
    assert claims["acr"] == "Cl.Cm"
    assert "vot" not in claims


def tampered(address: str, **members: Any) -> str:
    """The address with other members in its object, under the signature it had."""
    header, _, signature = beside(address)["request"].split(".")
    changed_members = json.dumps(inside(address) | members).encode()
    payload = base64url_encode(changed_members).decode()
    return changed(address, request=f"{header}.{payload}.{signature}")


def with_another_signature(address: str) -> str:
    """The address with one bit of its object's signature changed."""
    header, payload, signature = beside(address)["request"].split(".")
    first, *others = base64url_decode(signature)
    broken = base64url_encode(bytes([first ^ 1, *others])).decode()
    return changed(address, request=f"{header}.{payload}.{broken}")


def unsigned(address: str) -> str:
    """The address with its object signed by nobody."""
    _, payload, _ = beside(address)["request"].split(".")
    header = base64url_encode(b'{"alg":"none"}').decode()
    return changed(address, request=f"{header}.{payload}.")


@pytest.mark.parametrize("alg", ["PS256", "ES256"])
@pytest.mark.parametrize("profile", BEGIN)
def test_an_object_that_was_tampered_with_is_refused(
    provider: RunningProvider, open_node_service: OpenNodeService, profile: str, alg: str
) -> None:
    service = open_node_service(alg=alg, more=REGISTERED[profile])
    address = BEGIN[profile](service, **ASKED[profile])
    person = provider.person()
    for forged in (
        tampered(address, scope="openid"),
        tampered(address, redirect_uri="https://evil.example/"),
        with_another_signature(address),
    ):
        assert provider.open(person, forged) is None, "somebody was sent somewhere"
        assert person.status == 400
        assert "Trust chain validation failed" in person.page.text
    assert provider.open(person, unsigned(address)) is None
    assert person.status == 400
    assert "Invalid request" in person.page.text
    refused = ["authorization_refused"] * 4
    assert provider.facts(client_id=service.party.client_id) == ["client_applied", *refused]
    signed_in(provider, service, address)


@pytest.mark.parametrize("profile", BEGIN)
@pytest.mark.parametrize(
    ("alg", "another"), [("PS256", rsa_key("another")), ("ES256", ec_key("another"))]
)
def test_an_object_by_another_key_is_refused(
    provider: RunningProvider,
    open_node_service: OpenNodeService,
    profile: str,
    alg: str,
    another: Any,
) -> None:
    service = open_node_service(alg=alg, private_key=another, more=REGISTERED[profile])
    person = provider.person()
    assert provider.open(person, BEGIN[profile](service, **ASKED[profile])) is None
    assert person.status == 400
    assert "Trust chain validation failed" in person.page.text
    facts = provider.facts(client_id=service.party.client_id)
    assert facts == ["client_applied", "authorization_refused"]


@pytest.mark.parametrize("profile", BEGIN)
def test_who_must_sign_is_refused_without(
    provider: RunningProvider, open_node_service: OpenNodeService, profile: str
) -> None:
    service = open_node_service(more=REGISTERED[profile])
    refusal = service.finish(provider.open(provider.person(), service.begin()))
    assert refusal == {
        "refused": "access_denied",
        "why": "JAR required for client but request does not contain Request Object",
    }
