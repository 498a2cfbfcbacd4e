"""A report of attacks that nobody made, on a provider whose every answer is malicious.

For tests of how reports look and what they withstand; each verdict occurs in it.
"""

from dataclasses import replace
from typing import Any, Final

from tests.auth_flows import catalogue
from tests.auth_flows.care import Pace
from tests.auth_flows.ground import Ground
from tests.auth_flows.masking import Masker
from tests.auth_flows.report_json import Report, document
from tests.auth_flows.targets import Care, Client, Target
from tests.auth_flows.verdicts import Finding, Result, Verdict
from tests.auth_flows.wire import Wire

HOME: Final = "http://localhost:1/"
EVIL: Final = (
    "</pre></script><script>alert(1)</script>\"' onload=x "
    "\x00\x1b[31m\x0b\ud800\uffff\u202e&amp;]]>"
)


class Answering(Wire):
    """A connection to nobody: every request has the same answer."""

    body = "{}"

    def _exchange(self, *_sent: Any) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        headers = (("Location", EVIL), ("Set-Cookie", "a=secret; Path=/"))
        return 200, headers, self.body.encode("utf-8", "surrogatepass")


class Described(Ground):
    """A target that publishes nothing."""

    def _discover(self) -> dict[str, Any]:
        return {}


def ground(wire: Answering) -> Ground:
    """A target at the other end of `wire`, owned by somebody malicious."""
    client = Client("one", "client_secret_post", HOME, "a secret")
    return Described(Target(HOME, f"me {EVIL}", (client,)), wire)


def wire() -> Answering:
    """A connection without patience."""
    return Answering(Pace(Care(requests_per_second=9999)), Masker())


def report() -> Report:
    """A run in which the first rows ended in each way and the others were defended."""
    sending = wire()
    sending.body = EVIL
    query = EVIL.encode("ascii", "ignore").decode()
    number = sending.send("POST", f"{HOME}?{query}").number
    found = Finding(f"tried {EVIL}", f"expected {EVIL}", f"received {EVIL}", number)
    rows = list(catalogue.load().values())
    kept = replace(found, tried="what held")
    vulnerable = Result(
        rows[0],
        Verdict.VULNERABLE,
        left_out=f"left {EVIL}",
        fix=f"fix {EVIL}",
        tries=2,
        findings=(found,),
        evidence=(number,),
        worked=(f"it {EVIL}",),
        tried=(kept, found),
    )
    results = [
        vulnerable,
        Result(rows[1], Verdict.BROKEN, f"broke {EVIL}", evidence=(number,)),
        Result(rows[2], Verdict.NOT_TRIED, f"nobody {EVIL}"),
        Result(rows[3], Verdict.NOT_OFFERED, f"none {EVIL}"),
        *(Result(row, Verdict.DEFENDED, tries=1, tried=(kept,)) for row in rows[4:]),
    ]
    return document(ground(sending), results)
