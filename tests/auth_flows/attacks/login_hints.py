"""Attacks by hints at who signs in, and by fragments that live on through a redirect."""

import re
from html import escape
from urllib.parse import quote, quote_plus, urlsplit

from tests.auth_flows.asking import challenge_of
from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.pages import KEEPS_ADDRESSES
from tests.auth_flows.attacks.seen import SCRIPT, followed, is_page
from tests.auth_flows.probe import Probe, claims_of
from tests.auth_flows.reading import words_of
from tests.auth_flows.wire import Answer

FRAGMENT = "access_token=stolen"


@attack("AUTHZ-18", fix="Answer clients without a fragment, and send Referrer-Policy: same-origin.")
def fragment_lives_on(probe: Probe) -> None:
    probe.plain_request_works()
    browsers = [probe.browser()]
    if probe.ground.persons:
        probe.grant()
        browsers.append(probe.ground.signed_in())
    for browser in browsers:
        for state in (f"a#{FRAGMENT}", f"a%23{FRAGMENT}", "a"):
            asked = probe.ask(state=state, prompt="none")
            answer = probe.authorize(asked, browser=browser)
            outcome = probe.outcome(answer)
            probe.expect(
                outcome.kind == "sent back"
                and outcome.values.get("state") == state
                and urlsplit(answer.location).fragment in ("", "_"),
                answer,
                tried=f"an answer to the client for state={state}",
                wanted="the state whole, and no fragment",
            )
    page = _first_page(probe)
    said = page.header("Referrer-Policy").lower()
    probe.expect(
        said in KEEPS_ADDRESSES,
        page,
        tried="the referrer policy of the first page",
        wanted=f"same-origin or no-referrer, not {said!r}",
    )


def _first_page(probe: Probe, hint: str | None = None) -> Answer:
    """The page for a request that differs from others in its hint alone."""
    asked = probe.ask(login_hint=hint, state="s", nonce="n", code_challenge=challenge_of("v" * 43))
    browser = probe.browser()
    return followed(probe, browser, probe.authorize(asked, browser=browser))


def _said(page: str, hint: str) -> str:
    """What a page says beside the hint, however that is written, and beside names of one use."""
    for written in (hint, escape(hint), quote(hint), quote_plus(hint)):
        page = page.replace(written, "")
    return re.sub(r"[\w#-]{16,}", "", words_of(page))


@attack("AUTHZ-24", fix="Let login_hint fill in a field and nothing else; escape it.")
def hint_at_a_name(probe: Probe) -> None:
    plain = _first_page(probe)
    probe.works(is_page(plain) and plain.status == 200, plain, "a request without login_hint")
    known = [person.citizen.email for person in probe.ground.persons[:1]]
    usual = None
    for hint in ("nobody@example.com", *known, "nobody at all"):
        answer = _first_page(probe, hint)
        words = (answer.status, _said(answer.body, hint))
        usual = usual or words
        probe.expect(
            words == usual,
            answer,
            tried=f"login_hint={hint}",
            wanted="the page that everybody sees",
        )
    for hint in (SCRIPT, "a" * 5000, "a\x00b", "{{7*7}}"):
        answer = _first_page(probe, hint)
        probe.expect(
            SCRIPT not in answer.body and "49" not in words_of(answer.body),
            answer,
            tried=f"login_hint={hint[:40]}",
            wanted="escaped, or refused",
        )
    if len(probe.ground.persons) > 1:
        _switches_nobody(probe)


def _switches_nobody(probe: Probe) -> None:
    own = claims_of(str(probe.redeeming_works().json.get("id_token", ""))).get("sub")
    other = probe.ground.persons[1].citizen.email
    asked = probe.ask(login_hint=other, prompt="none")
    answer = probe.authorize(asked, browser=probe.ground.signed_in())
    code = probe.outcome(answer).values.get("code")
    told = own
    if code:
        given = probe.token(probe.fields_for(asked, code))
        told = claims_of(str(given.json.get("id_token", ""))).get("sub")
    probe.expect(
        told == own,
        answer,
        tried="login_hint at another citizen, silently",
        wanted="who is signed in, or an error",
    )
