"""Attacks on what a provider publishes about itself, and on who it thinks it is."""

import json
from urllib.parse import quote, urljoin, urlsplit

from tests.auth_flows.attacks import attack
from tests.auth_flows.ground import DISCOVERY
from tests.auth_flows.probe import Probe

EVIL = "attacker.example"
WEBFINGER = ".well-known/webfinger"
ISSUER_LINK = "http://openid.net/specs/connect/1.0/issuer"
NEEDED = (
    "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported",
    "subject_types_supported", "id_token_signing_alg_values_supported",
)  # fmt: skip
"""What the metadata must have (OpenID Connect Discovery section 3)."""
HEADERS: tuple[dict[str, str], ...] = (
    {"Host": EVIL},
    {"Host": f"{EVIL}:80"},
    {"X-Forwarded-Host": EVIL},
    {"X-Forwarded-Proto": "gopher", "X-Forwarded-Host": EVIL},
    {"X-Forwarded-Port": "6666", "X-Forwarded-Prefix": "/elsewhere"},
    {"X-Forwarded-Server": EVIL, "X-Host": EVIL, "X-HTTP-Host-Override": EVIL},
    {"Forwarded": f"for=127.0.0.1;host={EVIL};proto=https"},
    {"X-Original-URL": "/elsewhere", "X-Rewrite-URL": "/elsewhere"},
)


@attack("DISC-01", fix="Take the issuer from configuration, never from a request.")
def issuer_from_headers(probe: Probe) -> None:
    wire = probe.ground.wire
    url = probe.target.issuer.rstrip("/") + "/" + DISCOVERY
    good = wire.send("GET", url)
    probe.works(good.json.get("issuer") == probe.target.issuer, good, "asking for the metadata")
    missing = [name for name in NEEDED if name not in good.json]
    probe.expect(not missing, good, tried="the metadata", wanted=f"all of it: {missing}")
    home = urlsplit(probe.target.issuer)[:2]
    away = [
        name
        for name, value in good.json.items()
        if name.endswith(("_endpoint", "jwks_uri")) and urlsplit(str(value))[:2] != home
    ]
    probe.expect(not away, good, tried="its addresses", wanted=f"all at the issuer, not {away}")
    keys = wire.send("GET", probe.endpoint("jwks_uri"))
    probe.expect(bool(keys.json.get("keys")), keys, tried="its jwks_uri", wanted="keys")
    for headers in HEADERS:
        words = ", ".join(f"{name}: {value}" for name, value in headers.items())
        answer = wire.send("GET", url, headers=headers)
        probe.expect(
            answer.json == good.json or (answer.status >= 400 and EVIL not in answer.body),
            answer,
            tried=f"the metadata with {words}",
            wanted="the same metadata, or a refusal",
        )
        asked = probe.ask(prompt="none")
        address = asked.url(probe.endpoint("authorization_endpoint"))
        told = wire.send("GET", address, headers={"Accept": "text/html", **headers})
        probe.expect(
            EVIL not in told.location + told.body and "elsewhere" not in told.location,
            told,
            tried=f"an authorization request with {words}",
            wanted="an answer that does not name that host",
        )


@attack("DISC-02", fix="Answer WebFinger for every name alike, or not at all.")
def accounts_by_discovery(probe: Probe) -> None:
    wire = probe.ground.wire
    probe.plain_request_works()
    nobody = f"nobody@{urlsplit(probe.target.issuer).hostname}"
    known = [person.citizen.email for person in probe.ground.persons[:1]]
    told = set()
    for name in (*known, nobody, "nobody@example.com"):
        query = f"?resource={quote('acct:' + name)}&rel={quote(ISSUER_LINK)}"
        answer = wire.send("GET", urljoin(probe.target.home, WEBFINGER + query))
        told.add((answer.status, _without(answer.body, name)))
    probe.expect(
        len(told) == 1,
        answer,
        tried="WebFinger for somebody who has an account and for others who have none",
        wanted=f"the same answer, not {len(told)}",
    )


def _without(body: str, name: str) -> str:
    """What an answer says beside the name, and beside its own reference."""
    try:
        found = json.loads(body)
    except ValueError:
        return ""
    return json.dumps({"links": found.get("links")} if isinstance(found, dict) else found).replace(
        name, ""
    )
