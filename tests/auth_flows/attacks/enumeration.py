"""Attacks that ask which people have an account: by what is said, by how long it takes."""

import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from statistics import median

from tests.auth_flows.attacks import attack
from tests.auth_flows.probe import Probe
from tests.auth_flows.reading import words_of
from tests.auth_flows.sign_in import Person
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.visit import Visit
from tests.auth_flows.wire import Answer

WRONG = "a wrong password of ours"
MOST_TRIES = 9
TRIES_OF_ONE = 4
"""Wrong passwords that no provider locks for."""
PEOPLE = 3
CLEAR = 0.005
"""Seconds that a difference must have to be one."""
SHARE = 0.3
"""Of the longer time, that a difference must have."""
LENGTHS = 24
"""Characters by which two pages of the same words may differ: encoded tokens vary."""
_TOKEN = re.compile(r"[\w%.~-]{16,}")
BEGIN = ("create", "register", "sign_up", "signup", "create_account")


def nobody(probe: Probe, like: Person) -> Person:
    """Somebody without an account, whose address looks like that of somebody with one."""
    name, _, host = like.citizen.email.partition("@")
    other = secrets.token_hex(len(name))[: len(name)]
    unknown = replace(like.citizen, email=f"{other}@{host}", password=WRONG)
    return Person(unknown, probe.ground.clock)


Measured = tuple[list[float], list[float]]
Shape = tuple[int, str, tuple[str, ...], tuple[str, ...], str]


def _shapes(probe: Probe, person: Person, first: int) -> list[tuple[Shape, int]]:
    """What was answered since an exchange, without what differs for any two people."""
    email = person.citizen.email
    found = []
    for exchange in probe.ground.wire.exchanges[first:]:
        status, headers, body = exchange["answer"]
        told = {name.lower(): value for name, value in headers}
        cookies = tuple(
            sorted(v.partition("=")[0] for n, v in headers if n.lower() == "set-cookie")
        )
        lead = _TOKEN.sub("…", told.get("location", "").replace(email, "")).partition("?")[0]
        clean = body.replace(email, "").replace(email.replace("@", "%40"), "")
        names = tuple(sorted(name for name in told if name != "retry-after"))
        shape = (status, lead, names, cookies, words_of(_TOKEN.sub("…", clean)))
        found.append((shape, len(clean)))
    return found


def _alike(
    probe: Probe, known: Person, unknown: Person, go: Callable[[Person], Answer], tried: str
) -> Answer:
    """Do the same as both, and compare all that was answered."""
    wire = probe.ground.wire
    compared = []
    answer: Answer | None = None
    for person in (known, unknown):
        first = len(wire.exchanges)
        answer = go(person)
        compared.append(_shapes(probe, person, first))
    one, other = compared
    assert answer is not None
    differing = [_difference(a, b) for (a, _), (b, _) in zip(one, other, strict=False) if a != b]
    long = [abs(a - b) for (_, a), (_, b) in zip(one, other, strict=False)]
    probe.expect(
        len(one) == len(other) and not differing and max(long, default=0) <= LENGTHS,
        answer,
        tried=f"{tried}, with an account and without",
        wanted="the same in everything"
        + (
            f", not {differing[0]}" if differing else f" (lengths differ by {max(long, default=0)})"
        ),
    )
    return answer


def _difference(one: Shape, other: Shape) -> str:
    parts = ("status", "redirect", "headers", "cookies", "words")
    told, a, b = next(x for x in zip(parts, one, other, strict=True) if x[1] != x[2])
    if not isinstance(a, str) or not isinstance(b, str):
        return f"another {told} ({a} and {b})"
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), 0)
    return f"other {told} ({a[max(0, at - 10) : at + 40]!r} and {b[max(0, at - 10) : at + 40]!r})"


def _at_password(probe: Probe, person: Person) -> Visit:
    return Visit(probe, person).until("password")


@attack("ENUM-01", fix="Answer the same, in all of words, status and cookies, for any address.")
def by_the_answers(probe: Probe) -> None:
    known = probe.ground.next_person()
    done = Visit(probe, known).finish()
    probe.works(done.arrived, done.answer, "signing in")
    unknown = nobody(probe, known)
    visits: dict[str, Visit] = {}

    def open_(person: Person) -> Answer:
        visits[person.citizen.email] = visit = _at_password(probe, person)
        return visit.answer

    _alike(probe, known, unknown, open_, "the pages up to the password")
    for _ in range(2):
        _alike(
            probe,
            known,
            unknown,
            lambda person: visits[person.citizen.email].give(password=WRONG).answer,
            "a wrong password",
        )
    _alike(
        probe,
        known,
        unknown,
        lambda person: (
            Visit(probe, person, asked=probe.ask(login_hint=person.citizen.email)).answer
        ),
        "a login_hint",
    )


@attack("ENUM-04", fix="Count wrong passwords of unknown addresses as well, and say the same then.")
def by_locks(probe: Probe) -> None:
    known = probe.ground.burn()
    done = Visit(probe, known).finish()
    probe.works(done.arrived, done.answer, "signing in")
    unknown = nobody(probe, known)
    visits = {each.citizen.email: _at_password(probe, each) for each in (known, unknown)}

    def wrong(person: Person) -> Answer:
        visit = visits[person.citizen.email]
        if "password" not in visit.asks:
            visits[person.citizen.email] = visit = Visit(probe, person)
            visit.towards("password")
        if "password" in visit.asks:
            visit.give(password=WRONG)
        return visit.answer

    for number in range(MOST_TRIES):
        _alike(probe, known, unknown, wrong, f"wrong password {number + 1}")


def _seconds(probe: Probe, visit: Visit) -> float:
    """How long the answer to a wrong password takes, without what follows it."""
    first = len(probe.ground.wire.exchanges)
    visit.give(password=WRONG)
    return float(probe.ground.wire.exchanges[first]["seconds"])


def _measured(probe: Probe) -> Measured:
    """Times with an account and without one, taken in turns."""
    known_times, unknown_times = [], []
    for _ in range(PEOPLE):
        known = probe.ground.burn()
        pair = [_at_password(probe, person) for person in (known, nobody(probe, known))]
        for _ in range(TRIES_OF_ONE):
            known_times.append(_seconds(probe, pair[0]))
            unknown_times.append(_seconds(probe, pair[1]))
    return known_times, unknown_times


def differ(times: Measured) -> bool:
    """Whether two sets of times differ by more than noise.

    Their shortest times and their third shortest must do so clearly, and in the same direction:
    other work of a machine makes single times longer, and rarely all of them.
    """
    gaps = []
    for place in (0, 2):
        first, second = (sorted(one)[place] for one in times)
        if abs(first - second) <= max(CLEAR, SHARE * max(first, second)):
            return False
        gaps.append(first > second)
    return gaps[0] == gaps[1]


def certainly_differ(measure: Callable[[], Measured]) -> tuple[bool, Measured]:
    """Measure, and again if a difference shows; whether it does each time and in all together."""
    first = measure()
    if not differ(first):
        return False, first
    second = measure()
    both = first[0] + second[0], first[1] + second[1]
    return differ(second) and differ(both), both


@attack(
    "ENUM-02",
    fix="Hash a password for unknown addresses as well.",
    left_out="differences that only hundreds of measurements show",
)
def by_time(probe: Probe) -> None:
    person = probe.ground.next_person()
    visit = _at_password(probe, person)
    probe.works("password" in visit.asks, visit.answer, "the page that asks for the password")
    certain, (known, unknown) = certainly_differ(lambda: _measured(probe))
    told = " and ".join(
        f"{min(times) * 1000:.0f} ms at least, {median(times) * 1000:.0f} ms usually"
        for times in (known, unknown)
    )
    probe.expect(
        not certain,
        visit.answer,
        tried=f"{len(known)} wrong passwords each, with an account and without",
        wanted=f"times that do not differ ({told})",
    )


@attack(
    "ENUM-03",
    fix="Show the same page for any address, and tell the rest by mail.",
    left_out="a change of one's own address",
)
def by_forms(probe: Probe) -> None:
    known = probe.ground.burn()
    done = Visit(probe, known).finish()
    probe.works(done.arrived, done.answer, "signing in")
    unknown = nobody(probe, known)
    ways: list[str] = []
    for words, begin in (("a reset", _reset), ("a registration", _registration)):
        try:
            _alike(probe, known, unknown, lambda person, go=begin: go(probe, person), words)  # type: ignore[misc]
            ways.append(words)
        except NotTried:
            continue
    if not ways:
        raise NotTried("neither a reset nor a registration was found")


def _reset(probe: Probe, person: Person) -> Answer:
    visit = _at_password(probe, person)
    visit.open(visit.beside("forgotten_password"))
    if visit.form is not None and visit.form.asked and visit.asks != {"email"}:
        return visit.answer
    return visit.give().answer


def _registration(probe: Probe, person: Person) -> Answer:
    visit = Visit(probe, person).press(*BEGIN)
    if "email" not in visit.asks:
        raise NotTried("no form for a new account asks for an address")
    return visit.give().answer
