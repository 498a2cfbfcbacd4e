"""What a service gets of an identity: the claims it asked for and may have, and nothing else."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from jwcrypto.jwk import JWK  # type: ignore[import-untyped]
from jwcrypto.jws import JWS  # type: ignore[import-untyped]

from idp.domain.audit_entries import AuditEntry
from idp.domain.disclosures import Disclosure
from idp.domain.grants import Grant
from idp.domain.identities import Identity
from idp.domain.sample_people import SAMPLE_PEOPLE
from tests.endpoints.conftest import build, close
from tests.endpoints.provider import Browser, Provider
from tests.support.building import KeyRoom
from tests.support.databases import SqliteTemplate
from tests.support.identity import (
    ADDRESS,
    ALL_CLAIMS,
    CORE,
    NIA,
    PASSPORT,
    PERMIT,
    RETURN_CODE,
    WITHOUT_CODE,
    IdentityParty,
    claims_parameter,
    credential,
    prove,
    walk_back,
)
from tests.support.relying_party import Request

UNAVAILABLE = ("temporarily_unavailable", "The authorization server is temporarily unavailable")


@dataclass
class Told:
    """One flow, and everything that the service got."""

    provider: Provider
    party: IdentityParty
    browser: Browser
    asked: Request
    tokens: dict[str, Any]
    userinfo: dict[str, Any] = field(default_factory=dict)

    def credential(self) -> dict[str, Any]:
        return credential(
            self.userinfo[CORE],
            did(self.provider),
            issuer=self.provider.issuer,
            client_id=self.party.client_id,
            sub=self.userinfo["sub"],
            now=self.provider.now,
        )

    def access_token(self) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            self.tokens["access_token"], options={"verify_signature": False}
        )
        return claims


def did(provider: Provider) -> dict[str, Any]:
    document: dict[str, Any] = provider.browser().get("/.well-known/did.json").get_json()
    return document


def party_of(provider: Provider, **about: Any) -> IdentityParty:
    party = IdentityParty(provider.issuer, **about)
    provider.register(party)
    return party


def proved(provider: Provider, who: str = "nia", level: str = "P2") -> Browser:
    """Somebody signed in whose identity is proved."""
    browser = provider.signed_in()
    assert browser.citizen is not None
    with provider.records() as session:
        prove(session, provider.services, browser.citizen, SAMPLE_PEOPLE[who], level)
    return browser


def told(
    provider: Provider, party: IdentityParty, browser: Browser | None = None, **changes: str | None
) -> Told:
    browser = browser or proved(provider)
    asked, location = walk_back(browser.person(), party, **changes)
    answer = provider.redeem(party, asked, party.answer(asked, location)["code"])
    assert answer.status_code == 200, answer.text
    flow = Told(provider, party, browser, asked, answer.get_json())
    answer = provider.userinfo(flow.tokens["access_token"])
    assert answer.status_code == 200, answer.headers
    flow.userinfo = answer.get_json()
    return flow


@pytest.mark.row(
    "4.identity.core_identity_jwt",
    "4.identity.address",
    "4.identity.passport",
    "4.identity.driving_permit",
    "4.core.header",
    "4.core.iss",
    "4.core.aud",
    "4.core.times",
    "4.core.vot",
    "4.core.vtm",
    "4.core.vc_type",
    "4.core.vc_subject",
    "4.core.key",
)
def test_all_claims_of_an_identity(provider: Provider) -> None:
    flow = told(provider, party_of(provider))
    assert set(flow.userinfo) == {"sub", "email", "email_verified", *ALL_CLAIMS}
    assert flow.userinfo[PASSPORT] == NIA["passport"]
    assert flow.userinfo[PERMIT] == NIA["drivingPermit"]
    assert flow.userinfo[RETURN_CODE] == []
    present, former = flow.userinfo[ADDRESS]
    assert (present["buildingNumber"], present["addressCountry"]) == ("14", "GB")
    assert "validUntil" not in present
    assert former["validUntil"] == "2019-01-01"
    claims = flow.credential()
    assert claims["vot"] == "P2"
    assert claims["vc"] == {
        "type": ["VerifiableCredential", "VerifiableIdentityCredential"],
        "credentialSubject": {name: NIA[name] for name in ("name", "birthDate")},
    }


@pytest.mark.row("4.core.sub")
def test_the_credential_is_the_same_persons_as_the_id_token(provider: Provider) -> None:
    flow = told(provider, party_of(provider))
    id_token = flow.party.verify(flow.tokens["id_token"], provider.jwks(), flow.asked, provider.now)
    assert flow.credential()["sub"] == id_token["sub"] == flow.userinfo["sub"]
    # The level of confidence is in the credential alone.
    assert (id_token["vot"], "vc" in id_token, CORE in id_token) == ("Cl.Cm", False, False)


@pytest.mark.row("4.core.key")
def test_another_library_verifies_the_credential(provider: Provider) -> None:
    flow = told(provider, party_of(provider))
    (method,) = did(provider)["assertionMethod"]
    signed = JWS()
    signed.deserialize(flow.userinfo[CORE], JWK(**method["publicKeyJwk"]), "ES256")
    assert json.loads(signed.payload)["vot"] == "P2"


def test_a_credential_is_made_anew_for_every_question(provider: Provider) -> None:
    flow = told(provider, party_of(provider))
    provider.clock.move(100)
    again = provider.userinfo(flow.tokens["access_token"]).get_json()
    first = flow.credential()
    flow.userinfo = again
    assert flow.credential()["iat"] == first["iat"] + 100


@pytest.mark.row("3.access_token.identity")
@pytest.mark.parametrize("claims", [(CORE,), (ADDRESS, PERMIT), (RETURN_CODE,), (PASSPORT,)])
def test_only_the_claims_that_were_asked_for(provider: Provider, claims: tuple[str, ...]) -> None:
    flow = told(provider, party_of(provider), claims=claims_parameter(*claims))
    assert set(flow.userinfo) == {"sub", "email", "email_verified", *claims}
    assert flow.access_token()["claims"] == list(claims)


def test_an_identity_without_claims_is_a_level_alone(provider: Provider) -> None:
    party = party_of(provider, asks=())
    flow = told(provider, party, proved(provider))
    assert set(flow.userinfo) == {"sub", "email", "email_verified"}
    assert "claims" not in flow.access_token()


@pytest.mark.row("4.identity.passport", "4.identity.driving_permit")
def test_documents_that_were_not_used_are_absent(provider: Provider) -> None:
    flow = told(provider, party_of(provider), proved(provider, "bartholomew"))
    assert set(flow.userinfo) & set(ALL_CLAIMS) == {CORE, ADDRESS, RETURN_CODE}
    assert flow.access_token()["claims"] == [CORE, ADDRESS, RETURN_CODE]


@pytest.mark.row("4.core.vot", "4.outcome.proven")
@pytest.mark.parametrize(
    ("vtr", "level", "vot"),
    [
        ('["Cl.Cm.P2"]', "P3", "P2"),
        ('["Cl.Cm.P1"]', "P2", "P1"),
        ('["Cl.Cm.P1","Cl.Cm.P2"]', "P2", "P2"),
        ('["P1.Cm.Cl","P2.Cl.Cm"]', "P1", "P1"),
        ('["Cl.Cm.P3"]', "P3", "P3"),
    ],
)
def test_the_level_told_is_one_that_was_asked_for(
    provider: Provider, vtr: str, level: str, vot: str
) -> None:
    flow = told(provider, party_of(provider), proved(provider, "nia", level), vtr=vtr)
    assert flow.credential()["vot"] == vot
    id_token = flow.party.verify(flow.tokens["id_token"], provider.jwks(), flow.asked, provider.now)
    assert id_token["vot"] == "Cl.Cm"


@pytest.mark.row("2.claim.without_identity", "3.access_token.identity")
@pytest.mark.parametrize("vtr", ['["Cl.Cm"]', '["Cl.Cm.P0"]', None])
def test_claims_count_only_with_an_identity(provider: Provider, vtr: str | None) -> None:
    """Registered claims in a request for no identity are checked, then ignored."""
    party = party_of(provider)
    _, tokens = provider.tokens(party, proved(provider), vtr=vtr)
    assert not set(provider.userinfo(tokens["access_token"]).get_json()) & set(ALL_CLAIMS)
    access = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert "claims" not in access


def test_the_openid_profile_hears_its_level_in_acr_and_gets_the_same_claims(
    provider: Provider,
) -> None:
    flow = told(provider, party_of(provider, more={"profile": "openid"}))
    id_token = flow.party.verify(flow.tokens["id_token"], provider.jwks(), flow.asked, provider.now)
    assert (id_token["acr"], "vot" in id_token) == ("Cl.Cm", False)
    assert flow.credential()["vot"] == "P2"


def test_two_sectors_get_two_names_in_two_credentials(provider: Provider) -> None:
    browser = proved(provider)
    flows = [told(provider, party_of(provider), browser) for _ in range(2)]
    assert flows[0].credential()["sub"] != flows[1].credential()["sub"]


# What is remembered


def disclosures(provider: Provider, browser: Browser) -> set[tuple[str, str]]:
    assert browser.citizen is not None
    with provider.records() as session:
        rows = session.execute(
            sa.select(Disclosure.client_id, Disclosure.claim).where(
                Disclosure.account_id == browser.citizen.account_id
            )
        )
        return {(client_id, claim) for client_id, claim in rows}


def test_what_was_shared_is_recorded_and_not_asked_again(provider: Provider) -> None:
    party, browser = party_of(provider), proved(provider)
    told(provider, party, browser)
    assert disclosures(provider, browser) == {(party.client_id, claim) for claim in ALL_CLAIMS}
    asked = party.ask()
    person = browser.person()
    person.open(party.url(asked))
    person.send(button=0)
    assert "code" in party.answer(asked, person.left_to)


def test_the_record_names_claims_and_no_person(provider: Provider) -> None:
    flow = told(provider, party_of(provider))
    with provider.records() as session:
        entries = session.execute(
            sa.select(AuditEntry.fact, AuditEntry.detail)
            .where(AuditEntry.client_id == flow.party.client_id)
            .order_by(AuditEntry.id)
        ).all()
    names = json.dumps({"claims": list(ALL_CLAIMS)}, separators=(",", ":"))
    assert ("identity_confirmed", '{"level":"P2"}') in entries
    assert ("claims_shared", names) in entries
    assert ("claims_released", names) in entries
    written = " ".join(detail for _, detail in entries)
    assert not [word for word in ("Nia", "Roberts", "1987", "099000114") if word in written]


def last_release(provider: Provider, party: IdentityParty) -> str | None:
    with provider.records() as session:
        return session.scalar(
            sa.select(AuditEntry.detail)
            .where(AuditEntry.client_id == party.client_id, AuditEntry.fact == "claims_released")
            .order_by(AuditEntry.id.desc())
            .limit(1)
        )


# What is refused


@pytest.mark.row("4.error.unknown_claim")
def test_a_claim_taken_from_the_client_is_left_out(provider: Provider) -> None:
    flow = told(provider, party_of(provider))
    for claims in (WITHOUT_CODE, (), ALL_CLAIMS):
        flow.party.claims = claims
        provider.register(flow.party)
        told_now = provider.userinfo(flow.tokens["access_token"]).get_json()
        assert set(told_now) == {"sub", "email", "email_verified", *claims}
        names = json.dumps({"claims": list(claims)}, separators=(",", ":")) if claims else "{}"
        assert last_release(provider, flow.party) == names


def test_a_proof_that_is_gone_is_told_no_more(provider: Provider) -> None:
    flow = told(provider, party_of(provider))
    with provider.records() as session:
        proof_id = session.scalar(
            sa.select(Grant.proof_id).where(Grant.client_id == flow.party.client_id)
        )
        session.execute(sa.delete(Identity).where(Identity.id == proof_id))
    answer = provider.userinfo(flow.tokens["access_token"])
    assert (answer.status_code, answer.data) == (401, b"")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_credential_is_neither_an_access_token_nor_a_hint(provider: Provider) -> None:
    flow = told(provider, party_of(provider))
    answer = provider.userinfo(flow.userinfo[CORE])
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    page = flow.browser.get(f"/logout?id_token_hint={flow.userinfo[CORE]}", Accept="text/html")
    assert "unable to validate id_token_hint" in page.text
    good = flow.browser.get(f"/logout?id_token_hint={flow.tokens['id_token']}", Accept="text/html")
    assert good.status_code in (302, 303)


def silent(provider: Provider, party: IdentityParty, browser: Browser, **more: str) -> Any:
    asked = party.ask(prompt="none", **more)
    return party.answer(asked, browser.authorize(party, asked).headers.get("Location"))


def test_a_silent_request_for_an_identity(provider: Provider) -> None:
    party, browser = party_of(provider), proved(provider)
    wanted = {"error": "consent_required", "error_description": "Consent required"}
    assert silent(provider, party, browser) == wanted
    # The same, whether an identity is proved or not.
    assert silent(provider, party, provider.signed_in()) == wanted
    told(provider, party, browser)
    assert silent(provider, party, browser) == {
        "error": "interaction_required",
        "error_description": "Interaction required",
    }
    nobody = silent(provider, party, provider.browser())
    assert nobody["error"] == "login_required"
    assert "code" in silent(provider, party, browser, vtr='["Cl.Cm"]')


# Switched off


@pytest.fixture
def own_provider(
    sqlite_template: SqliteTemplate, tmp_path: Path, key_room: KeyRoom
) -> Iterator[Provider]:
    """A provider whose keys this test may change."""
    made = build(sqlite_template.copy_to(tmp_path / "own.db"), tmp_path, key_room)
    yield made
    close(made.app)


@pytest.fixture
def switched_off(
    sqlite_template: SqliteTemplate, tmp_path: Path, key_room: KeyRoom
) -> Iterator[Provider]:
    """A provider whose operator has switched identity proving off."""
    url = sqlite_template.copy_to(tmp_path / "off.db")
    made = build(url, tmp_path, key_room, ONEPASS_IDENTITY_PROVING="off")
    yield made
    close(made.app)


@pytest.mark.row("2.vtr_answer.no_capacity")
def test_an_operator_can_switch_identity_proving_off(switched_off: Provider) -> None:
    party, browser = party_of(switched_off), proved(switched_off)
    asked = party.ask()
    answer = party.answer(asked, browser.authorize(party, asked).headers.get("Location"))
    assert (answer["error"], answer["error_description"]) == UNAVAILABLE
    asked, code = browser.code(party, vtr='["Cl.Cm.P0"]', claims=None)
    assert switched_off.redeem(party, asked, code).status_code == 200


@pytest.mark.row("6.field.operator_flags")
def test_a_test_client_does_not_hear_of_the_switch(switched_off: Provider) -> None:
    party = party_of(switched_off, more={"test_client": True})
    assert told(switched_off, party, proved(switched_off)).credential()["vot"] == "P2"


# Rotation


def test_a_credential_survives_the_rotation_of_its_key(
    own_provider: Provider,
) -> None:
    flow = told(own_provider, party_of(own_provider))
    keyring, now = own_provider.services.keyring, own_provider.now
    with own_provider.records() as session:
        after = keyring.generate(session, "ES256", "identity").kid
        keyring.activate(session, after, now, emergency=True)
    own_provider.clock.move(31)
    assert flow.credential()["vot"] == "P2"
    again = told(own_provider, flow.party, flow.browser)
    assert jwt.get_unverified_header(again.userinfo[CORE])["kid"].endswith(f"#{after}")
    assert again.credential()["vot"] == "P2"
