"""Identity in tests: services that ask for it, people who have proved theirs, credentials checked.

A credential is verified with PyJWT against `did.json`, as a service has to.
"""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jwt
from sqlalchemy.orm import Session

from idp.domain import identities
from idp.domain.services import Services
from idp.protocol.person import Person
from tests.support.citizens import Citizen
from tests.support.person import Walker
from tests.support.relying_party import RelyingParty

VOCABULARY = "https://vocab.account.gov.uk/v1/"
CORE = VOCABULARY + "coreIdentityJWT"
ADDRESS = VOCABULARY + "address"
PASSPORT = VOCABULARY + "passport"
PERMIT = VOCABULARY + "drivingPermit"
RETURN_CODE = VOCABULARY + "returnCode"
ALL_CLAIMS = (CORE, ADDRESS, PASSPORT, PERMIT, RETURN_CODE)
WITHOUT_CODE = ALL_CLAIMS[:-1]

# Read by a service, so written here once more: nothing of the provider's own is looked up.
NIA: dict[str, Any] = {
    "name": [
        {
            "nameParts": [
                {"type": "GivenName", "value": "Nia"},
                {"type": "GivenName", "value": "Eleri"},
                {"type": "FamilyName", "value": "Roberts"},
            ]
        }
    ],
    "birthDate": [{"value": "1987-02-14"}],
    "passport": [
        {"documentNumber": "099000114", "icaoIssuerCode": "GBR", "expiryDate": "2031-05-27"}
    ],
    "drivingPermit": [
        {
            "personalNumber": "ROBER852147NE9AA",
            "expiryDate": "2032-03-13",
            "issuedBy": "DVLA",
            "issueNumber": "14",
        }
    ],
}


def claims_parameter(*claims: str) -> str:
    """The `claims` parameter that asks UserInfo for these."""
    return json.dumps({"userinfo": dict.fromkeys(claims)})


@dataclass
class IdentityParty(RelyingParty):
    """A service that is registered for identity; it asks for P2 and every claim by default."""

    vtr: str | None = "Cl.Cm.P2"
    claims: tuple[str, ...] = ALL_CLAIMS
    levels: tuple[str, ...] = ("P0", "P1", "P2", "P3")
    asks: tuple[str, ...] | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def registration(self) -> dict[str, Any]:
        """Its registration, with the members that are about identity."""
        about_identity = {
            "identity_verification_supported": True,
            "accepted_levels_of_confidence": list(self.levels),
            "claims": list(self.claims),
        }
        return super().registration() | about_identity | self.more

    def ask(self, **changes: str | None) -> Any:
        """Make a request that asks for the claims as well."""
        wanted = self.claims if self.asks is None else self.asks
        asked = {"claims": claims_parameter(*wanted)} if wanted else {}
        return super().ask(**(asked | changes))


def prove(
    session: Session, services: Services, citizen: Citizen, who: Person, level: str = "P2"
) -> str:
    """Keep a proof of who this citizen is; return its id. The caller commits."""
    proof = identities.keep(
        session, services, account_id=citizen.account_id, level=level, person=who
    )
    return proof.id


def credential(
    token: str, document: dict[str, Any], *, issuer: str, client_id: str, sub: str, now: int
) -> dict[str, Any]:
    """The claims of a core identity credential after every check a service must make."""
    header = jwt.get_unverified_header(token)
    assert set(header) == {"alg", "kid"}, header
    assert header["alg"] == "ES256"
    host = urlsplit(issuer).netloc.replace(":", "%3A")
    assert document["id"] == f"did:web:{host}"
    (method,) = [one for one in document["assertionMethod"] if one["id"] == header["kid"]]
    assert header["kid"].startswith(document["id"] + "#")
    assert (method["type"], method["controller"]) == ("JsonWebKey", document["id"])
    claims: dict[str, Any] = jwt.decode(
        token,
        jwt.PyJWK(method["publicKeyJwk"]),
        algorithms=["ES256"],
        audience=client_id,
        options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
    )
    assert claims["iss"] == issuer
    assert claims["aud"] == client_id
    assert claims["sub"] == sub
    assert claims["iat"] <= now
    assert claims["nbf"] <= now < claims["exp"] == claims["iat"] + 1800
    assert claims["vtm"] == f"{issuer}trustmark"
    return claims


def walk_back(person: Walker, party: RelyingParty, **changes: str | None) -> tuple[Any, str]:
    """Confirm the proof that is kept, agree to share it if asked; the request and the answer.

    For somebody who is signed in and has a proof that will do.
    """
    asked = party.ask(**changes)
    person.open(party.url(asked))
    assert person.url.endswith("/prove/details"), person.url
    person.send(button=0)
    if person.left_to is None:
        assert person.url.endswith("/share"), person.url
        person.send(button=0)
    assert person.left_to is not None, person.heading
    return asked, person.left_to
