"""How a client proves who it is by a signed assertion: `private_key_jwt`.

Gap: Authlib's assertion class accepts one audience list for all, an `exp` years ahead, and asks
for the `jti` store to be a look-up of its own; its methods answer with its own sentences. Ours
are registered in their place, say what the contract says, and leave the `jti` to the statement
that uses it up: at `/token` the one that claims the code.
"""

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import orjson
from joserfc.errors import JoseError
from joserfc.jws import CompactSignature

from idp.domain import client_proofs, client_signatures
from idp.domain.client_keys import ClientKeys, KeysUnavailable
from idp.domain.client_proofs import KEY, NAMED_KEY, ProofUses
from idp.domain.clients import RegisteredClient
from idp.kernel.clock import Clock
from idp.oauth_server.errors import ContractError
from idp.oauth_server.requests import BackChannelRequest
from idp.protocol.client_checks import Check
from idp.protocol.client_policy import ClientPolicy
from idp.protocol.client_proof import NO_METHOD
from idp.protocol.json_members import without_doubles
from idp.protocol.metadata import ASSERTION_ALGORITHMS, assertion_audiences

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LEEWAY = 30
FURTHEST_EXPIRY = 61 * 60
LONGEST_ASSERTION = 8192
"""Characters. A real assertion has under a thousand."""

_TYPES = frozenset({None, "JWT", "jwt", "client-authentication+jwt"})
"""What `typ` may say: a token that was signed for something else proves nobody (RFC 8725 3.11)."""

ENDPOINTS = ("/token", "/introspect", "/revoke")

QueryClient = Callable[[str], RegisteredClient | None]


class PrivateKeyJwt:
    """Client authentication by a signed assertion (RFC 7523 section 3, OIDC Core section 9)."""

    name = "private_key_jwt"

    def __init__(self, keys: ClientKeys, clock: Clock, issuer: str, uses: ProofUses) -> None:
        self._keys = keys
        self._uses = uses
        self._clock = clock
        self._audiences = {path: assertion_audiences(issuer, path) for path in ENDPOINTS}

    def __call__(
        self, query_client: QueryClient, request: BackChannelRequest
    ) -> RegisteredClient | None:
        """Return the client whose assertion this is, or None if none was sent.

        Raises ContractError with the sentence of the contract for the first rule that fails.
        """
        proof = request.proof
        if proof.client_assertion is None:
            return None
        if proof.client_secret is not None or proof.basic is not None:
            # Authlib tries one method after the other and is content with the first that fits.
            raise ContractError("invalid_request", NO_METHOD, check="the_client_authenticates")
        if proof.client_assertion_type != ASSERTION_TYPE:
            raise ContractError(
                "invalid_request",
                "Invalid private_key_jwt",
                detail="type",
                check=Check.ASSERTION_TYPE,
            )
        signed, claims = _read(proof.client_assertion)
        client_id = claims["sub"]
        if proof.client_id not in (None, client_id):
            raise ContractError(
                "invalid_request",
                "Invalid private_key_jwt",
                detail="client_id",
                check=Check.ASSERTION_CLIENT,
            )
        registered = query_client(client_id)
        if registered is None:
            raise ContractError(
                "invalid_client", "Client authentication failed", check=Check.CLIENT_KNOWN
            )
        request.claimed_client_id = client_id
        if registered.policy.token_endpoint_auth_method != self.name:
            raise ContractError(
                "invalid_client",
                "Client is not registered to use private_key_jwt",
                check=Check.METHOD,
            )
        self._check_times(claims)
        ours = self._audiences[request.endpoint]
        if claims["iss"] != client_id:
            raise _bad_signature("iss", Check.ASSERTION_ISS)
        if not _is_for(ours, claims["aud"]):
            raise _bad_signature("aud", Check.ASSERTION_AUD)
        self._check_signature(registered.policy, signed)
        self._check_jti(registered.policy, claims)
        jti = claims.get("jti")
        if jti is not None:
            request.jti_hash = sha256(jti.encode("utf-8", "surrogatepass")).hexdigest()
            request.assertion_expires_at = int(claims["exp"]) + LEEWAY + 1
        return registered

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self._clock.now()
        if claims["exp"] <= now - LEEWAY:
            raise ContractError(
                "invalid_grant", "private_key_jwt has expired", check=Check.ASSERTION_EXPIRED
            )
        if claims["exp"] > now + FURTHEST_EXPIRY:
            raise ContractError(
                "invalid_request",
                "Invalid private_key_jwt",
                detail="exp too far",
                check=Check.ASSERTION_TOO_LONG,
            )
        for name in ("nbf", "iat"):
            if claims.get(name, 0) > now + LEEWAY:
                raise ContractError(
                    "invalid_request",
                    "Invalid private_key_jwt",
                    detail=f"{name} to come",
                    check=Check.ASSERTION_CLOCK,
                )

    def _check_signature(self, policy: ClientPolicy, signed: CompactSignature) -> None:
        try:
            keys = self._keys.candidates(policy, signed.headers().get("kid"))
        except KeysUnavailable as error:
            raise ContractError(
                "server_error",
                "Failed to fetch or parse JWKS to verify signature of private_key_jwt",
                detail=str(error),
                check=Check.ASSERTION_KEYS,
            ) from error
        if not client_signatures.is_signed_by(signed, keys):
            which = Check.ASSERTION_SIGNATURE if keys else Check.ASSERTION_KID
            raise _bad_signature("signature", which)
        self._note(policy, signed.headers().get("kid"))

    def _note(self, policy: ClientPolicy, kid: str | None) -> None:
        if policy.public_key_source == "JWKS":
            self._uses.note(policy.client_id, client_proofs.of_text(kid or ""), NAMED_KEY)
        elif policy.public_key:
            self._uses.note(policy.client_id, client_proofs.of_text(policy.public_key), KEY)

    @staticmethod
    def _check_jti(policy: ClientPolicy, claims: Mapping[str, Any]) -> None:
        if policy.assertion_jti_required and "jti" not in claims:
            raise ContractError(
                "invalid_request",
                "Invalid private_key_jwt",
                detail="no jti",
                check=Check.ASSERTION_NO_JTI,
            )


def claimed_by(assertion: str | None) -> str | None:
    """Return who an assertion says it is from, for the record of a refusal; nobody verified it."""
    try:
        claimed = "" if assertion is None else str(_read(assertion)[1]["sub"])
    except ContractError:
        return None
    return claimed if claimed.isprintable() else None


def _is_for(ours: frozenset[str], audience: str | list[str]) -> bool:
    entries = {audience} if isinstance(audience, str) else set(audience)
    return bool(entries) and entries <= ours


def _bad_signature(detail: str, check: Check) -> ContractError:
    return ContractError(
        "invalid_client", "Invalid signature in private_key_jwt", detail=detail, check=check
    )


def _unreadable() -> ContractError:
    return ContractError(
        "invalid_request",
        "Invalid private_key_jwt",
        detail="unreadable",
        check=Check.ASSERTION_FORM,
    )


def _read(assertion: str) -> tuple[CompactSignature, Mapping[str, Any]]:
    """Return parts and claims of an assertion of the right shape; its signature comes later."""
    if len(assertion) > LONGEST_ASSERTION:
        raise _unreadable()
    try:
        extracted = client_signatures.take_apart(assertion)
        header = extracted.headers()
        claims = orjson.loads(extracted.payload)
        json.loads(extracted.payload, object_pairs_hook=without_doubles)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise _unreadable() from error
    if (
        not isinstance(claims, dict)
        or header.get("alg") not in ASSERTION_ALGORITHMS
        or "crit" in header
    ):
        raise _unreadable()
    if not (isinstance(claims.get("sub"), str) and isinstance(claims.get("iss"), str)):
        raise _unreadable()
    if not (_is_time(claims.get("exp")) and _is_audience(claims.get("aud"))):
        raise _unreadable()
    if not all(_is_time(claims[name]) for name in ("nbf", "iat") if name in claims):
        raise _unreadable()
    if not isinstance(claims.get("jti", ""), str) or not isinstance(header.get("kid", ""), str):
        raise _unreadable()
    typ = header.get("typ")
    if not (typ is None or isinstance(typ, str)) or typ not in _TYPES:
        raise _unreadable()
    return extracted, claims


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**53


def _is_audience(value: object) -> bool:
    if isinstance(value, str):
        return True
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)
