"""Every page about a client's keys and secrets: what `showing` has for the other pages."""

from collections.abc import Callable, Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from idp.domain import client_proofs, clients, members, team_changes
from idp.domain.clients import Client
from idp.domain.members import Role
from tests.acceptance.shown import Shown, newcomer
from tests.acceptance.walking import sign_in
from tests.endpoints.key_server import KeyServer, jwk
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen
from tests.support.relying_party import RelyingParty, ec_key, public_key_text, rsa_key
from tests.support.servers import Street


def client_of(street: Street, writer: Citizen, **how: Any) -> tuple[RelyingParty, str]:
    """A client of a service of its own that `writer` may change, and where its pages are."""
    party = RelyingParty(street.issuer, **how)
    with street.records() as session:
        applied = clients.apply(session, street.services, party.registration())
        party.secret = applied.client_secret
        service_id = session.get_one(Client, party.client_id).service_id
        members.add(session, street.services, service_id, writer.account_id, Role.WRITER)
    return party, f"{street.issuer}team/services/{service_id}/clients/{party.client_id}"


def minding_a_key_set(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """A client whose keys are at an address."""
    writer = newcomer(street, "keys")
    sign_in(visitor, street, "tax", writer)
    with KeyServer() as server:
        more = {"public_key_source": "JWKS", "public_key": None, "jwks_uri": server.url}
        party, pages = client_of(street, writer, more=more, client_id=f"key-set-{language}")
        visitor.open(f"{pages}/keys?lng={language}")
        yield Shown("/team/services/<service_id>/clients/<client_id>/keys", "an address")
        weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
        server.publish(
            [
                jwk(party.key, "the-key-of-2026-with-quite-a-long-name-of-its-own", alg="ES256"),
                jwk(weak, "weak"),
                jwk(rsa_key(), "") | {"d": "AQAB"},
            ]
        )
        visitor.submit()
        yield Shown("/team/services/<service_id>/clients/<client_id>/keys/fetch")
        server.status = 302
        visitor.submit()
        yield Shown("/team/services/<service_id>/clients/<client_id>/keys/fetch", "a redirect")
        for _ in range(9):
            visitor.submit()
        yield Shown("/team/services/<service_id>/clients/<client_id>/keys/fetch", "too often")


def minding_a_pasted_key(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """A client whose key was pasted, and another in its place."""
    writer = newcomer(street, "pasting")
    sign_in(visitor, street, "tax", writer)
    _party, pages = client_of(street, writer, client_id=f"pasted-{language}")
    visitor.open(f"{pages}/keys?lng={language}")
    yield Shown("/team/services/<service_id>/clients/<client_id>/keys", "pasted")
    visitor.open(f"{pages}/keys/replace")
    yield Shown("/team/services/<service_id>/clients/<client_id>/keys/replace")
    mine = ec.generate_private_key(ec.SECP256R1())
    pem = mine.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    for state, pasted in {
        "empty": "",
        "private": pem,
        "no key": "hello",
        "several": '{"keys": [{"kty": "EC"}, {"kty": "EC"}]}',
        "another curve": public_key_text(ec.generate_private_key(ec.SECP384R1())),
        "weak": public_key_text(weak),
    }.items():
        visitor.fill("public_key", pasted)
        visitor.submit()
        yield Shown("/team/services/<service_id>/clients/<client_id>/keys/replace", state)
    visitor.fill("public_key", public_key_text(ec_key("walked")))
    visitor.submit()
    yield Shown("/team/services/<service_id>/clients/<client_id>/keys", "replaced")
    visitor.open(f"{pages}/secret")
    yield Shown("/team/services/<service_id>/clients/<client_id>/secret", "none")


def asking_for_another_key(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """A live client whose key waits, and somebody else of its team."""
    writer, other = newcomer(street, "asking"), newcomer(street, "asking.too")
    more = {"environment": "production"}
    _party, pages = client_of(street, writer, client_id=f"live-{language}", more=more)
    service_id = pages.split("/")[-3]
    with street.records() as session:
        members.add(session, street.services, service_id, other.account_id, Role.WRITER)
    sign_in(visitor, street, "tax", writer)
    visitor.open(f"{pages}/keys/replace?lng={language}")
    yield Shown("/team/services/<service_id>/clients/<client_id>/keys/replace", "live")
    visitor.fill("public_key", public_key_text(ec_key("asked for")))
    visitor.submit()
    yield Shown("/team/services/<service_id>/clients/<client_id>/keys", "another waits")
    with street.records() as session:
        team_changes.withdraw(session, street.services, f"live-{language}", writer.account_id)
        given = {"max_age_enabled": True}
        team_changes.change(session, street.services, f"live-{language}", other.account_id, given)
    visitor.open(f"{pages}/keys/replace")
    visitor.fill("public_key", public_key_text(ec_key("asked for")))
    visitor.submit()
    yield Shown(
        "/team/services/<service_id>/clients/<client_id>/keys/replace", "another change waits"
    )


def minding_secrets(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """A client with a secret, another one, and the end of the old one."""
    writer = newcomer(street, "secrets")
    sign_in(visitor, street, "tax", writer)
    _party, pages = client_of(
        street, writer, method="client_secret_post", id_token_alg="RS256",
        client_id=f"with-secrets-{language}",
    )  # fmt: skip
    visitor.open(f"{pages}/keys?lng={language}")
    yield Shown("/team/services/<service_id>/clients/<client_id>/keys", "none")
    visitor.open(f"{pages}/secret")
    yield Shown("/team/services/<service_id>/clients/<client_id>/secret", "one")
    visitor.open(f"{pages}/secret/new")
    yield Shown("/team/services/<service_id>/clients/<client_id>/secret/new")
    visitor.submit()
    yield Shown("/team/services/<service_id>/clients/<client_id>/secret/new", "not confirmed")
    visitor.page.locator("[name=ready]").check()
    visitor.submit()
    yield Shown("/team/services/<service_id>/clients/<client_id>/secret/new", "shown once")
    visitor.open(f"{pages}/secret/new")
    visitor.page.locator("[name=ready]").check()
    visitor.submit()
    yield Shown("/team/services/<service_id>/clients/<client_id>/secret/new", "two are all")
    visitor.open(f"{pages}/secret")
    yield Shown("/team/services/<service_id>/clients/<client_id>/secret", "two")
    address = visitor.page.locator("main a[href*='/retire']").first.get_attribute("href")
    visitor.open(f"{street.issuer.rstrip('/')}{address}")
    yield Shown("/team/services/<service_id>/clients/<client_id>/secret/<name>/retire")
    other = visitor.page.url
    visitor.submit()
    visitor.open(f"{pages}/secret")
    with street.records() as session:
        [left] = client_proofs.hashes(session, f"with-secrets-{language}")
    visitor.open(f"{other.rpartition('/secret/')[0]}/secret/{left[:16]}/retire")
    yield Shown("/team/services/<service_id>/clients/<client_id>/secret/<name>/retire", "the last")


WALKS: dict[str, Callable[[Visitor, Street, str], Iterator[Shown]]] = {
    "minding a key set": minding_a_key_set,
    "minding a pasted key": minding_a_pasted_key,
    "asking for another key": asking_for_another_key,
    "minding secrets": minding_secrets,
}
ROUTES = {
    f"/team/services/<service_id>/clients/<client_id>/{page}"
    for page in (
        "keys", "keys/fetch", "keys/replace", "secret", "secret/new", "secret/<name>/retire",
    )
}  # fmt: skip
