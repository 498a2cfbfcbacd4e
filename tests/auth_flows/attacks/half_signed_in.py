"""Attacks by who has given a password and no code, and on what binds the pages of a sign-in."""

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.guessing import guess_password, works_for
from tests.auth_flows.changes import Changing
from tests.auth_flows.mailbox import Mailbox
from tests.auth_flows.probe import Probe, claims_of
from tests.auth_flows.reading import seed_on
from tests.auth_flows.sign_in import Person
from tests.auth_flows.visit import Visit
from tests.auth_flows.wire import Pairs

OWN_PAGES = ("account", "password", "email", "authenticator_app", "recovery_codes", "sessions")
NAMES = ("username", "user", "user_id", "userid", "uid", "account", "account_id", "sub", "subject",
         "login", "login_hint", "identifier", "email", "email_address")  # fmt: skip
EVIL = "https://attacker.example"
A_DAY = 86_400


def no_code_comes(probe: Probe, visit: Visit, tried: str) -> None:
    """The client is not told a code, whatever else is shown."""
    probe.expect(not visit.arrived, visit.answer, tried=tried, wanted="no code for the client")


@attack("TOTP-08", fix="Ask at every door which level the session has, not whether there is one.")
def code_is_skipped(probe: Probe) -> None:
    person = probe.ground.next_person()
    whole = works_for(probe, person)
    half = Visit(probe, person).until("code")
    for words, changes in (("prompt=none", {"prompt": "none"}), ("the same request", {})):
        again = Visit(probe, person, browser=half.browser.copy(), asked=probe.ask(**changes))
        no_code_comes(probe, again, f"{words} after the password alone")
    other = probe.target.clients[-1]
    asked = probe.ask(other, prompt="none", code_challenge=None, code_challenge_method=None)
    if not other.pkce_optional:
        asked = probe.ask(other, prompt="none")
    again = Visit(probe, person, browser=half.browser.copy(), asked=asked)
    no_code_comes(probe, again, "prompt=none of another client after the password alone")
    for name in OWN_PAGES:
        if name not in probe.target.pages:
            continue
        page = probe.page(name)
        shown = Visit(probe, person, browser=whole.browser.copy(), url=page)
        probe.works(shown.answer.status == 200, shown.answer, f"the page {name}")
        visit = Visit(probe, person, browser=half.browser.copy(), url=page)
        same = visit.answer.url == shown.answer.url and visit.answer.status < 400
        probe.expect(
            not same or "code" in visit.asks,
            visit.answer,
            tried=f"the page {name} after the password alone",
            wanted="the question for a code, or a refusal",
        )


@attack("TOTP-09", fix="Keep on the server who gave the password, and read no name after that.")
def somebody_else_gives_the_code(probe: Probe) -> None:
    person, other = probe.ground.burn(), probe.ground.burn()
    works_for(probe, other)
    theirs = Visit(probe, other).until("code")
    visit = Visit(probe, person).until("code")
    forged = dict.fromkeys(NAMES, other.citizen.email)
    code = other.code()
    visit.give(code=code, more=forged)
    probe.expect(
        not visit.go_on(),
        visit.answer,
        tried="the password of one citizen, then the code and the name of another",
        wanted="no sign-in",
    )
    if "code" in visit.asks and theirs.form is not None and visit.form is not None:
        hidden = {k: v for k, v in theirs.form.values.items() if k not in theirs.form.asked}
        visit.give(code=code, more=hidden)
        probe.expect(
            not visit.go_on(),
            visit.answer,
            tried="the code of another citizen, with what their page held",
            wanted="no sign-in",
        )


@attack("TOTP-11", fix="Ask for the factor that is there before another one is set up.")
def app_by_the_password_alone(probe: Probe) -> None:
    person = probe.ground.next_person()
    whole = works_for(probe, person)
    half = Visit(probe, person).until("code")
    addresses = [half.beside("enrolment")] if "enrolment" in probe.target.pages else []
    addresses.append(probe.page("authenticator_app"))
    for address in addresses:
        visit = Visit(probe, person, browser=half.browser.copy(), url=address)
        probe.expect(
            not seed_on(visit.answer.body),
            visit.answer,
            tried=f"the page of a new app ({address}) after the password alone",
            wanted="no key of an app, but the question for a code",
        )
    answer = whole.browser.get(probe.page("authenticator_app"))
    probe.works(answer.status < 400, answer, "the page of a new app after a whole sign-in")


@attack("TOTP-21", fix="Ask for the code on every way that ends in a session.",
        left_out="programs and devices that sign in by other protocols")  # fmt: skip
def ways_without_a_code(probe: Probe) -> None:
    person = probe.ground.next_person()
    works_for(probe, person)
    for words, changes in (
        ("acr_values=0", {"acr_values": "0"}),
        ('vtr=["Cl"]', {"vtr": '["Cl"]'}),
        ("claims with acr 0", {"claims": '{"id_token":{"acr":{"value":"0"}}}'}),
        ("login_hint", {"login_hint": person.citizen.email}),
        ("max_age", {"max_age": "99999999"}),
        ("prompt=consent", {"prompt": "consent"}),
    ):
        visit = Visit(probe, person, asked=probe.ask(**changes))
        if visit.towards("password"):
            visit.give()
        if visit.go_on():
            answer = probe.token(probe.fields_for(visit.asked, visit.outcome.values["code"]))
            claims = claims_of(str(answer.json.get("id_token", "")))
            told = f"{claims.get('acr', '')} {claims.get('vot', '')} {claims.get('amr', '')}"
            probe.expect(
                not any(word in told for word in ("otp", "mfa", "Cm", "aal2")),
                answer,
                tried=f"{words}: a sign-in without a code",
                wanted="no word of a second factor in the ID token",
            )
            whole = Visit(probe, person, browser=visit.browser, asked=probe.ask(prompt="none"))
            no_code_comes(probe, whole, f"a usual request after a sign-in without a code ({words})")
        else:
            probe.expect(
                visit.asks == {"code"} or visit.outcome.kind in ("refused here", "sent back"),
                visit.answer,
                tried=f"{words}: a sign-in with a password alone",
                wanted="a page that asks for a code, or a refusal",
            )
    if "lost_factor" in probe.target.pages and probe.target.mailbox:
        _by_having_lost_it(probe)


def _by_having_lost_it(probe: Probe) -> None:
    """Who has the password and the mailbox says that the app is lost, and wants another at once."""
    person = probe.ground.burn()
    works_for(probe, person)
    mailbox = Mailbox(probe, person.citizen.email)
    visit = _lost(probe, person)
    _no_app_is_set_up(probe, visit, "the app said to be lost, before the mail was proved")
    visit = _lost(probe, person)
    if visit.form is not None and not visit.form.asked:
        visit.give()
    if "code" not in visit.asks:
        return
    visit.give(code=mailbox.code())
    if "code" in visit.asks:  # a notice with a number in it came before the mail with the code
        visit.give(code=mailbox.code())
    probe.works("code" not in visit.asks, visit.answer, "the code of a mail about a lost app")
    _no_app_is_set_up(probe, visit, "the app said to be lost, by password and mailbox")
    if probe.ground.clock.can_jump:
        probe.wait(A_DAY)
        later = _lost(probe, person)
        _no_app_is_set_up(probe, later, "the same, a day later")


def _lost(probe: Probe, person: Person) -> Visit:
    visit = Visit(probe, person).until("code")
    return visit.open(visit.beside("lost_factor"))


def _no_app_is_set_up(probe: Probe, visit: Visit, tried: str) -> None:
    """Neither by pressing on from this page nor by going straight to the page of a new app."""
    shown = [visit.answer.body]
    page = visit.beside("enrolment") if "enrolment" in probe.target.pages else ""
    if "code" not in visit.asks:
        visit.go_on()
        shown.append(visit.answer.body)
    if page:
        shown.append(visit.open(page).answer.body)
    probe.expect(
        not any(map(seed_on, shown)) and not visit.arrived,
        visit.answer,
        tried=tried,
        wanted="no key of a new app: its owner has had no time to hear of it",
    )


@attack("LOGIN-11", fix="Bind a random value of every form to the browser, and compare it first.")
def forged_forms(probe: Probe) -> None:
    person = probe.ground.burn()
    works_for(probe, person)
    other = Visit(probe, probe.another_person())
    visit = Visit(probe, person)
    for step in ("email", "password", "code"):
        other.towards(step)
        if not visit.towards(step):
            continue
        right = _right(visit, person, step)
        _forge(probe, visit, other, step, right)
        if visit.arrived:
            break
        before = visit.answer.url
        visit.give(more=dict.fromkeys(visit.asked_for(step), right))
        probe.works(
            visit.go_on() or visit.answer.url != before,
            visit.answer,
            f"the form that asks for the {step}",
        )
    if not probe.findings:
        _forms_of_an_account(probe)


def _forms_of_an_account(probe: Probe) -> None:
    """A page elsewhere posts, in the browser of who is signed in, what changes the account."""
    person = probe.ground.burn()
    if "sessions" in probe.target.pages:
        here, there = works_for(probe, person), works_for(probe, person)
        page = Visit(probe, person, browser=here.browser, url=probe.page("sessions"))
        if page.form is not None:
            _posted_by_another(page, [])
            silent = Visit(probe, person, browser=there.browser, asked=probe.ask(prompt="none"))
            probe.expect(
                silent.arrived,
                page.answer,
                tried="the form that ends a session, sent by a page elsewhere",
                wanted="it ends nothing",
            )
    if "password" in probe.target.pages:
        here = works_for(probe, person)
        page = Changing(probe, person, here.browser, "password").confirm().visit
        new = "a pass phrase of the attacker 9"
        _posted_by_another(page, [(name, new) for name in page.asked_for("password")])
        visit = guess_password(probe, person, person.citizen.password)
        probe.expect(
            visit.past_the_password,
            page.answer,
            tried="a new password, sent by a page elsewhere",
            wanted="the old one goes on",
        )


def _posted_by_another(page: Visit, pairs: Pairs) -> None:
    """Post these fields to where the form of a page leads, and none of its hidden values."""
    form, shown = page.form, page.answer
    address = page.absolute(form.action) if form and form.action else shown.url
    page.browser.url = EVIL
    page.answer = page.browser.post(address, pairs)
    page.browser.url = shown.url


def _right(visit: Visit, person: Person, step: str) -> str:
    if step == "code":
        return person.code()
    return person.citizen.email if step == "email" else person.citizen.password


def _forge(probe: Probe, visit: Visit, other: Visit, step: str, right: str) -> None:
    """Send the form without its hidden values, with another browser's, and from no browser."""
    form, theirs = visit.form, other.form
    if form is None or theirs is None:
        return
    filled = [(name, right if visit.kind(name) == step else "") for name in form.asked]
    filled = [(n, person_value(visit, n) or v) for n, v in filled]
    hidden = [pair for pair in form.values.items() if pair[0] not in form.asked]
    foreign = [pair for pair in theirs.values.items() if pair[0] not in theirs.asked]
    page = visit.answer
    for words, pairs, sender in (
        ("no hidden value", filled, page.url),
        ("no hidden value, from a page elsewhere", filled, EVIL),
        ("the hidden values of another browser", foreign + filled, page.url),
    ):
        if pairs == hidden + filled and sender != EVIL:
            continue  # nothing is hidden: then it must be seen where it comes from
        visit.answer, visit.browser.url = page, sender
        visit.send(pairs)
        probe.expect(
            not _went_on(visit, step),
            visit.answer,
            tried=f"the form that asks for the {step}, with {words}",
            wanted="it is refused",
        )
        if visit.arrived:
            return
    stranger = Visit(probe, visit.person, url=page.url)
    stranger.answer = page
    stranger.browser.url = EVIL
    stranger.send(hidden + filled)
    probe.expect(
        not _went_on(stranger, step),
        stranger.answer,
        tried=f"the form that asks for the {step}, sent by a page elsewhere from another browser",
        wanted="it is refused",
    )
    visit.answer, visit.browser.url = page, page.url


def person_value(visit: Visit, name: str) -> str:
    """What the visitor would type, where a page asks for two things at once."""
    kind = visit.kind(name)
    return visit.person.citizen.email if kind == "email" else ""


def _went_on(visit: Visit, step: str) -> bool:
    if visit.arrived:
        return True
    following = {"email": "password", "password": "code", "code": ""}[step]
    return (bool(following) and following in visit.asks and step not in visit.asks) or visit.go_on()


@attack("SESS-08", fix="Bind each sign-in to its browser, and each session to who signed in.")
def mixed_up(probe: Probe) -> None:
    person, other = probe.ground.burn(), probe.ground.burn()
    theirs = works_for(probe, other)
    half = Visit(probe, person).until("code")
    page = half.answer
    crossed = Visit(probe, other, browser=theirs.browser.copy(), url=page.url)
    no_code_comes(probe, crossed, "the address of one citizen's sign-in in the browser of another")
    crossed.answer = page
    if crossed.form is not None:
        crossed.give(code=other.code())
        crossed.go_on()
        no_code_comes(probe, crossed, "the form of one citizen's sign-in in the browser of another")
    browser, other = probe.browser(), probe.ground.burn()
    first = Visit(probe, person, browser=browser).until("password")
    second = Visit(probe, other, browser=browser).until("password")
    first.give()
    second.finish()
    probe.works(second.arrived, second.answer, "signing in as another citizen in the same browser")
    between = Visit(probe, other, browser=browser.copy(), url=first.answer.url)
    no_code_comes(probe, between, "two tabs: one citizen's sign-in goes on with another's session")
    if "code" in first.asks:
        first.give(code=other.code())
    mine = _sub(probe, half.finish())
    if first.go_on():
        probe.expect(
            _sub(probe, first) != mine,
            first.answer,
            tried="two tabs: the password of one citizen, then the code of another",
            wanted="no code for the client that speaks of the first",
        )


def _sub(probe: Probe, visit: Visit) -> str:
    answer = probe.token(probe.fields_for(visit.asked, visit.outcome.values.get("code", "")))
    return str(claims_of(str(answer.json.get("id_token", ""))).get("sub", answer.number))
