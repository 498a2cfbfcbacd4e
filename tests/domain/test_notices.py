"""Notices on their way: queued with their words, kept in the demo's mailbox."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from idp.domain import notices, outbox
from idp.domain.notices import Mail
from idp.domain.services import Services
from tests.support.clock import NOON, FixedClock

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"


def queued(session: Session, services: Services) -> Mail:
    [message] = outbox.lease(session, services)
    assert message.kind == notices.KIND
    return Mail.of(message.id, message.payload, 0)


def mail(number: int, to: str, kind: str = "email_code", body: str = "x\n271828\nx") -> Mail:
    return Mail(f"{number:032x}", to, kind, "en", f"Subject {number}", body, NOON, None)


def test_a_notice_is_queued_in_words_with_its_time_and_device(
    session: Session, services: Services
) -> None:
    notices.send(
        session,
        services,
        to="alice@example.com",
        template="recovery_code_used",
        language="cy",
        device=FIREFOX,
        address="203.0.113.7",
        left=3,
    )
    found = queued(session, services)
    assert (found.to, found.kind, found.language) == (
        "alice@example.com", "recovery_code_used", "cy")  # fmt: skip
    assert found.subject == "Defnyddiwyd cod adfer Onepass"
    assert "Codau adfer ar ôl: 3\n" in found.body
    assert "Pryd: 21 Medi 2026, 15:13 (amser y DU)\nDyfais: Firefox ar Linux\n" in found.body
    assert (found.written_at, found.worthless_at) == (NOON, None)


def test_a_code_is_worth_nothing_after_its_time(session: Session, services: Services) -> None:
    notices.send(
        session, services, to="a@example.com", template="email_code", language="en", code="271828"
    )
    assert queued(session, services).worthless_at == NOON + 3600


def test_nothing_is_queued_with_values_it_does_not_need(
    session: Session, services: Services
) -> None:
    with pytest.raises(ValueError, match="account_created needs no values"):
        notices.send(
            session,
            services,
            to="a@example.com",
            template="account_created",
            language="en",
            code="271828",
        )
    assert outbox.counts(session) == {}


def test_a_mail_that_an_earlier_version_queued_is_read() -> None:
    payload = {"to": "a@example.com", "kind": "email_code", "language": "en", "subject": "s"}
    found = Mail.of("1", payload | {"body": "b"}, 77)
    assert (found.written_at, found.worthless_at) == (77, None)


def test_the_mailbox_keeps_a_mail_once_however_often_it_is_delivered(session: Session) -> None:
    for _ in range(2):
        notices.put_in_mailbox(session, mail(1, "alice@example.com"), NOON + 5)
    [found] = notices.in_mailbox(session)
    assert (found.to, found.subject, found.sent_at) == ("alice@example.com", "Subject 1", NOON + 5)
    assert notices.message(session, found.id) is found
    assert notices.message(session, "another") is None


def test_the_mailbox_is_read_newest_first_and_by_address(session: Session) -> None:
    people = ("alice@example.com", "Siân@example.com", "ALICE@Example.com", "bob@example.com")
    for number, to in enumerate(people):
        notices.put_in_mailbox(session, mail(number, to), NOON)

    def found(to: str, limit: int = 50) -> list[str]:
        return [message.to for message in notices.in_mailbox(session, limit, to=to)]

    assert found("") == list(reversed(people))
    assert found("", 2) == ["bob@example.com", "ALICE@Example.com"]
    assert found(" Alice@example.com ") == ["ALICE@Example.com", "alice@example.com"]
    assert found("Siân@example.com") == ["Siân@example.com"]
    assert found("nobody@example.com") == []
    assert found("%@example.com") == []


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("email_code", "Your code is\n\n271828\n\nType it.", "271828"),
        ("password_reset_code", "271828", "271828"),
        ("email_code", "no digits", None),
        ("activity_reported", "The number is\n\n271828\n", None),
        ("a kind of an earlier version", "271828", None),
    ],
)
def test_the_code_of_a_mail_is_found_where_it_has_one(
    session: Session, kind: str, body: str, code: str | None
) -> None:
    notices.put_in_mailbox(session, mail(1, "alice@example.com", kind, body), NOON)
    assert notices.in_mailbox(session)[0].code == code


def test_old_mails_are_swept_from_the_mailbox(session: Session, clock: FixedClock) -> None:
    for number in range(3):
        notices.put_in_mailbox(session, mail(number, "a@example.com"), NOON + number)
    assert notices.sweep(session, NOON + 2, limit=1) == 1
    assert notices.sweep(session, NOON + 2) == 1
    assert [found.sent_at for found in notices.in_mailbox(session)] == [NOON + 2]
    session.execute(sa.delete(notices.MailboxMessage))
