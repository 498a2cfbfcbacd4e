from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol import registration_rules as rules
from idp.protocol.client_policy import InvalidClientMetadata, policy_from_registration
from tests.protocol.examples import (
    P256_KEY,
    REDIRECT,
    REGISTRATION,
    RSA_KEY,
    a_client,
    an_openid_client,
    changed,
)

VOCABULARY = "https://vocab.account.gov.uk/v1/"
BY_SECRET = {"token_endpoint_auth_method": "client_secret_post", "public_key": None}
BY_BASIC = {"token_endpoint_auth_method": "client_secret_basic", "public_key": None}
GOOD_HASH = "$argon2id$v=19$m=15360,t=2,p=1$c29tZSBzYWx0IHRoYXQ$aGFzaCBvZiBhIHNlY3JldA"
BAD_LOGOUT = "Invalid Post logout redirect URIs"
BAD_LEVELS = "Invalid Accepted Levels of Confidence"


def test_a_one_login_client_has_the_contracts_policy() -> None:
    client = a_client()
    assert (client.profile, client.environment) == ("one_login", "integration")
    assert (client.name, client.service) == ("Tax account", "Check your tax account")
    assert client.sector == "tax.example"
    assert client.redirect_uris == {REDIRECT}
    assert (client.id_token_alg, client.channel, client.subject_type) == (
        "ES256", "web", "pairwise",
    )  # fmt: skip
    assert (client.token_endpoint_auth_method, client.public_key_source) == (
        "private_key_jwt", "STATIC",
    )  # fmt: skip
    assert client.pkce_required
    assert client.nonce_required
    assert client.state_required
    assert client.active
    assert client.assurance == "vot"
    assert client.levels_of_confidence == {"P0"}
    assert client.rate_limit == 2000
    assert not any(
        (
            client.max_age_honoured,
            client.logout_sid,
            client.assertion_jti_required,
            client.manages_tokens,
            client.basic_offered,
            client.over_rate,
            client.identity_supported,
            client.request_object_required,
            client.deprecated,
        )
    )


def test_an_openid_client_has_the_standards_policy() -> None:
    client = an_openid_client()
    assert client.assurance == "acr"
    assert client.max_age_honoured
    assert client.logout_sid
    assert client.assertion_jti_required
    assert client.manages_tokens
    assert client.basic_offered
    assert client.pkce_required
    assert not client.nonce_required
    assert not client.state_required


@pytest.mark.parametrize(
    ("changes", "member", "value"),
    [
        ({"service": None}, "service", "Tax account"),
        ({"service_cy": "Cyfrif treth"}, "service_cy", "Cyfrif treth"),
        ({"contacts": []}, "contacts", ()),
        ({"client_id": None}, "client_id", ""),
        ({"pkce_enforced": False}, "pkce_required", False),
        ({"max_age_enabled": True}, "max_age_honoured", True),
        ({"permit_missing_nonce": True}, "nonce_required", False),
        ({"PermitMissingNonce": True}, "nonce_required", False),
        ({"active": False}, "active", False),
        ({"IsActive": False}, "active", False),
        ({"IsDeprecated": True}, "deprecated", True),
        ({"id_token_signing_algorithm": "RS256"}, "id_token_alg", "RS256"),
        ({"id_token_signing_algorithm": "RSA256"}, "id_token_alg", "RS256"),
        ({"jar_validation_required": True}, "request_object_required", True),
        ({"subject_type": "public"}, "subject_type", "public"),
        ({"service_type": "OPTIONAL"}, "service_type", "OPTIONAL"),
        ({"client_type": "app"}, "client_type", "app"),
        ({"channel": "strategic_app"}, "channel", "strategic_app"),
        ({"landing_page_url": "https://tax.example/"}, "landing_page_url", "https://tax.example/"),
        ({"public_key": P256_KEY}, "public_key", P256_KEY),
        ({"public_key": None, "jwks_uri": "https://tax.example/jwks"}, "public_key_source", "JWKS"),
        ({"rate_limit": 0}, "rate_limit", 0),
        ({"RateLimit": 5}, "rate_limit", 5),
        ({"claims": [VOCABULARY + "address"]}, "claims", {VOCABULARY + "address"}),
        ({"accepted_levels_of_confidence": ["P0"]}, "levels_of_confidence", {"P0"}),
        ({"sector_identifier_uri": "https://www.tax.example/x"}, "sector", "tax.example"),
        ({"sector_identifier_uri": None}, "sector", "tax.example"),
        ({"environment": "production"}, "environment", "production"),
        (BY_SECRET, "token_endpoint_auth_method", "client_secret_post"),
    ],
)
def test_members_override_the_profile(changes: dict[str, Any], member: str, value: Any) -> None:
    assert getattr(a_client(**changes), member) == value


@pytest.mark.row("2.vtr.registered_by_default", "6.field.accepted_levels_of_confidence")
def test_a_policy_value_opens_basic_to_openid_clients() -> None:
    client = an_openid_client(**BY_BASIC)
    assert client.token_endpoint_auth_method == "client_secret_basic"
    with pytest.raises(InvalidClientMetadata) as caught:
        an_openid_client(**BY_BASIC, identity_verification_supported=True)
    assert caught.value.description == "Identity verification needs private_key_jwt"


@pytest.mark.parametrize("method", [BY_SECRET, BY_BASIC])
def test_a_client_with_a_secret_may_bring_its_hash(method: dict[str, Any]) -> None:
    for name in ("client_secret_hash", "ClientSecret"):
        client = an_openid_client(**method, **{name: GOOD_HASH})
        assert GOOD_HASH not in repr(client)


SALT, HASH = "c29tZSBzYWx0IHRoYXQ", "aGFzaCBvZiBhIHNlY3JldA"


@pytest.mark.parametrize(
    ("encoded", "answer"),
    [
        (GOOD_HASH, True),
        (f"$argon2id$v=19$m=19456,t=2,p=1${SALT}${HASH}", True),
        (f"$argon2id$v=19$m=65536,t=3,p=4${SALT}${HASH}", True),
        (f"$argon2id$v=19$m=7680,t=4,p=1${SALT}${HASH}", True),
        # Bombs: of memory, of time, of both.
        (f"$argon2id$v=19$m=65537,t=1,p=1${SALT}${HASH}", False),
        (f"$argon2id$v=19$m=4194304,t=1,p=1${SALT}${HASH}", False),
        (f"$argon2id$v=19$m=9999999999,t=1,p=1${SALT}${HASH}", False),
        (f"$argon2id$v=19$m=15360,t=13,p=1${SALT}${HASH}", False),
        (f"$argon2id$v=19$m=15360,t=4294967295,p=1${SALT}${HASH}", False),
        (f"$argon2id$v=19$m=65536,t=4,p=1${SALT}${HASH}", False),
        (f"$argon2id$v=19$m=15360,t=2,p=5${SALT}${HASH}", False),
        (f"$argon2id$v=19$m=15360,t=2,p=99${SALT}${HASH}", False),
        # Cheaper than a guess should be.
        (f"$argon2id$v=19$m=8,t=1,p=1${SALT}${HASH}", False),
        (f"$argon2id$v=19$m=15360,t=1,p=1${SALT}${HASH}", False),
        # Not the form, or not the function.
        (f"$argon2i$v=19$m=15360,t=2,p=1${SALT}${HASH}", False),
        (f"$argon2id$v=16$m=15360,t=2,p=1${SALT}${HASH}", False),
        (f"$argon2id$m=15360,t=2,p=1${SALT}${HASH}", False),
        (f"$argon2id$v=19$t=2,m=15360,p=1${SALT}${HASH}", False),
        (f"$argon2id$v=19$m=015360,t=2,p=1${SALT}${HASH}", False),
        (f"$argon2id$v=19$m=15360,t=2,p=1${SALT}${HASH}=", False),
        (f"$argon2id$v=19$m=15360,t=2,p=1${SALT}aa${HASH}", False),
        (f"$argon2id$v=19$m=15360,t=2,p=1${SALT}${HASH}aaa", False),
        (f"$argon2id$v=19$m=15360,t=2,p=1$c2FsdA${HASH}", False),
        (f"$argon2id$v=19$m=15360,t=2,p=1${SALT}${'a' * 87}", False),
        (f"{GOOD_HASH}\n", False),
        ("$2b$12$abcdefghijklmnopqrstuv", False),
        ("", False),
        (None, False),
    ],
)
def test_a_secret_hash_is_argon2id_at_a_cost_that_can_be_paid(
    encoded: object, answer: bool
) -> None:
    assert rules.secret_hash_is_acceptable(encoded) is answer


def test_identity_opens_its_levels() -> None:
    identity = {"identity_verification_supported": True}
    assert a_client(**identity).levels_of_confidence == {"P0", "P2"}
    named = a_client(accepted_levels_of_confidence=["P1", "P2"], **identity)
    assert named.levels_of_confidence == {"P1", "P2"}


def test_a_limit_written_as_null_is_no_limit() -> None:
    assert policy_from_registration(REGISTRATION | {"rate_limit": None}).rate_limit is None


# In the registry's order: each row breaks one rule.
REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"profile": "fapi2"}, "Invalid Profile"),
    ({"profile": ["one_login"]}, "Invalid Profile"),
    ({"environment": "staging"}, "Invalid Environment"),
    ({"client_id": "a:b"}, "Invalid Client ID"),
    ({"client_id": "x" * 65}, "Invalid Client ID"),
    ({"client_id": "a b"}, "Invalid Client ID"),
    ({"client_id": 7}, "Invalid Client ID"),
    ({"client_name": " "}, "Invalid Client Name"),
    ({"client_name": ":tax"}, "Invalid Client Name"),
    ({"client_name": "x" * 255}, "Invalid Client Name"),
    ({"client_name": "Treth â"}, "Invalid Client Name"),
    ({"client_name": 7}, "Invalid Client Name"),
    ({"contacts": ["nobody"]}, "Invalid Contacts"),
    ({"contacts": "team@tax.example"}, "Invalid Contacts"),
    ({"contacts": ["team\x1b[2J@tax.example"]}, "Invalid Contacts"),
    ({"contacts": ["team\ud800@tax.example"]}, "Invalid Contacts"),
    ({"post_logout_redirect_uris": ["nowhere"]}, BAD_LOGOUT),
    ({"post_logout_redirect_uris": "https://tax.example/"}, BAD_LOGOUT),
    ({"sector_identifier_uri": "tax.example"}, "Invalid Sector Identifier URI"),
    ({"sector_identifier_uri": None, "redirect_uris": [REDIRECT, "https://b.example/"]},
     "Invalid Sector Identifier URI"),
    ({"back_channel_logout_uri": "http://tax.example/"}, "Invalid Back-Channel Logout URI"),
    ({"token_endpoint_auth_method": "none"}, "Invalid Token Endpoint Authentication Method"),
    ({"public_key_source": "FILE"}, "Invalid Public Key Source"),
    ({"public_key": "-----BEGIN PUBLIC KEY-----"}, "Invalid Public Key"),
    ({"public_key": "AAAA"}, "Invalid Public Key"),
    ({"public_key": " "}, "Invalid Public Key"),
    ({"public_key": None, "jwks_uri": "http://tax.example/jwks"}, "Invalid JWKS URI"),
    ({"jwks_uri": "https://tax.example/jwks"}, "Inconsistent Public Key Source"),
    ({"public_key": None}, "Inconsistent Public Key Source"),
    ({"public_key_source": "JWKS"}, "Inconsistent Public Key Source"),
    ({"public_key": None, "public_key_source": "STATIC", "jwks_uri": "https://tax.example/jwks"},
     "Inconsistent Public Key Source"),
    ({"scopes": None}, "Insufficient Scope"),
    ({"scopes": ["email"]}, "Insufficient Scope"),
    ({"scopes": ["openid", "offline_access"]}, "Insufficient Scope"),
    ({"scopes": ["openid", 1]}, "Insufficient Scope"),
    ({"service_type": "mandatory"}, "Invalid Service Type"),
    ({"subject_type": "PAIRWISE"}, "Invalid Subject Type"),
    ({"claims": ["given_name"]}, "Insufficient Claim"),
    ({"client_type": "native"}, "Invalid Client Type"),
    ({"identity_verification_supported": "yes"}, "Invalid identity_verification_supported"),
    (BY_SECRET | {"identity_verification_supported": True},
     "Identity verification needs private_key_jwt"),
    ({"accepted_levels_of_confidence": ["P9"]}, BAD_LEVELS),
    ({"accepted_levels_of_confidence": ["P0", "P2"]}, BAD_LEVELS),
    ({"id_token_signing_algorithm": "HS256"}, "Invalid ID Token Signing Algorithm"),
    ({"id_token_signing_algorithm": "none"}, "Invalid ID Token Signing Algorithm"),
    ({"channel": "post"}, "Invalid Channel"),
    ({"landing_page_url": "tax"}, "Invalid Landing Page URI"),
    ({"pkce_enforced": "no"}, "Invalid pkce_enforced"),
    (BY_BASIC, "Invalid Token Endpoint Authentication Method"),
    ({"client_secret_hash": GOOD_HASH}, "Invalid Client Secret Hash"),
    (BY_SECRET | {"client_secret_hash": "a secret"}, "Invalid Client Secret Hash"),
    (BY_SECRET | {"client_secret_hash": 7}, "Invalid Client Secret Hash"),
    ({"service": "x" * 256}, "Invalid Service"),
    ({"service": "two\nlines"}, "Invalid Service"),
    ({"service": "Tax \u202eecivres"}, "Invalid Service"),
    ({"service_cy": "\x00"}, "Invalid Service"),
    ({"service_cy": "\ud800"}, "Invalid Service"),
    ({"redirect_uris": [f"https://tax.example/{n}" for n in range(100)],
      "post_logout_redirect_uris": ["https://tax.example/"] * 101}, BAD_LOGOUT),
    ({"contacts": ["a@b.example"] * 101}, "Invalid Contacts"),
    ({"smoke_test": "yes"}, "Invalid smoke_test"),
    ({"TestClient": 1}, "Invalid test_client"),
    ({"TestClientEmailAllowlist": "a@b.example"}, "Invalid test_client_email_allowlist"),
    ({"rate_limit": 5, "RateLimit": 5}, "Two names for rate_limit"),
    ({"rate_limit": 2**31}, "Invalid rate_limit"),
    ({"rate_limit": -1}, "Invalid rate_limit"),
    ({"rate_limit": True}, "Invalid rate_limit"),
    ({"rate_limit": "many"}, "Invalid rate_limit"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "problem"), REFUSALS)
def test_a_broken_rule_is_told_in_the_registrys_words(
    changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InvalidClientMetadata) as caught:
        a_client(**changes)
    assert (caught.value.error, caught.value.description) == ("invalid_client_metadata", problem)


@pytest.mark.parametrize("name", ["client_name", "redirect_uris", "contacts"])
def test_a_missing_member_is_an_invalid_request(name: str) -> None:
    with pytest.raises(InvalidClientMetadata) as caught:
        a_client(**{name: None})
    assert (caught.value.error, caught.value.description) == ("invalid_request", f"Missing {name}")


IN_ORDER: tuple[tuple[dict[str, Any], str], ...] = (
    ({"post_logout_redirect_uris": ["x"]}, BAD_LOGOUT),
    ({"redirect_uris": ["x"]}, "Invalid Redirect URIs"),
    ({"sector_identifier_uri": "x"}, "Invalid Sector Identifier URI"),
    ({"back_channel_logout_uri": "x"}, "Invalid Back-Channel Logout URI"),
    ({"public_key_source": "x"}, "Invalid Public Key Source"),
    ({"public_key": "x"}, "Invalid Public Key"),
    ({"jwks_uri": "x"}, "Invalid JWKS URI"),
    ({"scopes": ["x"]}, "Insufficient Scope"),
    ({"service_type": "x"}, "Invalid Service Type"),
    ({"subject_type": "x"}, "Invalid Subject Type"),
    ({"claims": ["x"]}, "Insufficient Claim"),
    ({"client_type": "x"}, "Invalid Client Type"),
    ({"accepted_levels_of_confidence": ["x"]}, BAD_LEVELS),
    ({"id_token_signing_algorithm": "x"}, "Invalid ID Token Signing Algorithm"),
    ({"channel": "x"}, "Invalid Channel"),
    ({"landing_page_url": "x"}, "Invalid Landing Page URI"),
)


@pytest.mark.parametrize("first", range(len(IN_ORDER)))
def test_the_first_broken_rule_is_the_one_told(first: int) -> None:
    broken: dict[str, Any] = {}
    for changes, _ in IN_ORDER[first:]:
        broken |= changes
    with pytest.raises(InvalidClientMetadata) as caught:
        a_client(**broken)
    assert caught.value.description == IN_ORDER[first][1]


@pytest.mark.parametrize(
    "address",
    [
        "http://tax.example/callback",
        "http://192.168.0.1/callback",
        "http://localhost.evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "com.example.app:/callback",
        "//tax.example/",
        "/callback",
        "",
        "https://",
        "https:///callback",
        "https://tax.example/#fragment",
        "https://tax.example/#",
        "https://good.example@evil.example/",
        "https://user:pass@tax.example/",
        "https://tax.example\\@evil.example/",
        "https://tax.example/\n",
        "https://täx.example/",
        "https://*.tax.example/",
        "https://tax_.example./",
        "https://tax.example:port/",
        "https://tax.example:99999/",
        "https://[::1/",
        "https://tax.example/?code=1",
        "https://tax.example/?a=1&state=",
        "https://tax.example/?response=1",
        "https://tax.example/?iss=1",
        None,
        7,
    ],
)
def test_codes_are_never_sent_to_such_an_address(address: object) -> None:
    assert not rules.redirect_is_acceptable(address, production=False)
    uris = [REDIRECT] if address is None else [REDIRECT, address]
    if address is not None:
        with pytest.raises(InvalidClientMetadata) as caught:
            a_client(redirect_uris=uris)
        assert caught.value.error == "invalid_redirect_uri"
        assert caught.value.description == "Invalid Redirect URIs"


@pytest.mark.parametrize("uris", [[], "https://tax.example/", {}, [REDIRECT] * 10_000])
def test_there_is_at_least_one_address(uris: object) -> None:
    with pytest.raises(InvalidClientMetadata) as caught:
        policy_from_registration(changed(REGISTRATION, {"redirect_uris": uris}))
    assert caught.value.error == "invalid_redirect_uri"


@pytest.mark.parametrize(
    ("address", "integration", "production"),
    [
        ("https://tax.example/callback?next=1", True, True),
        ("https://tax.example:8443", True, True),
        ("https://[2606:4700::1]/", True, True),
        ("https://9.9.9.9/callback", True, True),
        ("https://3com.example/callback", True, True),
        ("http://localhost:8001/callback", True, False),
        ("http://tax.onepass.localhost:8001/callback", True, False),
        ("http://127.0.0.9:8001/callback", True, False),
        ("http://[::1]:8001/callback", True, False),
        ("https://localhost/callback", True, False),
        ("https://127.0.0.1/callback", True, False),
        ("https://[::1]/callback", True, False),
        ("https://[::ffff:127.0.0.1]/callback", True, False),
        ("https://[::ffff:9.9.9.9]/callback", True, False),
        ("https://[2002:0909:0909::1]/callback", True, False),
        ("https://[2001:0:909:909::1]/callback", True, False),
        ("https://[64:ff9b::a00:1]/callback", True, False),
        ("https://[fe80::1]/callback", True, False),
        ("https://[ff0e::1]/callback", True, False),
        ("https://[fec0::1]/callback", True, False),
        ("https://[::ffff:0:9.9.9.9]/callback", True, False),
        ("https://[64:ff9b::9.9.9.9]/callback", True, False),
        ("https://[2606:4700::1111]/callback", True, True),
        ("https://192.88.99.1/callback", True, False),
        ("https://2130706433/callback", True, False),
        ("https://0x7f.1/callback", True, False),
        ("https://127.0.0.0x1/callback", True, False),
        ("https://0177.0.0.01/callback", True, False),
        ("https://10.0.0.1/callback", True, False),
        ("https://192.168.1.1/callback", True, False),
        ("https://169.254.169.254/callback", True, False),
        ("https://224.0.0.1/callback", True, False),
        ("https://tax.example:0/callback", False, False),
        ("https://tax.example/..%2fcallback", True, False),
        ("https://tax.example/a%5C..%5Ccallback", True, False),
        ("https://tax.example/%2E%2E/callback", True, False),
        ("https://tax.example/a/../callback", True, False),
        ("https://tax.example/a/.", True, False),
        ("https://tax.example/*", True, False),
        ("https://tax.example/.well-known/a..b?to=*", True, True),
    ],
)
def test_what_only_an_integration_client_may_name(
    address: str, integration: bool, production: bool
) -> None:
    assert rules.redirect_is_acceptable(address, production=False) is integration
    assert rules.redirect_is_acceptable(address, production=True) is production


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Apply for a permit", "APPLY-FOR-A-PERMIT.", True),
        ("Apply for a permit", "AppIy f0r a perm1t", True),
        ("Apply for a permit", "Applÿ för ą permıt", True),
        ("Cael trwydded ŷd", "cael  trwydded yd", True),
        ("Apply for a permit", "Apply for permits", False),
        ("Pay tax", "Pay toll", False),
    ],
)
def test_names_that_are_easily_mistaken_have_one_outline(one: str, other: str, alike: bool) -> None:
    assert (rules.outline(one) == rules.outline(other)) is alike


def test_letters_of_other_scripts_are_told_from_latin_ones() -> None:
    for good in ("Cael trwydded ŷd", "Tax 2: pay & go", "Ａpply", "Café ª"):
        assert rules.is_in_latin_letters(good)
    for bad in ("Аpply", "Αpply", "ᏢAY", "pаy"):
        assert not rules.is_in_latin_letters(bad)


@pytest.mark.parametrize(
    "member", ["back_channel_logout_uri", "landing_page_url", "sector_identifier_uri"]
)
def test_a_production_client_has_no_loopback_address(member: str) -> None:
    changes = {member: "https://localhost/"}
    assert a_client(**changes).environment == "integration"
    with pytest.raises(InvalidClientMetadata):
        a_client(environment="production", **changes)


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        (RSA_KEY, True),
        (P256_KEY, True),
        (f"{RSA_KEY[:64]}\n{RSA_KEY[64:]}", True),
        (RSA_KEY[:-1], False),
        ("ä" + RSA_KEY, False),
        ("B" + RSA_KEY[1:], False),
        ("MCowBQYDK2VwAyEA" + "A" * 44, False),
        (None, False),
        ("", False),
    ],
)
def test_a_public_key_is_rsa_or_p256(key: object, answer: bool) -> None:
    assert rules.public_key_is_acceptable(key) is answer


@given(st.text())
def test_any_address_is_accepted_or_refused(address: str) -> None:
    if rules.redirect_is_acceptable(address, production=True):
        assert address.startswith("https://")
        assert address.isascii()
        assert rules.sector_of(address)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*REGISTRATION, "claims", "jwks_uri", "profile"]), JSON))
def test_any_registration_is_accepted_or_refused(registration: dict[str, object]) -> None:
    try:
        client = policy_from_registration(REGISTRATION | registration)
    except InvalidClientMetadata:
        return
    assert client.redirect_uris == {REDIRECT}
