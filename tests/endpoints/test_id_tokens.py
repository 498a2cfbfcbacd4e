"""ID tokens as a service receives them: exact claims, verified with a library not ours."""

import base64
import hashlib
import json
import re
from typing import Any

import jwt
import pytest

from tests.endpoints.provider import Browser, Provider
from tests.support.relying_party import RelyingParty

COMMON = {"iss", "sub", "aud", "exp", "iat", "auth_time", "at_hash", "sid", "nonce"}


def identity(
    provider: Provider, party: RelyingParty, browser: Browser | None = None, **changes: str | None
) -> dict[str, Any]:
    """The verified claims of a flow's ID token."""
    asked, tokens = provider.tokens(party, browser, **changes)
    return party.verify(tokens["id_token"], provider.jwks(), asked, provider.now)


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
@pytest.mark.row(
    "3.id_token.header",
    "3.id_token.algorithm",
    "3.id_token.iss",
    "3.id_token.sub",
    "3.id_token.aud",
    "3.id_token.exp",
    "3.id_token.iat",
    "3.id_token.at_hash",
    "3.id_token.sid",
    "3.id_token.nonce",
    "3.id_token.vot",
    "3.id_token.vtm",
    "3.id_token.auth_time",
    "3.id_token.nothing_else",
    "3.sub.form",
    "7.lifetime.id_token",
)
def test_a_one_login_client_hears_exactly_this(provider: Provider, alg: str) -> None:
    party, browser = provider.party(id_token_alg=alg), provider.signed_in()
    signed_in_at = provider.now
    provider.clock.move(40)
    asked, tokens = provider.tokens(party, browser)
    claims = party.verify(tokens["id_token"], provider.jwks(), asked, provider.now)
    digest = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert set(claims) == COMMON | {"vot", "vtm"}
    assert claims == {
        "iss": provider.issuer,
        "sub": claims["sub"],
        "aud": party.client_id,
        "iat": provider.now,
        "exp": provider.now + 120,
        "auth_time": signed_in_at,
        "at_hash": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "sid": claims["sid"],
        "nonce": asked.nonce,
        "vot": "Cl.Cm",
        "vtm": f"{provider.issuer}trustmark",
    }
    assert re.fullmatch(r"urn:fdc:onepass:2026:[A-Za-z0-9_-]{43}", claims["sub"])
    assert re.fullmatch(r"[A-Za-z0-9_-]{27}", claims["sid"])
    header = jwt.get_unverified_header(tokens["id_token"])
    assert set(header) == {"alg", "kid"}
    assert header["alg"] == alg
    access = jwt.get_unverified_header(tokens["access_token"])
    assert access["alg"] == alg


@pytest.mark.row("3.id_token.vot", "3.id_token.vtm", "3.id_token.nothing_else")
def test_an_openid_client_hears_acr_and_amr(provider: Provider) -> None:
    party = provider.party(more={"profile": "openid"})
    claims = identity(provider, party)
    assert set(claims) == COMMON | {"acr", "amr"}
    assert claims["acr"] == "Cl.Cm"
    assert claims["amr"] == ["pwd", "otp", "mfa"]


def test_amr_tells_what_was_used_and_nothing_more(provider: Provider) -> None:
    party = provider.party(more={"profile": "openid"})
    claims = identity(provider, party, provider.signed_in("Cl"), vtr='["Cl"]')
    assert (claims["acr"], claims["amr"]) == ("Cl", ["pwd"])


@pytest.mark.parametrize(
    ("vtr", "vot"),
    [(None, "Cl.Cm"), ('["Cl"]', "Cl"), ('["Cl.Cm"]', "Cl.Cm"), ('["Cm.Cl"]', "Cl.Cm"),
     ('["Cl.Cm","Cl"]', "Cl"), ('["P0.Cl"]', "Cl"), ("[]", "Cl.Cm")],
)  # fmt: skip
@pytest.mark.row("2.parameter.vtr", "2.vtr.effective", "3.id_token.vot", "5.sso.lower")
def test_the_level_asked_is_the_level_given(provider: Provider, vtr: str | None, vot: str) -> None:
    """From a session at `Cl.Cm`, which satisfies them all."""
    assert identity(provider, provider.party(), vtr=vtr)["vot"] == vot


def test_an_openid_client_may_ask_by_acr_values(provider: Provider) -> None:
    party, browser = provider.party(more={"profile": "openid"}), provider.signed_in("Cl")
    assert identity(provider, party, browser, acr_values="Cl")["acr"] == "Cl"
    asked = party.ask(acr_values="Cl.Cm")
    assert browser.authorize(party, asked).headers["Location"].endswith("/code")


def test_an_openid_client_may_insist_on_a_level(provider: Provider) -> None:
    """IDT-04: told, reached by a second factor, or refused; never passed over."""
    party, browser = provider.party(more={"profile": "openid"}), provider.signed_in()

    def wanting(*values: str) -> str:
        return json.dumps({"id_token": {"acr": {"values": values, "essential": True}}})

    assert identity(provider, party, browser, claims=wanting("Cl"))["acr"] == "Cl"
    assert identity(provider, party, browser, claims=wanting("x", "Cl.Cm"))["acr"] == "Cl.Cm"
    low = provider.signed_in("Cl")
    step_up = low.authorize(party, party.ask(claims=wanting("Cl.Cm")))
    assert step_up.headers["Location"].endswith("/code")
    asked = party.ask(claims=wanting("urn:other"))
    told = party.answer(asked, browser.authorize(party, asked).headers["Location"])
    assert told["error"] == "unmet_authentication_requirements"


def test_an_openid_client_may_name_claims_and_the_one_person(provider: Provider) -> None:
    """AUTHZ-30: another subject than the one signed in is never told."""
    party, browser = provider.party(more={"profile": "openid"}), provider.signed_in()
    by_name = json.dumps({"userinfo": {"email": {"essential": True}, "unknown": None}})
    _, tokens = provider.tokens(party, browser, scope="openid", claims=by_name)
    told = provider.userinfo(tokens["access_token"]).get_json()
    assert told.keys() == {"sub", "email", "email_verified"}
    for subject, answer in ((told["sub"], "code"), ("urn:somebody:else", "error")):
        for place in ("id_token", "userinfo"):
            claims = json.dumps({place: {"sub": {"value": subject}}})
            asked = party.ask(claims=claims, prompt="none")
            location = browser.authorize(party, asked).headers["Location"]
            assert answer in party.answer(asked, location)


@pytest.mark.parametrize(
    "subject", ["\ud800", "a\x00b", "\x1b[1m", "x" * 129, "x" * 2000], ids=repr
)
def test_a_subject_that_nobody_can_have_is_told(provider: Provider, subject: str) -> None:
    """JSON escapes what no other parameter can carry, into a database that cannot keep it."""
    party, browser = provider.party(more={"profile": "openid"}), provider.signed_in()
    for place in ("id_token", "userinfo"):
        asked = party.ask(claims=json.dumps({place: {"sub": {"value": subject}}}))
        told = party.answer(asked, browser.authorize(party, asked).headers["Location"])
        assert told == {"error": "invalid_request", "error_description": "Invalid request"}
    longest = json.dumps({"id_token": {"sub": {"value": "x" * 128}}})
    assert "/j/" in browser.authorize(party, party.ask(claims=longest)).headers["Location"]


@pytest.mark.row("3.id_token.nonce")
def test_the_nonce_comes_back_as_it_was(provider: Provider) -> None:
    nonce = 'ŵ + / = & " <script> %20'
    _, tokens = provider.tokens(provider.party(), nonce=nonce)
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert claims["nonce"] == nonce


def test_without_a_nonce_there_is_none(provider: Provider) -> None:
    party = provider.party(more={"profile": "openid"})
    _, tokens = provider.tokens(party, nonce=None)
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert "nonce" not in claims


class TestSubjects:
    @pytest.mark.row("3.sub.pairwise", "3.sub.sector")
    def test_a_person_has_one_name_in_each_sector(self, provider: Provider) -> None:
        browser = provider.signed_in()
        one, other = provider.party(), provider.party()
        same = provider.party(more={"sector_identifier_uri": one.origin})
        www = provider.party(
            more={"sector_identifier_uri": one.origin.replace("https://", "https://www.")}
        )
        names = [identity(provider, party, browser)["sub"] for party in (one, other, same, www)]
        assert names[0] == names[2] == names[3]
        assert names[0] != names[1]

    @pytest.mark.row("3.sub.pairwise")
    def test_the_name_stays(self, provider: Provider) -> None:
        citizen, party = provider.citizen(), provider.party()
        first = identity(provider, party, provider.signed_in(citizen=citizen))["sub"]
        provider.clock.move(86_400)
        assert identity(provider, party, provider.signed_in(citizen=citizen))["sub"] == first

    def test_two_people_have_two_names(self, provider: Provider) -> None:
        party = provider.party()
        names = {identity(provider, party, provider.signed_in())["sub"] for _ in range(3)}
        assert len(names) == 3

    @pytest.mark.row("3.sub.public")
    def test_public_subjects_are_the_same_everywhere(self, provider: Provider) -> None:
        browser = provider.signed_in()
        names = [
            identity(provider, provider.party(more={"subject_type": kind}), browser)["sub"]
            for kind in ("public", "public", "pairwise")
        ]
        assert names[0] == names[1] != names[2]

    @pytest.mark.row("3.id_token.sid")
    def test_a_session_has_another_name_for_every_client(self, provider: Provider) -> None:
        browser = provider.signed_in()
        one, other = provider.party(), provider.party()
        names = [identity(provider, party, browser)["sid"] for party in (one, one, other)]
        assert names[0] == names[1] != names[2]
        assert browser.session().sid not in names

    @pytest.mark.row("3.id_token.sub")
    def test_all_tokens_of_a_flow_agree(self, provider: Provider) -> None:
        _, tokens = provider.tokens(provider.party())
        told = {
            jwt.decode(tokens[name], options={"verify_signature": False})["sub"]
            for name in ("id_token", "access_token")
        }
        assert told == {provider.userinfo(tokens["access_token"]).get_json()["sub"]}


def test_no_personal_data_is_in_the_tokens(provider: Provider) -> None:
    browser = provider.signed_in()
    _, tokens = provider.tokens(provider.party(), browser)
    assert browser.citizen is not None
    for name in ("id_token", "access_token"):
        claims = jwt.decode(tokens[name], options={"verify_signature": False})
        assert browser.citizen.email not in str(claims)
        assert browser.citizen.account_id not in str(claims)


@pytest.mark.row("3.id_token.auth_time", "5.sso.auth_time")
def test_auth_time_is_the_last_real_sign_in(provider: Provider) -> None:
    party, browser = provider.party(), provider.signed_in()
    first = identity(provider, party, browser)["auth_time"]
    provider.clock.move(600)
    assert identity(provider, party, browser)["auth_time"] == first
