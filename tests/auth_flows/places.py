"""The places at which a provider reads a signed token that a stranger can put there."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.auth_flows import jose
from tests.auth_flows.asking import Asked
from tests.auth_flows.knocking import Knocking
from tests.auth_flows.probe import Probe, claims_of, got_tokens
from tests.auth_flows.proof import assertion_claims, by_assertion
from tests.auth_flows.targets import Client
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.wire import Answer

ASSERTION, REQUEST, HINT, ACCESS = (
    "client assertion", "request object", "ID token hint", "access token",
)  # fmt: skip
LIFE = 120


@dataclass(frozen=True)
class Place:
    """Where a token is read. `make` gives header and claims of a good one, each time another.

    `key` signs it, if a client does; `public` is what the provider verifies it by.
    """

    name: str
    make: Callable[[], tuple[dict[str, Any], dict[str, Any]]]
    present: Callable[[str], Answer]
    accepted: Callable[[Answer], bool]
    public: jose.PublicKey | None
    key: str = ""
    good: str = ""

    def signed(self, header: Mapping[str, Any] | bytes, claims: Mapping[str, Any] | bytes) -> str:
        """A token of ours with this header and these claims."""
        return jose.compact(header, claims, jose.by_key(self.key))

    def good_token(self) -> str:
        """A token that is accepted, once at least."""
        return self.signed(*self.make()) if self.key else self.good


def request_claims(asked: Asked, audience: str, now: int) -> dict[str, Any]:
    """A request as the claims of a request object (RFC 9101 section 4)."""
    about = {"iss": asked.client.id, "aud": audience, "iat": now, "nbf": now, "exp": now + LIFE}
    return about | {"jti": secrets.token_urlsafe(24)} | dict(asked.pairs)


def signing_client(probe: Probe) -> Client:
    """A client that can sign requests, and a provider that reads them. Raises NotTried."""
    if not probe.ground.metadata.get("request_parameter_supported"):
        raise NotTried("the provider reads no request objects")
    clients = probe.clients_by("private_key_jwt")
    if not clients:
        raise NotTried("no client of the target file has a key")
    return clients[0]


def object_audience(probe: Probe, client: Client) -> str:
    """Whom a request object is meant for: One Login's clients name the endpoint itself."""
    return probe.endpoint("authorization_endpoint") if client.vectors else probe.target.issuer


def send_object(probe: Probe, client: Client, token: str, /, **beside: str | None) -> Answer:
    """Bring a request object, with what OpenID Connect wants beside it."""
    usual: dict[str, str | None] = {
        "client_id": client.id,
        "response_type": "code",
        "scope": client.scope,
        "request": token,
    }
    pairs = [(name, value) for name, value in (usual | beside).items() if value is not None]
    return probe.authorize(Asked(client, pairs, "", "", ""))


def _by_clients(probe: Probe) -> list[Place]:
    clients = probe.clients_by("private_key_jwt")
    if not clients:
        return []
    client, now = clients[0], probe.ground.clock.now
    head = {"alg": jose.algorithm_of(client.key)}
    public, knocking = jose.public_half(client.key), Knocking(probe, client)
    audience = probe.endpoint("token_endpoint")
    found = [
        Place(
            ASSERTION,
            lambda: (dict(head), assertion_claims(client, audience, int(now()))),
            lambda token: knocking.send(by_assertion(token)),
            got_tokens,
            public,
            client.key,
        )
    ]
    if probe.ground.metadata.get("request_parameter_supported"):
        meant_for = object_audience(probe, client)
        found.append(
            Place(
                REQUEST,
                lambda: (dict(head), request_claims(probe.ask(client), meant_for, int(now()))),
                lambda token: send_object(probe, client, token),
                lambda answer: probe.outcome(answer, client).kind in ("page", "goes on"),
                public,
                client.key,
            )
        )
    return found


def _by_the_provider(probe: Probe) -> list[Place]:
    if not probe.ground.persons:
        return []
    tokens = probe.redeeming_works().json
    access, hint = str(tokens.get("access_token")), str(tokens.get("id_token"))
    silent = {"prompt": "none"}
    places = [
        Place(
            HINT,
            lambda: (jose.header_of(hint), claims_of(hint)),
            lambda token: probe.authorize(
                probe.ask(**silent, id_token_hint=token), browser=probe.ground.signed_in()
            ),
            lambda answer: "code" in probe.outcome(answer).values,
            probe.published_key(jose.header_of(hint)),
            good=hint,
        ),
        Place(
            ACCESS,
            lambda: (jose.header_of(access), claims_of(access)),
            probe.userinfo,
            lambda answer: answer.status == 200,
            probe.published_key(jose.header_of(access)),
            good=access,
        ),
    ]
    return [place for place in places if claims_of(place.good)]


def places(probe: Probe) -> list[Place]:
    """Every place of this provider, each shown to accept a good token. Raises NotTried."""
    found = _by_clients(probe) + _by_the_provider(probe)
    for place in found:
        answer = place.present(place.good_token())
        probe.works(place.accepted(answer), answer, f"a good {place.name}")
    if not found:
        raise NotTried("the provider reads no signed token of ours")
    return found


def is_refused(probe: Probe, place: Place, token: str, words: str, within: float = 10) -> None:
    """A forged token is refused, in a moment."""
    answer = place.present(token)
    took = probe.ground.wire.took(answer.number)
    probe.expect(
        not place.accepted(answer) and answer.status < 500 and took < within,
        answer,
        tried=f"{place.name}: {words}",
        wanted="it is refused" if took < within else f"it is refused within {within:.0f} s",
    )
