"""Attacks with locks and closed accounts, and on where a sign-in leads in the end."""

from urllib.parse import urlencode, urljoin, urlsplit

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.guessing import MOST_PASSWORDS, guess_password, works_for
from tests.auth_flows.changes import Changing
from tests.auth_flows.probe import Probe, got_tokens
from tests.auth_flows.reading import words_of
from tests.auth_flows.resets import Reset
from tests.auth_flows.sign_in import Person
from tests.auth_flows.visit import Visit

LONGEST_LOCK = 2 * 3600 + 60
EVIL = "attacker.example"
MOST_STEPS = 6
PLACES = (f"https://{EVIL}/", f"//{EVIL}", f"/\\{EVIL}", f"javascript://{EVIL}/%0aalert(1)")
WORDS = ("next", "return_to", "returnTo", "return", "redirect", "redirect_to", "redirect_url",
         "url", "continue", "goto", "target", "RelayState", "service", "callback")  # fmt: skip


@attack("LOGIN-04", fix="Let locks end, and leave the owner's own devices and a way by mail.",
        left_out="on real time, that the lock ends by itself")  # fmt: skip
def locked_out(probe: Probe) -> None:
    person = probe.ground.burn()
    known = works_for(probe, person)
    _lock(probe, person)
    silent = Visit(probe, person, browser=known.browser, asked=probe.ask(prompt="none"))
    probe.expect(
        silent.arrived,
        silent.answer,
        tried="the owner's own device while somebody else locks the account",
        wanted="its session goes on",
    )
    if "forgotten_password" in probe.target.pages and probe.target.mailbox:
        reset = Reset(probe, person).ask().prove().give_the_factor()
        probe.expect(
            reset.may_choose,
            reset.visit.answer,
            tried="the way by mail while somebody else locks the account",
            wanted="it is open",
        )
    if probe.ground.clock.can_jump:
        probe.wait(LONGEST_LOCK)
        visit = guess_password(probe, person, person.citizen.password)
        probe.expect(
            visit.past_the_password,
            visit.answer,
            tried=f"the right password {LONGEST_LOCK // 3600} hours after the lock",
            wanted="it is taken",
        )


def _lock(probe: Probe, person: Person) -> None:
    for number in range(MOST_PASSWORDS):
        guess_password(probe, person, f"wrong password {number}")


@attack("LOGIN-12", fix="Keep on the server where a sign-in leads, or take your own paths alone.")
def led_astray(probe: Probe) -> None:
    works_for(probe, probe.ground.next_person())
    wire = probe.ground.wire
    first = len(wire.exchanges)
    for place in PLACES:
        person, more = probe.ground.next_person(), dict.fromkeys(WORDS, place)
        starts = [Visit(probe, person, asked=probe.ask(**more))]
        if "account" in probe.target.pages:
            url = f"{probe.page('account')}?{urlencode(more)}"
            starts.append(Visit(probe, person, url=url))
        for visit in starts:
            _through(visit, more)
            _stays(probe, visit, first, place)
            first = len(wire.exchanges)


def _through(visit: Visit, more: dict[str, str]) -> None:
    """Sign in, with the false places in every address and form."""
    for _ in range(MOST_STEPS):
        if visit.arrived or not visit.leads_on:
            break
        joint = "&" if urlsplit(visit.answer.url).query else "?"
        visit.open(f"{visit.answer.url}{joint}{urlencode(more)}")
        if visit.leads_on:
            visit.give(more=more)


def _stays(probe: Probe, visit: Visit, first: int, place: str) -> None:
    home = urlsplit(probe.target.issuer).netloc
    away = []
    for exchange in probe.ground.wire.exchanges[first:]:
        told = {name.lower(): value for name, value in exchange["answer"][1]}
        location = told.get("location", "").replace("\\", "/")
        where = urlsplit(urljoin(exchange["request"][1], location))
        back = location.startswith(visit.asked.client.redirect_uri)
        if location and where.netloc != home and not back:
            away.append(location)
    in_links = [f'href="{place}', f'action="{place}', f"url={place}"]
    probe.expect(
        not away and not any(link in visit.answer.body for link in in_links),
        visit.answer,
        tried=f"{place} as the place to go on to, in addresses and forms of the sign-in",
        wanted=f"nothing leads there, not {away[:1]}",
    )


@attack("LOGIN-13", fix="Look at the state of the account at every door.",
        left_out="accounts that the provider has suspended")  # fmt: skip
def closed_account(probe: Probe) -> None:
    person = probe.ground.burn()
    deleting, other = works_for(probe, person), works_for(probe, person)
    answer = probe.token(probe.fields_for(other.asked, other.outcome.values["code"]))
    probe.works(got_tokens(answer), answer, "redeeming a code")
    token = str(answer.json["access_token"])
    late = Visit(probe, person, browser=other.browser, asked=probe.ask(prompt="none"))
    probe.works(late.arrived, late.answer, "single sign-on")
    half = Visit(probe, person).until("code")
    changing = Changing(probe, person, deleting.browser, "delete").confirm()
    changing.visit.give()
    email = person.citizen.email
    stranger = guess_password(probe, person, "any password", email=f"no-{email}")
    closed = guess_password(probe, person, person.citizen.password)
    probe.expect(
        not closed.past_the_password and _plain(closed, email) == _plain(stranger, f"no-{email}"),
        closed.answer,
        tried="the right password of an account that was deleted",
        wanted="the words for somebody unknown",
    )
    half.give()
    silent = Visit(probe, person, browser=other.browser, asked=probe.ask(prompt="none"))
    for words, visit in (("a sign-in that had begun", half), ("another session", silent)):
        probe.expect(
            not visit.go_on(),
            visit.answer,
            tried=f"{words}, after the account was deleted",
            wanted="it opens nothing",
        )
    answer = probe.userinfo(token)
    probe.expect(
        answer.status == 401,
        answer,
        tried="an access token after the account was deleted",
        wanted="401",
    )
    answer = probe.token(probe.fields_for(late.asked, late.outcome.values["code"]))
    probe.token_refused(answer, ("invalid_grant",), "a code after the account was deleted")


def _plain(visit: Visit, email: str) -> str:
    return words_of(visit.answer.body.replace(email, ""))
