"""A provider of a few lines on loopback: signs with joserfc, and lies where a test tells it to."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.support.clock import FixedClock

Claims = dict[str, object]
VOCABULARY = "https://vocab.account.gov.uk/v1/"
CORE_IDENTITY = VOCABULARY + "coreIdentityJWT"
ADDRESS: Claims = {
    "buildingNumber": "5",
    "streetName": "Mill Lane",
    "addressLocality": "Norwich",
    "postalCode": "ZZ14 7GH",
    "addressCountry": "GB",
}
SUBJECT = "urn:fdc:onepass:2026:ada"
EVENTS: dict[str, dict[str, str]] = {"http://schemas.openid.net/event/backchannel-logout": {}}


def unchanged(claims: Claims) -> Claims:
    return claims


def left_hash(token: str) -> str:
    digest = hashlib.sha256(token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@cache
def key_called(kid: str, algorithm: str) -> ECKey | RSAKey:
    """A key made once for the whole run: RSA keys take a while."""
    return ECKey.generate_key("P-256") if algorithm == "ES256" else RSAKey.generate_key(2048)


@dataclass
class Asked:
    """An authorization request that a department sent a browser with."""

    parameters: dict[str, str]

    @property
    def level(self) -> str:
        """The credential level: no more of the vector is told in an ID token."""
        parts = str(json.loads(self.parameters["vtr"])[0]).split(".")
        return ".".join(part for part in parts if part.startswith("C"))

    @property
    def claims(self) -> list[str]:
        return list(json.loads(self.parameters.get("claims", '{"userinfo": {}}'))["userinfo"])


@dataclass
class FakeProvider:
    """Answers discovery, keys, token and userinfo; every answer can be spoilt."""

    clock: FixedClock
    issuer: str = ""
    subject: str = SUBJECT
    keys: dict[str, ECKey | RSAKey] = field(default_factory=dict)
    published: list[str] = field(default_factory=list)
    signing: dict[str, str] = field(default_factory=dict)
    codes: dict[str, Asked] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    change_discovery: Callable[[Claims], Claims] = unchanged
    change_header: Callable[[Claims], Claims] = unchanged
    change_claims: Callable[[Claims], Claims] = unchanged
    change_token: Callable[[str], str] = lambda token: token
    change_answer: Callable[[Claims], Claims] = unchanged
    change_userinfo: Callable[[Claims], Claims] = unchanged
    change_did: Callable[[Claims], Claims] = unchanged
    change_credential_header: Callable[[Claims], Claims] = unchanged
    change_credential: Callable[[Claims], Claims] = unchanged
    asked_last: Asked | None = None
    token_status: int = 200
    userinfo_status: int = 200
    auth_time: int | None = None

    def __enter__(self) -> Self:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = provider.get(self.path, self.headers.get("Authorization"))
                self._send(status, body)

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                form = dict(parse_qsl(self.rfile.read(length).decode()))
                self._send(*provider.post(form))

            def _send(self, status: int, body: object) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()
        self.issuer = f"http://127.0.0.1:{self._server.server_port}/"
        self.add_key("es-1", "ES256")
        self.add_key("rs-1", "RS256")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add_key(self, kid: str, algorithm: str, *, publish: bool = True) -> None:
        """Make a key and sign with it from now on."""
        self.keys[kid] = key_called(kid, algorithm)
        self.signing[algorithm] = kid
        if publish:
            self.published.append(kid)

    def get(self, path: str, authorization: str | None) -> tuple[int, object]:
        self.calls.append(path)
        if path == "/.well-known/openid-configuration":
            return 200, self.change_discovery(self.discovery())
        if path == "/jwks":
            return 200, {"keys": [self._jwk(kid) for kid in self.published]}
        if path == "/userinfo" and authorization == "Bearer the-access-token":
            about: Claims = {"sub": self.subject, "email": "ada@example.com"}
            return self.userinfo_status, self.change_userinfo(about | self.identity())
        if path == "/.well-known/did.json":
            return 200, self.change_did(self.did_document())
        return 404, {}

    def _jwk(self, kid: str) -> Claims:
        key = self.keys[kid]
        algorithm = "ES256" if isinstance(key, ECKey) else "RS256"
        return {**key.as_dict(private=False), "kid": kid, "alg": algorithm, "use": "sig"}

    def discovery(self) -> Claims:
        base = self.issuer.rstrip("/")
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "userinfo_endpoint": f"{base}/userinfo",
            "end_session_endpoint": f"{base}/logout",
            "jwks_uri": f"{base}/jwks",
        }

    def authorize(self, address: str) -> dict[str, str]:
        """What a browser sent to ``address`` comes back with, once its citizen has signed in."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.issuer}authorize"
        sent = parse_qs(parts.query, strict_parsing=True)
        assert all(len(values) == 1 for values in sent.values())
        parameters = {name: values[0] for name, values in sent.items()}
        if "request" in parameters:
            # Signed: who may read it is tried elsewhere, with the department's published key.
            self.objects.append(parameters["request"])
            body = parameters["request"].split(".")[1]
            parameters = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        asked = Asked(parameters)
        code = f"code-{len(self.codes)}-{'x' * 36}"
        self.codes[code] = asked
        return {"code": code, "state": asked.parameters["state"], "iss": self.issuer}

    def post(self, form: dict[str, str]) -> tuple[int, object]:
        self.calls.append("/token")
        self.forms.append(form)
        asked = self.codes.pop(form["code"], None)
        self.asked_last = asked
        if asked is None or self.token_status != 200:
            return 400, {"error": "invalid_grant", "error_description": "Invalid grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked.parameters["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        answer: Claims = {
            "access_token": "the-access-token",
            "token_type": "Bearer",
            "expires_in": 180,
            "id_token": self.id_token(asked),
        }
        return 200, self.change_answer(answer)

    @property
    def did(self) -> str:
        return "did:web:" + urlsplit(self.issuer).netloc.replace(":", "%3A")

    def did_document(self) -> Claims:
        public = key_called("identity", "ES256").as_dict(private=False)
        return {
            "id": self.did,
            "assertionMethod": [
                {
                    "type": "JsonWebKey",
                    "id": f"{self.did}#one",
                    "controller": self.did,
                    "publicKeyJwk": {name: public[name] for name in ("kty", "crv", "x", "y")},
                }
            ],
        }

    def identity(self) -> Claims:
        """The identity claims that were asked for last."""
        if self.asked_last is None or not self.asked_last.claims:
            return {}
        values: Claims = {
            CORE_IDENTITY: self.credential(self.asked_last.parameters["client_id"]),
            VOCABULARY + "address": [ADDRESS, ADDRESS | {"validUntil": "2001-01-01"}],
            VOCABULARY + "drivingPermit": [
                {"personalNumber": "QUILL805060AD9ZZ", "expiryDate": "2031-02-03"}
            ],
            VOCABULARY + "returnCode": [],
        }
        return {name: values[name] for name in self.asked_last.claims}

    def credential(self, client_id: str) -> str:
        """A core identity credential for Ada."""
        now = self.clock.now()
        claims: Claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": client_id,
            "iat": now,
            "nbf": now,
            "exp": now + 1800,
            "vot": "P2",
            "vtm": f"{self.issuer}trustmark",
            "vc": {
                "type": ["VerifiableCredential", "VerifiableIdentityCredential"],
                "credentialSubject": {
                    "name": [{"nameParts": [{"type": "GivenName", "value": "Ada"},
                                            {"type": "FamilyName", "value": "Quill"}]}],
                    "birthDate": [{"value": "1980-05-06"}],
                },
            },
        }  # fmt: skip
        header = self.change_credential_header({"alg": "ES256", "kid": f"{self.did}#one"})
        return self.sign(header, self.change_credential(claims))

    def id_token(self, asked: Asked) -> str:
        now = self.clock.now()
        algorithm = "RS256" if asked.parameters["client_id"] == "library" else "ES256"
        claims: Claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": asked.parameters["client_id"],
            "iat": now,
            "exp": now + 120,
            "nonce": asked.parameters["nonce"],
            "at_hash": left_hash("the-access-token"),
            "vot": asked.level,
            "vtm": f"{self.issuer}trustmark",
            "auth_time": now if self.auth_time is None else self.auth_time,
            "sid": "a-sign-in",
        }
        header = self.change_header({"alg": algorithm, "kid": self.signing[algorithm]})
        return self.change_token(self.sign(header, self.change_claims(claims)))

    def logout_token(
        self, client_id: str, changes: Claims | None = None, header: Claims | None = None
    ) -> str:
        """A logout token; a change to None leaves the claim out."""
        now = self.clock.now()
        claims: Claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": client_id,
            "iat": now,
            "exp": now + 120,
            "jti": "notice-1",
            "events": EVENTS,
        }
        claims.update(changes or {})
        plain: Claims = {"typ": "logout+jwt", "alg": "ES256", "kid": self.signing["ES256"]}
        plain.update(header or {})
        kept = {name: value for name, value in claims.items() if value is not None}
        return self.sign({name: v for name, v in plain.items() if v is not None}, kept)

    def sign(self, header: Claims, claims: Claims) -> str:
        """A JWT by the key that ``header`` names, or by this provider's own when it names none."""
        algorithm = str(header["alg"])
        kid = str(header.get("kid") or self.signing[algorithm])
        key = key_called("identity", "ES256") if "#" in kid else self.keys.get(kid)
        if key is None or isinstance(key, ECKey) != (algorithm == "ES256"):
            key = self.keys[self.signing[algorithm]]
        return jwt.encode(header, claims, key, algorithms=[algorithm])
