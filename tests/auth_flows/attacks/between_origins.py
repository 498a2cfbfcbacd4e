"""Attacks from a page of another origin: reading answers, getting them posted, posting forms."""

from urllib.parse import urljoin, urlsplit

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.pages import policy_of
from tests.auth_flows.attacks.seen import all_pages, is_page
from tests.auth_flows.browser import Browser
from tests.auth_flows.forms import forms_of
from tests.auth_flows.probe import Grant, Probe
from tests.auth_flows.sign_in import button_to_press
from tests.auth_flows.visit import Visit
from tests.auth_flows.wire import Answer

STRANGER = "https://attacker.example"
FOR_BROWSERS_ALONE = ("authorization_endpoint", "end_session_endpoint")
FOR_PROGRAMS = (
    "token_endpoint", "userinfo_endpoint", "introspection_endpoint", "revocation_endpoint",
    "registration_endpoint", "pushed_authorization_request_endpoint", "jwks_uri",
)  # fmt: skip


def _allowed(answer: Answer) -> tuple[str, bool]:
    origin = answer.header("Access-Control-Allow-Origin")
    return origin, answer.header("Access-Control-Allow-Credentials").lower() == "true"


@attack("UI-06", fix="Allow other origins nothing but public documents; never reflect an Origin.")
def read_from_another_origin(probe: Probe) -> None:
    wire = probe.ground.wire
    probe.plain_request_works()
    preflight = {"Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "authorization"}  # fmt: skip
    metadata = probe.ground.metadata
    public = [name for name in FOR_PROGRAMS if name in metadata]
    alone = [name for name in FOR_BROWSERS_ALONE if name in metadata]
    for origin in (STRANGER, "null", probe.target.issuer.rstrip("/") + ".attacker.example"):
        for name in alone + public:
            for method, more in (("GET", {}), ("POST", {}), ("OPTIONS", preflight)):
                answer = wire.send(method, probe.endpoint(name), headers={"Origin": origin, **more})
                told, credentials = _allowed(answer)
                # Elsewhere a permission without credentials tells a stranger what everybody hears.
                readable = name in alone and told in (origin, "*")
                probe.expect(
                    not readable and not (credentials and told),
                    answer,
                    tried=f"{method} {name} with Origin: {origin}",
                    wanted=f"no permission for that origin, not {told!r}",
                )
        _token_answer(probe, origin)
    if probe.ground.persons:
        probe.grant()
        page = probe.ground.signed_in().get(probe.ask(prompt="none").url(
            probe.endpoint("authorization_endpoint")), Origin=STRANGER)  # fmt: skip
        probe.expect(
            not page.header("Access-Control-Allow-Origin"),
            page,
            tried=f"the answer to somebody signed in, with Origin: {STRANGER}",
            wanted="no permission",
        )


def _token_answer(probe: Probe, origin: str) -> None:
    fields = probe.token_fields(Grant(probe.ask(), "no-such-code"))
    proof, headers = probe.proof()
    endpoint = probe.endpoint("token_endpoint")
    answer = probe.ground.wire.form(endpoint, fields + proof, headers | {"Origin": origin})
    told, _ = _allowed(answer)
    probe.expect(
        told not in (origin, "*"),
        answer,
        tried=f"a token request of our client with Origin: {origin}",
        wanted=f"no permission for that origin, not {told!r}",
    )


@attack("UI-05", fix="Send form-action 'self', and where a form ends at a client, its address.")
def forms_elsewhere(probe: Probe) -> None:
    done = probe.go_through(probe.browser(), probe.ask(), probe.ground.next_person())
    probe.works("code" in done.outcome.values, done.answers[-1], "signing in by its forms")
    ours = {urlsplit(client.redirect_uri)[:2] for client in probe.target.clients}
    home = urlsplit(probe.target.issuer)[:2]
    for each in all_pages(probe):
        if not is_page(each.answer):
            continue
        allowed = policy_of(each.answer).get("form-action")
        others = [
            source
            for source in allowed or ["*"]
            if source not in ("'self'", "'none'") and urlsplit(source)[:2] not in {home, *ours}
        ]
        probe.expect(
            not others,
            each.answer,
            tried=f"where {each.where} lets forms lead",
            wanted=f"home, and registered addresses, not {' '.join(others)}",
        )
        actions = [urljoin(each.answer.url, form.action) for form in forms_of(each.answer.body)]
        away = [action for action in actions if urlsplit(action)[:2] not in {home, *ours}]
        probe.expect(
            not away,
            each.answer,
            tried=f"where the forms of {each.where} lead",
            wanted=f"home, not {' '.join(away)}",
        )


@attack("UI-07", fix="Answer GET without changing anything; 405 where only POST makes sense.")
def changes_by_get(probe: Probe) -> None:
    person, browser = probe.ground.next_person(), probe.browser()
    done = probe.go_through(browser, probe.ask(), person)
    probe.works("code" in done.outcome.values, done.answers[-1], "signing in by POST")
    addresses = [probe.page(name) for name in probe.target.pages]
    if "end_session_endpoint" in probe.ground.metadata:
        addresses.append(probe.endpoint("end_session_endpoint"))
    for address in addresses:
        page = browser.get(address)
        for form in forms_of(page.body) if is_page(page) else ():
            if form.method != "post":
                continue
            for name, value in form.buttons or [("", "")]:
                form.method = "get"
                browser.submit(form, dict.fromkeys(form.asked, "probe"), (name, value))
                silent = probe.authorize(probe.ask(prompt="none"), browser=browser)
                probe.expect(
                    "code" in probe.outcome(silent).values,
                    silent,
                    tried=f"the form of {address} sent by GET, then a silent sign-in",
                    wanted="the session lives on",
                )
    _sign_out_by_post(probe, browser)
    _password_by_get(probe)


def _sign_out_by_post(probe: Probe, browser: Browser) -> None:
    """The form that signs out, sent as it is meant to be: what by GET did nothing does it."""
    if "end_session_endpoint" not in probe.ground.metadata:
        probe.leave_out("that a form does by POST what it did not by GET: nothing signs out")
        return
    page = browser.get(probe.endpoint("end_session_endpoint"))
    for form in forms_of(page.body):
        if form.method == "post":
            browser.submit(form, {}, next(iter(form.buttons), ("", "")))
    silent = probe.authorize(probe.ask(prompt="none"), browser=browser)
    probe.works("code" not in probe.outcome(silent).values, silent, "signing out by POST")


def _password_by_get(probe: Probe) -> None:
    person = probe.ground.next_person()
    visit = Visit(probe, person).until("password")
    form = visit.form
    assert form is not None
    form.method = "get"
    typed = dict.fromkeys(visit.asked_for("password"), person.citizen.password)
    button = button_to_press(form, probe.target.fields)
    answer = visit.browser.submit(form, typed, button)
    probe.expect(
        probe.outcome(answer).kind in ("page", "refused here"),
        answer,
        tried="the right password, sent by GET",
        wanted="nobody is let on",
    )
    visit = Visit(probe, person).until("password").give()
    probe.works(visit.past_the_password, visit.answer, "the right password, sent by POST")


@attack("UI-08", fix="Offer no web_message, or post to the exact origin of the redirect address.")
def posted_to_any_window(probe: Probe) -> None:
    probe.plain_request_works()
    modes = probe.ground.metadata.get("response_modes_supported", [])
    browser = probe.browser()
    if probe.ground.persons:
        probe.grant()
        browser = probe.ground.signed_in()
    for mode in dict.fromkeys(("web_message", "okta_post_message", "storagerelay", *modes)):
        for more in ({}, {"web_message_target": STRANGER, "origin": STRANGER}):
            asked = probe.ask(response_mode=mode, prompt="none", **more)
            answer = probe.authorize(asked, browser=browser)
            posts = "postMessage" in answer.body
            probe.expect(
                not posts or ("'*'" not in answer.body and '"*"' not in answer.body),
                answer,
                tried=f"response_mode={mode} {more or ''}",
                wanted="no message, or one to the exact origin",
            )
