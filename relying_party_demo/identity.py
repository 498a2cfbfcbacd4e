"""Who a citizen is: the core identity credential, judged, and what a department keeps of it.

Owns: the provider's DID document, read from its one address; every check on a credential; the few
facts that the pages show.
Owns not: asking for any of it (``relying_party_demo.sign_in``).
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt

from relying_party_demo.discovery import Refetches, UnknownKey
from relying_party_demo.exchange import Step
from relying_party_demo.id_token import SIGNATURE_ALONE, Claims, check_times
from relying_party_demo.outbound import Outbound, ProviderUnreachable

VOCABULARY = "https://vocab.account.gov.uk/v1/"
CORE_IDENTITY = VOCABULARY + "coreIdentityJWT"
ADDRESS = VOCABULARY + "address"
DRIVING_PERMIT = VOCABULARY + "drivingPermit"
RETURN_CODE = VOCABULARY + "returnCode"
CLAIMS = (CORE_IDENTITY, ADDRESS, VOCABULARY + "passport", DRIVING_PERMIT, RETURN_CODE)
ALGORITHM = "ES256"
CACHE_LIFETIME = 3600


@dataclass(frozen=True)
class IdentityKey:
    """A key of the DID document, under its full name, and whose the document says it is."""

    controller: str
    jwk: jwt.PyJWK


class IdentityKeys:
    """The keys in the provider's DID document; safe under threads. ``elapsed`` counts seconds.

    The document is read from one address, whatever a credential's ``kid`` says: who could make us
    resolve a DID of their own could sign for anybody.
    """

    def __init__(
        self, issuer: str, outbound: Outbound, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self.address = issuer.rstrip("/") + "/.well-known/did.json"
        # The document must speak for the host that it was read from.
        self.did = "did:web:" + urlsplit(issuer).netloc.replace(":", "%3A")
        self._outbound = outbound
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._keys: dict[str, IdentityKey] = {}
        self._read_at: float | None = None
        self._refetches = Refetches()

    def key(self, kid: str) -> IdentityKey:
        """The key called ``kid``, in full. Raises UnknownKey, ProviderUnreachable."""
        with self._lock:
            now = self._elapsed()
            stale = self._read_at is None or now - self._read_at >= CACHE_LIFETIME
            if stale or (kid not in self._keys and self._refetches.one_more(now)):
                self._keys = self._read()
                self._read_at = self._elapsed()
            found = self._keys.get(kid)
        if found is None:
            raise UnknownKey
        return found

    def _read(self) -> dict[str, IdentityKey]:
        answer = self._outbound.get(self.address)
        methods = answer.body.get("assertionMethod")
        if answer.status != 200 or not isinstance(methods, list):
            raise ProviderUnreachable("the DID document could not be read")
        if answer.body.get("id") != self.did:
            raise ProviderUnreachable("the DID document is another's")
        keys = {}
        for method in methods:
            with suppress(jwt.PyJWTError, KeyError, TypeError):
                jwk = jwt.PyJWK(method["publicKeyJwk"], algorithm=ALGORITHM)
                keys[str(method["id"])] = IdentityKey(str(method["controller"]), jwk)
        return keys


@dataclass(frozen=True)
class ExpectedIdentity:
    """What a credential must say: from whom, to whom, of whom, how sure."""

    issuer: str
    client_id: str
    sub: object
    confidence: str


def credential_claims(token: str, keys: IdentityKeys, step: Step) -> Claims:
    """The claims of a credential whose key and signature are as they must be.

    Raises CheckFailed, ProviderUnreachable.
    """
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        header = {}
    step.equal("algorithm", header.get("alg"), ALGORITHM)
    kid = header.get("kid")
    try:
        key = keys.key(kid if isinstance(kid, str) else "")
    except UnknownKey:
        step.fail("identity_key", seen=kid, wanted="did.json")
    step.check("identity_key", passed=True, seen=kid, wanted="did.json")
    step.equal("controller", key.controller, keys.did)
    claims: Claims = {}
    with suppress(jwt.PyJWTError):
        claims = jwt.decode(token, key.jwk, algorithms=[ALGORITHM], options=SIGNATURE_ALONE)
    step.check("signature", passed=bool(claims), seen=ALGORITHM, wanted=ALGORITHM)
    return claims


def check_credential(claims: Claims, expected: ExpectedIdentity, now: int, step: Step) -> None:
    """Every claim of a credential whose signature is good. Raises CheckFailed."""
    step.equal("issuer", claims.get("iss"), expected.issuer)
    step.equal("audience", claims.get("aud"), expected.client_id)
    step.equal("identity_subject", claims.get("sub"), expected.sub)
    if "nbf" not in claims:
        step.fail("not_before", seen=None, wanted=f"≤ {now}")
    check_times(claims, now, step)
    step.equal("confidence", claims.get("vot"), expected.confidence)


@dataclass(frozen=True)
class Identity:
    """What the pages show of a citizen. Dates are YYYY-MM-DD; the credential is not kept."""

    name: str
    birth_date: str
    confidence: str
    address: tuple[str, ...] = ()
    permit_number: str | None = None
    permit_expiry: str | None = None

    def to_json(self) -> str:
        """These facts as text, to be kept with the session."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Identity":
        """The facts that :meth:`to_json` wrote."""
        found = json.loads(text)
        return cls(**{**found, "address": tuple(found["address"])})


def identity_from(claims: Claims, about: Mapping[str, object], step: Step) -> Identity:
    """The citizen in a credential that was checked and in UserInfo. Raises CheckFailed."""
    subject = _member(claims.get("vc"), "credentialSubject")
    name = _name(_first(_member(subject, "name")))
    birth_date = _member(_first(_member(subject, "birthDate")), "value")
    step.check("person", passed=bool(name and birth_date), seen=name, wanted="")
    permit = _first(about.get(DRIVING_PERMIT))
    return Identity(
        name=name,
        birth_date=str(birth_date),
        confidence=str(claims["vot"]),
        address=_lines(_first(about.get(ADDRESS))),
        permit_number=_text(_member(permit, "personalNumber")),
        permit_expiry=_text(_member(permit, "expiryDate")),
    )


def return_codes(about: Mapping[str, object]) -> str:
    """The letters that say why an identity was not proved; nothing when there are none."""
    codes = about.get(RETURN_CODE)
    letters = [_text(_member(code, "code")) for code in codes] if isinstance(codes, list) else []
    return ", ".join(letter[:8] for letter in letters if letter)


# In the order of an envelope; a number stands before its street.
_LINES = (
    ("organisationName",),
    ("departmentName",),
    ("subBuildingName",),
    ("buildingName",),
    ("buildingNumber", "dependentStreetName", "streetName"),
    ("doubleDependentAddressLocality",),
    ("dependentAddressLocality",),
    ("addressLocality",),
    ("addressRegion",),
    ("postalCode",),
)


def _lines(address: object) -> tuple[str, ...]:
    lines = (
        " ".join(part for name in names if (part := _text(_member(address, name))))
        for names in _LINES
    )
    return tuple(line for line in lines if line)


def _name(name: object) -> str:
    parts = _member(name, "nameParts")
    values = [_text(_member(part, "value")) for part in parts] if isinstance(parts, list) else []
    return " ".join(value for value in values if value)


def _first(values: object) -> object:
    return values[0] if isinstance(values, list) and values else None


def _member(value: object, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
