"""Every page there is, in every state it can be in, reached as a person reaches it.

Each walk yields the name of what is shown, once it is shown. Used by the accessibility guard and
by the pictures of `make pages`.
"""

import json
import re
from collections.abc import Iterator

from idp.domain import accounts, notices
from idp.protocol import subjects
from tests.acceptance import (
    showing_account,
    showing_figures,
    showing_keys,
    showing_levers,
    showing_members,
    showing_queue,
    showing_recovering,
    showing_team_clients,
    showing_test_citizens,
    showing_trying,
)
from tests.acceptance.shown import (
    JOURNEY,
    NO_CODE,
    WRONG_PASSWORDS,
    Shown,
    Walk,
    answer_with_passkey,
    arrive,
    go_through_check,
    mistakes,
    newcomer,
    page_of_journey,
    speak,
    stranger,
)
from tests.acceptance.walking import (
    code_from_mailbox,
    enter_code,
    enter_email,
    enter_password,
    prove_identity,
    sign_in,
    typed_key,
)
from tests.support.building import register
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen, give_every_way, give_passkey
from tests.support.relying_party import RelyingParty
from tests.support.servers import SLUGS, Street

WRONG_ADDRESSES = {
    "empty": "",
    "wrong": "not an address",
    "too long": f"{'x' * 250}@example.com",
    "unreadable": "a\x01b@example.com",
}


def wrong_codes(street: Street, citizen: Citizen) -> dict[str, str]:
    """What can be typed for a code that is none."""
    return {"empty": "", "short": "12 34", "wrong": citizen.wrong_code(street.clock.now())}


def signing_in(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """The first page, email, password and code, each also with what can go wrong."""
    citizen = newcomer(street, "shown")
    arrive(visitor, street, "tax", language)
    yield Shown(f"{JOURNEY}/start")
    visitor.submit(1)
    yield Shown(f"{JOURNEY}/email")
    yield from mistakes(visitor, f"{JOURNEY}/email", "email", WRONG_ADDRESSES)
    enter_email(visitor, citizen.email)
    yield Shown(f"{JOURNEY}/password")
    enter_password(visitor, "")
    yield Shown(f"{JOURNEY}/password", "empty")
    enter_password(visitor, "not this one at all")
    yield Shown(f"{JOURNEY}/password", "wrong")
    enter_password(visitor, citizen.password)
    yield Shown(f"{JOURNEY}/code")
    yield from mistakes(visitor, f"{JOURNEY}/code", "code", wrong_codes(street, citizen))
    enter_code(visitor, street, citizen)


def using_another_way(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Everything that stands in for the code of an app, each also with what can go wrong."""
    citizen = newcomer(street, "ways")
    with street.records() as session:
        codes = give_every_way(session, street.services, citizen)
    arrive(visitor, street, "tax", language)
    visitor.open(visitor.page.url.replace("/start", "/passkey"))
    yield Shown(f"{JOURNEY}/passkey")
    visitor.open(visitor.page.url.replace("/passkey", "/email"))
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    visitor.open(f"{visitor.page.url}?app=backup")
    yield Shown(f"{JOURNEY}/code", "of the back-up app")
    visitor.open(re.sub(r"/code.*", "/method", visitor.page.url))
    yield Shown(f"{JOURNEY}/method")
    visitor.submit()
    yield Shown(f"{JOURNEY}/method", "nothing chosen")
    visitor.choose("way", "passkey")
    visitor.submit()
    yield Shown(f"{JOURNEY}/passkey", "stepping up")
    with visitor.page.expect_navigation(wait_until="load"):
        visitor.page.evaluate("document.querySelector('[data-onepass-passkey]').submit()")
    yield Shown(f"{JOURNEY}/passkey", "no answer")
    answer_with_passkey(visitor, "{}")
    yield Shown(f"{JOURNEY}/passkey", "a wrong answer")
    visitor.open(visitor.page.url.replace("/passkey", "/recovery-code"))
    yield Shown(f"{JOURNEY}/recovery-code")
    for _ in range(5):
        visitor.fill("recovery_code", "ABCD EFGH JKLM NPQR")
        visitor.submit()
        if visitor.page.url.endswith("/recovery-code"):
            continue
        yield Shown(f"{JOURNEY}/locked", "with another way")
    street.clock.move(7200)
    arrive(visitor, street, "tax", language)
    visitor.submit(1)
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    visitor.open(visitor.page.url.replace("/code", "/recovery-code"))
    wrong = {**NO_CODE, "wrong": "ABCD EFGH JKLM NPQR"}
    yield from mistakes(visitor, f"{JOURNEY}/recovery-code", "recovery_code", wrong)
    visitor.fill("recovery_code", codes[0])
    visitor.submit()
    yield Shown(f"{JOURNEY}/recovery-code/used")


def having_no_other_way(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """An account with one app, and the offer of a passkey."""
    citizen = newcomer(street, "plain")
    with street.records() as session:
        account = accounts.get(session, citizen.account_id)
        assert account is not None
        account.passkey_offered_at = None
    arrive(visitor, street, "tax", language)
    visitor.submit(1)
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    code = visitor.page.url
    visitor.open(code.replace("/code", "/method"))
    yield Shown(f"{JOURNEY}/method", "no other")
    visitor.open(code)
    enter_code(visitor, street, citizen)
    yield Shown(f"{JOURNEY}/passkey-offer")
    with visitor.page.expect_navigation(wait_until="load"):
        visitor.page.evaluate("document.querySelector('[data-onepass-passkey]').submit()")
    yield Shown(f"{JOURNEY}/passkey-offer", "no answer")
    answer_with_passkey(visitor, "{}")
    yield Shown(f"{JOURNEY}/passkey-offer", "a wrong answer")


def signing_in_again(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """A service that wants one certain person, and somebody who types another address."""
    citizen, other = newcomer(street, "again"), newcomer(street, "other")
    name = re.sub(r"[^a-z0-9]", "-", citizen.email.partition("@")[0])
    party = RelyingParty(street.issuer, client_id=name, more={"profile": "openid"})
    with street.records() as session:
        others = give_passkey(session, street.services, other)
        register(session, street.services, party)
        account = accounts.get(session, citizen.account_id)
        assert account is not None
        subject = subjects.pairwise(f"{party.client_id}.example", account.id, account.subject_salt)
    claims = json.dumps({"id_token": {"sub": {"value": subject}}})
    visitor.open(party.url(party.ask(claims=claims, prompt="login")))
    speak(visitor, language)
    yield Shown(f"{JOURNEY}/email", "again")
    enter_email(visitor, "somebody.else@example.com")
    yield Shown(f"{JOURNEY}/email", "again, as another person")
    page_of_journey(visitor, "passkey")
    options = visitor.page.locator("[data-onepass-passkey]").get_attribute("data-onepass-options")
    answer_with_passkey(visitor, others.get(options or ""))
    yield Shown(f"{JOURNEY}/passkey", "of another person")


def being_locked_out(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Six wrong passwords."""
    citizen = newcomer(street, "locked")
    arrive(visitor, street, "tax", language)
    visitor.submit(1)
    enter_email(visitor, citizen.email)
    for _ in range(6):
        enter_password(visitor, "not this one at all")
    yield Shown(f"{JOURNEY}/locked", "just happened")
    visitor.open(visitor.page.url)
    yield Shown(f"{JOURNEY}/locked")
    page_of_journey(visitor, "reset/request")
    visitor.submit()
    visitor.fill("code", code_from_mailbox(visitor, street, citizen.email))
    visitor.submit()
    enter_code(visitor, street, citizen)
    yield Shown(f"{JOURNEY}/reset/password")


def stepping_up_and_signing_out(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """A code alone, then the question before signing out and the page after it."""
    citizen = newcomer(street, "stepping")
    arrive(visitor, street, "library", language)
    visitor.submit(1)
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    arrive(visitor, street, "tax", language)
    yield Shown(f"{JOURNEY}/code", "stepping up")
    enter_code(visitor, street, citizen)
    visitor.open(f"{street.issuer}logout?lng={language}")
    yield Shown("/logout")
    visitor.open(f"{street.issuer}logout?id_token_hint=nonsense")
    yield Shown("/logout", "with a bad hint")
    visitor.submit()
    yield Shown("/signed-out")
    visitor.open(f"{street.issuer}logout?lng={language}")
    yield Shown("/signed-out", "of nothing")


def creating_an_account(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Every step of a new account, each also with what can go wrong."""
    citizen = stranger("new")
    create = f"{JOURNEY}/create"
    arrive(visitor, street, "driving", language)
    visitor.submit(0)
    yield Shown(f"{create}/email")
    enter_email(visitor, "")
    yield Shown(f"{create}/email", "empty")
    enter_email(visitor, "nobody@some.test-citizens.example")
    yield Shown(f"{create}/email", "of test citizens")
    enter_email(visitor, citizen.email)
    yield Shown(f"{create}/email-code")
    wrong = {**NO_CODE, "short": "12 34", "wrong": "000000"}
    yield from mistakes(visitor, f"{create}/email-code", "code", wrong)
    for again in range(5):
        visitor.open(re.sub(r"/create/.*", "/create/email-resend", visitor.page.url))
        if not again:
            yield Shown(f"{create}/email-resend")
        visitor.submit()
    visitor.open(re.sub(r"/create/.*", "/create/email-resend", visitor.page.url))
    yield Shown(f"{create}/email-resend", "no more for now")
    visitor.open(re.sub(r"/create/.*", "/create/email-code", visitor.page.url))
    visitor.fill("code", code_from_mailbox(visitor, street, citizen.email))
    visitor.submit()
    yield Shown(f"{create}/password")
    wrong = {**WRONG_PASSWORDS, "short": "too short"}
    yield from mistakes(visitor, f"{create}/password", "password", wrong)
    enter_password(visitor, citizen.password)
    yield Shown(f"{create}/app")
    citizen.seed = typed_key(visitor)
    yield from mistakes(visitor, f"{create}/app", "code", wrong_codes(street, citizen))
    enter_code(visitor, street, citizen)
    yield Shown(f"{create}/recovery-codes")
    visitor.submit()
    yield Shown(f"{create}/recovery-codes", "shown")
    visitor.submit(1)
    yield Shown(f"{create}/recovery-codes", "not ticked")
    visitor.open(visitor.page.url)
    yield Shown(f"{create}/recovery-codes", "reloaded")
    visitor.submit(1)
    visitor.page.locator("[name=saved]").check()
    visitor.submit(1)
    yield Shown(f"{create}/done")
    finished = visitor.page.url
    visitor.open(finished.replace("/create/done", "/"))
    visitor.open(finished)
    yield Shown(f"{create}/done", "finished")


def _mistyping_a_person(visitor: Visitor) -> Iterator[Shown]:
    """What can be wrong in the stand-in's form."""
    for chosen in visitor.page.locator("input[type=radio]:checked").all():
        chosen.evaluate("radio => { radio.checked = false; }")
    visitor.submit()
    yield Shown(f"{JOURNEY}/prove/stand-in", "nothing chosen")
    mistakes = {
        "wrong": {"birth_date": "31 2 1990", "strength": "9", "town": "x" * 101},
        "half a document": {"passport_number": "123456789", "licence_expiry": "1 1 2040"},
        "the other half": {"passport_expiry": "1 1 2040", "licence_number": "MORGA753116SM9IJ"},
    }
    typed = {name: "" for fields in mistakes.values() for name in fields} | {"strength": "4"}
    for state, fields in mistakes.items():
        for summary in visitor.page.locator("details:not([open]) > summary").all():
            summary.click()
        visitor.choose("person", "typed")
        visitor.choose("ending", "scores")
        for name, value in (typed | fields).items():
            visitor.fill(name, value)
        visitor.submit()
        yield Shown(f"{JOURNEY}/prove/stand-in", state)


def proving_an_identity(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Every page on the way to a proof, each also with what can go wrong, and sharing it."""
    citizen = newcomer(street, "proving")
    sign_in(visitor, street, "tax", citizen)
    arrive(visitor, street, "driving", language)
    yield Shown(f"{JOURNEY}/prove")
    visitor.submit(0)
    yield Shown(f"{JOURNEY}/prove/stand-in")
    yield from _mistyping_a_person(visitor)
    visitor.open(re.sub(r"/stand-in$", "", visitor.page.url))
    go_through_check(visitor, street, "margaret", "pending")
    yield Shown(f"{JOURNEY}/prove/result", "pending")
    visitor.submit(0)
    yield Shown(f"{JOURNEY}/share", "a return code")
    visitor.submit(1)
    arrive(visitor, street, "driving", language)
    visitor.submit(0)
    visitor.choose("person", "nia")
    visitor.fill("delay", "90")
    visitor.submit()
    yield Shown(f"{JOURNEY}/prove/wait")
    street.clock.move(10)
    visitor.open(visitor.page.url)
    yield Shown(f"{JOURNEY}/prove/wait", "slow")
    street.clock.move(50)
    visitor.open(visitor.page.url)
    yield Shown(f"{JOURNEY}/prove/wait", "too slow")
    street.clock.move(30)
    visitor.open(visitor.page.url)
    yield Shown(f"{JOURNEY}/prove/result")
    visitor.submit()
    yield Shown(f"{JOURNEY}/share")
    visitor.submit(0)
    visitor.open(f"{street.url('driving')}/sign-in")
    speak(visitor, language)
    yield Shown(f"{JOURNEY}/prove/details")


def failing_to_prove_an_identity(
    visitor: Visitor, street: Street, language: str
) -> Iterator[Shown]:
    """Every way that proving can end without a proof that will do."""
    citizen = newcomer(street, "failing")
    sign_in(visitor, street, "tax", citizen)
    arrive(visitor, street, "driving", language)
    for ending in ("P1", "not_matched", "cancelled", "timed_out", "technical_error"):
        go_through_check(visitor, street, "kwame", ending)
        yield Shown(f"{JOURNEY}/prove/result", ending)
        visitor.submit(1)
    for ending in ("fraud", "other_browser"):
        go_through_check(visitor, street, "kwame", ending)
        yield Shown(f"{JOURNEY}/prove/result", ending)
        arrive(visitor, street, "driving", language)


def looking_around(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """The pages outside every Journey, and the errors an address can lead to."""
    visitor.open(f"{street.issuer}?lng={language}")
    yield Shown("/")
    visitor.open(f"{street.issuer}about")
    yield Shown("/about")
    visitor.follow("/accessibility")
    yield Shown("/accessibility")
    visitor.follow("/cookies")
    yield Shown("/cookies")
    visitor.follow("/terms")
    yield Shown("/terms")
    visitor.follow("/privacy")
    yield Shown("/privacy")
    visitor.follow("/support")
    yield Shown("/support")
    visitor.follow("/service-teams")
    yield Shown("/service-teams")
    visitor.open(f"{street.issuer}faults")
    yield Shown("/faults")
    visitor.page.locator("main a[href^='/faults/']").first.click()
    visitor.page.wait_for_url("**/faults/*")
    visitor.look()
    yield Shown("/faults/<client_id>")
    visitor.open(f"{street.issuer}security-testing")
    yield Shown("/security-testing")
    visitor.open(f"{street.issuer}mailbox")
    yield Shown("/mailbox")
    with street.records() as session:
        notices.send(
            session,
            street.services,
            to="somebody@example.com",
            template="email_code",
            language=language,
            code="123456",
        )
    street.work()
    visitor.open(f"{street.issuer}mailbox")
    visitor.page.locator("main li a").first.click()
    visitor.page.wait_for_url("**/mailbox/*")
    visitor.look()
    yield Shown("/mailbox/<message_id>")
    visitor.open(f"{street.issuer}mailbox?to=somebody@example.com")
    yield Shown("/mailbox", "of one address")
    visitor.open(f"{street.issuer}mailbox?to=nobody@example.com")
    yield Shown("/mailbox", "of an address without messages")
    for path, state in (
        ("nowhere", "not found"),
        ("authorize", "a request without a client"),
        ("authorize?client_id=nobody&redirect_uri=https://evil.example/", "an unknown client"),
        ("j/" + "a" * 43 + "/", "a journey that never was"),
        ("logout/confirm", "a form's address opened"),
        ("?" + "x" * 3000, "an address too long"),
    ):
        visitor.open(f"{street.issuer}{path}")
        yield Shown("an error", state)


def saying_how_it_was(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """The question after signing out, what can be wrong with an answer, and the thanks."""
    visitor.open(f"{street.issuer}signed-out?lng={language}")
    visitor.follow("/feedback?after=signing_out")
    yield Shown("/feedback")
    visitor.page.locator("[name=words]").fill("x" * 1201)
    visitor.submit()
    yield Shown("/feedback", "wrong")
    visitor.choose("satisfaction", "4")
    visitor.page.locator("[name=words]").fill("Easy.")
    visitor.submit()
    yield Shown("/feedback/thanks")


def meeting_a_stranger(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """A Journey of another browser, one that is too old, and an account that is closed."""
    citizen = newcomer(street, "closed")
    arrive(visitor, street, "tax", language)
    address = visitor.page.url
    visitor.context.clear_cookies(name="onepass-browser")
    visitor.open(address)
    yield Shown("an error", "another browser's journey")
    arrive(visitor, street, "tax", language)
    visitor.submit(1)
    for state in ("suspended", "blocked"):
        with street.records() as session:
            account = accounts.get(session, citizen.account_id)
            assert account is not None
            account.state = state
        enter_email(visitor, citizen.email)
        enter_password(visitor, citizen.password)
        yield Shown(f"{JOURNEY}/locked", state)
        arrive(visitor, street, "tax", language)
        visitor.submit(1)
    address = visitor.page.url
    street.clock.move(3601)
    visitor.open(address)
    yield Shown("an error", "an expired journey")


def visiting_departments(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """All four departments: before, during and after."""
    citizen = newcomer(street, "departments")
    sign_in(visitor, street, "tax", citizen)
    for slug in SLUGS:
        base = street.url(slug)
        visitor.open(f"{base}/?lng={language}")
        yield Shown(slug, "before")
        visitor.open(f"{base}/sign-in")
        if slug == "driving":
            prove_identity(visitor)
        yield Shown(slug, "signed in")
        visitor.open(f"{base}/nowhere")
        yield Shown(slug, "not found")
        visitor.open(f"{base}/callback?error=access_denied&state=x")
        yield Shown(slug, "refused")
    visitor.open(f"{street.url('library')}/account")
    visitor.follow("/actions/pay-a-fine")
    yield Shown("library", "an action")
    visitor.submit()
    yield Shown("library", "an action done")
    visitor.page.locator("form[action='/sign-out'] button").click()
    visitor.page.wait_for_url("**/signed-out*")
    street.work()
    for slug in SLUGS:
        visitor.open(f"{street.url(slug)}/account")
        yield Shown(slug, "signed out")


WALKS: dict[str, Walk] = {
    "signing in": signing_in,
    "using another way": using_another_way,
    "having no other way": having_no_other_way,
    "signing in again": signing_in_again,
    "being locked out": being_locked_out,
    "stepping up and signing out": stepping_up_and_signing_out,
    "creating an account": creating_an_account,
    "proving an identity": proving_an_identity,
    "failing to prove an identity": failing_to_prove_an_identity,
    "looking around": looking_around,
    "saying how it was": saying_how_it_was,
    "meeting a stranger": meeting_a_stranger,
    **showing_account.WALKS,
    **showing_recovering.WALKS,
    **showing_figures.WALKS,
    **showing_levers.WALKS,
    **showing_trying.WALKS,
    **showing_team_clients.WALKS,
    **showing_members.WALKS,
    **showing_keys.WALKS,
    **showing_queue.WALKS,
    **showing_test_citizens.WALKS,
    "visiting departments": visiting_departments,
}

ALL_ROUTES = {
    "/",
    "/about",
    *showing_account.ROUTES,
    *showing_recovering.ROUTES,
    *showing_figures.ROUTES,
    *showing_levers.ROUTES,
    *showing_trying.ROUTES,
    *showing_team_clients.ROUTES,
    *showing_members.ROUTES,
    *showing_keys.ROUTES,
    *showing_queue.ROUTES,
    *showing_test_citizens.ROUTES,
    f"{JOURNEY}/terms",
    "/accessibility",
    "/cookies",
    "/terms",
    "/privacy",
    "/support",
    "/service-teams",
    "/faults",
    "/faults/<client_id>",
    "/security-testing",
    "/mailbox",
    "/mailbox/<message_id>",
    "/feedback",
    "/feedback/thanks",
    "/logout",
    "/signed-out",
    *(f"{JOURNEY}/{page}" for page in ("start", "email", "password", "code", "locked")),
    *(f"{JOURNEY}/{page}" for page in ("method", "passkey", "passkey-offer", "recovery-code")),
    f"{JOURNEY}/recovery-code/used",
    *(
        f"{JOURNEY}/create/{page}"
        for page in ("email", "email-code", "email-resend", "password", "app", "done")
    ),
    f"{JOURNEY}/create/recovery-codes",
    f"{JOURNEY}/prove",
    *(f"{JOURNEY}/prove/{page}" for page in ("stand-in", "wait", "details", "result")),
    f"{JOURNEY}/share",
}
"""Every route of the provider that shows a page."""
