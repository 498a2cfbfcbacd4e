"""The pages that a provider shows, collected once for all attacks that look at pages."""

from dataclasses import dataclass, field
from urllib.parse import quote, urljoin
from weakref import WeakKeyDictionary

from tests.auth_flows.browser import Browser
from tests.auth_flows.ground import Ground
from tests.auth_flows.probe import Probe
from tests.auth_flows.reading import words_of
from tests.auth_flows.sign_in import form_to_fill
from tests.auth_flows.verdicts import Broken
from tests.auth_flows.wire import Answer

SCRIPT = '"><script>alert(1)</script>'


@dataclass
class Seen:
    """A page, and in words how one comes to it."""

    where: str
    answer: Answer


@dataclass
class Collection:
    """What was seen: pages of the sign-in, pages of an account, errors."""

    pages: list[Seen] = field(default_factory=list)
    errors: list[Seen] = field(default_factory=list)


_COLLECTED: WeakKeyDictionary[Ground, Collection] = WeakKeyDictionary()


def is_page(answer: Answer) -> bool:
    """Whether an answer is something that a browser shows."""
    return "html" in answer.header("Content-Type") and not answer.location


def asks_to_sign_in(probe: Probe, answer: Answer) -> bool:
    """Whether a page shows, in the place of what it is for, the first page of a sign-in."""
    browser = probe.browser()
    first = followed(probe, browser, probe.authorize(probe.ask(), browser=browser))
    known = {*probe.target.fields.email, *probe.target.fields.password}
    form = form_to_fill(answer.body, probe.target.fields)
    same = form_to_fill(first.body, probe.target.fields)
    if form is None or same is None or not known & set(form.asked):
        return False
    return form.asked == same.asked and words_of(answer.body) == words_of(first.body)


def all_pages(probe: Probe) -> list[Seen]:
    """Every page, errors last; a fresh one shows that pages are still shown."""
    browser = probe.browser()
    answer = followed(probe, browser, probe.authorize(probe.ask(), browser=browser))
    probe.works(is_page(answer) and answer.status == 200, answer, "the first page of a sign-in")
    if probe.ground not in _COLLECTED:
        found = Collection([Seen("the first page of a sign-in", answer)])
        _of_a_sign_in(probe, found)
        _of_an_account(probe, found)
        _errors(probe, found)
        _COLLECTED[probe.ground] = found
    found = _COLLECTED[probe.ground]
    return found.pages + found.errors


def followed(probe: Probe, browser: Browser, answer: Answer) -> Answer:
    """Where the redirects of an answer lead within the provider."""
    for _ in range(5):
        if probe.outcome(answer).kind != "goes on":
            break
        answer = browser.get(probe.absolute(answer))
    return answer


def _of_a_sign_in(probe: Probe, found: Collection) -> None:
    if not probe.ground.persons:
        return
    done = probe.go_through(probe.browser(), probe.ask(), probe.ground.next_person())
    if "code" not in done.outcome.values:
        raise Broken(f"nobody can sign in: {done.answers[-1].told()}")
    pages = {answer.url: answer for answer in done.answers if is_page(answer)}
    found.pages += [Seen("a page of a sign-in", answer) for answer in pages.values()]


def _of_an_account(probe: Probe, found: Collection) -> None:
    if not probe.ground.persons:
        return
    probe.grant()
    browser = probe.ground.signed_in()
    addresses = {name: probe.page(name) for name in probe.target.pages}
    if "end_session_endpoint" in probe.ground.metadata:
        addresses["sign-out"] = probe.endpoint("end_session_endpoint")
    for name, address in addresses.items():
        answer = browser.get(address)
        if is_page(answer) and answer.status == 200:
            found.pages.append(Seen(f"the page for {name}", answer))


def _errors(probe: Probe, found: Collection) -> None:
    browser = probe.browser()
    endpoint = probe.endpoint("authorization_endpoint")
    wrong = {
        "an unknown client": probe.ask(client_id="no-such-client"),
        "an unregistered address": probe.ask(redirect_uri="https://attacker.example/"),
        "markup in a request": probe.ask(redirect_uri=SCRIPT, state=SCRIPT, client_id=SCRIPT),
    }
    answers = {words: browser.get(asked.url(endpoint)) for words, asked in wrong.items()}
    home = probe.target.home
    answers["an address that is not there"] = browser.get(urljoin(home, "no/such/page"))
    answers["markup in an address"] = browser.get(urljoin(home, quote(SCRIPT)))
    answers["a method that is not allowed"] = browser.wire.send(
        "DELETE", endpoint, headers={"Accept": "text/html"}
    )
    answers["a form that is too long"] = browser.post(endpoint, [("state", "A" * 200_000)])
    answers["an address that is too long"] = browser.get(f"{endpoint}?state={'A' * 9000}")
    found.errors += [Seen(f"the error for {words}", each) for words, each in answers.items()]
