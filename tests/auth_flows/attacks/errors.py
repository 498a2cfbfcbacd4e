"""Attacks on what a provider tells when something goes wrong, and on what was forgotten on it."""

import re
from urllib.parse import urljoin

from tests.auth_flows.attacks import attack
from tests.auth_flows.probe import LEAKS, Probe
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.wire import FORM, Answer

FORGOTTEN = (
    ".git/HEAD", ".git/config", ".env", ".svn/entries", "config.json", "backup.sql", "dump.sql",
    "debug", "console", "_debug_toolbar/", "server-status", "server-info", "phpinfo.php",
    "actuator", "actuator/env", "metrics", "swagger.json", "openapi.json", "docs", "api-docs",
    "graphql", "static/", "logs/", "admin/", "trace.axd", "elmah.axd",
)  # fmt: skip
MALFORMED = (
    "%00", "%ff%fe", "%c0%ae%c0%ae/", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd",
    "static/..%2f..%2fapp.py", "static/%2e%2e/settings.py", ".well-known/..%2f..%2f", "%",
)  # fmt: skip
NOBODY_MADE = ("nobody-made-this-address", "nor/this-one.json")
BROWSER = {"Accept": "text/html"}
TELLS = ("root:x:0:", "[core]", "werkzeug debugger", "stack trace", "index of /", "debug = true")
VERSION = re.compile(r"[/ ]v?[0-9]+\.[0-9]")


def _tells_nothing(probe: Probe, answer: Answer, tried: str, everywhere: str) -> None:
    """It is an error, or the page that this provider shows at addresses that nobody made."""
    body = answer.body.lower()
    refused = answer.status >= 300 or answer.body == everywhere
    told = next((tell for tell in TELLS if tell in body), "")
    probe.expect(
        refused and not answer.failed and not told,
        answer,
        tried=tried,
        wanted="an error that tells nothing" + (f", not {told!r}" if told else ""),
    )


@attack("ERR-01", fix="Answer errors by a reference and no more; remove what is left over.",
        left_out="an error that somebody inside provokes, to see its page")  # fmt: skip
def traces_and_leftovers(probe: Probe) -> None:
    home, wire = probe.target.home, probe.ground.wire
    good = wire.send("GET", urljoin(home, ".well-known/openid-configuration"))
    probe.works(good.status == 200, good, "an address that is there")
    nowhere = [wire.send("GET", home + path, headers=BROWSER) for path in NOBODY_MADE]
    alike = nowhere[0].status < 300 and nowhere[0].body == nowhere[1].body
    everywhere = nowhere[0].body if alike else ""
    if nowhere[0].status < 300 and not alike:
        raise NotTried("every address answers 200, each otherwise: what is left over is not seen")
    for path in FORGOTTEN + MALFORMED:
        answer = wire.send("GET", home + path, headers=BROWSER)
        _tells_nothing(probe, answer, f"the address {path}", everywhere)
    for method in ("TRACE", "TRACK", "DEBUG", "PROPFIND"):
        answer = wire.send(method, home, headers=BROWSER | {"X-Probe": "echoed"})
        _tells_nothing(probe, answer, f"the method {method}", everywhere)
    _no_version(probe, good)
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint"):
        _odd_parameters(probe, probe.endpoint(name))


def _no_version(probe: Probe, answer: Answer) -> None:
    told = [
        f"{name}: {answer.header(name)}"
        for name in ("Server", "X-Powered-By", "X-AspNet-Version", "Via")
        if VERSION.search(answer.header(name))
    ]
    probe.expect(
        not told,
        answer,
        tried="the headers that name software",
        wanted=f"no version, not {', '.join(told)}" if told else "no version",
    )


def _odd_parameters(probe: Probe, address: str) -> None:
    wire = probe.ground.wire
    odd = ("a=%00&b=%ff", "client_id=%00", "client_id[]=1&client_id[a]=2",
           "=&=&&==", "%", "a" * 900)  # fmt: skip
    for body in odd:
        asked = wire.send("GET", f"{address}?{body}", headers={"Accept": "text/html"})
        sent = wire.send("POST", address, body=body, headers={"Content-Type": FORM})
        for answer, method in ((asked, "GET"), (sent, "POST")):
            leak = any(each in answer.body for each in LEAKS)
            probe.expect(
                not answer.failed and not leak,
                answer,
                tried=f"{body[:30]} by {method}",
                wanted="an error of the 400s that tells nothing of the inside",
            )
