"""What the core identity credential says. Signing it is not done here."""

from __future__ import annotations

from typing import Final

from idp.protocol import metadata
from idp.protocol.person import Person, birth_dates_claim, names_claim

ALGORITHM: Final = "ES256"
LIFETIME: Final = 1800
_TYPES: Final = ("VerifiableCredential", "VerifiableIdentityCredential")


def core_identity_claims(
    person: Person, *, issuer: str, subject: str, client_id: str, confidence: str, now: int
) -> dict[str, object]:
    """Say who somebody is and how sure we are, to one client. Times in seconds.

    `subject` is that client's own name for them, as in the ID token; `confidence` is `P1` to `P3`.
    """
    return {
        "iss": issuer,
        "sub": subject,
        "aud": client_id,
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "vot": confidence,
        "vtm": metadata.trustmark_uri(issuer),
        "vc": {
            "type": list(_TYPES),
            "credentialSubject": {
                "name": names_claim(person.names),
                "birthDate": birth_dates_claim(person.birth_dates),
            },
        },
    }
