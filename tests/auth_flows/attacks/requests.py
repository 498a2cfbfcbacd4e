"""Attacks on the other parameters of an authorization request, by somebody not signed in."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from tests.auth_flows.asking import Asked
from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.redirects import EVIL
from tests.auth_flows.attacks.seen import followed
from tests.auth_flows.probe import Probe, got_tokens
from tests.auth_flows.wire import Answer

ANY = ("invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope")
SCRIPT = '"><script>alert(1)</script>'


def _posted(probe: Probe, asked: Asked, query: str = "") -> Answer:
    endpoint = probe.endpoint("authorization_endpoint")
    return probe.browser().post(endpoint + query, asked.pairs)


def _posting_works(probe: Probe) -> bool:
    answer = _posted(probe, probe.ask())
    return answer.status != 405 and probe.outcome(answer).kind in ("page", "goes on")


@attack("AUTHZ-10", fix="Refuse a request in which any parameter comes twice.")
def parameters_twice(probe: Probe) -> None:
    probe.plain_request_works()
    for second in ("no-such-client", probe.client.id):
        answer = probe.authorize(probe.ask(), more="&" + urlencode({"client_id": second}))
        probe.refused_here(answer, f"client_id twice, the second time {second}")
    for second in (EVIL, probe.client.redirect_uri):
        # Told to the registered address, the client hears of it as well as from a page.
        answer = probe.authorize(probe.ask(), more="&" + urlencode({"redirect_uri": second}))
        probe.refused(answer, ANY, f"redirect_uri twice, the second time {second}")
    others = (("scope", "openid"), ("state", "other"), ("response_type", "token"))
    for name, value in (*others, ("code_challenge_method", "plain"), ("nonce", "other")):
        answer = probe.authorize(probe.ask(), more="&" + urlencode({name: value}))
        probe.refused(answer, ANY, f"{name} twice, the second time {value}")
    if _posting_works(probe):
        asked = probe.ask()
        asked.pairs.append(("redirect_uri", EVIL))
        probe.refused(_posted(probe, asked), ANY, "redirect_uri twice in the body")


@attack("AUTHZ-12", fix="Give codes only; refuse every response type the client has not.")
def other_response_types(probe: Probe) -> None:
    probe.plain_request_works()
    types = ("token", "id_token", "id_token token", "code token", "code id_token", "none", "CODE")
    for kind in types:
        for more in ({}, {"prompt": "none"}):
            asked = probe.ask(response_type=kind, **more)
            probe.refused(probe.authorize(asked), ANY, f"response_type={kind}", asked)


@attack("AUTHZ-13", fix="Refuse response modes that are not registered.")
def other_response_modes(probe: Probe) -> None:
    probe.plain_request_works()
    for mode in ("web_message", "form_post.jwt", "query.jwt", "jwt", "okta_post_message"):
        answer = probe.authorize(probe.ask(response_mode=mode, prompt="none"))
        errors = (*ANY, "unsupported_response_mode")
        probe.refused(answer, errors, f"response_mode={mode}")


@attack("AUTHZ-14", fix="Escape everything a request brings; allow no inline script in the CSP.")
def script_in_parameters(probe: Probe) -> None:
    probe.plain_request_works()
    for name in ("redirect_uri", "client_id", "state", "scope", "ui_locales", "login_hint"):
        changes: dict[str, str | None] = {"redirect_uri": EVIL, name: SCRIPT}
        _no_script(probe, probe.authorize(probe.ask(**changes)), f"script in {name}")
    for name in ("state", "nonce", "ui_locales", "login_hint"):
        browser = probe.browser()
        answer = probe.authorize(probe.ask(**{name: SCRIPT}), browser=browser)
        answer = followed(probe, browser, answer)
        _no_script(probe, answer, f"script in {name} of a request that is good otherwise")
    if probe.ground.persons:
        asked = probe.ask(state=SCRIPT, login_hint=f"{SCRIPT}@example.com")
        done = probe.go_through(probe.browser(), asked, probe.ground.next_person())
        for answer in done.answers:
            _no_script(probe, answer, "script in state and login_hint, while signing in")
    if "form_post" in probe.ground.metadata.get("response_modes_supported", []):
        by_form: dict[str, str | None] = {"prompt": "none", "response_mode": "form_post"}
        answer = probe.authorize(probe.ask(**by_form))
        if answer.status == 200:
            told = probe.outcome(answer).values.get("error")
            probe.works(bool(told), answer, "a form_post answer")
            answer = probe.authorize(probe.ask(state=SCRIPT, **by_form))
            _no_script(probe, answer, "script in state, answered by form_post")


def _no_script(probe: Probe, answer: Answer, tried: str) -> None:
    probe.expect(
        "<script>alert(1)" not in answer.body, answer, tried=tried, wanted="the text escaped"
    )
    if "html" not in answer.header("Content-Type"):
        return
    policy = answer.header("Content-Security-Policy")
    rules = [rule.strip() for rule in policy.split(";")]
    scripts = [rule for rule in rules if rule.startswith(("script-src", "default-src"))]
    strict = bool(scripts) and not any("'unsafe-inline'" in rule for rule in scripts)
    probe.expect(
        strict,
        answer,
        tried=f"the policy of the page that answers {tried}",
        wanted=f"a content security policy that lets no inline script run, not {policy!r}",
    )


@attack("AUTHZ-15", fix="Return state as it came; refuse what is too long before parsing it.")
def mangled_state(probe: Probe) -> None:
    probe.plain_request_works()
    for state in ("a b+c", "%2541%20", "ä☂\u202e", "a&code=x", "a#b", "x=1;y=2", "A" * 500):
        asked = probe.ask(state=state, prompt="none")
        answer = probe.authorize(asked)
        outcome = probe.outcome(answer)
        again = [value for name, value in parse_qsl(urlsplit(answer.location).query)
                 if name == "state"]  # fmt: skip
        probe.expect(
            outcome.kind == "refused here" or (outcome.kind == "sent back" and again == [state]),
            answer,
            tried=f"state={quote(state[:40])}",
            wanted="the same state back, once",
        )
    for state in ("a b+c", "%2541%20", "a&code=x") if probe.ground.persons else ():
        done = probe.go_through(probe.ground.signed_in(), probe.ask(state=state))
        probe.expect(
            done.outcome.kind == "refused here" or done.outcome.values.get("state") == state,
            done.answers[-1],
            tried=f"state={quote(state)}, answered by a code",
            wanted="the same state back",
        )
    for length in (10_000, 60_000):
        asked = probe.ask(state="A" * length, prompt="none")
        answer = probe.authorize(asked)
        told = probe.outcome(answer)
        probe.expect(
            told.kind == "refused here"
            or (told.kind == "sent back" and told.error == "invalid_request")
            or told.values.get("state") == asked.state,
            answer,
            tried=f"a state of {length} characters",
            wanted="a refusal, or the same state back",
        )


@attack("AUTHZ-16", fix="Add iss to every authorization response (RFC 9207).")
def answers_without_issuer(probe: Probe) -> None:
    probe.plain_request_works()
    flag = probe.ground.metadata.get("authorization_response_iss_parameter_supported")
    answer = probe.authorize(probe.ask(prompt="none"))
    outcome = probe.outcome(answer)
    probe.works(outcome.kind == "sent back", answer, "an error that is told to the client")
    others = [("an error", answer)]
    another = probe.authorize(probe.ask(response_type="token"))
    if probe.outcome(another).kind == "sent back":
        others.append(("another error", another))
    for words, told in others:
        probe.expect(
            probe.outcome(told).values.get("iss") == probe.target.issuer,
            told,
            tried=f"{words} told to the client",
            wanted=f"iss={probe.target.issuer}",
        )
    probe.expect(flag is True, answer, tried="the metadata", wanted="the flag of RFC 9207 is true")
    for mode, asked, told in _in_every_mode(probe):
        values = probe.outcome(told).values
        probe.expect(
            values.get("iss") == probe.target.issuer and values.get("state") == asked.state,
            told,
            tried=f"an error told by response_mode={mode}",
            wanted=f"iss={probe.target.issuer}, and the state",
        )
    if probe.ground.persons:
        done = probe.go_through(probe.ground.signed_in(), probe.ask())
        probe.expect(
            done.outcome.values.get("iss") == probe.target.issuer,
            done.answers[-1],
            tried="a code told to the client",
            wanted=f"iss={probe.target.issuer}",
        )


def _in_every_mode(probe: Probe) -> Iterator[tuple[str, Asked, Answer]]:
    """An error that the client is told, in each way in which the provider tells it anything."""
    for mode in probe.ground.metadata.get("response_modes_supported", []):
        asked = probe.ask(prompt="none", response_mode=str(mode))
        answer = probe.authorize(asked)
        if probe.outcome(answer).kind == "sent back":
            yield str(mode), asked, answer


@attack("AUTHZ-19", fix="Grant only scopes that exist and that the client is registered for.")
def scopes_not_granted(probe: Probe) -> None:
    probe.plain_request_works()
    scopes = ("openid no-such-scope", "openid admin", "openid *", "openid\topenid", "OPENID", "")
    for scope in scopes:
        asked = probe.ask(scope=scope, prompt="none")
        probe.refused(probe.authorize(asked), (*ANY, "login_required"), f"scope={scope!r}", asked)
    answer = probe.authorize(probe.ask(scope="email", prompt="none"))
    probe.refused(answer, (*ANY, "login_required"), "a scope without openid")
    if not probe.ground.persons:
        probe.leave_out("scopes asked for by somebody signed in: the target file names no citizen")
        return
    probe.grant()
    _not_granted(probe, "no-such-scope", "an unknown scope")
    registered = probe.client.registered_scopes
    published = probe.ground.metadata.get("scopes_supported", [])
    others = [scope for scope in published if scope not in registered]
    if not registered:
        probe.leave_out("a real scope: the target file names no registered_scopes of the client")
    elif not others:
        probe.leave_out("a real scope: the client is registered for all that are published")
    for scope in others if registered else ():
        _not_granted(probe, scope, f"{scope}, for which the client is not registered")


def _not_granted(probe: Probe, scope: str, words: str) -> None:
    asked = probe.ask(scope=f"{probe.client.scope} {scope}")
    answer = probe.authorize(asked, browser=probe.ground.signed_in())
    code = probe.outcome(answer).values.get("code")
    told = probe.token(probe.fields_for(asked, code)) if code else answer
    # Where the answer names none, what was asked for is granted (RFC 6749 section 5.1).
    granted = told.json.get("scope") or asked.value("scope")
    probe.expect(
        not got_tokens(told) or scope not in str(granted).split(),
        told,
        tried=f"{words}, by somebody signed in",
        wanted="it is not granted, and the answer says so",
    )


@attack("AUTHZ-20", fix="Answer prompt=none by an error whenever a page would be needed.",
        left_out="a citizen whose consent is missing or who must step up")  # fmt: skip
def no_page_wanted(probe: Probe) -> None:
    probe.plain_request_works()
    wanted = ("login_required", "interaction_required", "account_selection_required")
    for more in ({}, {"max_age": "0"}, {"response_mode": "fragment"}):
        asked = probe.ask(prompt="none", **more)
        answer = probe.authorize(asked)
        outcome = probe.outcome(answer)
        probe.expect(
            outcome.kind == "sent back"
            and outcome.error in wanted
            and outcome.values.get("state") == asked.state,
            answer,
            tried=f"prompt=none {more or ''} while nobody is signed in",
            wanted=f"the client is told {wanted[0]}",
        )


@attack("AUTHZ-21", fix="Refuse prompt=none beside any other value.")
def none_and_something(probe: Probe) -> None:
    probe.plain_request_works()
    for prompt in ("none login", "login none", "none consent", "none select_account"):
        asked = probe.ask(prompt=prompt)
        probe.refused(probe.authorize(asked), ANY, f"prompt={prompt}", asked)


@attack("AUTHZ-28", fix="Run the same checks for POST as for GET, or answer 405.")
def the_same_by_post(probe: Probe) -> None:
    probe.plain_request_works()
    wrong: tuple[dict[str, str | None], ...] = (
        {"redirect_uri": EVIL},
        {"redirect_uri": None},
        {"client_id": "no-such-client"},
    )
    for changes in wrong:
        probe.refused_here(_posted(probe, probe.ask(**changes)), f"{changes} by POST")
    for name, value in (("response_type", "token"), ("code_challenge_method", "plain")):
        answer = _posted(probe, probe.ask(**{name: value}))
        probe.refused(answer, ANY, f"{name}={value} by POST")
    query = "?" + urlencode({"redirect_uri": EVIL})
    answer = _posted(probe, probe.ask(), query)
    probe.expect(
        probe.outcome(answer).kind != "elsewhere" and EVIL not in answer.location,
        answer,
        tried="another redirect_uri in the query of a POST",
        wanted="the query does not count",
    )
