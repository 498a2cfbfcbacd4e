"""Attacks by programs that pose as a client which cannot prove itself."""

from dataclasses import replace
from urllib.parse import urlsplit

from tests.auth_flows.attacks import attack
from tests.auth_flows.probe import Probe, got_tokens
from tests.auth_flows.targets import NO_PROOF, Client
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.visit import Visit

ANOTHER_PORT = 49_152
LOOPBACK = ("127.0.0.1", "[::1]", "localhost")


def _takeable(probe: Probe) -> Client:
    """A public client at an address that any program can take. Raises NotTried."""
    public = [one for one in probe.target.special_clients if one.method == NO_PROOF]
    if not public:
        raise NotTried("the target file names no public client (method none)")
    for client in public:
        if urlsplit(client.redirect_uri).scheme != "https" and not client.pushed_only:
            return client
    raise NotTried("the address of every public client is https, which proves it")


@attack("CLIENT-13", fix="Ask anew for a client that proves itself neither by secret nor address.",
        left_out="addresses of https, which prove the client")  # fmt: skip
def posed_by_another(probe: Probe) -> None:
    client, person = _takeable(probe), probe.ground.next_person()
    first = Visit(probe, person, asked=probe.ask(client)).finish()
    code = first.outcome.values["code"]
    answer = probe.token(probe.fields_for(first.asked, code), client)
    probe.works(got_tokens(answer), answer, "redeeming a code of a public client")
    tries = [
        ("the same request again", client, {}),
        ("it with prompt=none", client, {"prompt": "none"}),
    ]
    address = urlsplit(client.redirect_uri)
    if address.scheme == "http" and address.hostname in LOOPBACK:
        other = address._replace(netloc=f"{address.hostname}:{ANOTHER_PORT}").geturl()
        tries.append(("it at another port", replace(client, redirect_uri=other), {}))
    for words, posing, changes in tries:
        again = Visit(probe, person, browser=first.browser, asked=probe.ask(posing, **changes))
        probe.expect(
            not again.arrived and again.outcome.kind != "elsewhere",
            again.answer,
            tried=f"{words}, in the browser of a citizen who agreed before",
            wanted="they are asked again, and no code comes",
        )
