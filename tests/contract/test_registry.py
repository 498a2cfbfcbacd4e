"""Section 6: every field of a registration, by its rule and the words it is refused with."""

from dataclasses import dataclass
from typing import Any, Final

import pytest

from idp.protocol.errors import InvalidClientMetadata
from tests.protocol.examples import P256_KEY, REDIRECT, RSA_KEY, a_client

SCRIPTS: Final = ("javascript:alert(1)", "data:text/html,x", "vbscript:x")
BY_SECRET: Final = {"token_endpoint_auth_method": "client_secret_post", "public_key": None}
LOOPBACK: Final = "http://localhost:8001/"


@dataclass(frozen=True)
class Rule:
    """What one member may hold and may not; `words` is what the registry says then."""

    good: tuple[dict[str, Any], ...]
    bad: tuple[dict[str, Any], ...]
    words: str
    error: str = "invalid_client_metadata"


def each(name: str, *values: object) -> tuple[dict[str, Any], ...]:
    return tuple({name: value} for value in values)


def in_production(name: str, *values: object) -> tuple[dict[str, Any], ...]:
    return tuple({name: value, "environment": "production"} for value in values)


IDENTITY: Final = {"identity_verification_supported": True}
LEVELS: Final = "accepted_levels_of_confidence"
REDIRECTS: Final = tuple(
    [REDIRECT, f"https://tax.example/?{name}=1"] for name in ("code", "state", "response")
)

RULES: dict[str, Rule] = {
    "client_name": Rule(
        each("client_name", "Tax account", "x" * 254),
        each("client_name", "x" * 255, " ", ":tax", "Treth â", 7),
        "Invalid Client Name",
    ),
    "redirect_uris": Rule(
        (*each("redirect_uris", [REDIRECT], [REDIRECT, "https://tax.example/other"], [LOOPBACK]),),
        (
            *each("redirect_uris", [], *REDIRECTS, *([address] for address in SCRIPTS)),
            *in_production("redirect_uris", ["https://localhost/"], ["http://tax.example/"]),
        ),
        "Invalid Redirect URIs",
        "invalid_redirect_uri",
    ),
    "post_logout_redirect_uris": Rule(
        each("post_logout_redirect_uris", None, [], ["https://tax.example/bye"]),
        each("post_logout_redirect_uris", ["nowhere"], "https://tax.example/bye", [SCRIPTS[0]]),
        "Invalid Post logout redirect URIs",
    ),
    "back_channel_logout_uri": Rule(
        each("back_channel_logout_uri", None, "https://tax.example/bye", LOOPBACK),
        (
            *each("back_channel_logout_uri", "nowhere", "http://tax.example/bye"),
            *in_production("back_channel_logout_uri", LOOPBACK, "https://localhost/"),
        ),
        "Invalid Back-Channel Logout URI",
    ),
    "public_key_source": Rule(
        (*each("public_key_source", None, "STATIC"),
         {"public_key_source": "JWKS", "public_key": None, "jwks_uri": "https://tax.example/k"}),
        each("public_key_source", "FILE", "static", 1),
        "Invalid Public Key Source",
    ),
    "public_key": Rule(
        each("public_key", RSA_KEY, P256_KEY),
        each("public_key", "-----BEGIN PUBLIC KEY-----", "AAAA", " ", 7),
        "Invalid Public Key",
    ),
    "jwks_uri": Rule(
        ({"public_key": None, "jwks_uri": "https://tax.example/keys"},),
        tuple(
            {"public_key": None, "jwks_uri": uri}
            for uri in ("http://tax.example/keys", "nowhere", 7)
        ),
        "Invalid JWKS URI",
    ),
    "scopes": Rule(
        each("scopes", ["openid"], ["openid", "email", "phone"]),
        each("scopes", None, ["email"], ["openid", "wallet-subject-id"], ["openid", "am"],
             ["openid", "govuk-account"], ["openid", "doc-checking-app"]),
        "Insufficient Scope",
    ),
    "claims": Rule(
        each("claims", None, ["https://vocab.account.gov.uk/v1/address"]),
        each("claims", ["address"], ["https://vocab.account.gov.uk/v1/other"]),
        "Insufficient Claim",
    ),
    "identity_verification_supported": Rule(
        each("identity_verification_supported", None, True, False),
        each("identity_verification_supported", "yes", 1),
        "Invalid identity_verification_supported",
    ),
    "accepted_levels_of_confidence": Rule(
        (*each(LEVELS, None, [], ["P0"]), {LEVELS: ["P0", "P1", "P2", "P3"]} | IDENTITY),
        (*each(LEVELS, ["P4"], ["P1"], ["P0", "P2"]), {LEVELS: ["P9"]} | IDENTITY),
        "Invalid Accepted Levels of Confidence",
    ),
    "subject_type": Rule(
        each("subject_type", "pairwise", "public"),
        each("subject_type", "PAIRWISE", "other", 7),
        "Invalid Subject Type",
    ),
    "service_type": Rule(
        each("service_type", None, "MANDATORY", "OPTIONAL"),
        each("service_type", "mandatory", 7),
        "Invalid Service Type",
    ),
    "client_type": Rule(
        each("client_type", None, "web", "app"),
        each("client_type", "native", 7),
        "Invalid Client Type",
    ),
    "id_token_signing_algorithm": Rule(
        each("id_token_signing_algorithm", None, "ES256", "RS256", "RSA256"),
        each("id_token_signing_algorithm", "HS256", "none", "PS256"),
        "Invalid ID Token Signing Algorithm",
    ),
    "jar_validation_required": Rule(
        each("jar_validation_required", None, True, False),
        each("jar_validation_required", "yes"),
        "Invalid jar_validation_required",
    ),
    "max_age_enabled": Rule(
        each("max_age_enabled", None, True, False),
        each("max_age_enabled", "yes"),
        "Invalid max_age_enabled",
    ),
    "channel": Rule(
        each("channel", None, "web", "generic_app", "strategic_app"),
        each("channel", "post", 7),
        "Invalid Channel",
    ),
    "landing_page_url": Rule(
        each("landing_page_url", None, "https://tax.example/"),
        each("landing_page_url", "tax", SCRIPTS[0]),
        "Invalid Landing Page URI",
    ),
    "rate_limit": Rule(
        each("rate_limit", 0, 1, 2000),
        each("rate_limit", -1, "many", True),
        "Invalid rate_limit",
    ),
}  # fmt: skip
CASES = [pytest.param(name, marks=pytest.mark.row(f"6.field.{name}")) for name in RULES]


@pytest.mark.parametrize("name", CASES)
def test_what_a_member_may_hold(name: str) -> None:
    rule = RULES[name]
    for changes in rule.good:
        a_client(**changes)
    for changes in rule.bad:
        with pytest.raises(InvalidClientMetadata) as caught:
            a_client(**changes)
        assert (caught.value.error, caught.value.description) == (rule.error, rule.words), changes


DEFAULTS: dict[str, tuple[str, object]] = {
    "public_key_source": ("public_key_source", "STATIC"),
    "identity_verification_supported": ("identity_supported", False),
    "accepted_levels_of_confidence": ("levels_of_confidence", {"P0"}),
    "service_type": ("service_type", "MANDATORY"),
    "client_type": ("client_type", "web"),
    "id_token_signing_algorithm": ("id_token_alg", "ES256"),
    "jar_validation_required": ("request_object_required", False),
    "pkce_enforced": ("pkce_required", True),
    "max_age_enabled": ("max_age_honoured", False),
    "channel": ("channel", "web"),
    "rate_limit": ("rate_limit", 2000),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.row(f"6.field.{name}")) for name in DEFAULTS]
)
def test_what_a_member_is_when_it_is_left_out(name: str) -> None:
    member, value = DEFAULTS[name]
    assert getattr(a_client(**{name: None} if name != "rate_limit" else {}), member) == value


@pytest.mark.row("6.field.id_token_signing_algorithm")
def test_the_older_spelling_means_the_same() -> None:
    assert a_client(id_token_signing_algorithm="RSA256").id_token_alg == "RS256"


@pytest.mark.row("6.field.jwks_uri")
def test_keys_are_in_one_place() -> None:
    for changes in (
        {"jwks_uri": "https://tax.example/keys"},
        {"public_key": None},
        {"public_key_source": "JWKS"},
    ):
        with pytest.raises(InvalidClientMetadata) as caught:
            a_client(**changes)
        assert caught.value.description == "Inconsistent Public Key Source"


@pytest.mark.row("3.client.secret_identity")
def test_a_secret_and_identity_do_not_go_together() -> None:
    assert a_client(**BY_SECRET).token_endpoint_auth_method == "client_secret_post"
    with pytest.raises(InvalidClientMetadata) as caught:
        a_client(**BY_SECRET, **IDENTITY)
    assert caught.value.error == "invalid_client_metadata"


@pytest.mark.row("3.client.public")
def test_a_client_must_authenticate() -> None:
    with pytest.raises(InvalidClientMetadata) as caught:
        a_client(token_endpoint_auth_method="none")
    assert caught.value.description == "Invalid Token Endpoint Authentication Method"


@pytest.mark.row("3.sub.sector")
@pytest.mark.parametrize("host", ["tax.example", "www.tax.example", "tax.example:8443"])
def test_the_sector_is_the_host_that_is_named(host: str) -> None:
    assert a_client(sector_identifier_uri=f"https://{host}").sector == "tax.example"


@pytest.mark.row("3.sub.sector_by_default")
def test_without_a_named_host_the_redirect_addresses_must_have_one() -> None:
    both = [REDIRECT, "https://www.tax.example/other"]
    assert a_client(sector_identifier_uri=None, redirect_uris=both).sector == "tax.example"
    with pytest.raises(InvalidClientMetadata) as caught:
        a_client(sector_identifier_uri=None, redirect_uris=[REDIRECT, "https://b.example/"])
    assert caught.value.description == "Invalid Sector Identifier URI"
