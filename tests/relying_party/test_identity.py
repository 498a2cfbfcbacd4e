"""The department that asks who somebody is: every check on the credential, and what it shows."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relying_party_demo.identity import Identity, IdentityKeys, return_codes
from relying_party_demo.outbound import Outbound, ProviderUnreachable
from relying_party_demo.store import Store
from tests.relying_party.fake_provider import (
    CORE_IDENTITY,
    VOCABULARY,
    Claims,
    FakeProvider,
    key_called,
)
from tests.relying_party.visiting import Visit

Change = Callable[[Claims, Visit], Claims]


def without(name: str) -> Change:
    return lambda claims, _: {key: value for key, value in claims.items() if key != name}


def with_(**changes: object) -> Change:
    return lambda claims, _: {**claims, **changes}


def at(name: str, seconds: int) -> Change:
    return lambda claims, visit: {**claims, name: visit.clock.now() + seconds}


def says(subject: object) -> Change:
    return with_(vc={"type": [], "credentialSubject": subject})


def test_it_asks_for_an_identity_and_shows_it(driving: Visit) -> None:
    driving.sign_in()
    asked = driving.provider.asked_last
    assert asked is not None
    assert json.loads(asked.parameters["vtr"]) == ["Cl.Cm.P2"]
    assert asked.claims == [
        VOCABULARY + name for name in ("coreIdentityJWT", "address", "drivingPermit", "returnCode")
    ]
    page = driving.get("/account").text
    for shown in ("Ada Quill", "6 May 1980", "5 Mill Lane", "Norwich", "ZZ14 7GH",
                  "QUILL805060AD9ZZ", "3 February 2031"):  # fmt: skip
        assert shown in page
    welsh = driving.get("/account?lng=cy").text
    assert "6 Mai 1980" in welsh
    assert "Ada Quill" in welsh


def test_behind_the_scenes_has_every_check_and_not_the_credential(driving: Visit) -> None:
    driving.sign_in()
    page = driving.get("/account").text
    assert "We checked the proof of your identity" in page
    assert f"{driving.provider.issuer}.well-known/did.json" in page
    assert "dept-check--failed" not in page
    assert page.count('class="dept-check"') == 18 + 12
    assert driving.provider.credential("driving-licence") not in page


def test_other_departments_ask_for_no_identity(tax: Visit) -> None:
    tax.sign_in()
    asked = tax.provider.asked_last
    assert asked is not None
    assert "claims" not in asked.parameters
    assert "/.well-known/did.json" not in tax.provider.calls
    assert "Who you are" not in tax.get("/account").text


HEADERS: list[tuple[str, Change, str]] = [
    ("another algorithm", with_(alg="RS256"), "It is signed in the way we agreed"),
    ("a key of the JWKS", with_(kid="es-1"), "It names a key of Onepass"),
    ("the key without its document", with_(kid="one"), "It names a key of Onepass"),
    ("another document", with_(kid="did:web:evil.example#one"), "It names a key of Onepass"),
    ("no key", without("kid"), "It names a key of Onepass"),
]


@pytest.mark.parametrize(
    ("change", "check"), [row[1:] for row in HEADERS], ids=[row[0] for row in HEADERS]
)
def test_a_fault_in_the_header_is_refused(driving: Visit, change: Change, check: str) -> None:
    driving.provider.change_credential_header = lambda header: change(header, driving)
    refused(driving, check)
    driving.provider.change_credential_header = lambda header: header
    assert driving.arrive(driving.leave()).status_code == 303


FAULTS: list[tuple[str, Change, str]] = [
    ("another issuer", with_(iss="https://evil.example/"), "It was issued by our Onepass"),
    ("no issuer", without("iss"), "It was issued by our Onepass"),
    ("another audience", with_(aud="tax-account"), "It was issued for this service"),
    ("a list of audiences", with_(aud=["driving-licence"]), "It was issued for this service"),
    ("another person", with_(sub="urn:somebody"), "It is about the person in the ID token"),
    ("nobody", without("sub"), "It is about the person in the ID token"),
    ("expired", at("exp", -6), "It has not expired"),
    ("no expiry", without("exp"), "It has not expired"),
    ("not yet valid", at("nbf", 6), "It is already valid"),
    ("no beginning", without("nbf"), "It is already valid"),
    ("issued in the future", at("iat", 6), "It was not issued in the future"),
    ("a lower confidence", with_(vot="P1"), "Onepass is as sure"),
    ("a higher confidence", with_(vot="P3"), "Onepass is as sure"),
    ("no confidence", without("vot"), "Onepass is as sure"),
    ("no credential", without("vc"), "It says your name"),
    ("no subject", says(None), "It says your name"),
    ("no name", says({"birthDate": [{"value": "1980-05-06"}]}), "It says your name"),
    ("empty names", says({"name": [], "birthDate": []}), "It says your name"),
    (
        "no date of birth",
        says({"name": [{"nameParts": [{"type": "GivenName", "value": "Ada"}]}]}),
        "It says your name",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "check"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS]
)
def test_a_fault_in_the_credential_is_refused(driving: Visit, change: Change, check: str) -> None:
    driving.provider.change_credential = lambda claims: change(claims, driving)
    refused(driving, check)
    driving.provider.change_credential = lambda claims: claims
    assert driving.arrive(driving.leave()).status_code == 303


def refused(driving: Visit, check: str) -> None:
    response = driving.arrive(driving.leave())
    assert response.status_code == 400
    assert f"<strong>{check}" in response.text.replace("&#39;", "'")
    assert response.text.count("dept-check--failed") == 1
    assert not driving.signed_in()


def test_a_credential_that_another_key_signed_is_refused(driving: Visit) -> None:
    other = key_called("another identity", "ES256").as_dict(private=False)

    def swapped(document: Claims) -> Claims:
        document["assertionMethod"][0]["publicKeyJwk"] = other  # type: ignore[index]
        return document

    driving.provider.change_did = swapped
    refused(driving, "The signature is good")


DOCUMENTS: dict[str, tuple[Callable[[Claims], Claims], int, str]] = {
    "another's document": (
        lambda document: document | {"id": "did:web:evil.example"}, 503, "not answering"),
    "no keys": (lambda document: {"id": document["id"]}, 503, "not answering"),
    "keys without sense": (
        lambda document: document | {"assertionMethod": [None, {}, {"publicKeyJwk": {}}]},
        400, "It names a key of Onepass"),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_that_cannot_be_trusted_is_refused(driving: Visit, name: str) -> None:
    change, status, words = DOCUMENTS[name]
    driving.provider.change_did = change
    response = driving.arrive(driving.leave())
    assert (response.status_code, words in response.text) == (status, True)
    assert not driving.signed_in()


def test_a_key_that_the_document_gives_to_somebody_else_is_refused(driving: Visit) -> None:
    def given_away(document: Claims) -> Claims:
        document["assertionMethod"][0]["controller"] = "did:web:evil.example"  # type: ignore[index]
        return document

    driving.provider.change_did = given_away
    refused(driving, "The document says that the key is its own")


def test_an_identity_that_was_not_proved_is_told_with_its_letter(driving: Visit) -> None:
    def not_proved(about: Claims) -> Claims:
        kept = {name: about[name] for name in ("sub", "email")}
        return kept | {VOCABULARY + "returnCode": [{"code": "B"}]}

    driving.provider.change_userinfo = not_proved
    response = driving.arrive(driving.leave())
    assert response.status_code == 403
    assert "Onepass could not prove who you are" in response.text
    assert "<code>B</code>" in response.text
    assert not driving.signed_in()


def test_an_identity_without_address_and_licence_is_shown(driving: Visit) -> None:
    names = ("address", "drivingPermit")
    driving.provider.change_userinfo = lambda about: {
        name: value
        for name, value in about.items()
        if name not in {VOCABULARY + each for each in names}
    }
    driving.sign_in()
    page = driving.get("/account").text
    assert "Ada Quill" in page
    assert "None was used to prove who you are" in page


@pytest.mark.parametrize("strange", [None, "x", [], ["x"], [{}], [{"code": 7}], {"code": "B"}])
def test_strange_values_are_no_letters(strange: object) -> None:
    assert return_codes({VOCABULARY + "returnCode": strange}) == ""


def test_what_is_kept_is_read_again() -> None:
    identity = Identity("Ada", "1980-05-06", "P2", ("5 Mill Lane",), "1", "2030-01-01")
    assert Identity.from_json(identity.to_json()) == identity


def test_the_credential_is_not_kept(driving: Visit, tmp_path: Path) -> None:
    driving.sign_in()
    connection = sqlite3.connect(tmp_path / "driving" / "department.db")
    (kept,) = connection.execute("SELECT identity FROM sessions").fetchone()
    connection.close()
    assert set(json.loads(kept)) == set(Identity.__dataclass_fields__)


def test_a_store_of_an_earlier_version_learns_to_keep_identities(tmp_path: Path) -> None:
    Store(tmp_path)
    connection = sqlite3.connect(tmp_path / "department.db", isolation_level=None)
    connection.execute("ALTER TABLE sessions DROP COLUMN identity")
    connection.close()
    Store(tmp_path)
    Store(tmp_path)
    connection = sqlite3.connect(tmp_path / "department.db")
    names = [row[1] for row in connection.execute("PRAGMA table_info(sessions)")]
    connection.close()
    assert names.count("identity") == 1


class TestKeys:
    def keys(self, provider: FakeProvider, elapsed: list[float]) -> IdentityKeys:
        return IdentityKeys(provider.issuer, Outbound(), lambda: elapsed[0])

    def reads(self, provider: FakeProvider) -> int:
        return provider.calls.count("/.well-known/did.json")

    def test_the_document_is_read_once_an_hour(self, provider: FakeProvider) -> None:
        elapsed = [0.0]
        keys = self.keys(provider, elapsed)
        for elapsed[0] in (0.0, 1.0, 3599.0):
            assert keys.key(f"{provider.did}#one").controller == provider.did
        assert self.reads(provider) == 1
        elapsed[0] = 3600.0
        keys.key(f"{provider.did}#one")
        assert self.reads(provider) == 2

    def test_unknown_names_make_it_read_again_a_few_times_only(
        self, provider: FakeProvider
    ) -> None:
        keys = self.keys(provider, [0.0])
        for number in range(20):
            with pytest.raises(Exception, match=r"^$"):
                keys.key(f"{provider.did}#made-up-{number}")
        assert self.reads(provider) == 6

    def test_a_provider_that_does_not_answer_is_told(self, provider: FakeProvider) -> None:
        provider.change_did = lambda _document: {}
        with pytest.raises(ProviderUnreachable):
            self.keys(provider, [0.0]).key(f"{provider.did}#one")


def test_the_registration_says_what_it_asks_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from relying_party_demo.__main__ import main

    monkeypatch.setenv("DEPARTMENT_VAR", str(tmp_path / "own"))
    found: dict[str, dict[str, Any]] = {}
    for slug in ("driving", "tax"):
        assert main(["registration", slug]) == 0
        found[slug] = json.loads(capsys.readouterr().out)
    assert found["driving"]["identity_verification_supported"] is True
    assert found["driving"]["accepted_levels_of_confidence"] == ["P0", "P2"]
    assert CORE_IDENTITY in found["driving"]["claims"]
    assert found["tax"]["identity_verification_supported"] is False
    assert (found["tax"]["accepted_levels_of_confidence"], found["tax"]["claims"]) == (["P0"], [])
