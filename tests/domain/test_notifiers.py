"""Notifiers: the mailbox and a real mail server; which one an installation uses."""

import dataclasses
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from idp.domain import notices, outbox
from idp.domain.notice_texts import NOTICES
from idp.domain.notices import Mail
from idp.domain.notifiers import MailboxNotifier, Notifier, SmtpNotifier, choose
from idp.domain.services import Services
from idp.kernel.mailing import MailRefused
from tests.support.building import MAIL, PRODUCTION, make_services, make_settings
from tests.support.clock import NOON, FixedClock
from tests.support.mail_server import PostOffice, open_post_office
from tests.support.notices import VALUES

FROM = "Onepass <no-reply@id.example>"


@pytest.fixture
def engine(services: Services) -> Iterator[sa.Engine]:
    engine = sa.create_engine(services.settings.database_url, poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """A mail server on loopback."""
    with open_post_office() as office:
        yield office


@pytest.fixture
def smtp(sqlite_url: str, tmp_path: Path, clock: FixedClock, office: PostOffice) -> Notifier:
    """What an installation uses that names `office`."""
    url = f"smtp://127.0.0.1:{office.port}"
    more = {"ONEPASS_SMTP_URL": url, "ONEPASS_MAIL_FROM": FROM}
    services = make_services(make_settings(sqlite_url, tmp_path, more=more), clock)
    notifier = choose(services, sa.create_engine("sqlite://"))
    assert isinstance(notifier, SmtpNotifier)
    return notifier


def mails(session: Session, services: Services, language: str, to: str) -> Iterator[Mail]:
    """Every notice there is, as the worker would deliver it."""
    for kind, notice in NOTICES.items():
        values = {name: VALUES[name] for name in notice.values}
        notices.send(
            session,
            services,
            to=to,
            template=kind,
            language=language,
            device="",
            address="",
            **values,
        )
        [message] = outbox.lease(session, services)
        yield Mail.of(message.id, message.payload, services.clock.now())


@pytest.mark.parametrize("language", ["en", "cy"])
def test_every_notice_arrives_as_it_was_written(
    session: Session, services: Services, office: PostOffice, smtp: Notifier, language: str
) -> None:
    sent = list(mails(session, services, language, "alice@example.com"))
    for mail in sent:
        smtp.deliver(mail)
    assert len(office.taken) == len(NOTICES)
    for mail, taken in zip(sent, office.taken, strict=True):
        message = taken.message
        assert message["Subject"] == mail.subject
        assert message.get_content().replace("\r\n", "\n") == mail.body
        assert message.get_content_type() == "text/plain"
        assert message.get_content_charset() == "utf-8"
        assert taken.raw.isascii()


def test_a_short_text_is_in_ascii_too(
    session: Session, services: Services, office: PostOffice, smtp: Notifier
) -> None:
    mail = next(mails(session, services, "cy", "alice@example.com"))
    smtp.deliver(dataclasses.replace(mail, body="Siân, tŷ\n"))
    [taken] = office.taken
    assert taken.raw.isascii()
    assert taken.message.get_content() == "Siân, tŷ\r\n"


def test_a_mail_says_who_when_and_that_nobody_need_answer(
    session: Session, services: Services, office: PostOffice, smtp: Notifier, clock: FixedClock
) -> None:
    mail = next(mails(session, services, "cy", "alice@example.com"))
    clock.move(40)
    smtp.deliver(mail)
    message = office.taken[0].message
    assert set(message.keys()) == {
        "Subject", "Date", "Message-ID", "Content-Language", "Auto-Submitted", "Content-Type",
        "Content-Transfer-Encoding", "MIME-Version", "From", "To"}  # fmt: skip
    assert message["From"] == FROM
    assert message["To"] == "alice@example.com"
    assert message["Content-Language"] == "cy"
    assert message["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(message["Date"]).timestamp() == NOON
    assert message["Message-ID"] == f"<{mail.id}@id.example>"


def test_a_mail_delivered_again_has_the_same_message_id(
    session: Session, services: Services, office: PostOffice, smtp: Notifier
) -> None:
    first, second, *_ = mails(session, services, "en", "alice@example.com")
    for mail in (first, first, second):
        smtp.deliver(mail)
    ids = [taken.message["Message-ID"] for taken in office.taken]
    assert ids[0] == ids[1] != ids[2]


def test_no_address_reaches_another_header_or_another_person(
    session: Session, services: Services, office: PostOffice, smtp: Notifier
) -> None:
    mail = next(mails(session, services, "en", "alice@example.com"))
    for to in ("a@example.com\r\nBcc: bob@example.com", "a@example.com, bob@example.com"):
        with pytest.raises(MailRefused):
            smtp.deliver(dataclasses.replace(mail, to=to))
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        smtp.deliver(dataclasses.replace(mail, subject="Hello\r\nBcc: bob@example.com"))
    assert office.asked == []
    smtp.deliver(mail)
    assert office.asked == ["alice@example.com"]


def test_the_mailbox_gets_it_where_there_is_one(
    session: Session, services: Services, engine: sa.Engine
) -> None:
    notifier = choose(services, engine)
    assert isinstance(notifier, MailboxNotifier)
    mail = next(mails(session, services, "en", "alice@example.com"))
    session.commit()
    notifier.deliver(mail)
    session.rollback()
    assert [found.subject for found in notices.in_mailbox(session)] == [mail.subject]


@pytest.mark.parametrize(
    ("mode", "mail", "chosen"),
    [
        ("production", MAIL, SmtpNotifier),
        ("integration", MAIL, SmtpNotifier),
        ("integration", {}, type(None)),
        ("demo", MAIL, SmtpNotifier),
        ("demo", {}, MailboxNotifier),
        ("test", {}, MailboxNotifier),
    ],
)
def test_the_settings_choose(
    tmp_path: Path, clock: FixedClock, mode: str, mail: dict[str, str], chosen: type
) -> None:
    settings = make_settings(
        f"sqlite:///{tmp_path / 'x.db'}",
        tmp_path,
        issuer="https://id.example/",
        more=PRODUCTION | dict.fromkeys(MAIL, "") | {"ONEPASS_MODE": mode} | mail,
    )
    engine = sa.create_engine(settings.database_url)
    assert isinstance(choose(make_services(settings, clock), engine), chosen)
    engine.dispose()
