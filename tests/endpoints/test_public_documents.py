"""Discovery, keys, trustmark and health: for anybody, and never swayed by a header."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from idp.domain.signing_keys import SigningKey
from tests.endpoints.provider import Provider
from tests.support.rows import with_rows

DOCUMENTS = ["/.well-known/openid-configuration", "/.well-known/jwks.json", "/trustmark"]


@pytest.fixture(scope="session")
def provider(on_sqlite: Provider) -> Provider:
    """The documents do not depend on the database."""
    return on_sqlite


DOCUMENTS_ROWS = {
    "/.well-known/openid-configuration": "1.endpoint.discovery 7.cache.discovery",
    "/.well-known/jwks.json": "1.endpoint.jwks 7.cache.discovery",
    "/trustmark": "1.endpoint.trustmark",
}


@pytest.mark.parametrize("path", with_rows(DOCUMENTS, DOCUMENTS_ROWS))
def test_a_document_may_be_kept_and_read_by_any_page(provider: Provider, path: str) -> None:
    answer = provider.browser().get(path, Origin="https://any.example")
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "max-age=86400"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    head = provider.browser().get(path, method="HEAD")
    assert (head.status_code, head.data) == (200, b"")
    assert provider.browser().post(path).status_code == 405


@pytest.mark.parametrize(
    "path",
    ["/", "/authorize", "/token", "/userinfo", "/logout", "/health", "/mailbox", "/signed-out",
     "/nowhere", "/j/x/"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_nothing_else_is_for_foreign_pages(provider: Provider, path: str, method: str) -> None:
    answer = provider.browser().get(
        path,
        method=method,
        Origin="https://any.example",
        **{"Access-Control-Request-Method": "POST"},
    )
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


STRANGERS: list[dict[str, str]] = [
    {"Host": "evil.example"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "https"},
    {"X-Forwarded-Port": "444"},
    {"X-Forwarded-Prefix": "/evil"},
    {"Forwarded": "host=evil.example;proto=https"},
    {"X-Original-URL": "/trustmark"},
    {"X-Rewrite-URL": "/trustmark"},
    {"X-HTTP-Method-Override": "DELETE"},
]


@pytest.mark.parametrize("headers", STRANGERS, ids=lambda headers: next(iter(headers)))
def test_a_strangers_headers_change_nothing(provider: Provider, headers: dict[str, str]) -> None:
    for path in DOCUMENTS:
        assert provider.browser().get(path, **headers).data == provider.browser().get(path).data
    party, browser = provider.party(), provider.signed_in()
    kept = browser.client.get_cookie("onepass-session", domain=provider.host)
    assert kept is not None
    # A browser would not send it to a foreign name; whoever makes up a Host may.
    browser.client.set_cookie("onepass-session", kept.value, domain="evil.example")
    answer = browser.authorize(party, party.ask(), **headers)
    assert answer.headers["Location"].startswith(f"{party.redirect_uri}?code=")
    room = provider.browser().authorize(party, party.ask(), **headers).headers["Location"]
    assert room.startswith("/j/")
    assert "evil" not in room
    posted = provider.browser().post("/authorize", party.ask().parameters, **headers)
    assert posted.headers["Location"].startswith("/authorize/posted/")


def test_every_key_is_public_and_named(provider: Provider) -> None:
    keys: list[dict[str, Any]] = provider.jwks()["keys"]
    assert {key["alg"] for key in keys} == {"ES256", "RS256"}
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        members = {"EC": {"crv", "x", "y"}, "RSA": {"n", "e"}}[key["kty"]]
        assert set(key) == {"kty", "kid", "use", "alg"} | members
        assert key["use"] == "sig"


def did(provider: Provider) -> dict[str, Any]:
    document: dict[str, Any] = provider.browser().get("/.well-known/did.json").get_json()
    return document


@pytest.mark.row("1.endpoint.did", "7.cache.did")
def test_the_did_document_may_be_kept_an_hour_and_read_by_any_page(provider: Provider) -> None:
    answer = provider.browser().get("/.well-known/did.json", Origin="https://any.example")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.headers["Cache-Control"] == "max-age=3600, private"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers
    assert provider.browser().get("/.well-known/did.json", method="HEAD").status_code == 200
    assert provider.browser().post("/.well-known/did.json").status_code == 405


@pytest.mark.row("1.did.context", "1.did.assertion_method")
def test_the_keys_of_the_did_document_stand_nowhere_else(provider: Provider) -> None:
    document = did(provider)
    assert document["@context"] == [
        "https://www.w3.org/ns/did/v1",
        "https://w3id.org/security/jwk/v1",
    ]
    known = {(key["kid"], key.get("x")) for key in provider.jwks()["keys"]}
    assert document["assertionMethod"]
    for method in document["assertionMethod"]:
        name, key = method["id"].partition("#")[2], method["publicKeyJwk"]
        assert not [kid for kid, x in known if kid == name or x == key["x"]]
        assert set(key) == {"kty", "crv", "x", "y", "alg"}


def test_a_strangers_host_does_not_change_the_did(provider: Provider) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    answer = provider.browser().get("/.well-known/did.json", **headers)
    assert answer.get_json() == did(provider)


@pytest.mark.row("1.trustmark.document")
def test_the_trustmark(provider: Provider) -> None:
    assert provider.browser().get("/trustmark").get_json() == {
        "idp": provider.issuer,
        "trustmark_provider": provider.issuer,
        "C": ["Cl", "Cl.Cm"],
        "P": ["P0", "P1", "P2", "P3"],
    }


class TestHealth:
    def test_well(self, provider: Provider) -> None:
        answer = provider.browser().get("/health")
        assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})
        assert answer.headers["Cache-Control"] == "no-store"

    def test_an_old_schema(self, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("idp.endpoints.health.is_current", lambda _session: False)
        answer = provider.browser().get("/health")
        assert answer.status_code == 503
        assert "onepass db upgrade" in answer.get_json()["status"]

    def test_no_key(self, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            type(provider.services.keyring), "public_jwks", lambda _keyring: {"keys": []}
        )
        answer = provider.browser().get("/health")
        assert (answer.status_code, answer.get_json()["status"]) == (503, "there is no signing key")

    def test_no_database(self, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
        def gone(*_: object) -> None:
            raise OperationalError("SELECT 1", None, Exception("gone away, password=x"))

        monkeypatch.setattr("idp.endpoints.health.is_current", gone)
        answer = provider.browser().get("/health")
        assert answer.status_code == 503
        assert answer.get_json() == {"status": "the database does not answer"}


def test_the_private_halves_are_nowhere_in_the_database(provider: Provider) -> None:
    with provider.records() as session:
        rows = session.scalars(sa.select(SigningKey.public_jwk)).all()
    assert rows
    assert not [row for row in rows if '"d"' in row]
