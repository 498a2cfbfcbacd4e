"""Every check on the ID token refuses the one fault it is there for."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable

import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from relying_party_demo.exchange import CheckFailed, Step
from relying_party_demo.id_token import Expected, check_id_token
from tests.relying_party.fake_provider import Claims, left_hash
from tests.relying_party.visiting import Visit

Change = Callable[[Claims, int], Claims]


def without(name: str) -> Change:
    return lambda claims, _: {key: value for key, value in claims.items() if key != name}


def with_(**changes: object) -> Change:
    return lambda claims, _: {**claims, **changes}


def at(name: str, seconds: int) -> Change:
    return lambda claims, now: {**claims, name: now + seconds}


FAULTS: list[tuple[str, Change, str]] = [
    ("another issuer", with_(iss="http://127.0.0.1:1/"), "It was issued by our Onepass"),
    ("no issuer", without("iss"), "It was issued by our Onepass"),
    ("another audience", with_(aud="library"), "It was issued for this service"),
    ("a list of audiences", with_(aud=["tax-account"]), "It was issued for this service"),
    ("no audience", without("aud"), "It was issued for this service"),
    ("expired", at("exp", -6), "It has not expired"),
    ("no expiry", without("exp"), "It has not expired"),
    ("expiry true", with_(exp=True), "It has not expired"),
    ("expiry as text", with_(exp="9999999999"), "It has not expired"),
    ("issued in the future", at("iat", 6), "It was not issued in the future"),
    ("no time of issue", without("iat"), "It was not issued in the future"),
    ("not yet valid", at("nbf", 6), "It is already valid"),
    ("another nonce", with_(nonce="n" * 43), "It answers this very request"),
    ("no nonce", without("nonce"), "It answers this very request"),
    ("another access token", with_(at_hash="A" * 22), "It belongs to the access token"),
    ("no at_hash", without("at_hash"), "It belongs to the access token"),
    ("a lower level", with_(vot="Cl"), "You signed in as strongly as we asked"),
    ("a level of confidence", with_(vot="P2.Cl.Cm"), "You signed in as strongly as we asked"),
    ("no level", without("vot"), "You signed in as strongly as we asked"),
    ("no time of sign-in", without("auth_time"), "You signed in recently enough"),
    ("a sign-in to come", at("auth_time", 6), "You signed in recently enough"),
    ("no subject", without("sub"), "It names a person"),
    ("an empty subject", with_(sub=""), "It names a person"),
    ("a number for a subject", with_(sub=7), "It names a person"),
]


@pytest.mark.parametrize(
    ("change", "check"),
    [(change, check) for _, change, check in FAULTS],
    ids=[name for name, _, _ in FAULTS],
)
def test_a_fault_in_the_claims_is_refused(tax: Visit, change: Change, check: str) -> None:
    tax.provider.change_claims = lambda claims: change(claims, tax.clock.now())
    response = tax.arrive(tax.leave())
    assert response.status_code == 400
    assert f"<strong>{check}" in response.text.replace("&#39;", "'")
    assert response.text.count("dept-check--failed") == 1
    assert not tax.signed_in()
    # Nothing else was wrong: the same sign-in without the fault succeeds.
    tax.provider.change_claims = lambda claims: claims
    assert tax.arrive(tax.leave()).status_code == 303


@pytest.mark.parametrize(
    "change",
    [at("exp", -4), at("iat", 5), at("nbf", 5), at("auth_time", 5), at("exp", 1)],
    ids=["exp", "iat", "nbf", "auth_time", "exp soon"],
)
def test_honest_clocks_may_differ_by_five_seconds(tax: Visit, change: Change) -> None:
    tax.provider.change_claims = lambda claims: change(claims, tax.clock.now())
    assert tax.arrive(tax.leave()).status_code == 303


def part(header: Claims) -> str:
    return base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()


def forged(token: str) -> str:
    head, body, signature = token.split(".")
    first = "A" if signature[0] != "A" else "B"
    return f"{head}.{body}.{first}{signature[1:]}"


def unsigned(token: str) -> str:
    return f"eyJhbGciOiJub25lIn0.{token.split('.')[1]}."


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (forged, "The signature is good"),
        (unsigned, "It is signed in the way we agreed"),
        ("not a token".format, "It is signed in the way we agreed"),
        ("".format, "It is signed in the way we agreed"),
    ],
    ids=["forged", "unsigned", "not a token", "empty"],
)
def test_a_token_that_is_not_signed_is_refused(
    tax: Visit, change: Callable[[str], str], check: str
) -> None:
    tax.provider.change_token = change
    response = tax.arrive(tax.leave())
    assert response.status_code == 400
    assert f"<strong>{check}" in response.text
    assert not tax.signed_in()


def test_the_algorithm_is_the_one_that_was_agreed(tax: Visit, library: Visit) -> None:
    for visit, other in ((tax, "RS256"), (library, "ES256")):
        header: Claims = {"alg": other, "kid": visit.provider.signing[other]}
        visit.provider.change_header = header.__ror__
        response = visit.arrive(visit.leave())
        assert "<strong>It is signed in the way we agreed" in response.text
        assert not visit.signed_in()


def test_a_public_key_is_never_a_shared_secret(tax: Visit) -> None:
    public = tax.provider.keys["es-1"].as_pem(private=False)

    def confuse(token: str) -> str:
        signed = f"{part({'alg': 'HS256', 'kid': 'es-1'})}.{token.split('.')[1]}"
        mac = hmac.new(public, signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"

    tax.provider.change_token = confuse
    assert "<strong>It is signed in the way we agreed" in tax.arrive(tax.leave()).text


@pytest.mark.parametrize("kid", [{}, {"kid": "made-up"}, {"kid": "rs-1"}, {"kid": ""}])
def test_the_key_must_be_one_that_is_published_for_it(tax: Visit, kid: Claims) -> None:
    tax.provider.change_header = lambda header: {"alg": header["alg"]} | kid
    response = tax.arrive(tax.leave())
    assert "<strong>It names a key that Onepass publishes" in response.text
    assert not tax.signed_in()


def test_a_key_of_somebody_else_under_a_known_name_is_refused(tax: Visit) -> None:
    stranger = ECKey.generate_key("P-256")

    def resign(token: str) -> str:
        payload = jws.extract_compact(token.encode()).payload
        return jws.serialize_compact({"alg": "ES256", "kid": "es-1"}, payload, stranger)

    tax.provider.change_token = resign
    assert "<strong>The signature is good" in tax.arrive(tax.leave()).text


@pytest.mark.parametrize(("age", "good"), [(60, True), (65, True), (66, False)])
def test_an_age_is_counted_from_when_it_was_asked(age: int, good: bool) -> None:
    asked_at = 1_790_000_000
    expected = Expected(
        issuer="i",
        client_id="c",
        algorithm="ES256",
        nonce="n",
        level="Cl",
        access_token="t",
        asked_at=asked_at,
        max_age=60,
        prompt=None,
        sub=None,
    )
    now = asked_at + 90
    claims: Claims = {"iss": "i", "aud": "c", "exp": now + 9, "iat": now, "nonce": "n"}
    claims |= {"at_hash": left_hash("t"), "vot": "Cl", "sub": "s", "auth_time": asked_at - age}
    step = Step("id_token", now)
    if good:
        check_id_token(claims, expected, now, step)
        assert all(check.passed for check in step.checks)
    else:
        with pytest.raises(CheckFailed, match="auth_time"):
            check_id_token(claims, expected, now, step)
        assert not step.checks[-1].passed
