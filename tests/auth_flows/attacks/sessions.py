"""Attacks on the session of a browser: fixing, forging, keeping and watching it."""

from urllib.parse import urljoin, urlsplit

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.guessing import works_for
from tests.auth_flows.attacks.seen import asks_to_sign_in
from tests.auth_flows.browser import SHORTEST_SECRET, Browser
from tests.auth_flows.changes import Changing
from tests.auth_flows.probe import Probe, got_tokens
from tests.auth_flows.reading import links_of, words_of
from tests.auth_flows.sign_in import Person
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.visit import Visit
from tests.auth_flows.wire import Answer

LEAST_CHARACTERS = 22
"""Of base64url: 128 bits need as many."""
MOST_LINKS = 20


def silently(probe: Probe, person: Person, browser: Browser) -> Visit:
    """Single sign-on in this browser, without a page."""
    return Visit(probe, person, browser=browser, asked=probe.ask(prompt="none"))


def is_signed_out(probe: Probe, person: Person, browser: Browser, tried: str) -> None:
    """Nobody is signed in with the cookies of this browser."""
    visit = silently(probe, person, browser)
    probe.expect(not visit.arrived, visit.answer, tried=tried, wanted="nobody is signed in by them")


def is_signed_in(probe: Probe, person: Person, browser: Browser) -> Visit:
    """Somebody is signed in here, unattacked."""
    visit = silently(probe, person, browser)
    probe.works(visit.arrived, visit.answer, "single sign-on")
    return visit


def session_cookies(probe: Probe, person: Person, browser: Browser) -> list[str]:
    """The names of the cookies without which nobody is signed in."""
    found = []
    for name, value in browser.cookies.items():
        if len(value) >= SHORTEST_SECRET:
            without = browser.copy()
            without.put(name, "")
            if not silently(probe, person, without).arrived:
                found.append(name)
    return found


@attack("SESS-01", fix="Give the session a new name after the password, and after the code.")
def fixed_session(probe: Probe) -> None:
    person = probe.ground.next_person()
    visit = Visit(probe, person).until("password")
    planted = visit.browser.copy()
    visit.until("code") if person.citizen.totp_seed else visit.give()
    after_password = visit.browser.copy()
    visit.finish()
    is_signed_in(probe, person, visit.browser)
    is_signed_out(probe, person, planted, "the cookies of before the password")
    if person.citizen.totp_seed:
        is_signed_out(probe, person, after_password, "the cookies of before the code")
    before = visit.browser.copy()
    again = Visit(probe, person, browser=visit.browser, asked=probe.ask(prompt="login")).finish()
    is_signed_in(probe, person, again.browser)
    is_signed_out(probe, person, before, "the cookies of before signing in anew")


@attack("SESS-03", fix="Let the cookie be a long random name of what the server keeps.",
        left_out="what the generator is made of")  # fmt: skip
def forged_session(probe: Probe) -> None:
    person = probe.ground.next_person()
    first, second = works_for(probe, person), works_for(probe, person)
    names = session_cookies(probe, person, first.browser)
    if not names:
        raise NotTried("the session is in no cookie")
    last = is_signed_in(probe, person, first.browser)
    values = [first.browser.cookies[name] for name in names]
    for name, value in zip(names, values, strict=True):
        _look_at(probe, last.answer, value, second.browser.cookies.get(name, ""))
        for words, forged in (
            ("with its last letter changed", value[:-1] + ("A" if value[-1] != "A" else "B")),
            ("with its first letter changed", ("A" if value[0] != "A" else "B") + value[1:]),
            ("cut short", value[: len(value) // 2]),
            ("in which it names somebody", person.citizen.email),
        ):
            browser = first.browser.copy()
            browser.put(name, forged)
            is_signed_out(probe, person, browser, f"the cookie {name} {words}")
    halves = [Visit(probe, person).until("code") for _ in range(2)]
    cookies = [half.browser.cookies for half in halves]
    for name in set(names) & set(cookies[0]):
        _look_at(probe, halves[0].answer, cookies[0][name], cookies[1].get(name, ""))
    urls = [exchange["request"][1] for exchange in probe.ground.wire.exchanges]
    probe.expect(
        not any(value in url for value in values for url in urls),
        last.answer,
        tried="the addresses of all requests",
        wanted="the session's name is in none",
    )


def _look_at(probe: Probe, answer: Answer, one: str, other: str) -> None:
    same = sum(1 for a, b in zip(one, other, strict=False) if a == b)
    probe.expect(
        one != other and len(one) - same >= LEAST_CHARACTERS,
        answer,
        tried="the session cookies of two sign-ins of one citizen",
        wanted=f"at least {LEAST_CHARACTERS} characters that differ",
    )


@attack("SESS-05", fix="End the session where it is kept, not only in the browser.",
        left_out="an account that its operator has closed")  # fmt: skip
def session_after_its_end(probe: Probe) -> None:
    person = probe.ground.burn()
    visit = works_for(probe, person)
    is_signed_in(probe, person, visit.browser)
    kept = visit.browser.copy()
    sign_out(probe, visit)
    is_signed_out(probe, person, visit.browser, "the browser after signing out")
    is_signed_out(probe, person, kept, "a copy of the cookies after signing out")
    if "password" not in probe.target.pages:
        return
    person = probe.ground.burn()
    other, changer = works_for(probe, person), works_for(probe, person)
    is_signed_in(probe, person, other.browser)
    change_password(probe, person, changer.browser)
    is_signed_out(probe, person, other.browser, "another session after a change of the password")


def sign_out(probe: Probe, visit: Visit) -> None:
    """Sign out as a client has its citizens do."""
    answer = probe.token(probe.fields_for(visit.asked, visit.outcome.values["code"]))
    probe.works(got_tokens(answer), answer, "redeeming a code")
    endpoint = probe.endpoint("end_session_endpoint")
    url = f"{endpoint}?id_token_hint={answer.json.get('id_token', '')}"
    leaving = Visit(probe, visit.person, browser=visit.browser, url=url)
    if leaving.leads_on:
        leaving.give()


def change_password(probe: Probe, person: Person, browser: Browser) -> Visit:
    """Change the password on the page for it, giving whatever is asked."""

    return Changing(probe, person, browser, "password").new_password()


@attack("SESS-06", fix="Send Cache-Control: no-store with every page of a citizen.")
def pages_kept(probe: Probe) -> None:
    person = probe.ground.next_person()
    visit = works_for(probe, person)
    pages = [name for name in ("account", "sessions", "history") if name in probe.target.pages]
    if not pages:
        raise NotTried("the target file names no page of the account")
    shown = [visit.browser.get(probe.page(name)) for name in pages]
    for answer in shown:
        probe.works(answer.status == 200, answer, "a page of the account")
    for answer in shown + _led_to(probe, visit.browser, shown):
        told = answer.header("Cache-Control")
        probe.expect(
            "no-store" in told,
            answer,
            tried=f"Cache-Control of {urlsplit(answer.url).path}",
            wanted=f"no-store, not {told!r}",
        )
    sign_out(probe, visit)
    for name in pages:
        answer = visit.browser.get(probe.page(name))
        probe.expect(
            person.citizen.email not in answer.body
            and (answer.status != 200 or asks_to_sign_in(probe, answer)),
            answer,
            tried=f"the page {name} after signing out",
            wanted="a sign-in, not the page",
        )


def _led_to(probe: Probe, browser: Browser, shown: list[Answer]) -> list[Answer]:
    """The other pages of the account that these pages link to."""
    home, known = urlsplit(shown[0].url), {answer.url for answer in shown}
    below = home.path.rstrip("/") + "/"
    links = [urljoin(answer.url, link) for answer in shown for link in links_of(answer.body)]
    inside = [
        link.partition("#")[0]
        for link in links
        if urlsplit(link)[:2] == home[:2] and urlsplit(link).path.startswith(below)
    ]
    fresh = [link for link in dict.fromkeys(inside) if link not in known][:MOST_LINKS]
    pages = [browser.get(link) for link in fresh]
    return [answer for answer in pages if answer.status == 200]


@attack("SESS-07", fix="Show a citizen every session, and end it with its tokens when they say so.")
def sessions_unseen(probe: Probe) -> None:
    person = probe.ground.burn()
    here, there = works_for(probe, person), works_for(probe, person)
    answer = probe.token(probe.fields_for(there.asked, there.outcome.values["code"]))
    token = str(answer.json.get("access_token"))
    answer = probe.userinfo(token)
    probe.works(answer.status == 200, answer, "UserInfo with a token of the other session")
    page = Visit(probe, person, browser=here.browser, url=probe.page("sessions"))
    form = page.form
    probe.expect(
        form is not None,
        page.answer,
        tried="the page of the citizen's sessions",
        wanted="a button to end the other one",
    )
    if form is None:
        return
    page.give()
    is_signed_in(probe, person, here.browser)
    is_signed_out(probe, person, there.browser, "the other session after it was ended")
    answer = probe.userinfo(token)
    probe.expect(
        answer.status == 401,
        answer,
        tried="an access token of the session that was ended",
        wanted="401",
    )


@attack("SESS-09", fix="List each sign-in at a service among what happened, also the silent ones.")
def silent_sign_in(probe: Probe) -> None:
    person = probe.ground.burn()
    visit = works_for(probe, person)
    page = probe.page("history")
    before, again = visit.browser.get(page), visit.browser.get(page)
    told = words_of(before.body)
    probe.works(before.status == 200, before, "the list of what happened")
    if told != words_of(again.body):
        raise NotTried("the list of what happened says something else at each look")
    other = probe.another_client()
    silent = Visit(probe, person, browser=visit.browser, asked=probe.ask(other, prompt="none"))
    probe.works(silent.arrived, silent.answer, "a silent sign-in at another service")
    answer = visit.browser.get(page)
    probe.expect(
        answer.status == 200 and words_of(answer.body) != told,
        answer,
        tried="the list of what happened, after another service signed the citizen in unseen",
        wanted="it tells of that",
    )
