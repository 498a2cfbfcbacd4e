"""`private_key_jwt`: what an assertion must be, one fault at a time, with its key at hand."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from idp.domain.audit_entries import AuditEntry
from idp.protocol.errors import InvalidClientMetadata
from tests.endpoints.provider import Provider, refusal
from tests.support.relying_party import RelyingParty, ec_key, public_key_text, rsa_key
from tests.support.rows import with_rows

INVALID = (400, "invalid_request", "Invalid private_key_jwt")
SIGNATURE = (400, "invalid_client", "Invalid signature in private_key_jwt")
EXPIRED = (400, "invalid_grant", "private_key_jwt has expired")

Forge = Callable[[RelyingParty, int], str]


def b64(data: bytes | str) -> str:
    raw = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims_of(party: RelyingParty, now: int) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(party.assertion(now), options={"verify_signature": False})
    return claims


def signed(party: RelyingParty, payload: bytes, **header: Any) -> str:
    """A token with exactly this payload, signed by the client's own key."""
    return jwt.api_jws.encode(payload, party.key, algorithm=party.alg, headers=header or None)


def parts(party: RelyingParty, now: int) -> list[str]:
    return party.assertion(now).split(".")


def with_claims(**changes: Any) -> Forge:
    return lambda party, now: party.assertion(now, **changes)


def with_header(**header: Any) -> Forge:
    return lambda party, now: signed(party, json.dumps(claims_of(party, now)).encode(), **header)


def with_header_text(before: str) -> Forge:
    """A header in which these members stand before the usual ones, signed by the client's key."""

    def forge(party: RelyingParty, now: int) -> str:
        head = b64(f'{{{before},"alg":"{party.alg}"}}')
        signing_input = f"{head}.{parts(party, now)[1]}"
        algorithm = jwt.get_algorithm_by_name(party.alg)
        return f"{signing_input}.{b64(algorithm.sign(signing_input.encode(), party.key))}"

    return forge


def with_payload(payload: bytes) -> Forge:
    return lambda party, _now: signed(party, payload)


def at(seconds: int, name: str) -> Forge:
    return lambda party, now: party.assertion(now, **{name: now + seconds})


def unsigned(alg: str) -> Forge:
    def forge(party: RelyingParty, now: int) -> str:
        header = b64(json.dumps({"alg": alg, "typ": "JWT"}))
        return f"{header}.{parts(party, now)[1]}."

    return forge


def hmac_with_the_public_key(party: RelyingParty, now: int) -> str:
    """RFC 8725 section 2.1: the published key taken for a shared secret."""
    secret = party.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signing_input = f"{b64(json.dumps({'alg': 'HS256'}))}.{parts(party, now)[1]}"
    tag = hmac.new(secret, signing_input.encode(), hashlib.sha256).digest()
    return f"{signing_input}.{b64(tag)}"


def embedded_key(party: RelyingParty, now: int) -> str:
    """Signed by a stranger's key, which the header brings along."""
    stranger = ec.generate_private_key(ec.SECP256R1())
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(stranger.public_key()))
    return jwt.encode(claims_of(party, now), stranger, algorithm="ES256", headers={"jwk": public})


def by_a_stranger(party: RelyingParty, now: int) -> str:
    return jwt.encode(claims_of(party, now), ec_key("a stranger"), algorithm="ES256")


def changed_afterwards(party: RelyingParty, now: int) -> str:
    header, _, signature = parts(party, now)
    payload = b64(json.dumps(claims_of(party, now) | {"exp": now + 1800}))
    return f"{header}.{payload}.{signature}"


FAULTS: dict[str, tuple[Forge, tuple[int, str, str]]] = {
    "alg none": (unsigned("none"), INVALID),
    "alg None": (unsigned("None"), INVALID),
    "alg nOnE": (unsigned("nOnE"), INVALID),
    "HS256 with the public key": (hmac_with_the_public_key, INVALID),
    "alg is a number": (
        lambda party, now: f"{b64(json.dumps({'alg': 1}))}.{parts(party, now)[1]}.AA", INVALID),
    "no alg": (lambda party, now: f"{b64('{}')}.{parts(party, now)[1]}.AA", INVALID),
    "ES384": (
        lambda party, now: jwt.encode(
            claims_of(party, now), ec.generate_private_key(ec.SECP384R1()), algorithm="ES384"),
        INVALID),
    "RS256 for an elliptic key": (
        lambda party, now: jwt.encode(claims_of(party, now), rsa_key(), algorithm="RS256"),
        SIGNATURE),
    "another audience": (with_claims(aud="https://elsewhere.example/token"), SIGNATURE),
    "the userinfo endpoint as audience": (
        lambda party, now: party.assertion(now, aud=f"{party.issuer}userinfo"), SIGNATURE),
    "an audience that only begins like ours": (
        lambda party, now: party.assertion(now, aud=f"{party.issuer}token.evil"), SIGNATURE),
    "a foreign entry beside ours": (
        lambda party, now: party.assertion(
            now, aud=[f"{party.issuer}token", "https://elsewhere.example/token"]), SIGNATURE),
    "no entry of audience": (with_claims(aud=[]), SIGNATURE),
    "an audience of numbers": (with_payload(b'{"iss":"a","sub":"a","exp":1,"aud":[1]}'), INVALID),
    "no audience": (with_claims(aud=None), INVALID),
    "iss is not sub": (with_claims(iss="somebody-else"), SIGNATURE),
    "no iss": (with_claims(iss=None), INVALID),
    "no sub": (with_claims(sub=None), INVALID),
    "sub of nobody": (
        with_claims(sub="nobody"), (400, "invalid_client", "Client authentication failed")),
    "no exp": (with_claims(exp=None), INVALID),
    "exp as text": (with_claims(exp="soon"), INVALID),
    "exp is true": (
        lambda party, now: signed(
            party, json.dumps(claims_of(party, now) | {"exp": True}).encode()), INVALID),
    "exp beyond all numbers": (
        with_payload(b'{"iss":"a","sub":"a","aud":"b","exp":1e400}'), INVALID),
    "exp below zero": (with_payload(b'{"iss":"a","sub":"a","aud":"b","exp":-1}'), INVALID),
    "exp 31 seconds ago": (at(-31, "exp"), EXPIRED),
    "exp 62 minutes ahead": (at(62 * 60, "exp"), INVALID),
    "nbf 31 seconds to come": (at(31, "nbf"), INVALID),
    "iat 31 seconds to come": (at(31, "iat"), INVALID),
    "nbf as text": (with_claims(nbf="now"), INVALID),
    "iat as text": (with_claims(iat="now"), INVALID),
    "jti is a number": (
        lambda party, now: signed(
            party, json.dumps(claims_of(party, now) | {"jti": 1}).encode()), INVALID),
    "crit": (with_header(crit=["exp"]), INVALID),
    "crit b64": (with_header(crit=["b64"], b64=True), INVALID),
    "an embedded key": (embedded_key, SIGNATURE),
    "a stranger's key": (by_a_stranger, SIGNATURE),
    "changed after signing": (changed_afterwards, SIGNATURE),
    "an empty signature": (
        lambda party, now: ".".join(parts(party, now)[:2]) + ".", SIGNATURE),
    "a shortened signature": (lambda party, now: party.assertion(now)[:-4], SIGNATURE),
    "two parts": (lambda party, now: ".".join(parts(party, now)[:2]), INVALID),
    "four parts": (lambda party, now: party.assertion(now) + ".AA", INVALID),
    "five parts, as if encrypted": (lambda party, now: "a.b.c.d.e", INVALID),
    "claims that are not JSON": (with_payload(b"{exp:"), INVALID),
    "claims that are a list": (with_payload(b"[1]"), INVALID),
    "claims that are deep": (with_payload(b"[" * 3000 + b"]" * 3000), INVALID),
    "claims not in UTF-8": (with_payload(b'{"iss":"\xff"}'), INVALID),
    "a header that is a list": (
        lambda party, now: f"{b64('[]')}.{parts(party, now)[1]}.AA", INVALID),
    "a header that is deep": (
        lambda party, now: f"{b64('[' * 380)}.{parts(party, now)[1]}.AA", INVALID),
    "a member twice": (
        lambda party, now: signed(
            party, json.dumps(claims_of(party, now)).encode()[:-1] + b',"sub":"nobody"}'), INVALID),
    "alg twice": (with_header_text('"alg":"none"'), INVALID),
    "signed as a request": (with_header(typ="oauth-authz-req+jwt"), INVALID),
    "signed as an access token": (with_header(typ="at+jwt"), INVALID),
    "typ is a list": (
        lambda party, now: f"{b64(json.dumps({'alg': party.alg, 'typ': ['JWT']}))}."
        f"{parts(party, now)[1]}.AA", INVALID),
    "nine kilobytes": (with_claims(extra="x" * 9000), INVALID),
    "other letters": (lambda party, now: "ŵ" + party.assertion(now), INVALID),
    "a space at the end": (lambda party, now: party.assertion(now) + " ", SIGNATURE),
}  # fmt: skip


FAULTS_ROWS = {
    "alg none": "3.failure.assertion_algorithm",
    "HS256 with the public key": "3.failure.assertion_algorithm",
    "another audience": "3.failure.assertion_audience",
    "a foreign entry beside ours": "3.client.audience",
    "no audience": "3.failure.assertion_claims",
    "iss is not sub": "3.failure.assertion_issuer 3.client.iss_sub",
    "no iss": "3.failure.assertion_claims",
    "no sub": "3.failure.assertion_claims",
    "sub of nobody": "3.failure.unknown_client",
    "no exp": "3.failure.assertion_claims",
    "exp as text": "3.client.exp",
    "exp 31 seconds ago": "3.failure.assertion_expired 7.skew.assertion",
    "exp 62 minutes ahead": "3.client.exp",
    "nbf 31 seconds to come": "7.skew.assertion",
    "iat 31 seconds to come": "7.skew.assertion",
    "nbf as text": "3.client.nbf_iat",
    "iat as text": "3.client.nbf_iat",
    "a stranger's key": "3.failure.assertion_signature",
    "changed after signing": "3.failure.assertion_signature",
    "two parts": "3.failure.assertion_unreadable",
    "claims that are not JSON": "3.failure.assertion_unreadable",
}


@pytest.mark.parametrize("name", with_rows(FAULTS, FAULTS_ROWS))
def test_a_faulty_assertion(on_sqlite: Provider, name: str) -> None:
    forge, expected = FAULTS[name]
    party, browser = on_sqlite.party(), on_sqlite.signed_in()
    asked, code = browser.code(party)
    answer = on_sqlite.redeem(party, asked, code, client_assertion=forge(party, on_sqlite.now))
    assert refusal(answer) == expected
    # Nothing was used up: the same code is good with an assertion that is.
    assert on_sqlite.redeem(party, asked, code).status_code == 200


LIMITS: dict[str, Forge] = {
    "signed as what it is": with_header(typ="client-authentication+jwt"),
    "exp 29 seconds ago": at(-29, "exp"),
    "exp 60 minutes ahead": at(3600, "exp"),
    "nbf 30 seconds to come": at(30, "nbf"),
    "iat 30 seconds to come": at(30, "iat"),
    "no iat": with_claims(iat=None),
    "no jti": with_claims(jti=None),
    "exp with a fraction": lambda party, now: signed(
        party, json.dumps(claims_of(party, now) | {"exp": now + 60.5}).encode()
    ),
    "a kid that a pasted key has not": with_header(kid="whatever"),
    "the issuer as audience": lambda party, now: party.assertion(now, aud=party.issuer),
    "two audiences, both ours": lambda party, now: party.assertion(
        now, aud=[party.issuer, f"{party.issuer}token"]
    ),
    "claims nobody knows": with_claims(extra={"a": 1}),
    "seven kilobytes": with_claims(extra="x" * 5000),
}


LIMITS_ROWS = {
    "exp 29 seconds ago": "7.skew.assertion",
    "exp 60 minutes ahead": "3.client.exp",
    "nbf 30 seconds to come": "7.skew.assertion",
    "iat 30 seconds to come": "7.skew.assertion",
    "no iat": "3.client.nbf_iat",
    "no jti": "3.client.jti",
    "a kid that a pasted key has not": "3.client.kid",
    "the issuer as audience": "3.client.audience",
    "two audiences, both ours": "3.client.audience",
}


@pytest.mark.parametrize("name", with_rows(LIMITS, LIMITS_ROWS))
def test_what_the_limits_let_through(on_sqlite: Provider, name: str) -> None:
    party = on_sqlite.party()
    asked, code = on_sqlite.signed_in().code(party)
    assertion = LIMITS[name](party, on_sqlite.now)
    answer = on_sqlite.redeem(party, asked, code, client_assertion=assertion)
    assert answer.status_code == 200, answer.text


ALGORITHMS = ["ES256", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]


@pytest.mark.parametrize("alg", ALGORITHMS)
@pytest.mark.row("3.client.algorithms")
def test_every_advertised_algorithm_works(on_sqlite: Provider, alg: str) -> None:
    party = on_sqlite.party(alg=alg)
    _, tokens = on_sqlite.tokens(party)
    assert tokens["id_token"]


def test_the_algorithms_tried_are_the_ones_advertised(provider: Provider) -> None:
    document = provider.browser().get("/.well-known/openid-configuration").get_json()
    told = document["token_endpoint_auth_signing_alg_values_supported"]
    assert sorted(told) == sorted(ALGORITHMS)


def test_a_rsa_signature_of_another_padding_is_refused(provider: Provider) -> None:
    """The algorithm named in the header is the one that is checked."""
    party = provider.party(alg="RS256")
    asked, code = provider.signed_in().code(party)
    header, payload, _ = parts(party, provider.now)
    other = jwt.encode(claims_of(party, provider.now), party.key, algorithm="PS256")
    mixed = f"{header}.{payload}.{other.split('.')[2]}"
    assert refusal(provider.redeem(party, asked, code, client_assertion=mixed)) == SIGNATURE
    assert provider.redeem(party, asked, code).status_code == 200


def test_another_client_cannot_speak_for_this_one(provider: Provider) -> None:
    """CLIENT-11: the claims of one, the key of another, the `client_id` of either."""
    one, other = provider.party(), provider.party()
    asked, code = provider.signed_in().code(one)
    forged = jwt.encode(claims_of(one, provider.now), other.key, algorithm="ES256")
    assert refusal(provider.redeem(one, asked, code, client_assertion=forged)) == SIGNATURE
    own = other.assertion(provider.now)
    answer = provider.redeem(one, asked, code, client_assertion=own, client_id=one.client_id)
    assert refusal(answer) == INVALID
    assert provider.redeem(one, asked, code, client_id=one.client_id).status_code == 200


@pytest.mark.row("3.client.jti")
def test_an_assertion_is_good_once(provider: Provider) -> None:
    party, browser = provider.party(), provider.signed_in()
    assertion = party.assertion(provider.now)
    asked, code = browser.code(party)
    assert provider.redeem(party, asked, code, client_assertion=assertion).status_code == 200
    asked, code = browser.code(party)
    again = provider.redeem(party, asked, code, client_assertion=assertion)
    assert refusal(again) == (
        400, "invalid_client", "private_key_jwt has been used before")  # fmt: skip
    assert "client_assertion_replayed" in provider.facts(client_id=party.client_id)
    # The replay did not use the code up.
    assert provider.redeem(party, asked, code).status_code == 200


def test_the_same_jti_of_two_clients_is_no_replay(provider: Provider) -> None:
    for party in (provider.party(), provider.party()):
        asked, code = provider.signed_in().code(party)
        assertion = party.assertion(provider.now, jti="the same")
        assert provider.redeem(party, asked, code, client_assertion=assertion).status_code == 200


def test_the_same_jti_after_other_claims_is_a_replay(provider: Provider) -> None:
    party, browser = provider.party(), provider.signed_in()
    for number, status in enumerate((200, 400)):
        asked, code = browser.code(party)
        assertion = party.assertion(provider.now, jti="mine", exp=provider.now + 60 + number)
        answer = provider.redeem(party, asked, code, client_assertion=assertion)
        assert answer.status_code == status


def test_a_refused_request_does_not_use_the_assertion_up(provider: Provider) -> None:
    """Whoever is refused for a parameter may send the corrected request with it."""
    party, browser = provider.party(), provider.signed_in()
    asked, code = browser.code(party)
    form = party.token_form(asked, code, provider.now)
    assert provider.token(form | {"code": ""}).status_code == 400
    assert provider.token(form).status_code == 200


def test_without_jti_a_one_login_client_may_and_an_openid_client_may_not(
    provider: Provider,
) -> None:
    party = provider.party(more={"profile": "openid"})
    asked, code = provider.signed_in().code(party)
    without = party.assertion(provider.now, jti=None)
    assert refusal(provider.redeem(party, asked, code, client_assertion=without)) == INVALID
    assert provider.redeem(party, asked, code).status_code == 200


def test_a_pasted_key_that_changes_changes_who_is_believed(provider: Provider) -> None:
    party = provider.party()
    asked, code = provider.signed_in().code(party)
    old = party.assertion(provider.now)
    party.more["public_key"] = public_key_text(ec_key("the new key"))
    provider.register(party)
    assert refusal(provider.redeem(party, asked, code, client_assertion=old)) == SIGNATURE
    new = jwt.encode(claims_of(party, provider.now), ec_key("the new key"), algorithm="ES256")
    assert provider.redeem(party, asked, code, client_assertion=new).status_code == 200


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_weak_keys_are_not_registered(provider: Provider) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    with pytest.raises(InvalidClientMetadata):
        provider.party(more={"public_key": public_key_text(weak)})


def test_the_record_names_the_client_and_never_the_assertion(provider: Provider) -> None:
    party = provider.party()
    asked, code = provider.signed_in().code(party)
    assertion = by_a_stranger(party, provider.now)
    provider.redeem(party, asked, code, client_assertion=assertion)
    with provider.records() as session:
        entries = session.query(AuditEntry).filter_by(client_id=party.client_id).all()
    [refused] = [entry for entry in entries if entry.fact == "client_authentication_refused"]
    assert "Invalid signature" in refused.detail
    assert assertion[:20] not in refused.detail
