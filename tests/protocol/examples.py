"""A client, a request, a session and a journey that pass every rule, to change one thing of."""

import dataclasses
from typing import Any

from idp.protocol.client_policy import ClientPolicy, policy_from_registration
from idp.protocol.parameters import AuthorizationRequest, parse_authorization
from idp.protocol.person import Address, DrivingPermit, Name, NamePart, Passport, Person
from idp.protocol.session_facts import JourneyFacts, SessionFacts

ISSUER = "https://id.example/"
REDIRECT = "https://tax.example/callback"
NOW = 1_800_000_000

# RFC 7636 appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

RSA_KEY = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" + "A" * 360
P256_KEY = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" + "A" * 88

AN_IDENTITY = Person(
    names=(
        Name(
            (NamePart("GivenName", "Ada"), NamePart("FamilyName", "Quill")), valid_from="2001-01-01"
        ),
        Name((NamePart("FamilyName", "Reed"),), valid_until="2001-01-01"),
    ),
    birth_dates=("1980-05-06",),
    addresses=(
        Address(
            uprn=1,
            building_number="5",
            street_name="Mill Lane",
            postal_code="ZZ1 1AA",
            address_country="GB",
        ),
    ),
    passports=(Passport("1", "GBR", "2030-01-01"),),
    driving_permits=(DrivingPermit("2", "2031-01-01", "DVLA", "7"),),
)

REGISTRATION: dict[str, object] = {
    "client_id": "tax-account",
    "client_name": "Tax account",
    "service": "Check your tax account",
    "redirect_uris": [REDIRECT],
    "contacts": ["team@tax.example"],
    "post_logout_redirect_uris": ["https://tax.example/signed-out"],
    "back_channel_logout_uri": "https://tax.example/back-channel",
    "sector_identifier_uri": "https://tax.example",
    "scopes": ["openid", "email"],
    "public_key": RSA_KEY,
}

PARAMETERS = {
    "client_id": "tax-account",
    "redirect_uri": REDIRECT,
    "response_type": "code",
    "scope": "openid email",
    "state": "a state",
    "nonce": "a nonce",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return the values with the changes; a change to None leaves the value out."""
    return {name: value for name, value in (values | changes).items() if value is not None}


def a_client(**changes: Any) -> ClientPolicy:
    """Return the policy of a good registration with these members changed."""
    return policy_from_registration(changed(REGISTRATION, changes))


def an_openid_client(**changes: Any) -> ClientPolicy:
    """Return the policy of a good registration of the other profile."""
    return a_client(profile="openid", **changes)


def a_request(**changes: str | None) -> AuthorizationRequest:
    """Return a good request with these parameters changed."""
    return parse_authorization(changed(PARAMETERS, changes))


def a_session(**changes: Any) -> SessionFacts:
    """Return a session that signed in with both factors a minute ago."""
    session = SessionFacts(
        sid="session-1",
        account_id="account-1",
        account_state="active",
        level="Cl.Cm",
        amr=("pwd", "otp", "mfa"),
        auth_time=NOW - 60,
        password_at=NOW - 70,
        otp_at=NOW - 60,
        email="citizen@example.com",
        subject_salt="salt",
    )
    return dataclasses.replace(session, **changes)


def a_journey(**changes: Any) -> JourneyFacts:
    """Return a journey in which nothing has been entered yet."""
    return dataclasses.replace(JourneyFacts(opened_at=NOW - 30), **changes)
