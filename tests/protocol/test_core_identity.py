import pytest

from idp.protocol.core_identity import core_identity_claims
from idp.protocol.did_document import did, did_document, key_name
from tests.protocol.examples import AN_IDENTITY, ISSUER, NOW

KEY = {"kty": "EC", "crv": "P-256", "x": "X", "y": "Y", "alg": "ES256", "use": "sig", "kid": "k1"}


@pytest.mark.row("7.lifetime.core_identity", "4.core.times", "4.core.vc_subject")
def test_the_credential_says_who_to_whom_and_for_how_long() -> None:
    claims = core_identity_claims(
        AN_IDENTITY,
        issuer=ISSUER,
        subject="urn:someone",
        client_id="driving",
        confidence="P2",
        now=NOW,
    )
    assert claims == {
        "iss": ISSUER,
        "sub": "urn:someone",
        "aud": "driving",
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + 1800,
        "vot": "P2",
        "vtm": f"{ISSUER}trustmark",
        "vc": {
            "type": ["VerifiableCredential", "VerifiableIdentityCredential"],
            "credentialSubject": {
                "name": [
                    {
                        "nameParts": [
                            {"type": "GivenName", "value": "Ada"},
                            {"type": "FamilyName", "value": "Quill"},
                        ],
                        "validFrom": "2001-01-01",
                    },
                    {
                        "nameParts": [{"type": "FamilyName", "value": "Reed"}],
                        "validUntil": "2001-01-01",
                    },
                ],
                "birthDate": [{"value": "1980-05-06"}],
            },
        },
    }


@pytest.mark.row("1.did.id")
@pytest.mark.parametrize(
    ("issuer", "name"),
    [
        ("https://id.example/", "did:web:id.example"),
        ("https://id.example", "did:web:id.example"),
        ("http://localhost:8000/", "did:web:localhost%3A8000"),
    ],
)
def test_the_provider_has_a_did(issuer: str, name: str) -> None:
    assert did(issuer) == name
    assert key_name(issuer, "k1") == f"{name}#k1"


@pytest.mark.row("1.did.context", "1.did.id", "1.did.assertion_method", "1.did.controller")
def test_the_document_holds_the_keys_and_nothing_else_of_them() -> None:
    assert did_document("http://localhost:8000/", [KEY, KEY | {"kid": "k2"}]) == {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
        "id": "did:web:localhost%3A8000",
        "assertionMethod": [
            {
                "type": "JsonWebKey",
                "id": f"did:web:localhost%3A8000#{kid}",
                "controller": "did:web:localhost%3A8000",
                "publicKeyJwk": {
                    "kty": "EC",
                    "crv": "P-256",
                    "x": "X",
                    "y": "Y",
                    "alg": "ES256",
                },
            }
            for kid in ("k1", "k2")
        ],
    }
