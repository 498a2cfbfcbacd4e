"""The flow that happens most: a citizen who is signed in opens a service.

Three requests: authorize (session cookie, PKCE, state, nonce) → token → userinfo. Now and then
one flow's tokens are kept, to be verified afterwards by a library that did not make them.
"""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt

from tests.bench.client import REDIRECT_URI, BenchClient, make_proofs
from tests.bench.connection import Answer, Connection
from tests.bench.generator import FlowFailed

SAMPLE_EVERY = 50
_REDIRECT = "http%3A%2F%2Flocalhost%3A9%2Fcallback"
_PROOFS = make_proofs(512)
_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Target:
    """A provider to drive: where it listens, what it is called, where its endpoints are."""

    name: str
    port: int
    issuer: str
    authorize: str
    token: str
    userinfo: str
    jwks: str
    extra: str = ""
    """More authorization parameters, ready for the query."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One flow's outcome, kept for verification."""

    nonce: str
    token_answer: bytes
    userinfo: bytes


class SingleSignOn:
    """One signed-in citizen's flow; the answers are checked as far as is cheap, samples fully."""

    __slots__ = ("_client", "_cookie", "_keep", "_number", "_proof", "_step", "_target", "_token")

    def __init__(
        self,
        target: Target,
        client: BenchClient,
        cookie: str,
        keep: Callable[[Sample], None],
    ) -> None:
        """Prepare one flow for the citizen whose session cookie (`name=value`) this is."""
        self._target = target
        self._client = client
        self._cookie = cookie
        self._keep = keep
        self._number = next(_NUMBERS)
        self._proof = _PROOFS[self._number % len(_PROOFS)]
        self._step = 0
        self._token = b""

    def begin(self) -> bytes:
        """Return the authorization request."""
        number, target = self._number, self._target
        return (
            f"GET {target.authorize}?response_type=code&scope=openid+email"
            f"&client_id={self._client.client_id}&redirect_uri={_REDIRECT}"
            f"&state=state-{number}&nonce=nonce-{number}&code_challenge={self._proof.challenge}"
            f"&code_challenge_method=S256{target.extra} HTTP/1.1\r\n"
            f"Host: localhost:{target.port}\r\nUser-Agent: bench\r\nAccept: text/html\r\n"
            f"Cookie: {self._cookie}\r\n\r\n"
        ).encode()

    def advance(self, answer: Answer) -> bytes | None:
        """Go from the code to the tokens, from the access token to the citizen's claims."""
        self._step += 1
        if self._step == 1:
            return self._token_request(answer)
        if self._step == 2:
            return self._userinfo_request(answer)
        if answer.status != 200 or b'"sub"' not in answer.body:
            raise FlowFailed(f"userinfo: {answer.status} {answer.body[:200]!r}")
        if self._number % SAMPLE_EVERY == 0:
            self._keep(Sample(f"nonce-{self._number}", self._token, answer.body))
        return None

    def _token_request(self, answer: Answer) -> bytes:
        location = (answer.header(b"location") or b"").decode()
        values = dict(
            field.split("=", 1) for field in location.partition("?")[2].split("&") if "=" in field
        )
        if not location.startswith(REDIRECT_URI) or "code" not in values:
            raise FlowFailed(f"authorize: {answer.status} {location[:200]} {answer.body[:200]!r}")
        if values.get("state") != f"state-{self._number}":
            raise FlowFailed("authorize: another request's state")
        proven = self._client.authentication()
        if proven is None:
            raise FlowFailed("no assertion was left: sign more of them ahead")
        body = (
            f"grant_type=authorization_code&code={values['code']}&redirect_uri={_REDIRECT}"
            f"&code_verifier={self._proof.verifier}&{proven}"
        )
        return (
            f"POST {self._target.token} HTTP/1.1\r\nHost: localhost:{self._target.port}\r\n"
            "User-Agent: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def _userinfo_request(self, answer: Answer) -> bytes:
        if answer.status != 200:
            raise FlowFailed(f"token: {answer.status} {answer.body[:200]!r}")
        self._token = answer.body
        access_token = json.loads(answer.body)["access_token"]
        return (
            f"GET {self._target.userinfo} HTTP/1.1\r\nHost: localhost:{self._target.port}\r\n"
            f"User-Agent: bench\r\nAuthorization: Bearer {access_token}\r\n\r\n"
        ).encode()


def verify(samples: list[Sample], target: Target, client: BenchClient) -> int:
    """Verify the kept flows with PyJWT: signature, issuer, audience, lifetime, nonce, subject.

    Returns how many were verified. Raises FlowFailed at the first that is wrong.
    """
    connection = Connection(target.port)
    request = f"GET {target.jwks} HTTP/1.1\r\nHost: localhost:{target.port}\r\n\r\n"
    keys = jwt.PyJWKSet.from_dict(json.loads(connection.exchange(request.encode()).body))
    connection.close()
    for sample in samples:
        id_token = json.loads(sample.token_answer)["id_token"]
        key = keys[str(jwt.get_unverified_header(id_token)["kid"])]
        try:
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=["ES256", "RS256"],
                audience=client.client_id,
                issuer=target.issuer,
                options={"require": ["exp", "iat", "sub", "nonce"]},
            )
        except jwt.PyJWTError as error:
            raise FlowFailed(f"ID token: {error}") from error
        if claims["nonce"] != sample.nonce:
            raise FlowFailed("ID token: another request's nonce")
        if claims["sub"] != json.loads(sample.userinfo)["sub"]:
            raise FlowFailed("userinfo: another citizen's subject")
    return len(samples)
