"""The provider's tokens: what is given for a code, refreshed, opened and revoked."""

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.auth_flows import jose
from tests.auth_flows.clocks import SECONDS
from tests.auth_flows.faulty.answers import Asked, Reply, no

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SECRET = "a secret of the test"
CLIENTS = ("one", "two")
LIFE = 600


@dataclass
class Grant:
    """What a citizen let a client have, and whether that still holds."""

    client: str
    person: str
    scope: str
    session: str
    nonce: str = ""
    alive: bool = True
    redeemed: bool = False


class Tokens:
    """Everything that was given to clients."""

    def __init__(self, clock: Path, key: str, *faults: str) -> None:
        self.at = ""
        self.clock = clock
        self.key = key
        self.faults = faults
        self.sessions: dict[str, str] = {}
        self.codes: dict[str, Grant] = {}
        self.access: dict[str, tuple[Grant, str]] = {}
        self.refresh: dict[str, tuple[Grant, float | None]] = {}

    def now(self) -> float:
        """Seconds since the epoch."""
        return float(SECONDS.unpack(self.clock.read_bytes())[0])

    def token(self, asked: Asked, _: str) -> Reply:
        """Tokens for a code, a refresh token or a device."""
        believed = asked.get("client_id") in CLIENTS and asked.get("client_secret") == SECRET
        if not believed and not ("proof" in self.faults and asked.get("client_id")):
            return no("invalid_client", 401)
        if asked["grant_type"] == "refresh_token":
            return self._refreshed(asked)
        if asked["grant_type"] == DEVICE:
            return self._for_device(asked)
        grant = self.codes.get(asked["code"])
        if grant is None or grant.client != asked["client_id"]:
            return no("invalid_grant")
        if grant.redeemed:
            grant.alive = "code" in self.faults and self._refreshable(grant)
            return no("invalid_grant")
        grant.redeemed = True
        return self._tokens(grant, grant.scope)

    def _refreshed(self, asked: Asked) -> Reply:
        token = asked["refresh_token"]
        grant, used = self.refresh.get(token, (Grant("", "", "", "", alive=False), None))
        stranger = grant.client != asked["client_id"] and "any_client" not in self.faults
        if not grant.alive or stranger:
            return no("invalid_grant")
        graceful = "grace" in self.faults and used is not None and self.now() - used < 10
        if used is not None and not graceful and "old" not in self.faults:
            grant.alive = "family" in self.faults
            return no("invalid_grant")
        scope = asked.get("scope") or grant.scope
        if set(scope.split()) - set(grant.scope.split()) and "scope" not in self.faults:
            return no("invalid_scope")
        self.refresh[token] = (grant, self.now())
        return self._tokens(grant, scope)

    def _tokens(self, grant: Grant, scope: str) -> Reply:
        told: dict[str, object] = {"access_token": self._access(grant, scope), "scope": scope}
        told["id_token"] = self._id_token(grant)
        if self._refreshable(grant):
            new = secrets.token_urlsafe(24)
            self.refresh[new] = (grant, None)
            told["refresh_token"] = new
        return Reply(told=told)

    def _refreshable(self, grant: Grant) -> bool:
        return "offline_access" in grant.scope or grant.client == "two"

    def _access(self, grant: Grant, scope: str) -> str:
        token = secrets.token_urlsafe(24)
        self.access[token] = (grant, scope)
        return token

    def _id_token(self, grant: Grant, **more: str) -> str:
        now = int(self.now())
        claims = {"iss": self.at, "aud": grant.client, "sub": grant.person, "nonce": grant.nonce}
        claims["sid"] = f"{grant.client}-{grant.session}"
        claims |= more
        header = {"alg": "ES256", "kid": "own"}
        times = {"iat": now, "exp": now + LIFE}
        return jose.compact(header, claims | times, jose.by_key(self.key))

    def userinfo(self, _: Asked, token: str) -> Reply:
        """What an access token opens."""
        grant, scope = self.access.get(token, (Grant("", "", "", "", alive=False), ""))
        if not grant.alive:
            return no("invalid_token", 401)
        email = {"email": grant.person} if "email" in scope else {}
        return Reply(told={"sub": grant.person} | email)

    def revoke(self, asked: Asked, _: str) -> Reply:
        """End the family of a refresh token, or an access token."""
        token = asked["token"]
        hinted = "hint" in self.faults and asked.get("token_type_hint") == "access_token"
        if token in self.refresh and not hinted:
            grant = self.refresh.pop(token)[0]
            grant.alive = "access" in self.faults
        self.access.pop(token, None)
        return Reply()

    def _for_device(self, asked: Asked) -> Reply:
        """Tokens for a device: see Devices."""
        raise NotImplementedError

    def _end(self, whose: Callable[[Grant], bool]) -> None:
        for grant, _ in self.refresh.values():
            grant.alive = grant.alive and not whose(grant)


def half(value: str) -> str:
    """The first half of a hash, as ID tokens hold it."""
    digest = hashlib.sha256(value.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
