"""Every page on the way to a new password or to new codes, in every state it can be in."""

from collections.abc import Iterator

from idp.domain import accounts, identities, recoveries, second_factors
from idp.domain.sample_people import SAMPLE_PEOPLE
from tests.acceptance.shown import (
    JOURNEY,
    NO_CODE,
    WRONG_PASSWORDS,
    Shown,
    Walk,
    arrive,
    go_through_check,
    mistakes,
    newcomer,
    page_of_journey,
)
from tests.acceptance.walking import (
    code_from_mailbox,
    enter_code,
    enter_email,
    enter_password,
    save_codes,
    typed_key,
)
from tests.support.chromium import Visitor
from tests.support.servers import Street


def resetting_a_password(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Every page to a new password, each also with what can go wrong."""
    citizen, reset = newcomer(street, "resetting"), f"{JOURNEY}/reset"
    arrive(visitor, street, "tax", language)
    visitor.submit(1)
    enter_email(visitor, citizen.email)
    page_of_journey(visitor, "reset/request")
    yield Shown(f"{reset}/request")
    visitor.submit()
    yield Shown(f"{reset}/email-code")
    yield from mistakes(visitor, f"{reset}/email-code", "code", {**NO_CODE, "wrong": "000000"})
    page_of_journey(visitor, "reset/email-resend")
    yield Shown(f"{reset}/email-resend")
    for _ in range(5):
        page_of_journey(visitor, "reset/email-resend")
        visitor.submit()
    yield Shown(f"{reset}/email-resend", "just no more")
    page_of_journey(visitor, "reset/email-resend")
    yield Shown(f"{reset}/email-resend", "no more for now")
    page_of_journey(visitor, "reset/email-code")
    code = code_from_mailbox(visitor, street, citizen.email)
    visitor.fill("code", code)
    visitor.submit()
    yield Shown(f"{reset}/second-factor")
    yield from mistakes(visitor, f"{reset}/second-factor", "code", NO_CODE)
    with street.records() as session:
        account = accounts.get(session, citizen.account_id)
        assert account is not None
        second_factors.make_recovery_codes(
            session, street.services, account, replacing=0, device=""
        )
    visitor.open(visitor.page.url)
    yield Shown(f"{reset}/second-factor", "or a recovery code")
    page_of_journey(visitor, "reset/recovery-code")
    yield Shown(f"{reset}/recovery-code")
    visitor.fill("recovery_code", "not one of them")
    visitor.submit()
    yield Shown(f"{reset}/recovery-code", "wrong")
    page_of_journey(visitor, "reset/second-factor")
    for number in range(6):
        visitor.fill("code", citizen.wrong_code(street.clock.now()))
        visitor.submit()
        if number == 0:
            yield Shown(f"{reset}/second-factor", "wrong")
    yield Shown(f"{reset}/locked", "just happened")
    visitor.open(visitor.page.url)
    yield Shown(f"{reset}/locked")


def being_made_to_reset(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """A new password that an operator ordered, and one that is wanted because of the old one."""
    citizen, reset = newcomer(street, "forced"), f"{JOURNEY}/reset"
    arrive(visitor, street, "tax", language)
    visitor.submit(1)
    enter_email(visitor, citizen.email)
    with street.records() as session:
        account = accounts.get(session, citizen.account_id)
        assert account is not None
        account.reset_because = accounts.ORDERED
    enter_password(visitor, citizen.password)
    enter_code(visitor, street, citizen)
    yield Shown(f"{reset}/required")
    visitor.submit()
    visitor.fill("code", code_from_mailbox(visitor, street, citizen.email))
    visitor.submit()
    yield Shown(f"{reset}/password", "ordered")
    enter_password(visitor, citizen.password)
    yield Shown(f"{reset}/password", "the same again")
    wrong = {**WRONG_PASSWORDS, "short": "too short"}
    yield from mistakes(visitor, f"{reset}/password", "password", wrong)
    with street.records() as session:
        account = accounts.get(session, citizen.account_id)
        assert account is not None
        account.reset_because = accounts.WEAK
    visitor.open(visitor.page.url)
    yield Shown(f"{reset}/password", "weak")
    enter_password(visitor, "velvet tractor seventeen")


def waiting_for_codes(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Every page of the wait, to the new app."""
    citizen, recover = newcomer(street, "waiting"), f"{JOURNEY}/recover"
    arrive(visitor, street, "tax", language)
    visitor.submit(1)
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    page_of_journey(visitor, "recover")
    yield Shown(f"{JOURNEY}/recover", "never proved")
    visitor.submit()
    yield Shown(f"{recover}/email-code")
    wrong = {**NO_CODE, "short": "12", "wrong": "000000"}
    yield from mistakes(visitor, f"{recover}/email-code", "code", wrong)
    page_of_journey(visitor, "recover/email-resend")
    yield Shown(f"{recover}/email-resend")
    for _ in range(5):
        page_of_journey(visitor, "recover/email-resend")
        visitor.submit()
    yield Shown(f"{recover}/email-resend", "no more for now")
    page_of_journey(visitor, "recover/email-code")
    visitor.fill("code", code_from_mailbox(visitor, street, citizen.email))
    visitor.submit()
    yield Shown(f"{recover}/waiting")
    page_of_journey(visitor, "recover/stop")
    yield Shown(f"{recover}/stop")
    yield from mistakes(visitor, f"{recover}/stop", "code", NO_CODE)
    for number in range(6):
        visitor.fill("code", "AAAA-AAAA")
        visitor.submit()
        if number == 0:
            yield Shown(f"{recover}/stop", "wrong")
    yield Shown(f"{recover}/stop", "locked")
    street.clock.move(7 * 86_400)
    arrive(visitor, street, "tax", language)
    visitor.submit(1)
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    page_of_journey(visitor, "recover")
    yield Shown(f"{recover}/ready")
    visitor.submit()
    yield Shown(f"{JOURNEY}/create/app", "instead of everything")
    citizen.seed = typed_key(visitor)
    enter_code(visitor, street, citizen)
    yield Shown(f"{JOURNEY}/create/recovery-codes", "instead of old ones")
    save_codes(visitor)
    yield Shown(f"{recover}/done")


def proving_to_get_codes(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Every page of proving again who one is, and of what stands in the way."""
    citizen, recover = newcomer(street, "regaining"), f"{JOURNEY}/recover"
    with street.records() as session:
        identities.keep(
            session,
            street.services,
            account_id=citizen.account_id,
            level="P2",
            person=SAMPLE_PEOPLE["nia"],
        )
    arrive(visitor, street, "tax", language)
    visitor.submit(1)
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    page_of_journey(visitor, "recover")
    yield Shown(f"{JOURNEY}/recover", "proved before")
    visitor.submit()
    yield Shown(f"{JOURNEY}/prove", "to get codes")
    go_through_check(visitor, street, "kwame", "P2")
    yield Shown(f"{recover}/not-confirmed")
    visitor.choose("choice", "again")
    visitor.submit()
    go_through_check(visitor, street, "nia", "pending")
    yield Shown(f"{recover}/not-now", "not finished")
    visitor.submit()
    yield Shown(f"{recover}/not-now", "nothing chosen")
    with street.records() as session:
        account = accounts.get(session, citizen.account_id)
        assert account is not None
        account.password_reset_at = street.clock.now()
    visitor.open(visitor.page.url)
    yield Shown(f"{recover}/not-now")
    with street.records() as session:
        account = accounts.get(session, citizen.account_id)
        assert account is not None
        account.password_reset_at = None
        assert recoveries.begin(session, street.services, account, device="")
        waiting = recoveries.find(session, account.id, street.clock.now())
        assert waiting is not None
        code = recoveries.stop_code(session, street.services, waiting.id)
    page_of_journey(visitor, "recover/stop")
    visitor.fill("code", code)
    visitor.submit()
    yield Shown(f"{recover}/stopped")


WALKS: dict[str, Walk] = {
    "resetting a password": resetting_a_password,
    "being made to reset": being_made_to_reset,
    "waiting for codes": waiting_for_codes,
    "proving to get codes": proving_to_get_codes,
}

ROUTES = {
    *(
        f"{JOURNEY}/reset/{page}"
        for page in (
            "request",
            "required",
            "email-code",
            "email-resend",
            "second-factor",
            "recovery-code",
            "password",
            "locked",
        )
    ),
    f"{JOURNEY}/recover",
    *(
        f"{JOURNEY}/recover/{page}"
        for page in (
            "email-code",
            "email-resend",
            "waiting",
            "stop",
            "stopped",
            "ready",
            "not-now",
            "not-confirmed",
            "done",
        )
    ),
}
"""The routes whose pages these walks show."""
