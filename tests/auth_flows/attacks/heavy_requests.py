"""Attacks by size and cost: what is too long, too much, or too dear."""

import http.client
from collections.abc import Callable

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.enumeration import nobody
from tests.auth_flows.probe import Probe
from tests.auth_flows.verdicts import Broken
from tests.auth_flows.visit import Visit
from tests.auth_flows.wire import FORM, Answer

QUICK = 3.0
"""Seconds in which what is too long is refused, on a busy machine too."""
LINEAR = 1.5
AT_ONCE = 12
ANSWERS = (200, 400, 401, 403, 422, 429, 503)
"""To a wrong password, or because there is no time for it."""
FLOOD = 15.0
HUGE = 3 << 20
LONGEST_PASSWORD = 60_000
ENDPOINTS = (
    "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "introspection_endpoint",
    "revocation_endpoint", "registration_endpoint", "end_session_endpoint",
)  # fmt: skip
TOO_MUCH = (400, 401, 403, 404, 405, 411, 413, 414, 415, 429, 431, 503)


def _taken(probe: Probe, answer: Answer) -> float:
    return probe.ground.wire.took(answer.number)


def _closed(probe: Probe, tried: str, broken: Broken) -> Answer:
    """The evidence of a connection that the provider closed. Raises Broken for anything else."""
    if not isinstance(broken.__cause__, ConnectionError | http.client.HTTPException):
        raise broken
    return probe.ground.wire.note(probe.target.issuer, tried, 0, "the connection was closed")


def _refused(probe: Probe, tried: str, send: Callable[[], Answer]) -> None:
    """It is refused fast; a connection that is closed is refused as well."""
    try:
        answer = send()
    except Broken as broken:
        answer = _closed(probe, tried, broken)
    took = _taken(probe, answer)
    probe.expect(
        (answer.status in TOO_MUCH or not answer.status) and took < QUICK,
        answer,
        tried=tried,
        wanted=f"an error within {QUICK:.0f} s (it took {took:.1f} s)",
    )


@attack("DOS-01", fix="Limit bodies, headers, parameters and addresses before parsing them.",
        left_out="requests sent slowly: whoever stands in front has to end those")  # fmt: skip
def huge_requests(probe: Probe) -> None:
    probe.plain_request_works()
    wire, metadata = probe.ground.wire, probe.ground.metadata
    for name in (each for each in ENDPOINTS if each in metadata):
        url = probe.endpoint(name)
        many = "&".join(f"p{number}=x" for number in range(5000))
        for tried, body, headers in (
            ("a body of 3 MB", "state=" + "A" * HUGE, {"Content-Type": FORM}),
            ("5,000 parameters", many, {"Content-Type": FORM}),
            ("JSON of 2 MB", '{"a":' * (HUGE // 8), {"Content-Type": "application/json"}),
        ):
            _refused(
                probe,
                f"{tried} at {name}",
                lambda body=body, headers=headers, url=url: wire.send(  # type: ignore[misc]
                    "POST", url, body=body, headers=headers, patient=False
                ),
            )
    # Good but for their size: what is wrong besides would be refused for that.
    url = probe.ask().url(probe.endpoint("authorization_endpoint"))
    lines = {f"X-Probe-{number}": "A" * 100 for number in range(300)}
    tries: dict[str, Callable[[], Answer]] = {
        "an address of 100,000 characters": lambda: wire.send("GET", f"{url}&a={'A' * 100_000}"),
        "a header of 100,000 characters": lambda: wire.send(
            "GET", url, headers={"X-Probe": "A" * 100_000}
        ),
        "300 headers": lambda: wire.send("GET", url, headers=lines),
        "a cookie of 60,000 characters": lambda: wire.send(
            "GET", url, headers={"Cookie": "a=" + "A" * 60_000}
        ),
    }
    if probe.ground.persons:
        probe.redeeming_works()
        fields = [*probe.token_fields(probe.grant()), ("padding", "A" * HUGE)]
        tries["3 MB beside a good code"] = lambda: probe.token(fields)
    for tried, send in tries.items():
        _refused(probe, tried, send)
    probe.plain_request_works()


@attack("DOS-02", fix="Refuse long passwords before hashing; hash in a bounded number of workers.")
def costly_hashing(probe: Probe) -> None:
    person = nobody(probe, probe.ground.next_person())
    visit = Visit(probe, person).until("password")
    visit.give(password="a wrong password")
    usual = _taken(probe, visit.answer)
    probe.works("password" in visit.asks, visit.answer, "a wrong password")
    for length in (LONGEST_PASSWORD, 1 << 20):
        page = Visit(probe, nobody(probe, person)).until("password")
        tried = f"a password of {length:,} characters"
        try:
            page.give(password="p" * length)
            answer, took = page.answer, _taken(probe, page.answer)
        except Broken as broken:
            answer = _closed(probe, tried, broken)
            took = 0.0
        probe.expect(
            answer.status < 500 and took < LINEAR + usual,
            answer,
            tried=tried,
            wanted=f"no more than a moment ({took:.1f} s, usually {usual:.1f} s)",
        )
    _flood(probe)


def _flood(probe: Probe) -> None:
    known = probe.ground.next_person()
    pages = [Visit(probe, nobody(probe, known)).until("password") for _ in range(AT_ONCE)]
    waiting = iter(pages)
    answers = probe.at_once(AT_ONCE, lambda: next(waiting).give(password="a wrong one").answer)
    slowest = max(answers, key=lambda answer: _taken(probe, answer))
    probe.expect(
        _taken(probe, slowest) < FLOOD and all(a.status in ANSWERS for a in answers),
        next((a for a in answers if a.status not in ANSWERS), slowest),
        tried=f"{AT_ONCE} passwords at once",
        wanted=f"each is answered within {FLOOD:.0f} s, or told to come later",
    )
    probe.plain_request_works()


CHOSEN = {
    "one letter": "a" * 50_000,
    "nearly an address": "a@" * 25_000,
    "dots": "a." * 25_000 + "!",
    "nearly a number": "1" * 50_000 + "x",
    "spaces": " " * 50_000 + "x",
    "marks on a letter": "e" + "\u0301" * 12_000,
    "letters that grow": "\ufdfa" * 8_000,
    "brackets": "(" * 50_000,
}


@attack("DOS-04", fix="Check lengths first; use patterns that take linear time.")
def slow_validators(probe: Probe) -> None:
    wire = probe.ground.wire
    good = Visit(probe, nobody(probe, probe.ground.next_person())).until("email")
    probe.works("email" in good.asks, good.answer, "the page that asks for the address")
    url = probe.endpoint("token_endpoint")
    fields = ("code", "redirect_uri", "code_verifier", "client_id", "client_assertion", "scope")
    for words, text in CHOSEN.items():
        for name in fields:
            answer = wire.form(url, [("grant_type", "authorization_code"), (name, text)],
                               patient=False)  # fmt: skip
            _is_quick(probe, answer, f"{words} as {name}")
        asked = probe.ask(scope=text, redirect_uri=text)
        answer = probe.browser().post(probe.endpoint("authorization_endpoint"), asked.pairs)
        _is_quick(probe, answer, f"{words} as scope and redirect_uri")
        good.give(email=text)
        _is_quick(probe, good.answer, f"{words} as address of a person")
        if "email" not in good.asks:
            good = Visit(probe, good.person).until("email")


def _is_quick(probe: Probe, answer: Answer, tried: str) -> None:
    took = _taken(probe, answer)
    probe.expect(
        answer.status < 500 and took < LINEAR,
        answer,
        tried=tried,
        wanted=f"answered within {LINEAR} s, not {took:.1f} s",
    )
