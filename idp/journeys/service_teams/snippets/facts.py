"""What all snippets say about a client, whatever the library; and how a text is filled in."""

import json
from dataclasses import dataclass
from string import Template
from urllib.parse import urlsplit

from idp.protocol import metadata
from idp.protocol.client_policy import ClientPolicy
from idp.protocol.client_registration import PRIVATE_KEY_JWT

_P256 = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"
"""How the SPKI of every key on P-256 begins, in base64."""


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """A client, as a library is told of it. `vtr` is None for a client that has no vectors."""

    issuer: str
    client_id: str
    redirect_uri: str
    post_logout_redirect_uri: str | None
    scope: str
    vtr: str | None
    method: str
    signs_with: str
    id_token_alg: str
    pkce: bool

    @property
    def discovery(self) -> str:
        """Where the discovery document is."""
        return f"{metadata.base(self.issuer)}/.well-known/openid-configuration"

    @property
    def has_key(self) -> bool:
        """Whether the client proves itself with a private key, and not with a secret."""
        return self.method == PRIVATE_KEY_JWT

    @property
    def insecure(self) -> bool:
        """Whether the issuer is on this machine alone, without TLS."""
        return self.issuer.startswith("http:")

    @property
    def path(self) -> str:
        """The path of the redirect address."""
        return urlsplit(self.redirect_uri).path or "/"

    @property
    def port(self) -> int:
        """The port that a program listens on, on the developer's machine."""
        return urlsplit(self.redirect_uri).port or 3000


def facts_of(policy: ClientPolicy, redirect_uri: str, issuer: str) -> ClientFacts:
    """Return the facts of a client."""
    others = sorted(policy.scopes - {"openid"})
    level = "P2.Cl.Cm" if policy.identity_supported else "Cl.Cm"
    return ClientFacts(
        issuer=issuer,
        client_id=policy.client_id,
        redirect_uri=redirect_uri,
        post_logout_redirect_uri=min(policy.post_logout_redirect_uris, default=None),
        scope=" ".join(["openid", *others]),
        vtr=json.dumps([level]) if policy.assurance == "vot" else None,
        method=policy.token_endpoint_auth_method,
        signs_with="ES256" if (policy.public_key or "").startswith(_P256) else "RS256",
        id_token_alg=policy.id_token_alg,
        pkce=policy.pkce_required,
    )


class _Text(Template):
    delimiter = "~"


def filled(text: str, **values: str) -> str:
    """Return `text` with each `~name` replaced; a line that holds only an empty one is dropped."""
    lines = text.strip("\n").split("\n")
    kept = [line for line in lines if values.get(line.strip().removeprefix("~"), "kept")]
    return _Text("\n".join(kept)).substitute(values) + "\n"


def quoted(value: str) -> str:
    """Return a text in quotation marks, as Python, JavaScript and JSON read it."""
    return json.dumps(value)
