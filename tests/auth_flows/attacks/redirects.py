"""Attacks on the redirect address: every one must end on the provider's own page."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from tests.auth_flows.attacks import attack
from tests.auth_flows.probe import Probe
from tests.auth_flows.reading import links_of

EXACT = "Compare redirect_uri with the registered addresses as strings, byte for byte."
EVIL = "https://attacker.example/callback"


def _none_is_accepted(probe: Probe, addresses: Iterable[str]) -> None:
    probe.plain_request_works()
    for address in dict.fromkeys(addresses):
        answer = probe.authorize(probe.ask(redirect_uri=address))
        probe.refused_here(answer, f"redirect_uri={address}")
        probe.expect(
            address not in links_of(answer.body),
            answer,
            tried=f"the links of the page that refuses redirect_uri={address}",
            wanted="none leads there",
        )


@attack("AUTHZ-01", fix=EXACT)
def another_host(probe: Probe) -> None:
    _none_is_accepted(probe, [EVIL, "https://attacker.example", "//attacker.example/callback"])


@attack("AUTHZ-02", fix=EXACT)
def another_path(probe: Probe) -> None:
    good = probe.client.redirect_uri
    parent = good.rsplit("/", 1)[0]
    _none_is_accepted(
        probe,
        [
            *(good + more for more in ("/", "/more", "/../evil", "/..;/evil", "/%2e%2e/evil")),
            *(good + more for more in ("%2f..%2fevil", "x", "%00", ";x=1", "%20")),
            parent,
            f"{parent}/./{good.rsplit('/', 1)[1]}",
            f"{parent}//{good.rsplit('/', 1)[1]}",
        ],
    )


@attack("AUTHZ-03", fix=EXACT)
def another_query(probe: Probe) -> None:
    good = probe.client.redirect_uri
    address, _, query = good.partition("?")
    changed = [f"{address}?a=1", f"{address}?", f"{address}?{query}&a=1", f"{good}&a=1"]
    if query:
        parts = query.split("&")
        changed += [address, f"{address}?{'&'.join(reversed(parts))}&"]
    _none_is_accepted(probe, (one for one in changed if one != good))


@attack("AUTHZ-04", fix=EXACT)
def parser_tricks(probe: Probe) -> None:
    good = urlsplit(probe.client.redirect_uri)
    host, rest = good.netloc, good.path
    _none_is_accepted(
        probe,
        [
            f"{good.scheme}://{host}@attacker.example{rest}",
            f"{good.scheme}://{host}:x@attacker.example{rest}",
            f"{good.scheme}://a@b@{host}{rest}",
            f"{good.scheme}://attacker.example\\@{host}{rest}",
            f"{good.scheme}://attacker.example%5c@{host}{rest}",
            f"{good.scheme}://attacker.example#{host}{rest}",
            f"{good.scheme}://{host}\\.attacker.example{rest}",
            f"{good.scheme}://{host}{rest}#fragment",
            f"{good.scheme}:/{host}{rest}",
            f"{good.scheme}:///{host}{rest}",
            f"\t{probe.client.redirect_uri}",
            f" {probe.client.redirect_uri}",
            f"{good.scheme}://{host}{rest}\r\nX-Evil: 1",
            f"{good.scheme}://{host}\u3002attacker.example{rest}",
            f"{good.scheme}://{host}{rest.upper()}",
            f"{good.scheme.upper()}://{host}{rest}",
            f"{good.scheme}://{host.upper()}{rest}",
        ],
    )


@attack("AUTHZ-05", fix=EXACT)
def host_begins_or_ends_alike(probe: Probe) -> None:
    good = urlsplit(probe.client.redirect_uri)
    host, port = good.hostname or "", f":{good.port}" if good.port else ""
    dotless = host.replace(".", "x", 1) if "." in host else f"{host}x"
    _none_is_accepted(
        probe,
        [
            f"{good.scheme}://{name}{port}{good.path}"
            for name in (
                f"{host}.attacker.example",
                f"attacker{host}",
                f"attacker.example.{host}",
                f"www.{host}",
                f"{host}.",
                dotless,
                "localhost.attacker.example",
                "127.0.0.1.attacker.example",
            )
        ],
    )


@attack(
    "AUTHZ-06",
    fix="Let the port differ only for native clients registered with 127.0.0.1 or [::1].",
    left_out="that a native client may use another port",
)
def loopback_rule_stretched(probe: Probe) -> None:
    good = urlsplit(probe.client.redirect_uri)
    host, path = good.hostname or "", good.path
    _none_is_accepted(
        probe,
        [
            f"{good.scheme}://{host}:{(good.port or 8000) + 1}{path}",
            f"{good.scheme}://{host}:0{path}",
            *(
                f"http://{name}:{port}{path}"
                for name in ("127.0.0.1", "[::1]", "127.1", "0.0.0.0")
                for port in (49152, 8080)
            ),
            f"http://localhost:49152{path}",
        ],
    )


@attack("AUTHZ-07", fix="Require redirect_uri in every request; never fall back to one.")
def no_address(probe: Probe) -> None:
    probe.plain_request_works()
    probe.refused_here(probe.authorize(probe.ask(redirect_uri=None)), "no redirect_uri")
    probe.refused_here(probe.authorize(probe.ask(redirect_uri="")), "an empty redirect_uri")


@attack("AUTHZ-08", fix=EXACT, left_out="refusal at registration")
def dangerous_schemes(probe: Probe) -> None:
    good = urlsplit(probe.client.redirect_uri)
    _none_is_accepted(
        probe,
        [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            f"javascript://{good.netloc}{good.path}%0aalert(1)",
            "data:text/html,<script>alert(1)</script>",
            "vbscript:msgbox(1)",
            "file:///etc/passwd",
            f"http://{good.hostname}.attacker.example{good.path}",
        ],
    )


@attack("AUTHZ-11", fix="Check client and redirect address before any other parameter.")
def errors_as_a_redirector(probe: Probe) -> None:
    probe.plain_request_works()
    wrong: dict[str, dict[str, str | None]] = {
        "an unknown scope": {"scope": "openid no-such-scope"},
        "an unknown response type": {"response_type": "no-such-type"},
        "no response type": {"response_type": None},
        "an unknown prompt": {"prompt": "no-such-prompt"},
        "an unknown response mode": {"response_mode": "no-such-mode"},
        "no challenge": {"code_challenge": None, "code_challenge_method": None},
        "prompt=none": {"prompt": "none"},
    }
    for words, changes in wrong.items():
        answer = probe.authorize(probe.ask(redirect_uri=EVIL, **changes))
        probe.refused_here(answer, f"{words}, to an address that is not registered")
    unknown = probe.authorize(probe.ask(client_id="no-such-client", redirect_uri=EVIL, scope="x"))
    probe.refused_here(unknown, "an unknown scope of an unknown client")


@attack("AUTHZ-09", fix="Answer on a page of your own.", left_out="a client that is suspended")
def unknown_client(probe: Probe) -> None:
    probe.plain_request_works()
    good = probe.client.id
    for name in ("no-such-client", "", f"{good} ", f"{good}\x00", f"{good}'--", good * 40):
        answer = probe.authorize(probe.ask(client_id=name))
        probe.refused_here(answer, f"client_id={name[:60]!r}")
    probe.refused_here(probe.authorize(probe.ask(client_id=None)), "no client_id")
