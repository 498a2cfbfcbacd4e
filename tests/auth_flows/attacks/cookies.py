"""Attacks on the flags of cookies."""

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.guessing import works_for
from tests.auth_flows.browser import SHORTEST_SECRET
from tests.auth_flows.probe import Probe
from tests.auth_flows.wire import Answer


@attack("SESS-02", fix="Set Secure, HttpOnly, SameSite, Path=/ and no Domain; call it __Host-.")
def flags_of_cookies(probe: Probe) -> None:
    probe.over_tls()
    person = probe.ground.next_person()
    first = len(probe.ground.wire.exchanges)
    visit = works_for(probe, person)
    exchanges = probe.ground.wire.exchanges[first:]
    lines = [
        value
        for exchange in exchanges
        for name, value in exchange["answer"][1]
        if name.lower() == "set-cookie"
    ]
    for line in dict.fromkeys(_without_value(line) for line in lines if _is_secret(line)):
        _look_at(probe, visit.answer, line)
    probe.expect(
        any(_is_secret(line) for line in lines),
        visit.answer,
        tried="the cookies of a sign-in",
        wanted="the session is in one",
    )


def _is_secret(line: str) -> bool:
    return len(line.partition(";")[0].partition("=")[2]) >= SHORTEST_SECRET


def _without_value(line: str) -> str:
    pair, _, rest = line.partition(";")
    kept = [part.strip() for part in rest.split(";")]
    return "; ".join(
        [pair.partition("=")[0], *(p for p in kept if not p.lower().startswith("exp"))]
    )


def _look_at(probe: Probe, answer: Answer, line: str) -> None:
    name, *rest = (part.strip() for part in line.split(";"))
    told = {key.lower(): value.lower() for key, _, value in (part.partition("=") for part in rest)}
    for what, holds in (
        ("a name that begins with __Host-", name.startswith("__Host-")),
        ("Secure", "secure" in told),
        ("HttpOnly", "httponly" in told),
        ("SameSite=Lax or Strict", told.get("samesite") in ("lax", "strict")),
        ("Path=/", told.get("path") == "/"),
        ("no Domain", "domain" not in told),
    ):
        probe.expect(holds, answer, tried=f"the cookie {name}", wanted=what)
