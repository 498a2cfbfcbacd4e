"""The six journeys of citizens, whole, with the keys of a keyboard alone.

Each begins on a department's page and ends where its person wanted to be. The same keys do it with
JavaScript and without.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.acceptance.keyboard import choose, enter, go, reach, tick
from tests.acceptance.shown import JOURNEY
from tests.acceptance.walking import (
    NEXT_STEP,
    SIGNED_IN,
    code_in_mail,
    codes_shown,
    mails,
    typed_key,
)
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen, enrol, give_codes
from tests.support.servers import Street

NEW_PASSWORD: Final = "velvet tractor seventeen"
WEEK: Final = 7 * 86_400
LONG_AGO: Final = 901
"""Seconds after which a code no longer counts for what an account confirms."""
FOCUS_IS_ON: Final = "selector => document.activeElement.matches(selector)"


def has_account(street: Street, citizen: Citizen) -> None:
    """Let `citizen` have an account with a password and an app."""
    with street.records() as session:
        enrol(session, street.services, citizen)


def set_out(visitor: Visitor, street: Street, slug: str, choice: str) -> None:
    """From a department's page to the first page of Onepass, and on by its button."""
    visitor.open(f"{street.url(slug)}/")
    enter(visitor, "a[href='/sign-in']")
    enter(visitor, f"main button[value={choice}]")


def type_code(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    """Wait for a code that was never used, and type it."""
    street.clock.move(NEXT_STEP)
    enter(visitor, "[name=code]", citizen.code(street.clock.now()))


def come_to_code(visitor: Visitor, street: Street, citizen: Citizen, slug: str = "tax") -> None:
    """From a department's page to the page that asks for a code of the app."""
    set_out(visitor, street, slug, "sign_in")
    enter(visitor, "[name=email]", citizen.email)
    enter(visitor, "[name=password]", citizen.password)
    assert visitor.page.url.endswith("/code")


def sign_in(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    """Sign in at the tax department."""
    come_to_code(visitor, street, citizen)
    type_code(visitor, street, citizen)
    assert visitor.heading == SIGNED_IN["tax"]


def save_codes(visitor: Visitor) -> None:
    """Look at new recovery codes, keep them as a file, and say so."""
    enter(visitor, "main button[value=make]")
    assert len(codes_shown(visitor)) == 10
    reach(visitor, "main button[value=file]")
    with visitor.page.expect_download() as download:
        visitor.page.keyboard.press("Enter")
    assert codes_shown(visitor)[0] in download.value.path().read_text()
    tick(visitor, "saved")
    enter(visitor, "main button[value=save]")


def is_told_of_the_mistake(visitor: Visitor, field: str) -> None:
    """The page says what is wrong; with JavaScript the focus is on it, and leads to the field."""
    assert visitor.page.title().startswith("Error: ")
    if visitor.javascript:
        assert visitor.page.evaluate(FOCUS_IS_ON, ".govuk-error-summary")
    reach(visitor, ".govuk-error-summary a")
    visitor.page.keyboard.press("Enter")
    if not visitor.javascript:
        # Without a script the link only sets where the next Tab starts from.
        visitor.page.keyboard.press("Shift+Tab")
        reach(visitor, f"[name={field}]")
    assert visitor.page.evaluate(FOCUS_IS_ON, f"[name={field}]")


def creating(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    """A new account, from a service and back to it."""
    set_out(visitor, street, "tax", "create")
    enter(visitor, "[name=email]", citizen.email)
    enter(visitor, "[name=code]", code_in_mail(street, citizen.email))
    enter(visitor, "[name=password]", citizen.password)
    reach(visitor, "main li summary")
    visitor.page.keyboard.press("Enter")
    assert visitor.page.locator("code.onepass-key").is_visible()
    citizen.seed = typed_key(visitor)
    type_code(visitor, street, citizen)
    save_codes(visitor)
    enter(visitor, "main a.govuk-button")
    assert visitor.heading == SIGNED_IN["tax"]


def signing_in(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    """Email, password and code, with a mistake at each, and one step back."""
    has_account(street, citizen)
    visitor.open(f"{street.url('tax')}/")
    enter(visitor, "a[href='/sign-in']")
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate(FOCUS_IS_ON, ".govuk-skip-link")
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("!!document.activeElement.closest('main')"), "nothing is skipped"
    reach(visitor, "main button[value=create]", key="Shift+Tab")
    enter(visitor, "main button[value=sign_in]")
    enter(visitor, "[name=email]", "nobody at all")
    is_told_of_the_mistake(visitor, "email")
    visitor.page.keyboard.press("Control+A")
    visitor.page.keyboard.type(citizen.email)
    reach(visitor, "main form button[type=submit]")
    go(visitor, "Space")
    enter(visitor, "[name=password]", "not this one at all")
    is_told_of_the_mistake(visitor, "password")
    enter(visitor, "main a[href$='/email']")
    enter(visitor, "main button[type=submit]")
    enter(visitor, "[name=password]", citizen.password)
    enter(visitor, "[name=code]", citizen.wrong_code(street.clock.now()))
    is_told_of_the_mistake(visitor, "code")
    visitor.page.keyboard.press("Shift+Tab")
    type_code(visitor, street, citizen)
    assert visitor.heading == SIGNED_IN["tax"]


def forgetting_a_password(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    """A code by email, a code of the app, a new password, and the service."""
    has_account(street, citizen)
    set_out(visitor, street, "tax", "sign_in")
    enter(visitor, "[name=email]", citizen.email)
    enter(visitor, "main a[href$='/reset/request']")
    enter(visitor, "main form button[type=submit]")
    reach(visitor, "main summary")
    visitor.page.keyboard.press("Enter")
    enter(visitor, "main a[href$='/reset/email-resend']")
    enter(visitor, "main form button[type=submit]")
    enter(visitor, "[name=code]", code_in_mail(street, citizen.email))
    assert visitor.page.url.endswith("/reset/second-factor")
    type_code(visitor, street, citizen)
    enter(visitor, "[name=password]", "short")
    is_told_of_the_mistake(visitor, "password")
    visitor.page.keyboard.press("Shift+Tab")
    enter(visitor, "[name=password]", NEW_PASSWORD)
    assert visitor.heading == SIGNED_IN["tax"]


def using_a_recovery_code(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    """The device is lost, but not the codes that were written down."""
    has_account(street, citizen)
    with street.records() as session:
        codes = give_codes(session, street.services, citizen)
    come_to_code(visitor, street, citizen)
    enter(visitor, "main a[href$='/method']")
    choose(visitor, "way", "recovery_code")
    go(visitor, "Enter")
    enter(visitor, "[name=recovery_code]", codes[0])
    assert visitor.heading == "You have used a recovery code"
    enter(visitor, "main a.govuk-button")
    assert visitor.heading == SIGNED_IN["tax"]


def ask_to_get_back_in(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    """From the page that asks for a code of the app to the one that says how long to wait."""
    enter(visitor, "main a[href$='/recover']")
    enter(visitor, "main form button[type=submit]")
    enter(visitor, "[name=code]", code_in_mail(street, citizen.email))
    assert visitor.heading == "You need to wait before you can set up a new app"


def losing_a_device(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    """Everything is lost: ask, think better of it; ask again, wait, and set up a new app."""
    has_account(street, citizen)
    come_to_code(visitor, street, citizen)
    ask_to_get_back_in(visitor, street, citizen)
    enter(visitor, "main a[href$='/recover/stop']")
    told = next(mail for mail in mails(street, citizen.email) if mail["kind"] == "recovery_begun")
    enter(visitor, "[name=code]", told["body"].partition("with this code: ")[2].split()[0])
    assert visitor.heading == "The request to get back in was stopped"
    street.clock.move(NEXT_STEP)
    visitor.open(f"{street.url('tax')}/")
    enter(visitor, "a[href='/sign-in']")
    enter(visitor, "main a[href$='/recover']")
    enter(visitor, "[name=password]", citizen.password)
    ask_to_get_back_in(visitor, street, citizen)
    street.clock.move(WEEK)
    come_to_code(visitor, street, citizen)
    enter(visitor, "main a[href$='/recover']")
    assert visitor.page.url.endswith("/recover/ready")
    enter(visitor, "main form button[type=submit]")
    citizen.seed = typed_key(visitor)
    type_code(visitor, street, citizen)
    save_codes(visitor)
    assert visitor.heading == "You have changed how you get codes"
    enter(visitor, "main a.govuk-button")
    assert visitor.heading == SIGNED_IN["tax"]


def sharing(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    """Prove who one is, and let the service have it."""
    has_account(street, citizen)
    come_to_code(visitor, street, citizen, "driving")
    type_code(visitor, street, citizen)
    enter(visitor, "main form button[type=submit]")
    choose(visitor, "person", "nia")
    choose(visitor, "ending", "P2")
    go(visitor, "Enter")
    enter(visitor, "main button[value=continue]")
    assert visitor.page.url.endswith("/share")
    enter(visitor, "main button[value=share]")
    assert visitor.heading == SIGNED_IN["driving"]


def open_account(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    """Sign in at a department, then open the account from the front page of Onepass."""
    has_account(street, citizen)
    sign_in(visitor, street, citizen)
    visitor.open(street.issuer)
    enter(visitor, "header a[href='/account']")
    assert visitor.heading == "Your services"


def change(visitor: Visitor, citizen: Citizen, page: str) -> None:
    """Open a page of the account's security, and confirm with the password."""
    enter(visitor, "nav a[href='/account/security']")
    enter(visitor, f"main a[href='/account/{page}']")
    enter(visitor, "[name=password]", citizen.password)
    assert visitor.page.url.endswith(f"/account/{page}")


def minding_an_account(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    """Take a service's access away, and report what one did not do."""
    open_account(visitor, street, citizen)
    enter(visitor, "main a[href*='/account/service/']")
    enter(visitor, "main a.govuk-button")
    enter(visitor, "main button.govuk-button--warning")
    assert visitor.heading == "Access removed"
    enter(visitor, "nav a[href='/account/history']")
    enter(visitor, "main a[href*='/account/history/']")
    enter(visitor, "main form button")
    assert visitor.heading == "We have your report"
    enter(visitor, "nav a[href='/account/security']")
    enter(visitor, "main a[href='/account/devices']")
    assert visitor.page.url.endswith("/account/devices")


def changing_an_account(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    """Another address, another password, a back-up app, new recovery codes, a copy of it all."""
    open_account(visitor, street, citizen)
    change(visitor, citizen, "email")
    enter(visitor, "[name=email]", f"new.{citizen.email}")
    citizen.email = f"new.{citizen.email}"
    enter(visitor, "[name=code]", code_in_mail(street, citizen.email))
    assert visitor.heading == "Your email address is changed"
    enter(visitor, "nav a[href='/account/security']")
    enter(visitor, "main a[href='/account/password']")
    enter(visitor, "[name=password]", "not this one at all")
    is_told_of_the_mistake(visitor, "password")
    visitor.page.keyboard.press("Shift+Tab")
    enter(visitor, "[name=password]", citizen.password)
    enter(visitor, "[name=password]", NEW_PASSWORD)
    citizen.password = NEW_PASSWORD
    assert visitor.heading == "Your password is changed"
    change(visitor, citizen, "backup")
    type_code(visitor, street, Citizen(seed=typed_key(visitor)))
    assert visitor.heading == "You have changed how you sign in"
    change(visitor, citizen, "recovery-codes")
    save_codes(visitor)
    assert "your recovery codes" in visitor.text
    change(visitor, citizen, "data")
    reach(visitor, "main form button")
    with visitor.page.expect_download() as download:
        visitor.page.keyboard.press("Space")
    assert citizen.email in download.value.path().read_text()


def leaving(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    """Sign out everywhere; come back, and delete the account."""
    open_account(visitor, street, citizen)
    change(visitor, citizen, "sign-out-everywhere")
    enter(visitor, "main button.govuk-button--warning")
    assert visitor.heading == "You are signed out everywhere"
    enter(visitor, "main a[href='/account/password']")
    enter(visitor, "main button[value=sign_in]")
    enter(visitor, "[name=email]", citizen.email)
    enter(visitor, "[name=password]", citizen.password)
    type_code(visitor, street, citizen)
    enter(visitor, "nav a[href='/account/security']")
    street.clock.move(LONG_AGO)
    enter(visitor, "main a[href='/account/delete']")
    enter(visitor, "[name=password]", citizen.password)
    type_code(visitor, street, citizen)
    enter(visitor, "main button.govuk-button--warning")
    assert visitor.heading == "Your account is deleted"


@dataclass(frozen=True)
class Whole:
    """A journey, and the pages of Onepass on the way."""

    walk: Callable[[Visitor, Street, Citizen], None]
    pages: frozenset[str]


def _pages(*names: str) -> frozenset[str]:
    return frozenset(f"{JOURNEY}/{name}" for name in names)


def _account(*names: str) -> frozenset[str]:
    return frozenset({"/", "/account", *(f"/account/{name}" for name in names)})


SIGNING_IN: Final = _pages("start", "email", "password", "code")
ASKED: Final = frozenset({"/account/security", "/account/confirm/<change>"})

WHOLE: dict[str, Whole] = {
    "creating": Whole(
        creating,
        _pages(
            "start",
            *(
                f"create/{page}"
                for page in ("email", "email-code", "password", "app", "recovery-codes", "done")
            ),
        ),
    ),
    "signing in": Whole(signing_in, SIGNING_IN),
    "forgetting a password": Whole(
        forgetting_a_password,
        _pages("start", "email", "password")
        | _pages(
            *(
                f"reset/{page}"
                for page in ("request", "email-code", "email-resend", "second-factor", "password")
            )
        ),
    ),
    "using a recovery code": Whole(
        using_a_recovery_code,
        SIGNING_IN | _pages("method", "recovery-code", "recovery-code/used"),
    ),
    "losing a device": Whole(
        losing_a_device,
        SIGNING_IN
        | _pages("recover", "create/app", "create/recovery-codes")
        | _pages(
            *(
                f"recover/{page}"
                for page in ("email-code", "waiting", "stop", "stopped", "ready", "done")
            )
        ),
    ),
    "sharing": Whole(
        sharing, SIGNING_IN | _pages("prove", "prove/stand-in", "prove/result", "share")
    ),
    "minding an account": Whole(
        minding_an_account,
        SIGNING_IN
        | _account(
            "service/<service_id>",
            "service/<service_id>/remove",
            "service/<service_id>/removed",
            "history",
            "history/<reference>",
            "history/<reference>/reported",
            "security",
            "devices",
        ),
    ),
    "changing an account": Whole(
        changing_an_account,
        SIGNING_IN
        | ASKED
        | _account(
            "email",
            "email/<journey_id>",
            "email-changed",
            "password",
            "password-changed",
            "backup",
            "recovery-codes",
            "ways-changed",
            "data",
        ),
    ),
    "leaving": Whole(
        leaving,
        SIGNING_IN | ASKED | _account("sign-out-everywhere", "confirm/<change>/code", "delete"),
    ),
}
"""Create, sign in, forgotten password, lost device (two ways out), share, own account (three)."""
