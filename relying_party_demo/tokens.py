"""The two calls a department makes behind the browser's back: /token and /userinfo.

Owns: client authentication (RFC 7523 private_key_jwt, or client_secret_post), redeeming the code,
asking for the citizen's claims.
Owns not: the checks on the ID token (``relying_party_demo.id_token``).
"""

from dataclasses import dataclass

from relying_party_demo.department import Department
from relying_party_demo.exchange import HIDDEN, Exchange, Step, mask
from relying_party_demo.identity import CORE_IDENTITY
from relying_party_demo.keys import DepartmentKey
from relying_party_demo.outbound import Answer, Outbound

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SHORTENED = frozenset({"code", "code_verifier", "client_assertion"})


def _shown(name: str, value: str) -> str:
    return mask(value) if name in SHORTENED else value


@dataclass(frozen=True)
class Tokens:
    """What the provider gave for the code."""

    access_token: str
    id_token: str


class TokenRefused(Exception):
    """The provider did not give tokens; ``error`` is its word for why."""

    def __init__(self, error: str) -> None:
        self.error = error
        super().__init__(error)


@dataclass(frozen=True)
class Redeemer:
    """Speaks to the provider's token and userinfo endpoints as this department."""

    department: Department
    key: DepartmentKey | None
    outbound: Outbound

    def redeem(
        self, endpoint: str, *, code: str, verifier: str, now: int, exchange: Exchange
    ) -> Tokens:
        """The tokens for ``code`` (RFC 6749 §4.1.3, RFC 7636 §4.5).

        Raises TokenRefused, ProviderUnreachable.
        """
        step = exchange.step("token", now)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.department.redirect_uri,
            "code_verifier": verifier,
            **self._authentication(endpoint, now),
        }
        step.line("POST", endpoint)
        for name, value in form.items():
            # The client secret lives long, so not even its beginning is shown.
            step.line(name, HIDDEN if name == "client_secret" else _shown(name, value))
        answer = self.outbound.post_form(endpoint, form)
        step.milliseconds = answer.milliseconds
        step.line("HTTP", str(answer.status))
        return self._tokens(answer, step)

    def _authentication(self, endpoint: str, now: int) -> dict[str, str]:
        """What proves that this is the department: a signed assertion, or the shared secret."""
        client_id = self.department.client_id
        if self.key is not None:
            assertion = self.key.assertion(client_id=client_id, audience=endpoint, now=now)
            return {
                "client_id": client_id,
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": assertion,
            }
        secret = self.department.place.client_secret or ""
        return {"client_id": client_id, "client_secret": secret}

    @staticmethod
    def _tokens(answer: Answer, step: Step) -> Tokens:
        if answer.status != 200:
            error = str(answer.body.get("error", answer.status))
            step.line("error", error)
            step.line("error_description", str(answer.body.get("error_description", "")))
            raise TokenRefused(error)
        for name, value in answer.body.items():
            secret = name.endswith("_token")
            step.line(name, mask(value) if secret else value)
        step.equal("token_type", str(answer.body.get("token_type")).lower(), "bearer")
        access_token, id_token = answer.body.get("access_token"), answer.body.get("id_token")
        if not isinstance(access_token, str) or not isinstance(id_token, str):
            raise TokenRefused("no_tokens")
        return Tokens(access_token, id_token)

    def userinfo(
        self, endpoint: str, *, tokens: Tokens, sub: object, now: int, exchange: Exchange
    ) -> dict[str, object]:
        """The citizen's claims, of the same subject as the ID token (OIDC Core 5.3.2).

        Raises CheckFailed, TokenRefused, ProviderUnreachable.
        """
        step = exchange.step("userinfo", now)
        step.line("GET", endpoint)
        step.line("Authorization", f"Bearer {mask(tokens.access_token)}")
        answer = self.outbound.get(endpoint, bearer=tokens.access_token)
        step.milliseconds = answer.milliseconds
        step.line("HTTP", str(answer.status))
        if answer.status != 200:
            raise TokenRefused(f"userinfo {answer.status}")
        for name, value in answer.body.items():
            # A credential can be shown to others as long as it lives.
            step.line(name, mask(value) if name == CORE_IDENTITY else value)
        step.equal("userinfo_subject", answer.body.get("sub"), sub)
        return answer.body
