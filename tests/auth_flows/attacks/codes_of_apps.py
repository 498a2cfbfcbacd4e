"""Attacks on the codes of authenticator apps: used ones, far ones, odd ones, others'."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.guessing import not_busy
from tests.auth_flows.probe import Probe
from tests.auth_flows.reading import words_of
from tests.auth_flows.sign_in import STEP, Person
from tests.auth_flows.verdicts import Broken
from tests.auth_flows.visit import Visit

T = TypeVar("T")
UNLOCKED = 2
"""Wrong codes that lock no account: three lock some."""
AS_A_LIST, AS_A_MEMBER = "{right}[]", "{right}[0]"
ODD = (
    *("", "000000", "null", "true", "[]", "%", "' OR 1=1 --", "1" * 5000, "{wide}"),
    *("{right}.0", "+{right}", "{right}0", "0{right}", "{right}\x00", "{right},1"),
    *(AS_A_LIST, AS_A_MEMBER),
)
AT_ONCE = 3
LATE = 20
"""Seconds into a step from which on it is better to begin with the next."""


class _Locked(Broken):
    """Wrong codes were as many as lock the account; nothing after them was judged."""


def opens_nothing(probe: Probe, visit: Visit, tried: str) -> None:
    """The code that was given did not end the sign-in."""
    probe.expect(
        not visit.go_on(), visit.answer, tried=tried, wanted="it fails like any wrong code"
    )


def early_in_a_step(probe: Probe) -> None:
    """No step ends while a few requests are made."""
    into = probe.ground.clock.now() % STEP
    if into > LATE:
        probe.wait(STEP - into)


def ends_well(probe: Probe, visit: Visit) -> None:
    """The same sign-in goes on with the right code: nothing but the codes before was wrong."""
    if not visit.arrived:
        visit.finish()
    probe.works(visit.arrived, visit.answer, "the same sign-in with the right code")


def wrong_codes(probe: Probe, codes: Sequence[T], give: Callable[[Probe, Visit, T], None]) -> None:
    """Give each wrong code in one sign-in that ends well with the right one.

    Where an account is locked before that, again in lots that no lock comes in the way of.
    """
    try:
        _in_one_sign_in(probe, codes, give)
    except _Locked:
        for first in range(0, len(codes), UNLOCKED):
            _in_one_sign_in(probe, codes[first : first + UNLOCKED], give)


def _in_one_sign_in(
    probe: Probe, codes: Sequence[T], give: Callable[[Probe, Visit, T], None]
) -> None:
    early_in_a_step(probe)
    person = probe.ground.burn()
    visit = Visit(probe, person).until("code")
    for code in codes:
        if "code" not in visit.asks:
            visit = Visit(probe, person)
            if not visit.towards("code"):
                raise _Locked(f"no more code is asked for: {visit.answer.told()}")
        give(probe, visit, code)
        if visit.arrived:
            break
    try:
        if not visit.arrived:
            visit.finish()
    except Broken as reason:
        raise _Locked(f"the right code is not taken after wrong ones: {reason}") from reason
    probe.works(visit.arrived, visit.answer, "the same sign-in with the right code")


@attack("TOTP-01", fix="Keep the last accepted step of each app, and accept only later ones.")
def code_twice(probe: Probe) -> None:
    person = probe.ground.burn()
    first, second = (Visit(probe, person).until("code") for _ in range(2))
    code = person.code()
    first.give(code=code)
    probe.works(first.go_on(), first.answer, "signing in with a code")
    second.give(code=code)
    opens_nothing(probe, second, "the same code in another sign-in, in the same step")
    person = probe.ground.burn()
    visits = [Visit(probe, person).until("code") for _ in range(AT_ONCE)]
    code, left = person.code(), list(visits)
    answers = probe.at_once(AT_ONCE, lambda: left.pop().give(code=code).answer)
    won = [visit for visit in visits if visit.go_on()]
    probe.expect(
        len(won) <= 1,
        not_busy(answers),
        tried=f"one code in {AT_ONCE} sign-ins at the same moment",
        wanted=f"one of them goes on, not {len(won)}",
    )


@attack("TOTP-02", fix="Keep the last accepted step, not the last code; let it only rise.")
def code_of_an_older_step(probe: Probe) -> None:
    early_in_a_step(probe)
    person = probe.ground.burn()
    now = person.step()
    third = Visit(probe, person).until("code")
    for _ in range(2):
        visit = Visit(probe, person).finish()
        probe.works(visit.arrived, visit.answer, "signing in with a code")
    third.give(code=person.code_of(now))
    opens_nothing(probe, third, "a used code, after that of the next step was used")
    if "code" in third.asks:
        third.give(code=person.code_of(now - 1))
        opens_nothing(probe, third, "a code of an older step than the last used one")


@attack("TOTP-07", fix="Accept the step of now and one on either side.")
def code_of_a_far_step(probe: Probe) -> None:
    wrong_codes(probe, (-2, 2, 3, 5), _far)


def _far(probe: Probe, visit: Visit, away: int) -> None:
    person, now = visit.person, visit.person.step()
    code = person.code_of(now + away)
    if code not in {person.code_of(now + step) for step in (-1, 0, 1)}:
        visit.give(code=code)
        opens_nothing(probe, visit, f"the code of {away:+d} steps")


@attack("TOTP-10", fix="Compare with the seed of who gave the password, and with no other.")
def code_of_another(probe: Probe) -> None:
    person, other = probe.ground.burn(), probe.another_person()
    theirs = Visit(probe, other).finish()
    probe.works(theirs.arrived, theirs.answer, "signing in as another citizen")
    visit = Visit(probe, person).until("code")
    if other.citizen.totp_seed != person.citizen.totp_seed:
        visit.give(code=other.code())
        opens_nothing(probe, visit, "the code of another citizen")
    ends_well(probe, visit)


@attack("TOTP-17", fix="Take six digits as text, and treat everything else as wrong.",
        left_out="whether what is no code at all counts as a try")  # fmt: skip
def odd_codes(probe: Probe) -> None:
    wrong_codes(probe, ODD, _odd)


def _odd(probe: Probe, visit: Visit, code: str) -> None:
    person = visit.person
    right = person.code_of(person.step())
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in right)
    shown = code.format(right="(the right one)", wide="(the right one in wide digits)")
    given = code.format(right=right, wide=wide)
    if code in (AS_A_LIST, AS_A_MEMBER):
        form, name = visit.form, code.removeprefix("{right}")
        assert form is not None
        hidden = [pair for pair in form.values.items() if pair[0] not in form.asked]
        visit.send([*hidden, *((field + name, right) for field in form.asked)])
    elif given != right:
        visit.give(code=given)
    opens_nothing(probe, visit, f"the code {shown[:40]!r}")


@attack("TOTP-18", fix="Take digits, period and time from the server alone.")
def rules_of_ones_own(probe: Probe) -> None:
    wrong_codes(probe, ("times", "steps", "window", "digits"), _by_other_rules)


def _by_other_rules(probe: Probe, visit: Visit, rule: str) -> None:
    person = visit.person
    far = person.step() + 40
    at = str(far * STEP)
    times = dict.fromkeys(("time", "timestamp", "t", "now", "for_time", "date"), at)
    steps = dict.fromkeys(("counter", "step", "timestep", "T"), str(far))
    wide = dict.fromkeys(("window", "valid_window", "skew", "drift", "tolerance"), "100")
    digits = {"digits": "1", "length": "1"}
    words, code, more = {
        "times": ("with the time that it belongs to", person.code_of(far), times),
        "steps": ("with the step that it belongs to", person.code_of(far), steps),
        "window": ("with a window of 100 steps", person.code_of(far), wide),
        "digits": ("of one digit, with digits=1", person.code_of(person.step())[-1], digits),
    }[rule]
    visit.give(code=code, more=more)
    opens_nothing(probe, visit, f"a code {words}")


@attack("TOTP-19", fix="Say the same of every code that is not accepted.")
def words_for_codes(probe: Probe) -> None:
    early_in_a_step(probe)
    person = probe.ground.burn()
    used = _used(probe, person)
    visit = Visit(probe, person).until("code")
    visit.give(code=person.wrong_code())
    told = words_of(visit.answer.body)
    for words, code in (
        ("a used code", used),
        ("the code of a far step", person.code_of(person.step() + 9)),
        ("000000", "000000"),
    ):
        visit.give(code=code)
        probe.expect(
            words_of(visit.answer.body) == told,
            visit.answer,
            tried=words,
            wanted="the same words as for any wrong code",
        )
    ends_well(probe, visit)


def _used(probe: Probe, person: Person) -> str:
    visit = Visit(probe, person).until("code")
    code = person.code()
    visit.give(code=code)
    probe.works(visit.go_on(), visit.answer, "signing in with a code")
    return code
