"""A service in a test: it asks, redeems and verifies, with libraries the provider does not use."""

import base64
import hashlib
import itertools
import json
import secrets
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_numbers = itertools.count(1)


@cache
def ec_key(name: str = "one") -> ec.EllipticCurvePrivateKey:
    """A P-256 key, the same for one name throughout the process."""
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rsa_key(name: str = "one") -> rsa.RSAPrivateKey:
    """A 2048-bit RSA key, the same for one name throughout the process."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_key_text(key: PrivateKey) -> str:
    """The public half as a registration's `public_key` holds it: base64 of the SPKI DER."""
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def basic(name: str, secret: str) -> dict[str, str]:
    """The header of RFC 6749 section 2.3.1: both parts form-encoded, joined, in base64."""
    joined = f"{quote_plus(name)}:{quote_plus(secret)}"
    return {"Authorization": f"Basic {base64.b64encode(joined.encode()).decode()}"}


@dataclass
class Request:
    """An authorization request that was sent, and what only its sender knows."""

    state: str
    nonce: str
    verifier: str
    parameters: dict[str, str]


@dataclass
class RelyingParty:
    """One registered client. `method` is how it authenticates, `alg` how it signs.

    `kid` names its key, which only a key that is fetched needs.
    """

    issuer: str
    client_id: str = field(default_factory=lambda: f"client-{next(_numbers)}")
    method: str = "private_key_jwt"
    alg: str = "ES256"
    id_token_alg: str = "ES256"
    vtr: str | None = None
    secret: str | None = None
    home: str = ""
    kid: str | None = None
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """Where the service lives: `home`, or somewhere that nobody can reach."""
        return self.home or f"https://{self.client_id}.example"

    @property
    def redirect_uri(self) -> str:
        """Where it wants its people back."""
        return f"{self.origin}/callback"

    @property
    def key(self) -> PrivateKey:
        """The key it signs assertions with."""
        return ec_key(self.client_id) if self.alg.startswith("ES") else rsa_key("client")

    def registration(self) -> dict[str, Any]:
        """Its registration, as `onepass clients apply` takes it."""
        fields: dict[str, Any] = {
            "client_id": self.client_id,
            "client_name": f"Service {self.client_id}",
            "service": f"Service {self.client_id}",
            "redirect_uris": [self.redirect_uri],
            "post_logout_redirect_uris": [f"{self.origin}/signed-out"],
            "contacts": ["team@example.com"],
            "scopes": ["openid", "email"],
            "sector_identifier_uri": f"https://{self.client_id}.example",
            "subject_type": "pairwise",
            "token_endpoint_auth_method": self.method,
            "id_token_signing_algorithm": self.id_token_alg,
            "pkce_enforced": True,
            "landing_page_url": f"{self.origin}/",
        }
        if self.method == "private_key_jwt":
            fields |= {"public_key_source": "STATIC", "public_key": public_key_text(self.key)}
        return fields | self.more

    def ask(self, **changes: str | None) -> Request:
        """Make an authorization request; a change to None leaves that parameter out."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        parameters: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid email",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "vtr": json.dumps([self.vtr]) if self.vtr else None,
        }
        parameters |= changes
        sent = {name: value for name, value in parameters.items() if value is not None}
        return Request(state, nonce, verifier, sent)

    def request_object(
        self,
        asked: Request,
        now: int,
        /,
        *,
        key: PrivateKey | None = None,
        headers: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        """The parameters of `asked` signed (RFC 9101); a change to None leaves one out."""
        members: dict[str, Any] = asked.parameters | {
            "iss": self.client_id,
            "aud": f"{self.issuer}authorize",
            "iat": now,
            "nbf": now,
            "exp": now + 60,
            "jti": secrets.token_urlsafe(16),
        }
        members |= changes
        kept = {name: value for name, value in members.items() if value is not None}
        header = {"typ": "oauth-authz-req+jwt"} | (headers or {})
        return jwt.encode(kept, key or self.key, algorithm=self.alg, headers=header)

    def ask_signed(
        self, now: int, beside: dict[str, str] | None = None, /, **changes: Any
    ) -> Request:
        """Make a signed request as One Login's own example does: everything in the object.

        `changes` are members of the object, `beside` what else stands in the address.
        """
        request = self.ask()
        members = request.parameters | changes
        around = {
            "client_id": self.client_id,
            "response_type": "code",
            "scope": "openid",
            "request": self.request_object(request, now, **changes),
        } | (beside or {})
        state, nonce = members.get("state"), members.get("nonce")
        return Request(str(state), str(nonce), request.verifier, around)

    def url(self, request: Request) -> str:
        """The address that carries `request`."""
        return f"{self.issuer}authorize?{urlencode(request.parameters)}"

    def answer(self, request: Request, location: str | None) -> dict[str, str]:
        """What came back at the redirect address, `state` and `iss` checked (RFC 9207)."""
        assert location is not None, "the browser did not come back"
        assert location.split("?")[0] == self.redirect_uri, location
        values = {name: value[0] for name, value in parse_qs(urlsplit(location).query).items()}
        assert values.pop("state") == request.state
        assert values.pop("iss") == self.issuer
        return values

    def assertion(self, now: int, **changes: Any) -> str:
        """A client assertion made at `now`; a change to None leaves that claim out."""
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": f"{self.issuer}token",
            "iat": now,
            "exp": now + 300,
            "jti": secrets.token_urlsafe(16),
        } | changes
        kept = {name: value for name, value in claims.items() if value is not None}
        headers = {"kid": self.kid} if self.kid else None
        return jwt.encode(kept, self.key, algorithm=self.alg, headers=headers)

    def token_form(self, request: Request, code: str, now: int, **changes: str) -> dict[str, str]:
        """The form that redeems `code`."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": request.verifier,
        }
        return form | self.proof(now) | changes

    def proof(self, now: int) -> dict[str, str]:
        """The fields of a form that prove who sends it; none for a secret in the header."""
        if self.method == "private_key_jwt":
            return {
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": self.assertion(now),
            }
        assert self.secret is not None, "this client has no secret yet"
        if self.method == "client_secret_basic":
            return {}
        return {"client_id": self.client_id, "client_secret": self.secret}

    @property
    def headers(self) -> dict[str, str]:
        """The headers that prove who sends a request, for a client that uses one."""
        if self.method != "client_secret_basic":
            return {}
        return basic(self.client_id, str(self.secret))

    def verify(
        self, id_token: str, jwks: dict[str, Any], request: Request, now: int
    ) -> dict[str, Any]:
        """The claims of an ID token after every check of Core 3.1.3.7, against `now`."""
        claims = verified(id_token, jwks, audience=self.client_id, algorithm=self.id_token_alg)
        assert claims["iss"] == self.issuer
        assert claims["aud"] == self.client_id
        assert claims["nonce"] == request.nonce
        assert claims["iat"] <= now < claims["exp"]
        return claims


def verified(token: str, jwks: dict[str, Any], *, audience: str, algorithm: str) -> dict[str, Any]:
    """The claims of a token whose signature a published key proves (PyJWT; times are ours)."""
    header = jwt.get_unverified_header(token)
    assert header["alg"] == algorithm, header
    key = next(jwt.PyJWK(key) for key in jwks["keys"] if key["kid"] == header["kid"])
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=[algorithm],
        audience=audience,
        options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
    )
    return claims
