"""Attacks on an authorization request by, or against, somebody who signs in."""

import json
from urllib.parse import urlencode

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.redirects import EVIL
from tests.auth_flows.attacks.seen import followed
from tests.auth_flows.browser import Browser
from tests.auth_flows.jose import forged
from tests.auth_flows.probe import Probe, claims_of
from tests.auth_flows.verdicts import NotTried

A_WHILE = 3
"""Seconds."""


@attack("AUTHZ-17", fix="Redirect with 303 after a POST; never with 307 or 308.")
def post_is_sent_again(probe: Probe) -> None:
    done = probe.go_through(probe.browser(), probe.ask(), probe.ground.next_person())
    last = done.answers[-1]
    probe.works("code" in done.outcome.values, last, "signing in")
    for answer in done.answers:
        if answer.location:
            posted = probe.ground.wire.was_posted(answer.number)
            wanted = (302, 303) if posted else (301, 302, 303)
            probe.expect(
                answer.status in wanted,
                answer,
                tried=f"the redirect after a {'POST' if posted else 'GET'} while signing in",
                wanted="302 or 303",
            )


@attack("AUTHZ-22", fix="Ask for the credentials again, and tell the time of that as auth_time.")
def old_session_answers(probe: Probe) -> None:
    person, browser = probe.ground.next_person(), probe.browser()
    asked = probe.ask()
    done = probe.go_through(browser, asked, person)
    code = done.outcome.values.get("code", "")
    probe.works(bool(code), done.answers[-1], "signing in")
    again = probe.authorize(probe.ask(), browser=browser)
    probe.works(
        "code" in probe.outcome(again).values or probe.outcome(again).kind == "goes on",
        again,
        "single sign-on",
    )
    for changes in ({"prompt": "login"}, {"max_age": "0"}):
        answer = probe.authorize(probe.ask(**changes), browser=browser)
        answer = followed(probe, browser, answer)
        probe.expect(
            probe.outcome(answer).kind == "page",
            answer,
            tried=f"{urlencode(changes)} with a session",
            wanted="a page that asks for the credentials again",
        )
        silent = probe.authorize(probe.ask(prompt="none"), browser=browser)
        probe.expect(
            probe.outcome(silent).kind == "sent back",
            silent,
            tried="prompt=none after a new sign-in was broken off",
            wanted="an answer to the client without a page",
        )
    _other_clients_ask_too(probe, browser)
    # So that the time of the first sign-in cannot be taken for that of the second.
    probe.wait(A_WHILE)
    _too_old(probe, browser)
    before = int(probe.ground.clock.now())
    asked = probe.ask(prompt="login")
    renewed = probe.go_through(browser, asked, person)
    code = renewed.outcome.values.get("code", "")
    probe.works(bool(code), renewed.answers[-1], "signing in again")
    answer = probe.token(probe.fields_for(asked, code))
    told = claims_of(str(answer.json.get("id_token", ""))).get("auth_time", 0)
    probe.expect(
        isinstance(told, int) and told >= before - 1,
        answer,
        tried="auth_time after prompt=login",
        wanted=f"a time from {before} on, not {told}",
    )


def _other_clients_ask_too(probe: Probe, browser: Browser) -> None:
    """One client of each kind: how it is told of a level must not decide whether it is heard."""
    kinds = {client.vectors: client for client in reversed(probe.plain_clients())}
    for client in kinds.values():
        if client is probe.client:
            continue
        answer = probe.authorize(probe.ask(client, prompt="login"), browser=browser)
        answer = followed(probe, browser, answer)
        probe.expect(
            probe.outcome(answer, client).kind == "page",
            answer,
            tried=f"prompt=login of {client.id} with a session",
            wanted="a page that asks for the credentials again",
        )


def _too_old(probe: Probe, browser: Browser) -> None:
    """`max_age` counts seconds from the sign-in."""
    young = probe.authorize(probe.ask(prompt="none", max_age="86400"), browser=browser)
    probe.works("code" in probe.outcome(young).values, young, "max_age of a day, silently")
    answer = probe.authorize(probe.ask(prompt="none", max_age="1"), browser=browser)
    probe.expect(
        "code" not in probe.outcome(answer).values,
        answer,
        tried=f"max_age=1, silently, {A_WHILE} s after the sign-in",
        wanted="no code: the sign-in is older than that",
    )


@attack(
    "AUTHZ-23",
    fix="Let a hint only ever narrow who may be answered for; refuse one that is not ours.",
    left_out="a hint that has expired, and one of another client",
)
def hint_of_another(probe: Probe) -> None:
    other = probe.another_person()
    asked = probe.ask()
    done = probe.go_through(probe.browser(), asked, other)
    answer = probe.token(probe.fields_for(asked, done.outcome.values.get("code", "")))
    theirs = str(answer.json.get("id_token", ""))
    probe.works(bool(theirs), answer, "signing in as the second citizen")
    own = str(probe.redeem(probe.grant()).json.get("id_token", ""))
    browser = probe.ground.signed_in()
    answer = probe.authorize(probe.ask(prompt="none", id_token_hint=own), browser=browser)
    probe.works("code" in probe.outcome(answer).values, answer, "a hint at who is signed in")
    head, claims, _ = own.split(".")
    for words, hint in (
        ("at another citizen", theirs),
        ("with a forged signature", forged(own)),
        ("without a signature", f"{head}.{claims}."),
        ("that is no token", "no-token"),
    ):
        silent = probe.ask(prompt="none", id_token_hint=hint)
        answer = probe.authorize(silent, browser=browser)
        errors = ("invalid_request", "login_required")
        probe.refused(answer, errors, f"prompt=none and a hint {words}", silent)


@attack("AUTHZ-25", fix="Bind a sign-in to the browser that began it, by a cookie.")
def sign_in_begun_by_another(probe: Probe) -> None:
    attacker = probe.browser()
    answer = probe.authorize(probe.ask(), browser=attacker)
    if probe.outcome(answer).kind != "goes on":
        raise NotTried("the sign-in has no address of its own")
    link = probe.absolute(answer)
    shown = attacker.get(link)
    kind = probe.outcome(shown).kind
    probe.works(kind in ("page", "goes on"), shown, "the link in the browser that began")
    signed_in = probe.browser()
    done = probe.go_through(signed_in, probe.ask(), probe.ground.next_person())
    probe.works("code" in done.outcome.values, done.answers[-1], "signing in")
    for words, browser in (("nobody", probe.browser()), ("somebody", signed_in)):
        answer = followed(probe, browser, browser.get(link))
        probe.refused_here(answer, f"the link in another browser, in which {words} is signed in")


@attack("AUTHZ-26", fix="End a journey with its code; answer its address by a page after that.",
        left_out="a journey that has expired")  # fmt: skip
def finished_journey(probe: Probe) -> None:
    browser = probe.browser()
    done = probe.go_through(browser, probe.ask(), probe.ground.next_person())
    probe.works("code" in done.outcome.values, done.answers[-1], "signing in")
    endpoint = probe.endpoint("authorization_endpoint")
    inner = dict.fromkeys(a.url for a in done.answers if not a.url.startswith(endpoint))
    if not inner:
        raise NotTried("the sign-in has no address of its own")
    for url in inner:
        answer = followed(probe, browser, browser.get(url))
        probe.expect(
            "code" not in probe.outcome(answer).values,
            answer,
            tried="an address of a sign-in that is finished",
            wanted="no second code",
        )


@attack("AUTHZ-27", fix="Keep the request on the server; read nothing of it from later pages.")
def edited_midway(probe: Probe) -> None:
    good = probe.go_through(probe.browser(), probe.ask(), probe.ground.next_person())
    probe.works("code" in good.outcome.values, good.answers[-1], "signing in")
    changed = {
        "redirect_uri": EVIL,
        "client_id": "no-such-client",
        "scope": "openid no-such-scope",
        "state": "changed",
        "return_to": EVIL,
        "next": EVIL,
    }
    asked = probe.ask()
    done = probe.go_through(
        probe.browser(), asked, probe.ground.next_person(), lambda values: values | changed
    )
    last = done.answers[-1]
    probe.expect(
        done.outcome.kind == "refused here"
        or (done.outcome.kind == "sent back" and done.outcome.values.get("state") == asked.state),
        last,
        tried="redirect_uri, client_id, scope and state added to every form of the sign-in",
        wanted="they are ignored, or the form refused",
    )
    code = done.outcome.values.get("code")
    if code:
        answer = probe.token(probe.fields_for(asked, code))
        probe.expect(
            "no-such-scope" not in str(answer.json.get("scope", "")).split(),
            answer,
            tried="the scopes of the code of that sign-in",
            wanted="none that was added",
        )


@attack("AUTHZ-29", fix="Copy the nonce of the request into the ID token, as it came.")
def nonce_not_echoed(probe: Probe) -> None:
    probe.plain_request_works()
    for kind in ("id_token", "code id_token"):
        asked = probe.ask(response_type=kind, nonce=None)
        errors = ("invalid_request", "unsupported_response_type", "unauthorized_client")
        probe.refused(probe.authorize(asked), errors, f"{kind} without a nonce", asked)
    if not probe.ground.persons:
        return
    for nonce in ("plain", 'ä ☂ "quoted" & %41', "n" * 200):
        grant = probe.grant(nonce=nonce)
        answer = probe.redeem(grant)
        probe.expect(
            claims_of(str(answer.json.get("id_token", ""))).get("nonce") == nonce,
            answer,
            tried=f"nonce={nonce[:30]}",
            wanted="the same nonce in the ID token",
        )


@attack("AUTHZ-30", fix="Read claims strictly, and answer for the sub that it names or not at all.")
def claims_misused(probe: Probe) -> None:
    other = probe.another_person()
    asked = probe.ask()
    done = probe.go_through(probe.browser(), asked, other)
    answer = probe.token(probe.fields_for(asked, done.outcome.values.get("code", "")))
    theirs = claims_of(str(answer.json.get("id_token", ""))).get("sub")
    probe.works(bool(theirs), answer, "signing in as the second citizen")
    probe.grant()
    browser = probe.ground.signed_in()
    for claims in ("{", "[]", '"x"', "{}{}", "[" * 500):
        silent = probe.ask(prompt="none", claims=claims)
        answer = probe.authorize(silent, browser=browser)
        probe.refused(answer, ("invalid_request",), f"claims={claims[:20]}", silent)
    huge = probe.ask(prompt="none", claims=json.dumps({"userinfo": {"x" * 30_000: None}}))
    answer = probe.authorize(huge, browser=browser)
    probe.refused(answer, ("invalid_request",), "claims of 30,000 characters")
    named = {"id_token": {"sub": {"essential": True, "value": theirs}}}
    silent = probe.ask(prompt="none", claims=json.dumps(named))
    answer = probe.authorize(silent, browser=browser)
    errors = ("login_required", "access_denied", "invalid_request")
    probe.refused(answer, errors, "claims that name the sub of another citizen", silent)
