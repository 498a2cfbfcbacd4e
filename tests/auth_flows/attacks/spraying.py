"""An attack with one password on many accounts, from one source."""

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.guessing import guess_password, works_for
from tests.auth_flows.probe import Probe
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.visit import Visit
from tests.auth_flows.wire import Answer

ACCOUNTS = 8
GUESS = "Winter-is-here-2026"
MOST_GUESSES = 4
IN_A_ROW = 10
REFUSED = 429
LONGEST_WAIT = 90


@attack("LOGIN-02", fix="Limit what one source may ask in a minute, whoever it asks for.",
        left_out="many sources, and what is recorded")  # fmt: skip
def one_password_for_many(probe: Probe) -> None:
    rate = probe.target.care.source_rate
    if not rate:
        raise NotTried("the target file names no source_rate in care: when it would be refused")
    person = probe.ground.burn()
    works_for(probe, person)
    for number in range(ACCOUNTS):
        email = f"sprayed-{number}-{person.citizen.email}"
        visit = guess_password(probe, person, GUESS, email=email)
        probe.expect(
            not visit.past_the_password,
            visit.answer,
            tried="one password for many addresses",
            wanted="it opens nothing",
        )
    visit = Visit(probe, person).until("password")
    visit.browser.patient = False
    answer = _without_end(probe, rate * 2)
    told = answer.header("Retry-After")
    probe.expect(
        answer.status == REFUSED and told.isdecimal() and int(told) <= LONGEST_WAIT,
        answer,
        tried=f"more than {rate} requests in a minute from one source",
        wanted="429 with Retry-After",
    )
    if answer.status != REFUSED:
        return
    guess = visit.give(password=GUESS).answer
    for _ in range(MOST_GUESSES - 1):
        # What fills up again by the second lets one through now and then.
        if guess.status == REFUSED or _without_end(probe, rate).status != REFUSED:
            break
        guess = visit.give(password=GUESS).answer
    probe.expect(
        guess.status == REFUSED,
        guess,
        tried="another password from the source that is refused",
        wanted="429",
    )
    probe.wait(int(told) if told.isdecimal() else LONGEST_WAIT)
    probe.plain_request_works()


def _without_end(probe: Probe, most: int) -> Answer:
    """Ask what costs the provider least, until the source is refused again and again.

    A provider of several processes may count in each of them.
    """
    browser = probe.browser()
    browser.patient = False
    answer = probe.authorize(probe.ask(prompt="none"), browser=browser)
    pace = probe.ground.wire.pace
    pace.let_at_once(most)
    refused = 0
    try:
        for _ in range(most):
            answer = probe.authorize(probe.ask(prompt="none"), browser=browser)
            refused = refused + 1 if answer.status == REFUSED else 0
            if refused == IN_A_ROW:
                break
    finally:
        pace.let_at_once(0)
    return answer
