"""A provider of a few lines that pushes requests and binds tokens to keys, with one fault or none.

It signs in whoever comes, and exists so that each attack can be seen to notice. Never deploy it.
"""

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from tests.auth_flows import jose
from tests.auth_flows.asking import challenge_of
from tests.auth_flows.clocks import FileClock
from tests.auth_flows.key_proofs import digest

Fields = dict[str, str]
Reply = tuple[int, dict[str, str], object]
CLIENTS = ("one", "two", "pusher", "app")
LIFE = 60
WINDOW = 300


class Refused(Exception):
    """A request that is not answered: the error and the status."""

    def __init__(self, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.status = error, status


def address_of(client: str) -> str:
    """Where a client is sent back to; the app's address is any program's to take."""
    return "example.probe.app:/in" if client == "app" else f"https://{client}.example/in"


def secret_of(client: str) -> str:
    """What proves a client; the app is public."""
    return f"a secret of client {client}"


@dataclass
class Small:
    """What it knows. `fault` is what it does wrong."""

    clock: FileClock
    fault: str = ""
    number: str = ""
    """What it wants to read in every proof, if anything."""
    issuer: str = ""
    pushed: dict[str, Fields] = field(default_factory=dict)
    codes: dict[str, Fields] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    refreshing: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    agreed: bool = False
    counter: int = 0

    def refuses(self, fault: str, wrong: bool, error: str, status: int = 400) -> None:
        """Refuse what is wrong, unless that is the fault."""
        if wrong and self.fault != fault:
            raise Refused(error, status)

    def metadata(self) -> Reply:
        at = self.issuer
        return 200, {}, {
            "issuer": at,
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "userinfo_endpoint": f"{at}/userinfo",
            "pushed_authorization_request_endpoint": f"{at}/push",
            "dpop_signing_alg_values_supported": ["ES256"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
        }  # fmt: skip

    # -- pushed requests

    def push(self, sent: Fields, proof: str) -> Reply:
        self._client(sent, "push without proof")
        self.refuses("push with a reference", "request_uri" in sent, "invalid_request")
        key = self._proven(proof, "POST", f"{self.issuer}/push") if proof else ""
        named = sent.get("dpop_jkt", key)
        self.refuses("two keys", bool(key) and named != key, "invalid_dpop_proof")
        self.counter += 1
        short = f"{self.counter:016d}"
        reference = short if self.fault == "counted references" else secrets.token_urlsafe(32)
        reference = secrets.token_hex(14) if self.fault == "short references" else reference
        until = str(self.clock.now() + LIFE)
        kept = {"for": sent["client_id"], "until": until} | ({"dpop_jkt": named} if named else {})
        self.pushed[f"urn:x:{reference}"] = {
            k: v for k, v in sent.items() if k != "dpop_jkt"
        } | kept
        life = 86_400 if self.fault == "long life" else LIFE
        return 201, {}, {"request_uri": f"urn:x:{reference}", "expires_in": life}

    def _taken(self, asked: Fields) -> Fields:
        """The request that a reference stands for."""
        found = self.pushed.get(asked["request_uri"])
        if found is None:
            raise Refused("invalid_request_uri")
        self.refuses("late", float(found["until"]) < self.clock.now(), "invalid_request_uri")
        theirs = asked.get("client_id") != found["for"]
        self.refuses("of another client", theirs, "invalid_request")
        if self.fault != "used twice":
            del self.pushed[asked["request_uri"]]
        if theirs:
            return found | {
                "client_id": asked.get("client_id", found["for"]),
                "redirect_uri": address_of(asked.get("client_id", found["for"])),
            }
        if self.fault.startswith("override "):
            name = self.fault.removeprefix("override ")
            return found | ({name: asked[name]} if name in asked else {})
        return found

    # -- the authorization endpoint

    def authorize(self, asked: Fields, agreed: bool = False) -> Reply:
        if asked.get("request_uri"):
            asked = self._taken(asked)
        else:
            self.refuses("plain", asked.get("client_id") == "pusher", "invalid_request")
        client = asked.get("client_id", "")
        elsewhere = client not in CLIENTS or asked.get("redirect_uri") != address_of(client)
        self.refuses("override redirect_uri", elsewhere, "invalid_request")
        if client == "app" and not (agreed or (self.agreed and self.fault == "asked once")):
            hidden = "".join(
                f'<input type="hidden" name="{k}" value="{v}">' for k, v in asked.items()
            )
            return (
                200,
                {},
                f'<form method="post" action="/agree">{hidden}<button>Yes</button></form>',
            )
        self.agreed = self.agreed or agreed
        code = secrets.token_urlsafe(32)
        self.codes[code] = asked
        told = urlencode({"code": code, "state": asked.get("state", "")})
        return 302, {"Location": f"{asked['redirect_uri']}?{told}"}, ""

    # -- tokens

    def token(self, sent: Fields, proof: str) -> Reply:
        client = self._client(sent, "")
        proven = self._proven(proof, "POST", f"{self.issuer}/token") if proof else ""
        if sent.get("grant_type") == "refresh_token":
            bound = self.refreshing.get(sent["refresh_token"], "")
            self.refuses("refresh moved", not bound or bound != proven, "invalid_grant")
            return self._given({"scope": "openid"}, proven)
        asked = self.codes.pop(sent.get("code", ""), None)
        if asked is None or asked["client_id"] != client:
            raise Refused("invalid_grant")
        if challenge_of(sent.get("code_verifier", "")) != asked["code_challenge"]:
            raise Refused("invalid_grant")
        wanted = asked.get("dpop_jkt", "")
        self.refuses("code without proof", bool(wanted) and not proven, "invalid_grant")
        wrong = bool(wanted) and bool(proven) and wanted != proven
        self.refuses("code moved", wrong, "invalid_dpop_proof")
        return self._given(asked, proven)

    def _given(self, asked: Fields, key: str) -> Reply:
        token, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self.tokens[token] = key
        claims = {"sub": "somebody", "nonce": asked.get("nonce")}
        claims |= {"email": "x"} if "claims" in asked else {}
        told = {
            "access_token": token,
            "token_type": "DPoP" if key else "Bearer",
            "scope": asked["scope"],
            "id_token": jose.compact({"alg": "none"}, claims, jose.unsigned),
        }
        if "offline_access" in asked["scope"]:
            self.refreshing[refresh] = key
            told["refresh_token"] = refresh
        return 200, {}, told

    def _client(self, sent: Fields, fault: str) -> str:
        client = sent.get("client_id", "")
        known = client in CLIENTS and (
            client == "app" or sent.get("client_secret") == secret_of(client)
        )
        self.refuses(fault, not known, "invalid_client", 401)
        return client

    def userinfo(self, authorization: str, proof: str, more: Fields) -> Reply:
        scheme, _, token = authorization.partition(" ")
        if self.fault == "in the address" and more.get("access_token") in self.tokens:
            return 200, {}, {"sub": "somebody"}
        if token not in self.tokens:
            raise Refused("invalid_token", 401)
        bound, by = self.tokens[token], scheme.lower()
        if bound:
            self.refuses("as bearer", by != "dpop" and not proof, "invalid_token", 401)
            self.refuses("bearer with proof", by != "dpop" and bool(proof), "invalid_token", 401)
            self.refuses("no proof", by == "dpop" and not proof, "invalid_token", 401)
            if proof:
                key = self._proven(proof, "GET", f"{self.issuer}/userinfo", token)
                self.refuses("any key", key != bound, "invalid_token", 401)
        return 200, {}, {"sub": "somebody"}

    def _proven(self, proof: str, method: str, url: str, token: str = "") -> str:
        """The thumbprint of the key that a proof shows."""
        wrong = "invalid_dpop_proof"
        if self.fault == "first of two":
            proof = proof.partition(", ")[0]
        parts, head = proof.split("."), jose.header_of(proof)
        try:
            said = json.loads(jose.un64(parts[1]))
        except (IndexError, ValueError):
            raise Refused(wrong) from None
        key = self._key_of(parts, head)
        if self.number:
            other = said.get("nonce") != self.number
            made_up = other and "nonce" in said
            self.refuses(
                "any number" if made_up else "", other, "use_dpop_nonce", 401 if token else 400
            )
        now, age = self.clock.now(), said.get("iat")
        known = isinstance(age, int)
        self.refuses("no time", not known, wrong)
        self.refuses("old", known and age < now - WINDOW, wrong)
        self.refuses("future", known and age > now + WINDOW, wrong)
        self.refuses("method", said.get("htm") != method, wrong)
        self.refuses("address", said.get("htu") != url, wrong)
        self.refuses("token", bool(token) and said.get("ath") != digest(token), wrong)
        self.refuses("no jti", not said.get("jti"), wrong)
        self.refuses("replay", said.get("jti") in self.used, wrong)
        self.used.add(str(said.get("jti")))
        return key

    def _key_of(self, parts: list[str], head: dict[str, Any]) -> str:
        wrong, jwk = "invalid_dpop_proof", head.get("jwk")
        self.refuses("type", head.get("typ") != "dpop+jwt", wrong)
        self.refuses("critical", "crit" in head, wrong)
        if self.fault == "shared secret" and isinstance(jwk, dict) and jwk.get("kty") == "oct":
            return "shared"
        if not isinstance(jwk, dict) or (key := jose.from_jwk(jwk)) is None or len(parts) != 3:
            raise Refused(wrong)
        self.refuses("private key", "d" in jwk, wrong)
        members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
        thumbprint = digest(json.dumps(members, separators=(",", ":")))
        alg, signed = str(head.get("alg")), f"{parts[0]}.{parts[1]}".encode()
        if alg.lower() == "none" and self.fault == "unsigned":
            return thumbprint
        if alg == "HS256" and self.fault == "symmetric":
            made = {jose.b64(jose.by_secret(s)(signed)) for s in jose.as_secrets(key).values()}
            self.refuses("", parts[2] not in made, wrong)
            return thumbprint
        self.refuses("algorithm", alg != "ES256", wrong)
        raw = jose.un64(parts[2])
        try:
            assert isinstance(key, ec.EllipticCurvePublicKey)
            r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
            key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))
        except InvalidSignature:
            self.refuses("signature", True, wrong)
        return thumbprint


def _handler(small: Small) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(dict(parse_qsl(urlsplit(self.path).query)))

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self._answer(dict(parse_qsl(self.rfile.read(length).decode())))

        def _answer(self, sent: Fields) -> None:
            proof, path = self.headers.get("DPoP", ""), urlsplit(self.path).path
            routes: dict[str, Callable[[], Reply]] = {
                "/authorize": lambda: small.authorize(sent),
                "/agree": lambda: small.authorize(sent, agreed=True),
                "/push": lambda: small.push(sent, proof),
                "/token": lambda: small.token(sent, proof),
                "/userinfo": lambda: small.userinfo(
                    self.headers.get("Authorization", ""), proof, sent
                ),
            }
            with lock:
                try:
                    status, headers, body = routes.get(path, small.metadata)()
                except Refused as refusal:
                    status, headers, body = refusal.status, {}, {"error": refusal.error}
                if small.number:
                    headers = headers | {"DPoP-Nonce": small.number}
            text = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(text))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args: object) -> None:
            pass

    return Handler


@contextmanager
def running(folder: Path, fault: str = "", number: str = "") -> Iterator[dict[str, Any]]:
    """The target, as its file would say it, of such a provider, which ends with the block."""
    (folder / "clock").write_bytes((2_000_000_000).to_bytes(8, "little"))
    small = Small(FileClock(folder / "clock"), fault, number)
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(small)) as server:
        small.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield _target(small.issuer)
        finally:
            server.shutdown()
            thread.join()


def _target(issuer: str) -> dict[str, Any]:
    clients = [
        {
            "id": client,
            "method": "none" if client == "app" else "client_secret_post",
            "secret": "" if client == "app" else secret_of(client),
            "redirect_uri": address_of(client),
            "scope": "openid offline_access" if client == "app" else "openid",
            "pushed_only": client == "pusher",
        }
        for client in CLIENTS
    ]
    return {
        "issuer": issuer,
        "authorised_by": "this test",
        "clients": clients,
        "citizens": [{"email": "somebody@example.com", "password": "any"}],
        "clock_file": "clock",
        "care": {"requests_per_second": 1000},
    }
