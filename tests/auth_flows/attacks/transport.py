"""Attacks on the way to the provider: old TLS, plain http, headers that only a proxy may send."""

import socket
import ssl
import warnings
from collections.abc import Callable
from urllib.parse import urlsplit

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.seen import followed
from tests.auth_flows.probe import Probe
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.wire import PATIENCE, Answer

A_YEAR = 365 * 24 * 3600
WEAK = "aNULL:eNULL:3DES:RC4:DES:EXP:MD5:PSK:@SECLEVEL=0"
MOST_WRONG_SECRETS = 400
IN_A_ROW = 6
"""Refusals for the rate in a row: a provider of several processes counts in each of them."""
EVIL = "attacker.example"
OF_A_PROXY = {
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Server": EVIL,
    "X-Original-Host": EVIL,
    "X-Host": EVIL,
    "X-Forwarded-Prefix": "/attacker",
    "X-Forwarded-Port": "666",
    "X-Original-URL": "/attacker",
    "X-Rewrite-URL": "/attacker",
    "X-HTTP-Method-Override": "DELETE",
    "Forwarded": f"for=203.0.113.9;host={EVIL};proto=ftp",
}


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def allow_old(context: ssl.SSLContext, only: ssl.TLSVersion | None = None) -> None:
    """Let a context speak old versions of TLS, or one of them alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that they are old is the point
        context.minimum_version = only or ssl.TLSVersion.TLSv1
        context.maximum_version = only or ssl.TLSVersion.TLSv1_2


def _speaking(ciphers: str, only: ssl.TLSVersion) -> ssl.SSLContext:
    context = _context()
    context.set_ciphers(ciphers)
    allow_old(context, only)
    return context


WEAKENED: dict[str, Callable[[], ssl.SSLContext]] = {
    "TLS 1.0": lambda: _speaking("ALL:@SECLEVEL=0", ssl.TLSVersion.TLSv1),
    "TLS 1.1": lambda: _speaking("ALL:@SECLEVEL=0", ssl.TLSVersion.TLSv1_1),
    "weak ciphers, or none": lambda: _speaking(WEAK, ssl.TLSVersion.TLSv1_2),
}


def _shake_hands(probe: Probe, context: ssl.SSLContext) -> Answer:
    parts = urlsplit(probe.target.issuer)
    address = (parts.hostname or "", parts.port or 443)
    probe.ground.wire.pace.wait()
    try:
        with socket.create_connection(address, PATIENCE) as plain:
            probe.ground.wire.check_peer(plain)
            with context.wrap_socket(plain, server_hostname=address[0]) as secure:
                said = f"{secure.version()} with {(secure.cipher() or ('?',))[0]}"
            return probe.ground.wire.note(probe.target.issuer, "TLS handshake", 0, said)
    except OSError as error:
        said = f"refused: {getattr(error, 'reason', '') or type(error).__name__}"
        return probe.ground.wire.note(probe.target.issuer, "TLS handshake", 0, said)


def _plain(probe: Probe) -> Answer:
    parts = urlsplit(probe.target.issuer)
    asked = f"GET / HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
    probe.ground.wire.pace.wait()
    said = b""
    try:
        with socket.create_connection((parts.hostname, parts.port or 443), PATIENCE) as plain:
            probe.ground.wire.check_peer(plain)
            plain.settimeout(PATIENCE)
            plain.sendall(asked.encode())
            while some := plain.recv(4096):
                said += some
    except OSError:
        pass
    told = said.decode("latin-1")[:500] or "closed without a word"
    return probe.ground.wire.note(parts.netloc, "http in plain", 0, told)


@attack("TLS-01", fix="Speak TLS 1.2 and 1.3 only, redirect plain http, and send HSTS for a year.",
        left_out="a port for plain http beside the one for https")  # fmt: skip
def old_tls(probe: Probe) -> None:
    probe.over_tls()
    probe.plain_request_works()
    good = _shake_hands(probe, _context())
    probe.works(good.body.startswith("TLSv1."), good, "a handshake")
    for words, make in WEAKENED.items():
        answer = _shake_hands(probe, make())
        probe.expect(
            answer.body.startswith("refused"), answer, tried=words, wanted="no such connection"
        )
    answer = _plain(probe)
    probe.expect(
        not answer.body.startswith("HTTP/") or answer.body.split()[1] in ("301", "308", "400"),
        answer,
        tried="plain http at the port for https",
        wanted="closed, refused, or sent on to https",
    )
    wire = probe.ground.wire
    for words, shown in (
        (
            "the metadata",
            wire.send("GET", f"{probe.target.home}.well-known/openid-configuration"),
        ),
        ("a sign-in", probe.authorize(probe.ask())),
        ("an answer to the client", probe.authorize(probe.ask(prompt="none"))),
        ("an error", probe.authorize(probe.ask(client_id="no-such-client"))),
        ("an error of the token endpoint", wire.form(probe.endpoint("token_endpoint"), [])),
    ):
        probe.expect(
            _remembered(shown) >= A_YEAR,
            shown,
            tried=f"how long {words} makes a browser insist on https",
            wanted="Strict-Transport-Security for a year at least",
        )


def _remembered(answer: Answer) -> int:
    for part in answer.header("Strict-Transport-Security").replace(" ", "").lower().split(";"):
        name, _, value = part.partition("=")
        if name == "max-age" and value.strip('"').isdecimal():
            return int(value.strip('"'))
    return 0


@attack("TLS-02", fix="Read a proxy's headers only from the addresses of your own proxies.")
def headers_of_a_proxy(probe: Probe) -> None:
    probe.plain_request_works()
    discovery = f"{probe.target.home}.well-known/openid-configuration"
    wire = probe.ground.wire
    good = wire.send("GET", discovery)
    probe.works(good.json == probe.ground.metadata, good, "the metadata")
    scheme = "http" if probe.target.issuer.startswith("https") else "https"
    schemes = {"X-Forwarded-Proto": scheme, "X-Forwarded-Scheme": scheme, "Front-End-Https": "on"}
    for name, value in (OF_A_PROXY | schemes).items():
        answer = wire.send("GET", discovery, headers={name: value})
        probe.expect(
            answer.json == good.json,
            answer,
            tried=f"{name}: {value} for the metadata",
            wanted="the same metadata",
        )
        _same_sign_in(probe, name, value)
    _other_sources(probe)


def _cookies(answer: Answer) -> list[str]:
    """The names of cookies and what they are marked as; values, paths and times change."""
    lines = [line.split(";") for line in answer.every("Set-Cookie")]
    return sorted("; ".join(_mark(part.strip().lower()) for part in line) for line in lines)


def _mark(part: str) -> str:
    return part if part.startswith(("samesite=", "domain=")) else part.partition("=")[0]


def _same_sign_in(probe: Probe, name: str, value: str) -> None:
    endpoint, browser = probe.endpoint("authorization_endpoint"), probe.browser()
    usual = probe.authorize(probe.ask())
    answer = browser.get(probe.ask().url(endpoint), **{name: value})
    shown = followed(probe, browser, answer)
    probe.expect(
        answer.status == usual.status
        and _cookies(answer) == _cookies(usual)
        and EVIL not in answer.location + shown.body
        and probe.outcome(answer).kind == probe.outcome(usual).kind,
        answer,
        tried=f"{name}: {value} for a sign-in",
        wanted="the same answer, with the same kind of cookies",
    )


def _wrong_secret(probe: Probe, **headers: str) -> Answer:
    fields = f"grant_type=authorization_code&code=x&client_id={probe.client.id}&client_secret=wrong"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return probe.ground.wire.send(
        "POST", probe.endpoint("token_endpoint"), body=fields, headers=kind | headers, patient=False
    )


def _other_sources(probe: Probe) -> None:
    """Once this source is refused for its rate, see whether a header makes another source of it."""
    refused = 0
    for _ in range(MOST_WRONG_SECRETS):
        answer = _wrong_secret(probe)
        refused = refused + 1 if answer.status == 429 else 0
        if refused == IN_A_ROW:
            break
    if refused < IN_A_ROW:
        raise NotTried(
            f"{MOST_WRONG_SECRETS} wrong secrets met no limit for their source: whether a header "
            "makes another source cannot be seen"
        )
    for number, name in enumerate(("X-Forwarded-For", "X-Real-IP", "X-Client-IP", "Forwarded",
                                   "True-Client-IP", "CF-Connecting-IP")):  # fmt: skip
        source = f"203.0.113.{number + 10}"
        answer = _wrong_secret(probe, **{name: f"for={source}" if name == "Forwarded" else source})
        probe.expect(
            answer.status == 429,
            answer,
            tried=f"{name}: {source} from a source that is refused for its rate",
            wanted="429: it is still the same source",
        )
