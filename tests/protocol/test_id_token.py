import dataclasses

import pytest

from idp.protocol.id_token import (
    SignedIn,
    access_token_claims,
    at_hash,
    id_token_claims,
    logout_token_claims,
)
from tests.protocol.examples import ISSUER, NOW, a_client, an_openid_client

WHO = SignedIn(
    subject="urn:fdc:onepass:2026:x",
    sid="session",
    auth_time=NOW - 60,
    level_asked="Cl",
    level_reached="Cl.Cm",
    amr=("pwd", "otp", "mfa"),
)
EVERYONE_HEARS = {
    "iss": ISSUER,
    "sub": "urn:fdc:onepass:2026:x",
    "aud": "tax-account",
    "exp": NOW + 120,
    "iat": NOW,
    "auth_time": NOW - 60,
    "at_hash": at_hash("token"),
    "sid": "session",
}


def test_a_one_login_client_hears_the_level_it_asked_for() -> None:
    claims = id_token_claims(
        a_client(), WHO, issuer=ISSUER, nonce="nonce", access_token="token", now=NOW, lifetime=120
    )
    assert claims == EVERYONE_HEARS | {
        "nonce": "nonce",
        "vot": "Cl",
        "vtm": "https://id.example/trustmark",
    }


def test_an_openid_client_hears_what_really_happened() -> None:
    claims = id_token_claims(
        an_openid_client(), WHO, issuer=ISSUER, nonce=None, access_token="token", now=NOW,
        lifetime=120,
    )  # fmt: skip
    assert claims == EVERYONE_HEARS | {"acr": "Cl.Cm", "amr": ["pwd", "otp", "mfa"]}


def test_one_factor_is_not_told_as_two() -> None:
    who = dataclasses.replace(WHO, level_reached="Cl", amr=("pwd",))
    claims = id_token_claims(
        an_openid_client(), who, issuer=ISSUER, nonce=None, access_token="token", now=NOW,
        lifetime=120,
    )  # fmt: skip
    assert (claims["acr"], claims["amr"]) == ("Cl", ["pwd"])


def test_at_hash_is_the_left_half_in_base64url() -> None:
    # OIDC Core appendix A.3 with RS256.
    assert at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"


def test_an_access_token_is_for_userinfo_alone() -> None:
    claims = access_token_claims(
        "tax-account", WHO, issuer=ISSUER, scopes=("openid", "email"), grant_id="grant",
        token_id="token", now=NOW, lifetime=180,
    )  # fmt: skip
    assert claims == {
        "iss": ISSUER,
        "sub": "urn:fdc:onepass:2026:x",
        "aud": "https://id.example/userinfo",
        "client_id": "tax-account",
        "scope": "openid email",
        "exp": NOW + 180,
        "iat": NOW,
        "jti": "token",
        "sid": "session",
        "grant": "grant",
    }
    with_identity = access_token_claims(
        "tax-account", WHO, issuer=ISSUER, scopes=("openid", "email"), grant_id="grant",
        token_id="token", now=NOW, lifetime=180, claims=("one", "two"),
    )  # fmt: skip
    assert with_identity == claims | {"claims": ["one", "two"]}


@pytest.mark.row("5.back_channel.no_more")
def test_a_logout_token_has_no_nonce_and_names_a_session_only_where_agreed() -> None:
    expected = {
        "iss": ISSUER,
        "sub": "subject",
        "aud": "tax-account",
        "iat": NOW,
        "exp": NOW + 120,
        "jti": "token",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }
    for client, more in ((a_client(), {}), (an_openid_client(), {"sid": "session"})):
        claims = logout_token_claims(
            client, issuer=ISSUER, subject="subject", sid="session", token_id="token", now=NOW
        )
        assert claims == expected | more
