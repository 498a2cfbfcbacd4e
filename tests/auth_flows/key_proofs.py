"""Somebody who holds a key, and shows with every request that they hold it (RFC 9449)."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.auth_flows import jose
from tests.auth_flows.asking import Asked
from tests.auth_flows.probe import TOKENS, Grant, Probe, got_tokens
from tests.auth_flows.pushing import ENDPOINT, Pushed, push, reference_of
from tests.auth_flows.targets import Client
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.wire import Answer, Pairs

TYPE = "dpop+jwt"
WANTS_NONCE = "use_dpop_nonce"


def _new_key(algorithms: list[str]) -> str:
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if "ES256" in algorithms:
        key = ec.generate_private_key(ec.SECP256R1())
    elif "RS256" in algorithms:
        key = rsa.generate_private_key(65537, 2048)
    else:
        raise NotTried("the provider takes proofs neither by ES256 nor by RS256")
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def digest(text: str) -> str:
    """The hash of a token, as a proof names it."""
    return jose.b64(hashlib.sha256(text.encode()).digest())


class Holder:
    """One key, the proofs that it signs, and the numbers that the provider wants in them."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        supported = probe.ground.metadata.get("dpop_signing_alg_values_supported", [])
        self.key = _new_key([str(name) for name in supported])
        self.jwk = jose.as_jwk(jose.public_half(self.key))
        self.nonces: dict[str, str] = {}

    @property
    def thumbprint(self) -> str:
        """The hash of the key (RFC 7638)."""
        return digest(json.dumps(self.jwk, sort_keys=True, separators=(",", ":")))

    @property
    def header(self) -> dict[str, Any]:
        """The header of a good proof."""
        return {"typ": TYPE, "alg": jose.algorithm_of(self.key), "jwk": self.jwk}

    def claims(self, method: str, url: str, token: str = "") -> dict[str, Any]:
        """What a good proof of this request says, each time another."""
        now = int(self.probe.ground.clock.now())
        said = {"jti": secrets.token_urlsafe(24), "htm": method, "htu": url, "iat": now}
        said |= {"ath": digest(token)} if token else {}
        return said | ({"nonce": self.nonces[url]} if url in self.nonces else {})

    def signed(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """A proof of this header and these claims; what is None is left out."""
        head, said = ({name: value for name, value in part.items() if value is not None}
                      for part in (header, claims))  # fmt: skip
        return jose.compact(head, said, jose.by_key(self.key))

    def proof(self, method: str, url: str, token: str = "", **changes: Any) -> str:
        """A proof of this request, with these claims changed."""
        return self.signed(self.header, self.claims(method, url, token) | changes)

    # -- asking

    def for_tokens(self, fields: Pairs, client: Client, proof: str | None = None) -> Answer:
        """Ask the token endpoint for tokens; with a good proof unless another is given."""
        url = self.probe.endpoint("token_endpoint")
        answer = self._ask_for_tokens(url, fields, client, proof or self.proof("POST", url))
        if proof is None and answer.json.get("error") == WANTS_NONCE:
            answer = self._ask_for_tokens(url, fields, client, self.proof("POST", url))
        return answer

    def _ask_for_tokens(self, url: str, fields: Pairs, client: Client, proof: str) -> Answer:
        proving, headers = self.probe.proof(client)
        wire = self.probe.ground.wire
        answer = wire.form(url, fields + proving, headers | {"DPoP": proof})
        wire.masker.learn(*(str(answer.json.get(name, "")) for name in TOKENS))
        return self._noted(url, answer)

    def redeem(self, grant: Grant, proof: str | None = None) -> Answer:
        """Redeem a code."""
        fields = self.probe.token_fields(grant)
        return self.for_tokens(fields, grant.asked.client, proof)

    def ask_userinfo(self, token: str, proof: str | None = None, scheme: str = "DPoP") -> Answer:
        """Ask UserInfo, with a good proof unless another is given; with none if it is empty."""
        url = self.probe.endpoint("userinfo_endpoint")
        answer = self._ask_userinfo(url, token, proof, scheme)
        if proof is None and answer.status == 401 and url in self.nonces:
            answer = self._ask_userinfo(url, token, proof, scheme)
        return answer

    def _ask_userinfo(self, url: str, token: str, proof: str | None, scheme: str) -> Answer:
        shown = self.proof("GET", url, token) if proof is None else proof
        headers = {"Authorization": f"{scheme} {token}"} | ({"DPoP": shown} if shown else {})
        return self._noted(url, self.probe.ground.wire.send("GET", url, headers=headers))

    def _noted(self, url: str, answer: Answer) -> Answer:
        if nonce := answer.header("DPoP-Nonce"):
            self.nonces[url] = nonce
        return answer

    def _push(self, asked: Asked) -> Answer:
        url = self.probe.endpoint(ENDPOINT)
        proving, headers = self.probe.proof(asked.client)
        shown = headers | {"DPoP": self.proof("POST", url)}
        return self._noted(url, push(self.probe, asked.pairs, proving, shown))

    # -- what works

    def pushed(self) -> Pushed:
        """A request that is pushed with a proof. Raises Broken if it is not taken."""
        asked = self.probe.ask()
        answer = self._push(asked)
        if answer.json.get("error") == WANTS_NONCE:
            answer = self._push(asked)
        self.probe.works(bool(reference_of(answer)), answer, "pushing a request with a proof")
        return Pushed(asked, answer)

    def bound_tokens(self, grant: Grant | None = None) -> Answer:
        """Tokens for a code, bound to this key. Raises Broken if none come."""
        answer = self.redeem(grant or self.probe.grant())
        bound = str(answer.json.get("token_type", "")).lower() == "dpop"
        self.probe.works(got_tokens(answer) and bound, answer, "redeeming a code with a proof")
        return answer

    def bound_token(self) -> str:
        """An access token bound to this key, which UserInfo takes with a proof of it."""
        token = str(self.bound_tokens().json.get("access_token"))
        self.still_works(token)
        return token

    def still_works(self, token: str) -> None:
        """UserInfo takes a token with a good proof. Raises Broken if it does not."""
        answer = self.ask_userinfo(token)
        self.probe.works(answer.status == 200, answer, "UserInfo with a bound token and a proof")
