"""Attacks on the frame that tells a page whether its session goes on (OIDC Session Management)."""

import re
from urllib.parse import urljoin, urlsplit

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.seen import is_page
from tests.auth_flows.browser import SHORTEST_SECRET, Browser
from tests.auth_flows.probe import Probe
from tests.auth_flows.targets import Client
from tests.auth_flows.wire import Answer

_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.IGNORECASE | re.DOTALL)
_FROM = re.compile(r"\bsrc=[\"']?([^\"'\s>]+)")
_TO_ANYBODY = re.compile(r"postMessage\([^;]*?,\s*[\"'`]\*[\"'`]")


@attack("LOGOUT-09", fix="Hash the origin of who asks with a salt, and answer that origin alone.",
        left_out="what the frame really answers: a browser would have to run its script",
)  # fmt: skip
def asked_from_anywhere(probe: Probe) -> None:
    frame = probe.ground.wire.send("GET", probe.endpoint("check_session_iframe"))
    script = _scripts(probe, frame)
    probe.works(is_page(frame) and "message" in script, frame, "the frame with its script")
    probe.expect(
        "origin" in script,
        frame,
        tried="the script of the frame, for where a question comes from",
        wanted="it reads the origin: otherwise anybody may ask",
    )
    probe.expect(
        not _TO_ANYBODY.search(script),
        frame,
        tried="the script of the frame, for whom it answers",
        wanted='the origin that asked, not "*"',
    )
    if probe.ground.persons:
        _what_clients_hear(probe)


def _scripts(probe: Probe, frame: Answer) -> str:
    """Every script of the frame, with those of the same host that it fetches."""
    found = [frame.body]
    for attributes, _ in _SCRIPT.findall(frame.body):
        for address in _FROM.findall(attributes):
            url = urljoin(frame.url, address)
            if urlsplit(url).netloc == urlsplit(frame.url).netloc:
                found.append(probe.ground.wire.send("GET", url).body)
    return "\n".join(found)


def _what_clients_hear(probe: Probe) -> None:
    browser, person = probe.browser(), probe.ground.next_person()
    done = probe.go_through(browser, probe.ask(), person)
    set_by = [line for answer in done.answers for line in answer.every("Set-Cookie")]
    hidden = {line.partition("=")[0].strip() for line in set_by if _is_hidden(line)}
    heard: dict[str, str] = {}
    for client in probe.plain_clients()[:2]:
        answer = probe.authorize(probe.ask(client, prompt="none"), browser=browser)
        told = probe.outcome(answer, client).values
        probe.works("code" in told, answer, f"a silent sign-in at {client.id}")
        heard[client.id] = told.get("session_state", "")
        _is_salted(probe, client, heard[client.id], browser, answer)
        probe.expect(
            list(heard.values()).count(heard[client.id]) == 1,
            answer,
            tried=f"session_state for {client.id}",
            wanted="another one for each client",
        )
    _readable_cookies_are_no_session(probe, browser, hidden)


def _is_hidden(line: str) -> bool:
    """Whether scripts cannot read this cookie."""
    return "httponly" in (part.strip().lower() for part in line.split(";"))


def _is_salted(probe: Probe, client: Client, state: str, browser: Browser, answer: Answer) -> None:
    first, _, salt = state.partition(".")
    values = [value for value in browser.cookies.values() if len(value) >= SHORTEST_SECRET]
    for words, holds in {
        "a hash and its salt": bool(first and salt) and first != salt,
        "no value of a cookie": not any(value in state for value in values),
    }.items():
        probe.expect(holds, answer, tried=f"session_state for {client.id}", wanted=words)


def _readable_cookies_are_no_session(probe: Probe, browser: Browser, hidden: set[str]) -> None:
    thief = browser.copy()
    for name in hidden:
        thief.put(name, "not-known-to-a-script")
    answer = probe.authorize(probe.ask(prompt="none"), browser=thief)
    probe.expect(
        "code" not in probe.outcome(answer).values,
        answer,
        tried="a silent sign-in with nothing but the cookies that scripts can read",
        wanted="login_required",
    )
