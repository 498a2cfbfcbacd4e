"""Attacks that guess: passwords and codes, one after another, at once, and from everywhere."""

from collections.abc import Mapping

from tests.auth_flows.attacks import attack
from tests.auth_flows.changes import Changing
from tests.auth_flows.probe import Probe
from tests.auth_flows.reading import words_of
from tests.auth_flows.sign_in import Person
from tests.auth_flows.visit import MOST_PAGES, Visit
from tests.auth_flows.wire import Answer

MOST_PASSWORDS = 10
"""Wrong ones in a row that a provider may judge."""
MOST_CODES = 6
LONG_AFTER = 16 * 60
"""Seconds."""
AT_ONCE = 12
BUSY = 503
FALSE_SOURCES: tuple[Mapping[str, str], ...] = (
    {"X-Forwarded-For": "192.0.2.1"},
    {"X-Forwarded-For": "198.51.100.7, 192.0.2.2"},
    {"X-Forwarded-For": "unknown, '; DROP"},
    {"X-Real-IP": "192.0.2.3"},
    {"Forwarded": "for=192.0.2.4"},
    {"True-Client-IP": "192.0.2.5"},
    {"CF-Connecting-IP": "192.0.2.6"},
    {"X-Client-IP": "2001:db8::1"},
)


def guess_password(
    probe: Probe, person: Person, password: str, *, headers: Mapping[str, str] | None = None,
    email: str = "",
) -> Visit:  # fmt: skip
    """What comes of one password in a new browser."""
    visit = Visit(probe, person, headers=headers)
    for _ in range(MOST_PAGES):
        if visit.asks and visit.asks != {"email"}:
            break
        if visit.form is None or visit.outcome.kind != "page":
            return visit
        visit.give(email=email or person.citizen.email)
    if "password" not in visit.asks:
        return visit
    return visit.give(email=email or person.citizen.email, password=password)


def is_locked(probe: Probe, person: Person, tried: str) -> Answer:
    """The right password opens nothing now; the answer to it."""
    visit = guess_password(probe, person, person.citizen.password)
    probe.expect(
        not visit.past_the_password,
        visit.answer,
        tried=f"the right password after {tried}",
        wanted="it opens nothing: the account is locked",
    )
    return visit.answer


def not_busy(answers: list[Answer]) -> Answer:
    """One of the answers, if possible not one of a server that has no time: it judged nothing."""
    return next((answer for answer in answers if answer.status != BUSY), answers[0])


def works_for(probe: Probe, person: Person) -> Visit:
    """They can sign in, unattacked."""
    visit = Visit(probe, person).finish()
    probe.works(visit.arrived, visit.answer, "signing in")
    return visit


@attack("LOGIN-01", fix="Count wrong passwords for each account, and judge none beyond a few.")
def one_account(probe: Probe) -> None:
    person = probe.ground.burn()
    works_for(probe, person)
    told = ""
    for number in range(MOST_PASSWORDS):
        visit = guess_password(probe, person, f"wrong password {number}")
        probe.expect(
            not visit.past_the_password,
            visit.answer,
            tried="a wrong password",
            wanted="it opens nothing",
        )
        told = words_of(visit.answer.body)
    answer = is_locked(probe, person, f"{MOST_PASSWORDS} wrong ones")
    probe.expect(
        words_of(answer.body) == told,
        answer,
        tried="the right password while the account is locked",
        wanted="the same words as for a wrong one",
    )


@attack("LOGIN-03", fix="Count for the account, in one atomic statement, whoever asks from where.",
        left_out="limits by source address, which TLS-02 tries")  # fmt: skip
def round_the_limit(probe: Probe) -> None:
    person = probe.ground.burn()
    works_for(probe, person)
    wrong = guess_password(probe, person, "wrong password")
    told = words_of(wrong.answer.body)
    visits = [Visit(probe, person).until("password") for _ in range(AT_ONCE)]
    answers = probe.at_once(AT_ONCE, lambda: visits.pop().give(password="wrong again").answer)
    judged = [answer for answer in answers if words_of(answer.body) == told]
    for number in range(MOST_PASSWORDS - len(judged)):
        guess_password(probe, person, f"wrong {number}")
    probe.expect(
        len(judged) < MOST_PASSWORDS,
        not_busy(answers),
        tried=f"{AT_ONCE} wrong passwords at the same moment",
        wanted=f"fewer than {MOST_PASSWORDS} of them are judged, not {len(judged)}",
    )
    is_locked(probe, person, f"{AT_ONCE} wrong ones at the same moment")
    person = probe.ground.burn()
    works_for(probe, person)
    email = person.citizen.email
    spelt = [email[:end].upper() + email[end:] for end in range(1, len(email) + 1)]
    for number in range(MOST_PASSWORDS):
        headers = FALSE_SOURCES[number % len(FALSE_SOURCES)]
        name = " " * (number % 2) + spelt[number % len(spelt)]
        guess_password(probe, person, f"wrong {number}", headers=headers, email=name)
    is_locked(probe, person, "wrong ones from many sources, for many spellings of the address")
    _at_another_door(probe)


def _at_another_door(probe: Probe) -> None:
    """Who has a session guesses the password where the account is changed."""
    if "password" not in probe.target.pages:
        return
    person = probe.ground.burn()
    thief = Changing(probe, person, works_for(probe, person).browser, "password")
    for number in range(MOST_PASSWORDS):
        if "password" not in thief.visit.asks or thief.is_open:
            break
        thief.visit.give(password=f"wrong {number}")
    thief.visit.open(thief.address)
    if "password" in thief.visit.asks and not thief.is_open:
        thief.visit.give()
    probe.expect(
        not thief.is_open and "code" not in thief.visit.asks,
        thief.visit.answer,
        tried=f"the right password after {MOST_PASSWORDS} wrong ones, where it is changed",
        wanted="it opens nothing",
    )


@attack("TOTP-03", fix="Judge five wrong codes in a row at most, then ask for none.")
def codes_in_one_sign_in(probe: Probe) -> None:
    person = probe.ground.burn()
    works_for(probe, person)
    visit = Visit(probe, person).until("code")
    for _ in range(MOST_CODES):
        if "code" not in visit.asks:
            break
        visit.give(code=person.wrong_code())
    if "code" in visit.asks:
        visit.give()
    probe.expect(
        not visit.go_on(),
        visit.answer,
        tried=f"the right code after {MOST_CODES} wrong ones in one sign-in",
        wanted="it opens nothing",
    )
    codes_are_locked(probe, person, f"{MOST_CODES} wrong ones in one sign-in")


def codes_are_locked(probe: Probe, person: Person, tried: str) -> None:
    """The right code opens nothing now, also in a new sign-in."""
    visit = Visit(probe, person)
    if visit.towards("code"):
        visit.give()
    probe.expect(
        not visit.go_on(),
        visit.answer,
        tried=f"the right code in a new sign-in after {tried}",
        wanted="it opens nothing: the account is locked",
    )


@attack("TOTP-04", fix="Keep the count of wrong codes with the account; no password clears it.")
def codes_over_many_sign_ins(probe: Probe) -> None:
    person = probe.ground.burn()
    works_for(probe, person)
    for _ in range(MOST_CODES):
        visit = Visit(probe, person)
        if visit.towards("code"):
            visit.give(code=person.wrong_code())
    codes_are_locked(probe, person, f"{MOST_CODES} sign-ins with a wrong one")
    _codes_at_another_door(probe)


def _codes_at_another_door(probe: Probe) -> None:
    """Who has a session and the password guesses codes where the account is changed."""
    if "authenticator_app" not in probe.target.pages or not probe.ground.clock.can_jump:
        return
    person = probe.ground.burn()
    browser = works_for(probe, person).browser
    probe.wait(LONG_AFTER)  # so that the code of the sign-in stands for none any more
    thief = Changing(probe, person, browser, "authenticator_app")
    if "password" in thief.visit.asks and not thief.is_open:
        thief.visit.give()
    if "code" not in thief.visit.asks or thief.is_open:
        return
    for _ in range(MOST_CODES):
        if "code" not in thief.visit.asks:
            break
        thief.visit.give(code=person.wrong_code())
    if "code" in thief.visit.asks:
        thief.visit.give()
    probe.expect(
        not thief.is_open,
        thief.visit.answer,
        tried=f"the right code after {MOST_CODES} wrong ones, where the app is changed",
        wanted="it opens nothing",
    )


@attack("TOTP-05", fix="Take a try in one atomic statement, before the code is looked at.")
def codes_at_once(probe: Probe) -> None:
    person = probe.ground.burn()
    works_for(probe, person)
    wrong = person.wrong_code()
    told = words_of(Visit(probe, person).until("code").give(code=wrong).answer.body)
    visits = [Visit(probe, person).until("code") for _ in range(AT_ONCE)]
    answers = probe.at_once(AT_ONCE, lambda: visits.pop().give(code=wrong).answer)
    judged = [answer for answer in answers if words_of(answer.body) == told]
    for _ in range(MOST_CODES - len(judged)):
        visit = Visit(probe, person)
        if visit.towards("code"):
            visit.give(code=wrong)
    probe.expect(
        len(judged) < MOST_CODES,
        not_busy(answers),
        tried=f"{AT_ONCE} wrong codes at the same moment, after one",
        wanted=f"fewer than {MOST_CODES} of them are judged, not {len(judged)}",
    )
    codes_are_locked(probe, person, f"{AT_ONCE} at the same moment")
