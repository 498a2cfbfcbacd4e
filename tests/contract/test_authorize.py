"""Section 2: what a request in the query may say, beside the refusals of tests/endpoints."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from idp.protocol.errors import InvalidClientMetadata
from tests.endpoints.provider import Provider
from tests.support.rows import with_rows

VOCABULARY = "https://vocab.account.gov.uk/v1/"
CLAIMS = {
    "coreIdentityJWT": "2.claim.core_identity_jwt",
    "address": "2.claim.address",
    "passport": "2.claim.passport",
    "drivingPermit": "2.claim.driving_permit",
    "returnCode": "2.claim.return_code",
}


def refused(location: str) -> tuple[str, str]:
    told = parse_qs(urlsplit(location).query)
    return told["error"][0], told["error_description"][0]


def wanted(*names: str) -> str:
    return json.dumps({"userinfo": {VOCABULARY + name: None for name in names}})


@pytest.mark.row("2.claim.registered")
@pytest.mark.parametrize("name", with_rows(CLAIMS, CLAIMS))
def test_a_claim_of_the_vocabulary(provider: Provider, name: str) -> None:
    party, browser = provider.party(more={"claims": [VOCABULARY + name]}), provider.signed_in()
    assert browser.code(party, claims=wanted(name))
    other = provider.party()
    answer = browser.authorize(other, other.ask(claims=wanted(name)))
    assert refused(answer.headers["Location"]) == (
        "invalid_request", "Request contains invalid claims")  # fmt: skip


@pytest.mark.row("2.claim.inherited_identity_jwt")
def test_an_inherited_identity_is_unknown(provider: Provider) -> None:
    with pytest.raises(InvalidClientMetadata) as caught:
        provider.party(more={"claims": [VOCABULARY + "inheritedIdentityJWT"]})
    assert caught.value.description == "Insufficient Claim"
    party = provider.party(more={"claims": [VOCABULARY + name for name in CLAIMS]})
    asked = party.ask(claims=wanted("inheritedIdentityJWT"))
    answer = provider.signed_in().authorize(party, asked)
    assert refused(answer.headers["Location"]) == (
        "invalid_request", "Request contains invalid claims")  # fmt: skip


@pytest.mark.row("2.claim.without_identity")
def test_claims_of_a_request_without_identity_are_ignored(provider: Provider) -> None:
    registered = {
        "claims": [VOCABULARY + name for name in CLAIMS],
        "identity_verification_supported": True,
    }
    _, tokens = provider.tokens(provider.party(more=registered), claims=wanted(*CLAIMS))
    claims = provider.userinfo(tokens["access_token"]).get_json()
    assert set(claims) == {"sub", "email", "email_verified"}


@pytest.mark.row("2.parameter.claims")
def test_of_claims_only_userinfo_is_read(provider: Provider) -> None:
    claims = '{"id_token":{"given_name":{"essential":true}},"userinfo":{},"other":7}'
    assert provider.signed_in().code(provider.party(), claims=claims)


@pytest.mark.row("2.query.6_address")
def test_a_foreign_address_is_told_nothing_about_request_objects(provider: Provider) -> None:
    party = provider.party(more={"jar_validation_required": True})
    asked = party.ask(redirect_uri="https://evil.example/callback")
    answer = provider.signed_in().authorize(party, asked)
    assert (answer.status_code, answer.text) == (400, "Invalid request")
    assert "Location" not in answer.headers


@pytest.mark.parametrize("channel", ["web", "generic_app"])
@pytest.mark.row("2.parameter.channel")
def test_a_channel_that_requests_may_name(provider: Provider, channel: str) -> None:
    assert provider.signed_in().code(provider.party(), channel=channel)


NOT_PERMITTED: dict[str, tuple[dict[str, Any], str]] = {
    "a client with a secret": ({"method": "client_secret_post"}, "Cl.Cm.P2"),
    "a client without identity": ({}, "Cl.Cm.P1"),
    "a level that is not registered": (
        {
            "more": {
                "identity_verification_supported": True,
                "accepted_levels_of_confidence": ["P2"],
            }
        },
        "Cl.Cm.P0",
    ),
    "a level not registered by default": (
        {"more": {"identity_verification_supported": True}},
        "Cl.Cm.P1",
    ),
}
NOT_PERMITTED_ROWS = {
    "a client with a secret": "2.vtr.identity 3.client.secret_identity",
    "a client without identity": "2.vtr.identity",
    "a level that is not registered": "2.vtr.registered",
    "a level not registered by default": "2.vtr.registered_by_default",
}


@pytest.mark.row("2.vtr_answer.not_permitted")
@pytest.mark.parametrize("name", with_rows(NOT_PERMITTED, NOT_PERMITTED_ROWS))
def test_a_vector_that_is_not_for_this_client(provider: Provider, name: str) -> None:
    about, vector = NOT_PERMITTED[name]
    party, browser = provider.party(**about), provider.signed_in()
    answer = browser.authorize(party, party.ask(vtr=json.dumps([vector])))
    assert refused(answer.headers["Location"]) == (
        "invalid_request", "Request vtr is not permitted")  # fmt: skip
    assert browser.code(party)
