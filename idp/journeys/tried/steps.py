"""What came of a try, ticked as a client would; nothing of it is kept."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idp.domain.tries import Try, redirect_uri
from idp.protocol import metadata
from idp.protocol.client_policy import ClientPolicy
from idp.protocol.client_registration import CLIENT_SECRET_BASIC, PRIVATE_KEY_JWT
from idp.protocol.try_checks import (
    Decoded,
    Expected,
    Ticked,
    check_access_token,
    check_answer,
    check_id_token,
    check_userinfo,
    decoded,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token as the page shows it: what it is made of, and its checks."""

    name: str
    raw: str
    header: str
    payload: str
    checks: list[Ticked]


def expected_of(found: Try, policy: ClientPolicy, issuer: str, now: int) -> Expected:
    """Return what the client knows of its request."""
    asked = found.asked
    age = asked.get("max_age", "")
    return Expected(
        issuer=issuer,
        client_id=policy.client_id,
        state=asked["state"],
        nonce=asked.get("nonce"),
        algorithm=policy.id_token_alg,
        levels=_levels(asked.get("vtr")) if policy.assurance == "vot" else None,
        max_age=int(age) if age.isascii() and age.isdigit() and policy.max_age_honoured else None,
        now=now,
    )


def _levels(vtr: str | None) -> frozenset[str]:
    """Return the credential levels that a request may be answered at."""
    try:
        vectors = json.loads(vtr) if vtr else ["Cl.Cm"]
    except ValueError:
        return frozenset()
    if not isinstance(vectors, list):
        return frozenset()
    told = [str(vector).split(".") for vector in vectors]
    return frozenset(".".join(part for part in each if part[:1] == "C") for each in told)


def tick_answer(answer: Mapping[str, str], expected: Expected) -> list[Ticked]:
    """Tick what came back with the browser."""
    return check_answer(answer, expected)


def tokens_of(
    tokens: Mapping[str, Any], keys: Sequence[Mapping[str, Any]], expected: Expected
) -> list[Token]:
    """Return both tokens, decoded and ticked."""
    id_token, access = decoded(str(tokens["id_token"])), decoded(str(tokens["access_token"]))
    return [
        _token("ID token", id_token, check_id_token(id_token, keys, access.raw, expected)),
        _token("Access token", access, check_access_token(access, keys, expected)),
    ]


def tick_userinfo(told: Mapping[str, Any] | None, id_token: str) -> list[Ticked]:
    """Tick what UserInfo told."""
    return check_userinfo(told, decoded(id_token))


def as_text(document: Mapping[str, Any]) -> str:
    """Return JSON for people."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def _token(name: str, token: Decoded, checks: list[Ticked]) -> Token:
    return Token(name, token.raw, as_text(token.header), as_text(token.payload), checks)


def curl_of(found: Try, policy: ClientPolicy, issuer: str, code: str) -> str:
    """Return the call by which the client itself would redeem the code; its secret is masked."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri(issuer),
        "code_verifier": found.verifier or "",
    }
    before = f"curl {metadata.token_endpoint(issuer)}"
    if policy.token_endpoint_auth_method == PRIVATE_KEY_JWT:
        fields |= {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": "JWT-SIGNED-WITH-YOUR-PRIVATE-KEY",
        }
    elif policy.token_endpoint_auth_method == CLIENT_SECRET_BASIC:
        before += f" \\\n  --user '{policy.client_id}:********'"
    else:
        fields |= {"client_id": policy.client_id, "client_secret": "********"}
    sent = [
        f"--data-urlencode {shlex.quote(f'{name}={value}')}"
        for name, value in fields.items()
        if value
    ]
    return " \\\n  ".join([before, *sent])
