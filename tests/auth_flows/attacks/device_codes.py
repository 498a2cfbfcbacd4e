"""Attacks on devices without a browser: their codes guessed, stolen, or slipped to somebody."""

import math

from tests.auth_flows.attacks import attack
from tests.auth_flows.devices import WAITING, Device, begin
from tests.auth_flows.probe import Probe, got_tokens
from tests.auth_flows.sign_in import Person
from tests.auth_flows.targets import Client
from tests.auth_flows.verdicts import Broken, NotTried
from tests.auth_flows.visit import MOST_PAGES, Visit
from tests.auth_flows.wire import Answer

LONGEST_LIFE = 30 * 60
FEWEST_BITS = 29
"""Of a code that somebody types: nine digits have as many."""
FEWEST_CHARACTERS = 22
"""Of one that nobody types: 128 bits need as many of base64url."""
TOO_FAST = 3
MOST_GUESSES = 40
OF_A_BROWSER = 10
NOT_THEIRS = ("invalid_grant", "invalid_client", "unauthorized_client")
NO_MORE = ("invalid_grant", "expired_token", "invalid_request")
STRANGER = "https://attacker.example"


@attack("DEV-01", fix="Limit guesses, let codes end soon, name the client, and sign in as ever.",
        left_out="on real time, that codes expire; guesses from many sources")  # fmt: skip
def device_codes(probe: Probe) -> None:
    clients = [client for client in probe.plain_clients() if begin(probe, client)]
    if len(clients) < 2:
        raise NotTried("no two clients of the target file may be devices")
    probe.client = clients[0]
    _can_be_guessed(probe)
    _asks_too_often(probe)
    _link_in_a_browser(probe)
    _whole_way(probe)
    _brought_by_another(probe, clients[1])
    _too_late(probe)
    _guesses(probe)  # at the end: whoever limits guesses may answer nothing else for a while


def _device(probe: Probe) -> Device:
    found = begin(probe, probe.client)
    if found is None:
        raise Broken(f"{probe.client.id} gets no more codes")
    probe.works(bool(found.user_code and found.page), found.begun, "asking for the device's codes")
    return found


def _can_be_guessed(probe: Probe) -> None:
    device, other = _device(probe), _device(probe)
    typed = [letter for letter in device.user_code if letter.isalnum()]
    bits = len(typed) * math.log2(10 if all(map(str.isdecimal, typed)) else 20)
    for words, holds in {
        f"{FEWEST_BITS} bits at least to type": bits >= FEWEST_BITS,
        f"{FEWEST_CHARACTERS} characters for the device": len(device.code) >= FEWEST_CHARACTERS,
        "others the next time": device.user_code != other.user_code and device.code != other.code,
        f"a life of {LONGEST_LIFE} s at most": 0 < device.life <= LONGEST_LIFE,
    }.items():
        probe.expect(holds, other.begun, tried="the codes of a device", wanted=words)


def _asks_too_often(probe: Probe) -> None:
    device = _device(probe)
    first = device.poll()
    probe.works(first.json.get("error") == WAITING[0], first, "asking before anybody came")
    answers = [device.poll() for _ in range(TOO_FAST)]
    probe.expect(
        any(told.status == 429 or told.json.get("error") == "slow_down" for told in answers),
        answers[-1],
        tried=f"asking {TOO_FAST} times more at once",
        wanted="slow_down",
    )


def _nothing_yet(probe: Probe, answer: Answer, tried: str) -> None:
    probe.expect(
        answer.json.get("error") in WAITING and not got_tokens(answer),
        answer,
        tried=f"asking for the tokens after {tried}",
        wanted="authorization_pending: nobody has agreed",
    )


def _link_in_a_browser(probe: Probe) -> None:
    """Whoever is signed in only opens a link, or a page of a stranger sends the form."""
    probe.grant()
    device = _device(probe)
    browser, person = probe.ground.signed_in(), probe.ground.persons[0]
    if device.direct:
        visit = Visit(probe, person, browser=browser, url=device.direct)
        if "submit()" in visit.answer.body:  # as a browser with scripts does
            visit.give()
        _nothing_yet(probe, device.poll_in_time(), "a signed-in citizen opened its link")
    fields = [("user_code", device.user_code)]
    fields += [(name, "yes") for name in ("confirm", "allow", "accept", "approve", "submit")]
    answer = browser.copy().post(device.page, fields, Origin=STRANGER, Referer=STRANGER)
    if answer.location:
        browser.copy().get(probe.absolute(answer))
    _nothing_yet(probe, device.poll_in_time(), "a page of a stranger sent the form for codes")


def _whole_way(probe: Probe) -> None:
    device, person = _device(probe), probe.ground.next_person()
    visit = device.opened(person)
    shown, asked = _up_to_the_question(visit)
    if asked:
        _nothing_yet(probe, device.poll_in_time(), "the code alone was typed in")
    more, later = _approve(device, visit)
    answer = device.poll_in_time()
    probe.works(got_tokens(answer), answer, "signing in for a device")
    wanted = {"email", "password"} | ({"code"} if person.citizen.totp_seed else set())
    for what in sorted(wanted):
        probe.expect(
            what in asked | later,
            visit.answer,
            tried="a device's code in a browser where nobody is signed in",
            wanted=f"the {what} is asked for",
        )
    name = device.client.name or device.client.id
    pages = shown + more[:-1]  # the last one comes when all is done
    for words, value in {f"the client's name ({name})": name, "the code": device.user_code}.items():
        probe.expect(
            any(value in page.body for page in pages),
            visit.answer,
            tried="the pages before a device gets tokens",
            wanted=f"{words} is shown",
        )
    probe.token_refused(device.poll(), NO_MORE, "the device's code a second time")


def _up_to_the_question(visit: Visit) -> tuple[list[Answer], frozenset[str]]:
    """Go on without saying who one is: the pages that came, and what the last one asks for."""
    shown = [visit.answer]
    for _ in range(MOST_PAGES):
        if visit.asks or not visit.leads_on:
            break
        shown.append(visit.give().answer)
    return shown, visit.asks


def _approve(device: Device, visit: Visit) -> tuple[list[Answer], frozenset[str]]:
    """Answer everything to the end: the pages that came, and what was asked for."""
    shown, asked, before = [visit.answer], visit.asks, ("", frozenset[str]())
    for _ in range(MOST_PAGES):
        here = (visit.answer.url, visit.asks)
        if not visit.leads_on or here == before or device.field(visit):
            break
        before = here
        shown.append(visit.give().answer)
        asked |= visit.asks
    return shown, asked


def _brought_by_another(probe: Probe, other: Client) -> None:
    device = _device(probe)
    _approve(device, device.opened(probe.ground.persons[0], probe.ground.signed_in()))
    probe.token_refused(device.poll(other), NOT_THEIRS, "the code of another client's device")
    if device.client.secret or device.client.key:
        answer = device.send([("client_id", device.client.id)], {})
        probe.token_refused(answer, NOT_THEIRS, "the device's code without its client's proof")
        answer = device.send([("client_id", device.client.id), ("client_secret", "wrong")], {})
        probe.token_refused(answer, NOT_THEIRS, "the device's code with a wrong secret")
    # That the code was good all the while shows at the end, unless it was used up for a thief.
    answer = device.poll_in_time()
    good = got_tokens(answer) or answer.json.get("error") == "invalid_grant"
    probe.works(good, answer, "the device itself after them")


def _guesses(probe: Probe) -> None:
    device, person = _device(probe), probe.ground.next_person()
    probe.works(_is_taken(device, person, device.user_code), device.begun, "typing the right code")
    device = _device(probe)
    limited, browser = False, probe.browser()
    for guess in range(MOST_GUESSES):
        browser = probe.browser() if guess % OF_A_BROWSER == 0 else browser
        browser.patient = False
        visit = device.opened(person, browser, device.wrong_code())
        limited = limited or visit.answer.status == 429
        if limited:
            break
    right = limited or _is_taken(device, person, device.user_code)
    probe.expect(
        limited or not right,
        device.begun,
        tried=f"{MOST_GUESSES} wrong codes, then the right one",
        wanted="429, or the right one is not taken any more",
    )


def _is_taken(device: Device, person: Person, code: str) -> bool:
    visit = device.opened(person, code=code)
    return visit.answer.status < 400 and not device.field(visit)


def _too_late(probe: Probe) -> None:
    if not probe.ground.clock.can_jump:
        return
    device = _device(probe)
    probe.wait(device.life + 1)
    probe.token_refused(device.poll(), NO_MORE, f"a device's code after {device.life} s")
    probe.expect(
        not _is_taken(device, probe.ground.next_person(), device.user_code),
        device.begun,
        tried=f"its code in a browser after {device.life} s",
        wanted="it is not taken",
    )
