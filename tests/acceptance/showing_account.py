"""Every page of one's own account, in every state: what `showing` has for the other pages."""

from collections.abc import Callable, Iterator

from sqlalchemy import select

from idp.domain import accounts, disclosures
from idp.domain.grants import Grant
from idp.protocol.identity_claims import ADDRESS, CORE_IDENTITY
from tests.acceptance.shown import (
    JOURNEY,
    NO_CODE,
    WRONG_PASSWORDS,
    Shown,
    answer_with_passkey,
    mistakes,
    newcomer,
)
from tests.acceptance.walking import (
    code_from_mailbox,
    enter_code,
    enter_email,
    enter_password,
    sign_in,
    typed_key,
)
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen, give_codes, give_passkey
from tests.support.servers import Street


def minding_ones_account(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """One's own account, with new terms on the way to it."""
    citizen = newcomer(street, "owner")
    sign_in(visitor, street, "tax", citizen)
    with street.records() as session:
        account = accounts.get(session, citizen.account_id)
        assert account is not None
        account.terms_version = 0
    visitor.open(f"{street.issuer}account?lng={language}")
    yield Shown(f"{JOURNEY}/terms")
    visitor.submit()
    yield Shown("/account")
    visitor.open(f"{street.issuer}account/history")
    yield Shown("/account/history")
    visitor.page.locator("main a[href*='/account/history/']").first.click()
    visitor.page.wait_for_url("**/account/history/*")
    visitor.look()
    yield Shown("/account/history/<reference>")
    visitor.submit()
    yield Shown("/account/history/<reference>/reported")
    visitor.open(visitor.page.url.removesuffix("/reported"))
    yield Shown("/account/history/<reference>", "reported before")
    visitor.open(f"{street.issuer}account/security")
    yield Shown("/account/security")
    visitor.open(f"{street.issuer}account/devices")
    yield Shown("/account/devices")
    visitor.page.locator(".onepass-account a[href='/account']").click()
    visitor.page.wait_for_url("**/account")
    visitor.page.locator("main a[href*='/account/service/']").first.click()
    visitor.page.wait_for_url("**/account/service/*")
    visitor.look()
    yield Shown("/account/service/<service_id>")
    page = visitor.page.url
    with street.records() as session:
        of_owner = Grant.account_id == citizen.account_id
        [client_id] = session.scalars(select(Grant.client_id).where(of_owner).distinct())
        disclosures.share(
            session,
            account_id=citizen.account_id,
            client_id=client_id,
            claims=[CORE_IDENTITY, ADDRESS],
            now=street.clock.now(),
        )
    visitor.open(page)
    yield Shown("/account/service/<service_id>", "with details shared")
    visitor.open(f"{page}/remove")
    yield Shown("/account/service/<service_id>/remove")
    visitor.submit()
    yield Shown("/account/service/<service_id>/removed")
    visitor.open(page)
    yield Shown("/account/service/<service_id>", "without access")
    visitor.open(street.issuer)
    yield Shown("/", "signed in")


def changing_ones_account(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Another email address, another password, a copy of one's data."""
    citizen = newcomer(street, "changing")
    sign_in(visitor, street, "tax", citizen)
    visitor.open(f"{street.issuer}account/email?lng={language}")
    yield Shown("/account/confirm/<change>")
    enter_password(visitor, "")
    yield Shown("/account/confirm/<change>", "empty")
    enter_password(visitor, "not this one at all")
    yield Shown("/account/confirm/<change>", "wrong")
    enter_password(visitor, citizen.password)
    yield Shown("/account/email")
    enter_email(visitor, citizen.email)
    yield Shown("/account/email", "the same")
    enter_email(visitor, "nobody@some.test-citizens.example")
    yield Shown("/account/email", "of test citizens")
    enter_email(visitor, f"new.{citizen.email}")
    yield Shown("/account/email/<journey_id>")
    wrong = {**NO_CODE, "wrong": "000000"}
    yield from mistakes(visitor, "/account/email/<journey_id>", "code", wrong)
    page = visitor.page.url
    visitor.open(f"{page}/resend")
    yield Shown("/account/email/<journey_id>/resend")
    for _ in range(5):
        visitor.submit()
        visitor.open(f"{page}/resend")
    yield Shown("/account/email/<journey_id>/resend", "no more")
    visitor.open(page)
    visitor.fill("code", code_from_mailbox(visitor, street, f"new.{citizen.email}"))
    visitor.submit()
    yield Shown("/account/email-changed")
    visitor.open(f"{street.issuer}account/password")
    enter_password(visitor, citizen.password)
    yield Shown("/account/password")
    enter_password(visitor, "short")
    yield Shown("/account/password", "too short")
    enter_password(visitor, citizen.password)
    yield Shown("/account/password", "the same")
    yield from mistakes(visitor, "/account/password", "password", WRONG_PASSWORDS)
    enter_password(visitor, f"{citizen.password} again")
    yield Shown("/account/password-changed")
    visitor.open(f"{street.issuer}account/data")
    enter_password(visitor, f"{citizen.password} again")
    yield Shown("/account/data")


def changing_how_one_signs_in(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Apps, recovery codes and passkeys of one's own."""
    citizen = newcomer(street, "factors")
    sign_in(visitor, street, "tax", citizen)
    visitor.open(f"{street.issuer}account/app?lng={language}")
    enter_password(visitor, citizen.password)
    yield Shown("/account/app")
    yield from mistakes(visitor, "/account/app", "code", {**NO_CODE, "wrong": "12"})
    visitor.open(f"{street.issuer}account/backup")
    enter_password(visitor, citizen.password)
    yield Shown("/account/backup", "none yet")
    backup = Citizen(seed=typed_key(visitor))
    visitor.fill("code", backup.code(street.clock.now()))
    visitor.submit()
    yield Shown("/account/ways-changed")
    visitor.open(f"{street.issuer}account/backup")
    enter_password(visitor, citizen.password)
    yield Shown("/account/backup")
    visitor.submit()
    yield Shown("/account/backup", "nothing chosen")
    visitor.choose("change", "replace")
    visitor.submit()
    yield Shown("/account/backup/app")
    visitor.open(f"{street.issuer}account/recovery-codes")
    enter_password(visitor, citizen.password)
    yield Shown("/account/recovery-codes", "none yet")
    visitor.submit()
    yield Shown("/account/recovery-codes", "shown")
    visitor.submit(1)
    yield Shown("/account/recovery-codes", "not ticked")
    visitor.page.locator("[name=saved]").check()
    visitor.submit(1)
    visitor.open(f"{street.issuer}account/recovery-codes")
    enter_password(visitor, citizen.password)
    yield Shown("/account/recovery-codes")
    with street.records() as session:
        give_passkey(session, street.services, citizen)
    visitor.open(f"{street.issuer}account/security")
    yield Shown("/account/security", "with everything")
    visitor.open(f"{street.issuer}account/passkeys")
    enter_password(visitor, citizen.password)
    yield Shown("/account/passkeys")
    with visitor.page.expect_navigation(wait_until="load"):
        visitor.page.evaluate("document.querySelector('[data-onepass-passkey]').submit()")
    yield Shown("/account/passkeys", "no answer")
    answer_with_passkey(visitor, "{}")
    yield Shown("/account/passkeys", "a wrong answer")


def leaving(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Signing out everywhere, thought better of; then deleting the account."""
    citizen = newcomer(street, "leaving")
    sign_in(visitor, street, "tax", citizen)
    visitor.open(f"{street.issuer}account/sign-out-everywhere?lng={language}")
    enter_password(visitor, citizen.password)
    yield Shown("/account/sign-out-everywhere")
    street.clock.move(901)
    visitor.open(f"{street.issuer}account/delete")
    enter_password(visitor, citizen.password)
    yield Shown("/account/confirm/<change>/code")
    with street.records() as session:
        give_passkey(session, street.services, citizen)
        give_codes(session, street.services, citizen)
    visitor.open(f"{street.issuer}account/confirm/delete/code")
    yield Shown("/account/confirm/<change>/code", "or another way")
    visitor.open(f"{street.issuer}account/confirm/delete/recovery-code")
    yield Shown("/account/confirm/<change>/recovery-code")
    wrong = {**NO_CODE, "wrong": "not one of them"}
    yield from mistakes(visitor, "/account/confirm/<change>/recovery-code", "recovery_code", wrong)
    visitor.open(f"{street.issuer}account/confirm/delete")
    yield Shown("/account/confirm/<change>", "or a passkey")
    visitor.open(f"{street.issuer}account/confirm/delete/passkey")
    yield Shown("/account/confirm/<change>/passkey")
    with visitor.page.expect_navigation(wait_until="load"):
        visitor.page.evaluate("document.querySelector('[data-onepass-passkey]').submit()")
    yield Shown("/account/confirm/<change>/passkey", "no answer")
    answer_with_passkey(visitor, "{}")
    yield Shown("/account/confirm/<change>/passkey", "a wrong answer")
    visitor.open(f"{street.issuer}account/confirm/delete/code")
    visitor.fill("code", citizen.wrong_code(street.clock.now()))
    visitor.submit()
    yield Shown("/account/confirm/<change>/code", "wrong")
    visitor.fill("code", citizen.code(street.clock.now()))
    visitor.submit()
    yield Shown("/account/delete")
    visitor.submit()
    yield Shown("/account/delete", "done")


def locking_oneself_out(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Signing out everywhere, and a password forgotten in one's own account."""
    citizen = newcomer(street, "forgetful")
    sign_in(visitor, street, "tax", citizen)
    visitor.open(f"{street.issuer}account/devices?lng={language}")
    visitor.open(f"{street.issuer}account/sign-out-everywhere")
    enter_password(visitor, citizen.password)
    visitor.submit()
    yield Shown("/account/sign-out-everywhere", "done")
    street.clock.move(30)
    visitor.open(f"{street.issuer}account/delete?lng={language}")
    visitor.submit(1)
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    enter_code(visitor, street, citizen)
    for _ in range(6):
        enter_password(visitor, "not this one at all")
    yield Shown("/account/confirm/<change>", "just locked")
    visitor.open(visitor.page.url)
    yield Shown("/account/confirm/<change>", "locked")
    with street.records() as session:
        give_passkey(session, street.services, citizen)
    visitor.open(visitor.page.url)
    yield Shown("/account/confirm/<change>", "locked, or a passkey")


def waiting_after_a_reset(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Changing how one signs in, soon after the password was reset."""
    citizen = newcomer(street, "held")
    sign_in(visitor, street, "tax", citizen)
    with street.records() as session:
        account = accounts.get(session, citizen.account_id)
        assert account is not None
        account.password_reset_at = street.clock.now()
    visitor.open(f"{street.issuer}account/security?lng={language}")
    yield Shown("/account/security", "soon after a reset")
    visitor.open(f"{street.issuer}account/app")
    yield Shown("/account/held/<change>")
    with street.records() as session:
        give_codes(session, street.services, citizen)
    visitor.open(visitor.page.url)
    yield Shown("/account/held/<change>", "or a recovery code")
    visitor.open(f"{street.issuer}account/security")
    yield Shown("/account/security", "soon after a reset, with recovery codes")


WALKS: dict[str, Callable[[Visitor, Street, str], Iterator[Shown]]] = {
    "minding one's account": minding_ones_account,
    "changing one's account": changing_ones_account,
    "changing how one signs in": changing_how_one_signs_in,
    "leaving": leaving,
    "locking oneself out": locking_oneself_out,
    "waiting after a reset": waiting_after_a_reset,
}

ROUTES = {
    "/account",
    *(
        f"/account/{page}"
        for page in (
            "app",
            "backup",
            "backup/app",
            "confirm/<change>",
            "confirm/<change>/code",
            "confirm/<change>/passkey",
            "confirm/<change>/recovery-code",
            "data",
            "delete",
            "devices",
            "email",
            "email-changed",
            "email/<journey_id>",
            "email/<journey_id>/resend",
            "held/<change>",
            "history",
            "history/<reference>",
            "history/<reference>/reported",
            "passkeys",
            "password",
            "password-changed",
            "recovery-codes",
            "security",
            "service/<service_id>",
            "service/<service_id>/remove",
            "service/<service_id>/removed",
            "sign-out-everywhere",
            "ways-changed",
        )
    ),
}
