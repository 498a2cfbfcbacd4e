"""How people walk through the pages: only by what they see, type and press."""

import re
from typing import Any, Final

import requests

from tests.support.chromium import Visitor
from tests.support.citizens import Citizen
from tests.support.servers import Street

NEXT_STEP: Final = 30
"""Seconds until an authenticator app shows another code."""

SIGNED_IN: Final = {
    "tax": "Your tax account",
    "driving": "Your driving licence",
    "library": "Your library books",
    "housing": "Eich cais am gartref",
}
"""What each department's page says to somebody who is signed in."""


def set_out(visitor: Visitor, street: Street, slug: str) -> None:
    """Open a department's start page and press its button."""
    visitor.open(f"{street.url(slug)}/")
    visitor.follow("/sign-in")


def choose_to_sign_in(visitor: Visitor) -> None:
    """On Onepass's first page, choose to sign in rather than to create an account."""
    visitor.submit(1)


def enter_email(visitor: Visitor, email: str) -> None:
    """Type the email address and go on."""
    visitor.fill("email", email)
    visitor.submit()


def enter_password(visitor: Visitor, password: str) -> None:
    """Type the password and go on."""
    visitor.fill("password", password)
    visitor.submit()


def enter_code(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    """Wait for a code that was never used, type it and go on."""
    street.clock.move(NEXT_STEP)
    visitor.fill("code", citizen.code(street.clock.now()))
    visitor.submit()


def sign_in(visitor: Visitor, street: Street, slug: str, citizen: Citizen) -> None:
    """Sign in at a department that asks for password and code; end on its own page."""
    set_out(visitor, street, slug)
    choose_to_sign_in(visitor)
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    enter_code(visitor, street, citizen)
    assert visitor.heading == SIGNED_IN[slug]


def go_through_the_check(visitor: Visitor, who: str = "nia", ending: str = "P2") -> None:
    """From the first page of identity proving to the page that says how it ended."""
    visitor.submit(0)
    visitor.choose("person", who)
    visitor.choose("ending", ending)
    visitor.submit()


def prove_identity(visitor: Visitor, who: str = "nia") -> None:
    """Prove who one is, and let the service have what it asks for."""
    assert visitor.page.url.endswith("/prove"), visitor.page.url
    go_through_the_check(visitor, who)
    visitor.submit()
    assert visitor.page.url.endswith("/share"), visitor.page.url
    visitor.submit(0)


def code_from_mailbox(visitor: Visitor, street: Street, address: str) -> str:
    """Let the worker deliver, then read the newest code for `address` in the mailbox."""
    street.work()
    mailbox = visitor.context.new_page()
    mailbox.goto(f"{street.issuer}mailbox")
    with mailbox.expect_navigation():
        mailbox.locator("main li a").first.click()
    words = mailbox.locator("main").inner_text()
    mailbox.close()
    assert address in words, f"the newest mail is not for {address}: {words}"
    found = re.search(r"\b\d{6}\b", words)
    assert found, f"there is no code in: {words}"
    return found[0]


def mails(street: Street, to: str) -> list[dict[str, Any]]:
    """Let the worker deliver; what is in somebody's mailbox then, the newest first."""
    street.work()
    answer = requests.get(f"{street.issuer}mailbox.json", params={"to": to}, timeout=10)
    found: list[dict[str, Any]] = answer.json()["messages"]
    return found


def code_in_mail(street: Street, address: str) -> str:
    """The newest code that was sent to `address`, which somebody reads elsewhere."""
    code: str = next(mail["code"] for mail in mails(street, address) if mail["code"])
    return code


def typed_key(visitor: Visitor) -> str:
    """The key that the set-up page shows for typing into an app."""
    groups = visitor.page.locator("code.onepass-key").text_content() or ""
    return re.sub(r"\s", "", groups)


def save_codes(visitor: Visitor) -> list[str]:
    """On the page of recovery codes: look at them, say that they are saved, go on."""
    visitor.submit()
    codes = codes_shown(visitor)
    visitor.page.locator("[name=saved]").check()
    visitor.submit(1)
    return codes


def codes_shown(visitor: Visitor) -> list[str]:
    """The recovery codes on this page."""
    return visitor.page.locator(".onepass-codes code").all_inner_texts()


def posts_to_onepass(visitor: Visitor, since: int = 0) -> list[str]:
    """The forms this person sent to Onepass since their `since`th visit."""
    return [
        visit
        for visit in visitor.visits[since:]
        if visit.startswith("POST") and "//id.onepass.localhost" in visit
    ]


def path_in_journey(visit: str) -> str:
    """Which page of a Journey a visit was to."""
    return visit.rpartition("/j/")[2].partition("/")[2]
