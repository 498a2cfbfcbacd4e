"""Attacks on getting a new password by mail."""

from urllib.parse import urlsplit

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.guessing import guess_password, works_for
from tests.auth_flows.probe import Probe, got_tokens
from tests.auth_flows.reading import loads_of
from tests.auth_flows.resets import Reset
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.visit import Visit

EVIL = "attacker.example"
MOST_TRIES = 6
MOST_MAILS = 10
REQUESTS = 14
LONGEST_PROOF = 3600
FOREIGN = ("http://", "https://", "//")


def opens_no_choice(probe: Probe, reset: Reset, tried: str) -> None:
    """No new password can be chosen after this."""
    probe.expect(
        not reset.may_choose and not reset.visit.arrived,
        reset.visit.answer,
        tried=tried,
        wanted="no page that asks for a new password",
    )


def past_the_mail(reset: Reset, url: str) -> bool:
    """Whether what was typed on the page at `url` was taken for what the mail held."""
    return reset.visit.answer.url != url


@attack("RECOV-01", fix="Make the proof long or its tries few; take it once, for an hour at most.")
def proof_misused(probe: Probe) -> None:
    person = probe.ground.burn()
    works_for(probe, person)
    good = Reset(probe, person).ask()
    first = good.code()
    page = good.visit.answer.url
    thief = Reset(probe, person).ask()
    second = thief.code()
    if first != second:
        _not_taken(probe, thief, first, "the code of an earlier mail in a later reset")
    else:
        _not_taken(probe, thief, "000000", "a code that nobody mailed")
    thief.visit.give(code=second)
    taken = thief.visit.answer
    probe.works(taken.url != page and not taken.url.endswith(page), taken, "the code of the mail")
    again = Reset(probe, person).ask()
    _not_taken(probe, again, second, "a code that was used, in another browser")
    thief.give_the_factor().choose()
    person.change(password=thief.new_password)
    good.visit.open(page)
    if "code" in good.visit.asks:
        _not_taken(probe, good, first, "a code of before the new password was chosen")
    opens_no_choice(probe, good, "a reset of before the new password was chosen")
    _guesses(probe)
    _waits(probe)


def _not_taken(probe: Probe, reset: Reset, code: str, tried: str) -> None:
    url = reset.visit.answer.url
    reset.visit.give(code=code)
    probe.expect(
        not past_the_mail(reset, url) or reset.visit.answer.status >= 400,
        reset.visit.answer,
        tried=tried,
        wanted="it is not taken",
    )


def _guesses(probe: Probe) -> None:
    person = probe.ground.burn()
    reset = Reset(probe, person).ask()
    code = reset.code()
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(MOST_TRIES):
        if "code" in reset.visit.asks:
            reset.visit.give(code=wrong)
    if "code" in reset.visit.asks:
        reset.visit.give(code=code)
    probe.expect(
        "code" not in reset.visit.asks and not reset.may_choose,
        reset.visit.answer,
        tried=f"the right code of a mail after {MOST_TRIES} wrong ones",
        wanted="it is not taken any more",
    )


def _waits(probe: Probe) -> None:
    if not probe.ground.clock.can_jump:
        probe.leave_out(f"a code that is older than {LONGEST_PROOF} s: time cannot be moved")
        return
    person = probe.ground.burn()
    reset = Reset(probe, person).ask()
    code = reset.code()
    page = reset.visit.answer.url
    for _ in range(4):
        probe.wait(LONGEST_PROOF // 4 + 5)
        for form in reset.visit.forms:  # what asks for more time, so that the sign-in lives on
            if form.method == "post" and not form.asked:
                reset.visit.browser.submit(form, {}, ("", ""))
        reset.visit.open(page)
    if "code" in reset.visit.asks:
        reset.visit.give(code=code)
        reset.give_the_factor()
    opens_no_choice(probe, reset, f"a code that is older than {LONGEST_PROOF} s")


@attack("RECOV-02", fix="Open the page of a new password only to who has proved the mailbox.")
def steps_skipped(probe: Probe) -> None:
    fields = _fields_of_choice(probe)
    person = probe.ground.burn()
    works_for(probe, person)
    for words, reset in (
        ("before the mail was asked for", Reset(probe, person)),
        ("before the code of the mail was typed", Reset(probe, person).ask()),
    ):
        if "code" in reset.visit.asks:
            reset.visit.give(code=person.code())
            opens_no_choice(probe, reset, "the code of the app in the place of the mailed one")
        reset.visit.open(reset.visit.beside("new_password"))
        opens_no_choice(probe, reset, f"the page of a new password {words}")
        _forced(probe, reset, fields, words)
    visit = guess_password(probe, person, person.citizen.password)
    probe.works(visit.past_the_password, visit.answer, "the old password, afterwards")
    reset = Reset(probe, person).ask().prove()
    probe.works(
        "code" in reset.visit.asks or reset.may_choose, reset.visit.answer, "the mail's code"
    )


def _fields_of_choice(probe: Probe) -> list[str]:
    """The fields in which a new password is chosen, seen at the end of a good reset."""
    reset = Reset(probe, probe.ground.burn()).ask().prove().give_the_factor()
    probe.works(reset.may_choose, reset.visit.answer, "a reset up to the new password")
    return reset.visit.asked_for("password")


def _forced(probe: Probe, reset: Reset, fields: list[str], words: str) -> None:
    """Send a new password to the address that would take it, with the page's own values."""
    address = reset.visit.beside("new_password")
    form = reset.visit.form
    hidden = [pair for pair in form.values.items() if pair[0] not in form.asked] if form else []
    new = [(field, reset.new_password) for field in fields]
    answer = reset.visit.browser.post(address, hidden + new)
    visit = guess_password(probe, reset.person, reset.new_password)
    probe.expect(
        not visit.past_the_password,
        answer,
        tried=f"a new password sent {words}",
        wanted="it does not become the password",
    )


@attack("RECOV-03", fix="Ask for the second factor in a reset, and keep it.")
def factor_lost(probe: Probe) -> None:
    person = probe.ground.burn()
    if not person.citizen.totp_seed:
        raise NotTried("the citizens have no second factor")
    works_for(probe, person)
    reset = Reset(probe, person).ask().prove()
    asks_factor = "code" in reset.visit.asks
    if asks_factor:
        reset.visit.give(code=person.wrong_code())
        opens_no_choice(probe, reset, "a wrong code of the app in a reset")
        reset.visit.open(reset.visit.beside("new_password"))
        opens_no_choice(probe, reset, "the page of a new password before the code of the app")
        reset.give_the_factor()
    reset.choose()
    person.change(password=reset.new_password)
    if not asks_factor:
        probe.expect(
            not reset.visit.go_on(),
            reset.visit.answer,
            tried="a reset by the mail alone",
            wanted="no sign-in without the code of the app",
        )
    visit = guess_password(probe, person, person.citizen.password)
    probe.works(visit.past_the_password, visit.answer, "the new password")
    probe.expect(
        "code" in visit.asks,
        visit.answer,
        tried="signing in with the new password",
        wanted="the code of the app is asked for as before",
    )
    if asks_factor:
        _codes_are_guessed(probe)


def _codes_are_guessed(probe: Probe) -> None:
    person = probe.ground.burn()
    reset = Reset(probe, person).ask().prove()
    for _ in range(MOST_TRIES):
        if "code" in reset.visit.asks:
            reset.visit.give(code=person.wrong_code())
    reset.give_the_factor()
    tried = f"the right code of the app after {MOST_TRIES} wrong ones in a reset"
    opens_no_choice(probe, reset, tried)


@attack("RECOV-04", fix="Make every address from the configured issuer, and none from the request.")
def poisoned_links(probe: Probe) -> None:
    person = probe.ground.burn()
    good = Reset(probe, person).ask()
    mail = good.mailbox.news()[0]
    probe.works(bool(mail.get("body")), good.visit.answer, "the mail of a reset")
    host = urlsplit(probe.target.issuer).netloc
    for headers in (
        {"Host": EVIL},
        {"Host": f"{host}.{EVIL}"},
        {"X-Forwarded-Host": EVIL},
        {"Forwarded": f"host={EVIL}", "X-Original-Host": EVIL, "X-Host": EVIL},
    ):
        _poison(probe, good, headers)


def _poison(probe: Probe, good: Reset, headers: dict[str, str]) -> None:
    poisoned = Reset(probe, good.person)
    poisoned.visit.headers = headers
    poisoned.visit.answer = poisoned.visit.browser.get(poisoned.visit.answer.url, **headers)
    if poisoned.visit.form is not None:
        poisoned.visit.give()
    words = ", ".join(f"{name}: {value}" for name, value in headers.items())
    answer = poisoned.visit.answer
    seen = answer.body + " ".join(value for _, value in answer.headers)
    probe.expect(
        EVIL not in seen,
        answer,
        tried=f"the pages of a reset with {words}",
        wanted="no address of the attacker on them",
    )
    mails = poisoned.mailbox.news() if poisoned.visit.answer.status < 400 else []
    probe.expect(
        not any(EVIL in mail.get("body", "") for mail in mails),
        poisoned.mailbox.look(),
        tried=f"the mail of a reset with {words}",
        wanted="no address of the attacker in it",
    )


@attack("RECOV-05", fix="Send no Referer, load nothing from elsewhere, spend proofs by POST.")
def proof_leaks(probe: Probe) -> None:
    person = probe.ground.burn()
    reset = Reset(probe, person).ask()
    code = reset.code()
    pages = [reset.visit.answer]
    reset.visit.give(code=code)
    pages.append(reset.visit.answer)
    probe.works("code" in reset.visit.asks or reset.may_choose, pages[1], "the code of the mail")
    host = urlsplit(probe.target.issuer).netloc
    for answer in pages:
        policy = answer.header("Referrer-Policy")
        probe.expect(
            policy in ("no-referrer", "same-origin", "strict-origin"),
            answer,
            tried="the Referrer-Policy of a page of the reset",
            wanted=f"no-referrer or same-origin, not {policy!r}",
        )
        loaded = [link for link in loads_of(answer.body) if urlsplit(link).netloc not in ("", host)]
        probe.expect(
            not loaded,
            answer,
            tried="what a page of the reset loads",
            wanted=f"nothing from elsewhere, not {loaded[:2]}",
        )
        probe.expect(
            code not in answer.url and code not in answer.location,
            answer,
            tried="the addresses of the reset",
            wanted="the code of the mail is in none of them",
        )


@attack("RECOV-06", fix="Limit mails for each address, and say the same when none is sent.")
def mails_without_end(probe: Probe) -> None:
    person = probe.ground.burn()
    reset = Reset(probe, person).ask()
    reset.code()
    probe.works("code" in reset.visit.asks, reset.visit.answer, "asking for a mail")
    for _ in range(REQUESTS):
        last = Reset(probe, person)
        last.ask()
    sent = reset.mailbox.count() + 1
    probe.expect(
        sent <= MOST_MAILS,
        last.visit.answer,
        tried=f"{REQUESTS + 1} resets of one address",
        wanted=f"at most {MOST_MAILS} mails, not {sent}",
    )


@attack("RECOV-08", fix="End every session and token of an account that gets a new password.")
def sessions_outlive(probe: Probe) -> None:
    person = probe.ground.burn()
    before = works_for(probe, person)
    code = before.outcome.values["code"]
    answer = probe.token(probe.fields_for(before.asked, code))
    probe.works(got_tokens(answer), answer, "redeeming a code")
    token = str(answer.json["access_token"])
    silent = Visit(probe, person, browser=before.browser, asked=probe.ask(prompt="none"))
    probe.works(silent.arrived, silent.answer, "single sign-on")
    Reset(probe, person).all()
    silent = Visit(probe, person, browser=before.browser, asked=probe.ask(prompt="none"))
    probe.expect(
        not silent.arrived,
        silent.answer,
        tried="a session of before the new password",
        wanted="it has ended",
    )
    answer = probe.userinfo(token)
    probe.expect(
        answer.status == 401,
        answer,
        tried="an access token of before the new password",
        wanted="401",
    )
