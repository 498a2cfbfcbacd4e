"""Attacks by a stolen session on what proves who somebody is: app, recovery codes, address."""

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.guessing import guess_password, works_for
from tests.auth_flows.changes import Changing
from tests.auth_flows.mailbox import Mailbox
from tests.auth_flows.probe import Probe
from tests.auth_flows.reading import recovery_codes_on, seed_on
from tests.auth_flows.sign_in import Person, totp
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.visit import Visit

OLD = 16 * 60
"""Seconds after which a code of the sign-in should prove nothing any more."""
LEAST_LETTERS = 13
"""Of base32: 64 bits need as many."""
WRONG_CODES = 6
EXTRA = {"sub": "x", "id": "1", "account_id": "1", "role": "admin", "roles": "admin",
         "is_admin": "1", "email_verified": "true", "state": "active", "level": "9"}  # fmt: skip


def asks_anew(probe: Probe, person: Person, name: str, visit: Visit) -> None:
    """The page is not shown to who has nothing but the session, however they ask."""
    thief = Changing(probe, person, visit.browser.copy(), name)
    probe.expect(
        not thief.is_open and "password" in thief.visit.asks,
        thief.visit.answer,
        tried=f"the page {name} with a stolen session",
        wanted="the question for the password",
    )
    if "password" not in thief.visit.asks:
        return
    thief.visit.give(password="not the password")
    thief.visit.open(thief.address)
    probe.expect(
        not thief.is_open,
        thief.visit.answer,
        tried=f"the page {name} after a wrong password",
        wanted="the question for the password",
    )


def code_is_asked_anew(probe: Probe, person: Person, name: str, visit: Visit) -> Changing:
    """Long after the sign-in, the password alone does not open the page."""
    if probe.ground.clock.can_jump:
        probe.wait(OLD)
    changing = Changing(probe, person, visit.browser, name).confirm()
    if probe.ground.clock.can_jump and person.citizen.totp_seed:
        probe.expect(
            "code" in changing.given,
            changing.visit.answer,
            tried=f"the page {name}, {OLD // 60} minutes after the code",
            wanted="a code is asked for besides the password",
        )
    return changing


@attack("TOTP-12", fix="Ask for password and code before the app is changed, and tell its owner.")
def app_changed_by_a_thief(probe: Probe) -> None:
    person = probe.ground.burn()
    visit = works_for(probe, person)
    asks_anew(probe, person, "authenticator_app", visit)
    mailbox = Mailbox(probe, person.citizen.email)
    changing = code_is_asked_anew(probe, person, "authenticator_app", visit)
    seed = seed_on(changing.visit.answer.body)
    if not seed:
        raise NotTried("the page shows no key that the probe can read")
    probe.ground.wire.masker.learn(seed)
    thief = changing.visit.browser.copy()
    person.change(totp_seed=seed)
    changing.visit.give()
    probe.works(not changing.is_open, changing.visit.answer, "setting up another app")
    probe.expect(
        mailbox.hears(),
        mailbox.look(),
        tried="the mails to the citizen after the change",
        wanted="one that tells of it",
    )
    again = Changing(probe, person, thief, "authenticator_app")
    probe.expect(
        not again.is_open,
        again.visit.answer,
        tried="a second change after one confirmation",
        wanted="the question for the password",
    )


@attack("TOTP-13", fix="Keep a new key apart until a code of it was right; then show it no more.")
def app_without_proof(probe: Probe) -> None:
    person = probe.ground.burn()
    visit = works_for(probe, person)
    changing = Changing(probe, person, visit.browser, "authenticator_app").confirm()
    seed = seed_on(changing.visit.answer.body)
    if not seed:
        raise NotTried("the page shows no key that the probe can read")
    probe.ground.wire.masker.learn(seed)
    early = Visit(probe, person).until("code")
    early.give(code=totp(seed, person.step()))
    probe.expect(
        not early.go_on(),
        early.answer,
        tried="a code of an app that no code has proved",
        wanted="it opens nothing",
    )
    if "code" in early.asks:
        early.give()
    probe.works(early.go_on(), early.answer, "the old app meanwhile")
    changing.visit.give(code=person.wrong_code())
    probe.expect(
        changing.is_open or changing.visit.answer.status >= 400,
        changing.visit.answer,
        tried="a wrong code for a new app",
        wanted="it is not kept",
    )
    person.change(totp_seed=seed)
    changing.visit.give()
    later = Changing(probe, person, visit.browser, "authenticator_app").confirm()
    probe.expect(
        seed_on(later.visit.answer.body) != seed,
        later.visit.answer,
        tried="the page of the app after it was set up",
        wanted="its key is not shown again",
    )


@attack("TOTP-22", fix="Take each recovery code once, count wrong ones, end old sets with a new.")
def recovery_codes(probe: Probe) -> None:
    person = probe.ground.burn()
    visit = works_for(probe, person)
    codes = _new_codes(probe, person, visit)
    bare = ["".join(char for char in code if char.isalnum()) for code in codes]
    probe.expect(
        len(set(bare)) == len(bare) and min(map(len, bare)) >= LEAST_LETTERS,
        visit.answer,
        tried="the codes of a set",
        wanted=f"all differ, with {LEAST_LETTERS} characters or more",
    )
    mailbox = Mailbox(probe, person.citizen.email)
    first = _by_recovery_code(probe, person, codes[0])
    probe.works(_signed_in(probe, first), first.answer, "signing in with a recovery code")
    probe.expect(
        mailbox.hears(),
        mailbox.look(),
        tried="the mails to the citizen after a recovery code was used",
        wanted="one that tells of it",
    )
    _opens_nothing(probe, _by_recovery_code(probe, person, codes[0]), "a used recovery code")
    for words, half in _half_right(codes[2]).items():
        _opens_nothing(probe, _by_recovery_code(probe, person, half), words)
    whole = _by_recovery_code(probe, person, codes[2])  # so that no lock is in the way
    probe.works(_signed_in(probe, whole), whole.answer, "the whole of that recovery code")
    other = probe.ground.burn()
    _opens_nothing(probe, _by_recovery_code(probe, other, codes[1]), "the code of another citizen")
    anew = _new_codes(probe, person, first)
    _opens_nothing(probe, _by_recovery_code(probe, person, codes[1]), "a code of an older set")
    for number in range(WRONG_CODES):
        _by_recovery_code(probe, person, codes[1][:-1] + "ABCDEF"[number])
    tried = f"a right recovery code after {WRONG_CODES} wrong ones"
    _opens_nothing(probe, _by_recovery_code(probe, person, anew[0]), tried)


def _new_codes(probe: Probe, person: Person, visit: Visit) -> list[str]:
    page = Changing(probe, person, visit.browser, "recovery_codes").confirm().visit
    if not recovery_codes_on(page.answer.body) and page.form is not None:
        page.give()
    codes = recovery_codes_on(page.answer.body)
    if not codes:
        raise NotTried("the page shows no recovery codes that the probe can read")
    probe.ground.wire.masker.learn(*codes)
    return codes


def _by_recovery_code(probe: Probe, person: Person, code: str) -> Visit:
    """A sign-in that gives a recovery code in the place of the app's, if it is asked for."""
    visit = Visit(probe, person).until("code")
    visit.open(visit.beside("recovery_code"))
    form = visit.form
    if form is None or not form.asked:
        return visit
    return visit.give(more={form.asked[0]: code})


def _half_right(code: str) -> dict[str, str]:
    """A code of which one half is another one: as long, and of the same letters."""
    middle = len(code) // 2
    first, last = code[:middle], code[middle:]
    return {
        "a recovery code right in its first half": first + _turned(last),
        "a recovery code right in its second half": _turned(first) + last,
    }


def _turned(half: str) -> str:
    """Other letters of the same kind in the same places."""
    letters = [char for char in half if char.isalnum()]
    others = iter([*letters[1:], *letters[:1]])
    turned = "".join(next(others) if char.isalnum() else char for char in half)
    return turned if turned != half else half.replace(letters[0], "A" if letters[0] != "A" else "B")


def _signed_in(probe: Probe, visit: Visit) -> bool:
    """Whether the code signed somebody in, whatever page comes after it."""
    if visit.go_on():
        return True
    asked = probe.ask(prompt="none")
    return Visit(probe, visit.person, browser=visit.browser.copy(), asked=asked).arrived


def _opens_nothing(probe: Probe, visit: Visit, tried: str) -> None:
    probe.expect(not _signed_in(probe, visit), visit.answer, tried=tried, wanted="it opens nothing")


@attack("RECOV-07", fix="Ask for password and code before a change, and tell the old address.")
def changed_by_a_thief(probe: Probe) -> None:
    person = probe.ground.burn()
    visit = works_for(probe, person)
    asks_anew(probe, person, "password", visit)
    asks_anew(probe, person, "email", visit)
    code_is_asked_anew(probe, person, "email", visit)
    mailbox = Mailbox(probe, person.citizen.email)
    done = Changing(probe, person, visit.browser, "password").new_password()
    probe.works(done.answer.status < 400, done.answer, "changing the password")
    probe.expect(
        mailbox.hears(),
        mailbox.look(),
        tried="the mails to the citizen after the password was changed",
        wanted="one that tells of it",
    )
    new = f"new-{person.citizen.email}"
    changing = Changing(probe, person, visit.browser, "email").confirm()
    proof = Mailbox(probe, new)
    changing.visit.give(email=new, more=dict(EXTRA))
    early = Mailbox(probe, person.citizen.email)
    changing.visit.give(code="000000")
    still = guess_password(probe, person, person.citizen.password)
    probe.expect(
        still.past_the_password, still.answer, tried="a new address, unproved", wanted="no change"
    )
    changing.visit.give(code=proof.code())
    probe.expect(
        early.hears(),
        early.look(),
        tried="the mails to the old address after the address was changed",
        wanted="one that tells of it",
    )


@attack("RECOV-09", fix="Take the account from the session, and only fields that a form has.",
        left_out="an interface of its own for programs")  # fmt: skip
def fields_of_others(probe: Probe) -> None:
    person, other = probe.ground.burn(), probe.ground.burn()
    mine, theirs = works_for(probe, person), works_for(probe, other)
    second = works_for(probe, other)
    page = Visit(probe, other, browser=theirs.browser, url=probe.page("sessions"))
    form = page.form
    if form is None:
        raise NotTried("the page of sessions has no form")
    own = Visit(probe, person, browser=mine.browser, url=probe.page("sessions"))
    hidden = dict(_hidden_of(probe, person, mine))
    address = page.absolute(form.action)
    answer = mine.browser.post(address, list((form.values | hidden).items()))
    silent = Visit(probe, other, browser=second.browser, asked=probe.ask(prompt="none"))
    probe.expect(
        silent.arrived,
        answer,
        tried="the form that ends a session of another citizen",
        wanted="it ends nothing",
    )
    changing = Changing(probe, person, own.browser, "password").confirm()
    new = "a long enough pass phrase 7"
    probe.ground.wire.masker.learn(new)
    named = dict.fromkeys(("email", "user", "username", "account"), other.citizen.email)
    changing.visit.give(password=new, more=EXTRA | named)
    changed = not changing.is_open and changing.visit.answer.status < 400
    if changed:
        person.change(password=new)
    again = guess_password(probe, person, person.citizen.password)
    untouched = guess_password(probe, other, other.citizen.password)
    probe.expect(
        again.past_the_password and untouched.past_the_password,
        changing.visit.answer,
        tried="a change of the password with fields that name another citizen and a role",
        wanted="it changes the owner's own password at most",
    )


def _hidden_of(probe: Probe, person: Person, visit: Visit) -> list[tuple[str, str]]:
    """The hidden values of a form of one's own, which bind it to one's own browser."""
    form = Changing(probe, person, visit.browser, "password").visit.form
    return [] if form is None else [p for p in form.values.items() if p[0] not in form.asked]
