"""Second factors in a real Chromium: apps, recovery codes, and passkeys it makes and uses."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, Error, expect
from sqlalchemy import select

from idp.domain import accounts, authenticator_apps, passkeys, second_factors
from idp.domain.accounts import Account
from idp.domain.authenticator_apps import AuthenticatorApp
from idp.domain.sessions import BrowserSession
from tests.acceptance.keyboard import enter, reach
from tests.acceptance.walking import (
    NEXT_STEP,
    SIGNED_IN,
    choose_to_sign_in,
    code_from_mailbox,
    codes_shown,
    enter_code,
    enter_email,
    enter_password,
    save_codes,
    set_out,
    sign_in,
    typed_key,
)
from tests.support.addresses import own_address
from tests.support.chromium import Visitor, visiting
from tests.support.citizens import Citizen, give_backup, give_codes
from tests.support.servers import Street


@pytest.fixture
def other_visitor(browser: Browser) -> Iterator[Visitor]:
    """A person in another browser."""
    with visiting(browser, address=own_address()) as visitor:
        yield visitor


class VirtualAuthenticator:
    """Chromium's own authenticator, in the place of a phone's or a computer's."""

    def __init__(self, visitor: Visitor) -> None:
        self._protocol: CDPSession = visitor.context.new_cdp_session(visitor.page)
        self._protocol.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
        }
        added = self._protocol.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._id = {"authenticatorId": added["authenticatorId"]}

    def recognise(self, person: bool) -> None:
        """Let the next person be verified, or not."""
        self._protocol.send("WebAuthn.setUserVerified", self._id | {"isUserVerified": person})

    def credentials(self) -> list[dict[str, object]]:
        """What it keeps."""
        kept: list[dict[str, object]] = self._protocol.send("WebAuthn.getCredentials", self._id)[
            "credentials"
        ]
        return kept


def newcomer(name: str) -> Citizen:
    return Citizen(email=f"{name}@second-factors.example.com")


def come_to_app(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    set_out(visitor, street, "driving")
    visitor.submit(0)
    enter_email(visitor, citizen.email)
    visitor.fill("code", code_from_mailbox(visitor, street, citizen.email))
    visitor.submit()
    enter_password(visitor, citizen.password)
    assert visitor.page.url.endswith("/create/app")


def come_to_code(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    set_out(visitor, street, "tax")
    choose_to_sign_in(visitor)
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    assert visitor.page.url.endswith("/code")


def apps_of(street: Street, citizen: Citizen) -> int:
    with street.records() as session:
        account = accounts.find_by_email(session, citizen.email)
        assert account is not None
        mine = select(AuthenticatorApp).where(AuthenticatorApp.account_id == account.id)
        return len(session.scalars(mine).all())


@contextmanager
def never_offered(street: Street, citizen: Citizen) -> Iterator[None]:
    """Somebody whom nobody has asked yet whether they want a passkey."""
    with street.records() as session:
        account = session.get_one(Account, citizen.account_id)
        account.passkey_offered_at = None
    yield


def test_s08_a_wrong_first_code_keeps_picture_and_key_and_a_right_one_finishes(
    street: Street, visitor: Visitor
) -> None:
    citizen = newcomer("s08")
    come_to_app(visitor, street, citizen)
    citizen.seed = typed_key(visitor)
    picture = visitor.page.locator(".onepass-qr").inner_html()
    visitor.fill("code", citizen.wrong_code(street.clock.now()))
    visitor.submit()
    assert visitor.page.title().startswith("Error: ")
    assert (typed_key(visitor), visitor.page.locator(".onepass-qr").inner_html()) == (
        citizen.seed,
        picture,
    )
    enter_code(visitor, street, citizen)
    assert visitor.page.url.endswith("/create/recovery-codes")


def test_s09_an_app_that_was_not_verified_is_kept_nowhere(street: Street, visitor: Visitor) -> None:
    citizen = newcomer("s09")
    come_to_app(visitor, street, citizen)
    citizen.seed = typed_key(visitor)
    assert apps_of(street, citizen) == 0
    enter_code(visitor, street, citizen)
    assert apps_of(street, citizen) == 1


def test_s10_an_account_is_created_to_the_end_without_javascript(
    street: Street, visitor_without_javascript: Visitor, tmp_path: Path
) -> None:
    visitor, citizen = visitor_without_javascript, newcomer("s10")
    come_to_app(visitor, street, citizen)
    citizen.seed = typed_key(visitor)
    enter_code(visitor, street, citizen)
    visitor.submit()
    codes = codes_shown(visitor)
    assert not visitor.page.locator("[data-onepass-print], [data-onepass-copy]").first.is_visible()
    with visitor.page.expect_download() as download:
        visitor.page.locator("button[value=file]").click()
    download.value.save_as(tmp_path / "codes.txt")
    assert download.value.suggested_filename == "onepass-recovery-codes.txt"
    assert [line for line in (tmp_path / "codes.txt").read_text().split() if line in codes] == codes
    visitor.page.locator("[name=saved]").check()
    visitor.submit(1)
    assert visitor.heading == "You have created your Onepass account"
    visitor.press("Continue to Renew your driving licence")
    assert visitor.page.url.endswith("/prove")


def test_s11_recovery_codes_are_not_shown_again_by_reload_or_back(
    street: Street, visitor: Visitor
) -> None:
    citizen = newcomer("s11")
    come_to_app(visitor, street, citizen)
    citizen.seed = typed_key(visitor)
    enter_code(visitor, street, citizen)
    visitor.submit()
    codes = codes_shown(visitor)
    assert len(set(codes)) == 10
    visitor.page.reload()
    visitor.look()
    assert visitor.heading == "Have you saved your recovery codes?"
    assert not any(code in visitor.page.content() for code in codes)
    visitor.page.locator("main form").nth(1).locator("button").click()
    visitor.page.wait_for_selector(".onepass-codes")
    new = codes_shown(visitor)
    assert not set(new) & set(codes)
    visitor.page.locator("[name=saved]").check()
    visitor.submit(1)
    done = visitor.page.get_by_role("heading", name=visitor.heading)
    with suppress(Error):
        # Chromium keeps no answer to a post that says no-store: it shows a page of its own.
        visitor.page.go_back()
    done.wait_for(state="detached")
    expect(visitor.page.get_by_text(new[0])).to_have_count(0)


def test_s19_a_code_is_good_once_whichever_app_shows_it(
    street: Street, visitor: Visitor, other_visitor: Visitor, citizen: Citizen
) -> None:
    with street.records() as session:
        backup = give_backup(session, street.services, citizen)
    come_to_code(visitor, street, citizen)
    visitor.open(visitor.page.url.replace("/code", "/method"))
    visitor.choose("way", "backup_app")
    visitor.submit()
    assert visitor.heading == "Enter the code from your back-up app"
    enter_code(visitor, street, backup)
    assert visitor.heading == SIGNED_IN["tax"]
    come_to_code(other_visitor, street, citizen)
    other_visitor.fill("code", backup.code(street.clock.now()))
    other_visitor.submit()
    assert other_visitor.page.title().startswith("Error: ")
    other_visitor.fill("code", citizen.code(street.clock.now()))
    other_visitor.submit()
    assert other_visitor.heading == SIGNED_IN["tax"], "the other app's code is another one"


def test_s22_a_recovery_code_works_once_and_its_owner_is_told(
    street: Street,
    visitor: Visitor,
    visitor_without_javascript: Visitor,
    citizen: Citizen,
) -> None:
    with street.records() as session:
        codes = give_codes(session, street.services, citizen)
    for number, person in enumerate((visitor, visitor_without_javascript)):
        come_to_code(person, street, citizen)
        person.page.locator("summary").click() if person.javascript else None
        person.open(person.page.url.replace("/code", "/method"))
        person.choose("way", "recovery_code")
        person.submit()
        person.fill("recovery_code", f" {codes[number].lower().replace('-', '  ')} ")
        person.submit()
        assert person.heading == "You have used a recovery code"
        assert f"{9 - number} recovery codes left" in person.text
        person.press("Continue to Check your tax account")
        assert person.heading == SIGNED_IN["tax"]
    street.work()
    mailbox = visitor.context.new_page()
    mailbox.goto(f"{street.issuer}mailbox?to={citizen.email}")
    assert mailbox.locator("main li a", has_text="A Onepass recovery code was used").count() == 2
    mailbox.close()
    visitor.context.clear_cookies()
    come_to_code(visitor, street, citizen)
    visitor.open(visitor.page.url.replace("/code", "/recovery-code"))
    visitor.fill("recovery_code", codes[0])
    visitor.submit()
    assert "That recovery code is wrong or already used" in visitor.text


def test_s43_one_app_stays_and_two_change_places(
    street: Street, visitor: Visitor, other_visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    visitor.open(f"{street.issuer}account/security")
    assert "Remove" not in visitor.text, "the only app can be removed"
    visitor.follow("/account/backup")
    enter_password(visitor, citizen.password)
    backup = Citizen(seed=typed_key(visitor))
    visitor.fill("code", backup.code(street.clock.now()))
    visitor.submit()
    assert visitor.heading == "You have changed how you sign in"
    for change in ("switch", "remove"):
        visitor.open(f"{street.issuer}account/backup")
        enter_password(visitor, citizen.password)
        visitor.choose("change", change)
        visitor.submit()
        assert visitor.heading == "You have changed how you sign in"
    with street.records() as session:
        account = session.get_one(Account, citizen.account_id)
        assert not second_factors.remove_backup_app(session, street.services, account, device="")
    come_to_code(other_visitor, street, citizen)
    street.clock.move(NEXT_STEP)
    other_visitor.fill("code", citizen.code(street.clock.now()))
    other_visitor.submit()
    assert other_visitor.page.url.endswith("/code"), "the removed app still counts"
    citizen.seed = backup.seed
    enter_code(other_visitor, street, citizen)
    assert other_visitor.heading == SIGNED_IN["tax"]


def test_a_passkey_is_made_when_offered_and_signs_in_without_anything_typed(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    device = VirtualAuthenticator(visitor)
    with never_offered(street, citizen):
        come_to_code(visitor, street, citizen)
    enter_code(visitor, street, citizen)
    assert visitor.heading == "Do you want a passkey?"
    visitor.press("Create a passkey")
    assert visitor.heading == SIGNED_IN["tax"]
    assert len(device.credentials()) == 1
    visitor.context.clear_cookies()
    set_out(visitor, street, "tax")
    visitor.press("Sign in with a passkey")
    visitor.press("Use a passkey")
    assert visitor.heading == SIGNED_IN["tax"]
    set_out(visitor, street, "library")
    assert visitor.heading == SIGNED_IN["library"]
    with street.records() as session:
        mine = select(BrowserSession).where(BrowserSession.account_id == citizen.account_id)
        kept = session.scalars(mine.order_by(BrowserSession.started_at)).all()
        assert [each.amr for each in kept][-1] == "pop user mfa"
        [passkey] = passkeys.of_account(session, citizen.account_id)
        assert passkey.last_used_at is not None


def test_a_passkey_stands_for_the_code_and_needs_its_person(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    device = VirtualAuthenticator(visitor)
    with never_offered(street, citizen):
        come_to_code(visitor, street, citizen)
    enter_code(visitor, street, citizen)
    visitor.press("Create a passkey")
    visitor.context.clear_cookies()
    come_to_code(visitor, street, citizen)
    visitor.open(visitor.page.url.replace("/code", "/method"))
    visitor.choose("way", "passkey")
    visitor.submit()
    device.recognise(False)
    visitor.page.get_by_role("button", name="Use a passkey").click()
    message = visitor.page.get_by_role("alert")
    message.filter(has_text="No passkey was used").wait_for()
    device.recognise(True)
    visitor.press("Use a passkey")
    assert visitor.heading == SIGNED_IN["tax"]


def test_who_has_no_passkey_is_told_and_goes_on_another_way(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    VirtualAuthenticator(visitor)
    set_out(visitor, street, "tax")
    visitor.press("Sign in with a passkey")
    visitor.page.get_by_role("button", name="Use a passkey").click()
    visitor.page.get_by_role("alert").filter(has_text="No passkey was used").wait_for()
    visitor.press("Sign in with your email address and password")
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    enter_code(visitor, street, citizen)
    assert visitor.heading == SIGNED_IN["tax"]


def test_without_javascript_the_offer_lets_go(
    street: Street, visitor_without_javascript: Visitor, citizen: Citizen
) -> None:
    visitor = visitor_without_javascript
    with never_offered(street, citizen):
        come_to_code(visitor, street, citizen)
    enter_code(visitor, street, citizen)
    assert "Passkeys need JavaScript" in visitor.text
    assert visitor.page.get_by_role("button", name="Create a passkey").count() == 0
    visitor.press("Not now")
    assert visitor.heading == SIGNED_IN["tax"]
    set_out(visitor, street, "library")
    assert visitor.heading == SIGNED_IN["library"]


def test_codes_are_saved_and_a_passkey_is_made_with_a_keyboard_alone(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    VirtualAuthenticator(visitor)
    new = newcomer("keyboard")
    come_to_app(visitor, street, new)
    new.seed = typed_key(visitor)
    enter_code(visitor, street, new)
    enter(visitor, "button[value=make]")
    enter(visitor, "button[value=save]")
    assert visitor.page.evaluate("document.activeElement.matches('.govuk-error-summary')")
    reach(visitor, "[name=saved]")
    visitor.page.keyboard.press("Space")
    enter(visitor, "button[value=save]")
    assert visitor.heading == "You have created your Onepass account"
    visitor.context.clear_cookies()
    with never_offered(street, citizen):
        come_to_code(visitor, street, citizen)
    street.clock.move(NEXT_STEP)
    enter(visitor, "[name=code]", citizen.code(street.clock.now()))
    enter(visitor, "#use-passkey")
    assert visitor.heading == SIGNED_IN["tax"]
    with street.records() as session:
        assert len(passkeys.of_account(session, citizen.account_id)) == 1
        assert authenticator_apps.has_app(session, citizen.account_id)


def test_a_new_account_meets_no_offer_before_its_second_sign_in(
    street: Street, visitor: Visitor
) -> None:
    citizen = newcomer("second.visit")
    come_to_app(visitor, street, citizen)
    citizen.seed = typed_key(visitor)
    enter_code(visitor, street, citizen)
    save_codes(visitor)
    visitor.press("Continue to Renew your driving licence")
    assert visitor.page.url.endswith("/prove")
    visitor.context.clear_cookies()
    come_to_code(visitor, street, citizen)
    enter_code(visitor, street, citizen)
    assert visitor.heading == "Do you want a passkey?"
    visitor.press("Not now")
    assert visitor.heading == SIGNED_IN["tax"]
    visitor.context.clear_cookies()
    sign_in(visitor, street, "tax", citizen)


def test_a_passkey_is_added_in_the_account_and_removed_there(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    device = VirtualAuthenticator(visitor)
    sign_in(visitor, street, "tax", citizen)
    visitor.open(f"{street.issuer}account/security")
    visitor.follow("/account/passkeys")
    enter_password(visitor, citizen.password)
    visitor.press("Create a passkey")
    assert visitor.heading == "You have changed how you sign in"
    assert len(device.credentials()) == 1
    visitor.open(f"{street.issuer}account/passkeys")
    enter_password(visitor, citizen.password)
    visitor.page.get_by_role("button", name="Create a passkey").click()
    known = visitor.page.get_by_role("alert").filter(has_text="has a passkey")
    known.wait_for()
    visitor.page.locator("main form[action*='/remove'] button").click()
    visitor.page.wait_for_url("**/account/ways-changed")
    with street.records() as session:
        assert passkeys.of_account(session, citizen.account_id) == []
