"""Attacks on signing out: forced, led astray, hinted at by others, survived."""

from urllib.parse import urlencode, urljoin, urlsplit

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.seen import SCRIPT, is_page
from tests.auth_flows.browser import Browser
from tests.auth_flows.forms import Form, forms_of
from tests.auth_flows.jose import forged
from tests.auth_flows.probe import Probe, claims_of
from tests.auth_flows.targets import Client
from tests.auth_flows.verdicts import Broken, NotTried
from tests.auth_flows.wire import Answer, Pairs

EVIL = "https://attacker.example/signed-out"
MOST_REDIRECTS = 5


def _sign_out(probe: Probe, browser: Browser, **parameters: str) -> Answer:
    """Ask for a sign-out by GET, and follow the provider's own redirects."""
    answer = browser.get(probe.endpoint("end_session_endpoint") + "?" + urlencode(parameters))
    return _followed(probe, browser, answer)


def sign_out_to_the_end(probe: Probe, browser: Browser, **parameters: str) -> Answer:
    """Ask for a sign-out, and say yes to whoever asks whether to sign out."""
    answer = _sign_out(probe, browser, **parameters)
    form = next((form for form in forms_of(answer.body) if _signs_out(probe, answer, form)), None)
    if form is None:
        return answer
    yes = next((button for button in form.buttons if "yes" in button), ("", ""))
    return _followed(probe, browser, browser.submit(form, {}, yes))


def _signs_out(probe: Probe, answer: Answer, form: Form) -> bool:
    path = urlsplit(urljoin(answer.url, form.action)).path
    ours = urlsplit(probe.endpoint("end_session_endpoint")).path
    return form.method == "post" and (path.startswith(ours) or "logout" in path)


def _followed(probe: Probe, browser: Browser, answer: Answer) -> Answer:
    home = urlsplit(probe.target.issuer)[:2]
    for _ in range(MOST_REDIRECTS):
        if not answer.location or urlsplit(probe.absolute(answer))[:2] != home:
            break
        answer = browser.get(probe.absolute(answer))
    return answer


def _lives(probe: Probe, browser: Browser) -> tuple[bool, Answer]:
    answer = probe.authorize(probe.ask(prompt="none"), browser=browser)
    return "code" in probe.outcome(answer).values, answer


def _still_signed_in(probe: Probe, browser: Browser, tried: str) -> None:
    lives, answer = _lives(probe, browser)
    wanted = "the session lives on until they have been asked"
    probe.expect(lives, answer, tried=f"{tried}, then a silent sign-in", wanted=wanted)
    if not lives:
        probe.grant()


def _client(probe: Probe) -> Client:
    """A client with an address for after the sign-out. Raises NotTried if there is none."""
    for client in probe.target.clients:
        if client.post_logout_redirect_uri:
            return client
    raise NotTried("no client of the target file has a post_logout_redirect_uri")


def _id_token(probe: Probe, client: Client) -> str:
    answer = probe.redeem(probe.grant(client))
    token = str(answer.json.get("id_token", ""))
    if not token:
        raise Broken(f"no ID token came for a good request: {answer.told()}")
    return token


def _question(probe: Probe, browser: Browser) -> Form:
    """The form that asks whether to sign out. Raises NotTried if nobody asks."""
    page = _sign_out(probe, browser)
    posts = [form for form in forms_of(page.body) if form.method == "post"]
    if not is_page(page) or not posts:
        raise NotTried(f"the provider shows no form before a sign-out: {page.told()}")
    return max(posts, key=lambda form: ("logout" in form.action, "sign" in form.action))


@attack("LOGOUT-01", fix="Ask before signing out, by POST with a token, unless a hint is theirs.")
def forced_sign_out(probe: Probe) -> None:
    probe.grant()
    browser = probe.ground.signed_in()
    lives, answer = _lives(probe, browser)
    probe.works(lives, answer, "a silent sign-in")
    endpoint = probe.endpoint("end_session_endpoint")
    for words, parameters in (
        ("a link without a hint", {}),
        ("a link that names the client", {"client_id": probe.client.id}),
        ("a link with a hint that is no token", {"id_token_hint": "no-token"}),
        ("a link with an empty hint", {"id_token_hint": "", "state": "x"}),
    ):
        _sign_out(probe, browser, **parameters)
        _still_signed_in(probe, browser, words)
    browser.post(endpoint, [], Origin="https://attacker.example")
    _still_signed_in(probe, browser, "a form of another page")
    form = _question(probe, browser)
    for name in [name for name, value in form.values.items() if len(value) >= 16]:
        without = {other: value for other, value in form.values.items() if other != name}
        for words, changed in (
            (f"{name}=''", without | {name: ""}),
            (f"{name}='forged'", without | {name: "forged"}),
            (f"no {name}", without),
        ):
            browser.submit(Form("post", form.action, changed), {}, ("", ""))
            _still_signed_in(probe, browser, f"the question answered with {words}")
    form = _question(probe, browser)
    browser.submit(form, {}, form.buttons[0] if form.buttons else ("", ""))
    lives, answer = _lives(probe, browser)
    probe.works(not lives, answer, "the question answered by its own form")


@attack("LOGOUT-02", fix="After a sign-out, redirect only to an address of the hint's client.")
def led_astray(probe: Probe) -> None:
    client = _client(probe)
    token, good = _id_token(probe, client), client.post_logout_redirect_uri
    answer = sign_out_to_the_end(
        probe, probe.browser(), id_token_hint=token, post_logout_redirect_uri=good
    )
    probe.works(answer.location.startswith(good), answer, "going on to a registered address")
    others = [c.post_logout_redirect_uri for c in probe.target.clients if c is not client]
    wrong = [EVIL, good + "/extra", good + "?x=1", good + "#x", good.replace("://", "://evil@"),
             good.upper(), good + "/../x", "javascript:alert(1)", "//attacker.example/",
             client.redirect_uri, *filter(None, others)]  # fmt: skip
    for address in wrong:
        for hint in ({"id_token_hint": token}, {"client_id": client.id}):
            _stays(probe, {**hint, "post_logout_redirect_uri": address}, f"led to {address}")
    for hint in ({}, {"id_token_hint": ""}, {"id_token_hint": "no-token"}):
        words = f"a registered address with {hint or 'no hint'}"
        _stays(probe, {**hint, "post_logout_redirect_uri": good}, words)


def _stays(probe: Probe, parameters: dict[str, str], tried: str) -> None:
    answer = sign_out_to_the_end(probe, probe.browser(), **parameters)
    probe.expect(
        not answer.location and not answer.failed,
        answer,
        tried=f"a sign-out {tried}",
        wanted="a page of the provider's own, and no redirect",
    )


@attack("LOGOUT-03", fix="Trust a hint only if its signature, issuer and client are right.")
def foreign_hints(probe: Probe) -> None:
    client = _client(probe)
    own, good = _id_token(probe, client), client.post_logout_redirect_uri
    claims = own.split(".")[1]
    theirs = _token_of_another(probe, client)
    unsigned = f"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}."
    answer = sign_out_to_the_end(
        probe, probe.browser(), id_token_hint=own, post_logout_redirect_uri=good
    )
    probe.works(answer.location.startswith(good), answer, "a hint of our own, nobody signed in")
    browser = probe.ground.signed_in()
    for words, hint, trusted in (
        ("of another citizen", {"id_token_hint": theirs}, True),
        ("with a forged signature", {"id_token_hint": forged(own)}, False),
        ("without a signature", {"id_token_hint": unsigned}, False),
        ("that is cut short", {"id_token_hint": own[:-10]}, False),
        ("beside another client", {"id_token_hint": own, "client_id": "no-such-client"}, False),
    ):
        probe.grant()
        answer = _sign_out(probe, browser, **hint, post_logout_redirect_uri=good)
        _still_signed_in(probe, browser, f"a hint {words}")
        if not trusted:
            _stays(probe, {**hint, "post_logout_redirect_uri": good}, f"with a hint {words}")


def _token_of_another(probe: Probe, client: Client) -> str:
    asked = probe.ask(client)
    done = probe.go_through(probe.browser(), asked, probe.another_person())
    fields: Pairs = probe.fields_for(asked, done.outcome.values.get("code", ""))
    return str(probe.token(fields, client).json.get("id_token", ""))


@attack("LOGOUT-04", fix="Accept a hint that has expired for signing out of its session.")
def expired_hint(probe: Probe) -> None:
    client = _client(probe)
    old = probe.ground.old_id_tokens.get(client.id) or _id_token(probe, client)
    good = client.post_logout_redirect_uri
    fresh = _id_token(probe, client)
    answer = sign_out_to_the_end(
        probe, probe.browser(), id_token_hint=fresh, post_logout_redirect_uri=good
    )
    probe.works(answer.location.startswith(good), answer, "a hint that has not expired")
    left = claims_of(old).get("exp", 0) - probe.ground.clock.now()
    if left >= 0:
        probe.wait(left + 1)
    answer = sign_out_to_the_end(
        probe, probe.browser(), id_token_hint=old, post_logout_redirect_uri=good
    )
    probe.expect(
        answer.location.startswith(good),
        answer,
        tried="a genuine hint that has expired",
        wanted="good enough: on to the registered address",
    )


@attack("LOGOUT-10", fix="Escape state; return it only in a redirect to a registered address.")
def markup_in_state(probe: Probe) -> None:
    answer = _sign_out(probe, probe.browser())
    probe.works(answer.status < 400, answer, "the page of a sign-out")
    for name in ("state", "post_logout_redirect_uri", "client_id", "ui_locales", "logout_hint",
                 "error_description", "error_code"):  # fmt: skip
        answer = _sign_out(probe, probe.browser(), **{"state": "x", name: SCRIPT})
        probe.expect(
            SCRIPT not in answer.body and "<script>alert(1)" not in answer.body,
            answer,
            tried=f"markup in {name} of a sign-out",
            wanted="it is escaped or not shown",
        )
        # Where it ended is an address as well, which anybody can link to.
        last = probe.browser().get(
            f"{answer.url.partition('?')[0]}?{urlencode({'state': 'x', name: SCRIPT})}"
        )
        probe.expect(
            SCRIPT not in last.body and "<script>alert(1)" not in last.body,
            last,
            tried=f"markup in {name} of the page after a sign-out",
            wanted="it is escaped or not shown",
        )
