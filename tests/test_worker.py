"""The worker: what it delivers, what it gives up on, and what must not stop it."""

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from idp.domain import clients, notices, outbox
from idp.domain.audit_entries import AuditEntry, SealedEntry
from idp.domain.notices import Mail
from idp.domain.notifiers import SmtpNotifier
from idp.domain.outbox import PAUSES
from idp.domain.services import Services
from idp.kernel import mailing
from idp.kernel.fetching import Fetcher, FetchFailed
from idp.kernel.mail_server import parse_mail_server, parse_sender
from idp.kernel.mailing import MailFailed, MailRefused
from idp.worker import DELIVERY_TIMEOUT, Worker
from tests.support.building import ISSUER
from tests.support.clock import NOON, FixedClock
from tests.support.mail_server import open_post_office
from tests.support.relying_party import RelyingParty


class Service:
    """A service's back-channel address, and what it was sent there."""

    def __init__(self) -> None:
        self.answers: list[int | Exception] = []
        self.received: list[tuple[str, str]] = []

    def post_form(self, url: str, data: Mapping[str, str], *, timeout: float) -> int:
        assert timeout == 15.0
        self.received.append((url, data["logout_token"]))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    service = Service()
    monkeypatch.setattr(Fetcher, "post_form", service.post_form)
    return service


@pytest.fixture
def worker(services: Services, signing_keys: None) -> Iterator[Worker]:
    engine = sa.create_engine(services.settings.database_url, poolclass=NullPool)
    yield Worker(services, engine)
    engine.dispose()


def _listening(session: Session, services: Services, **more: Any) -> RelyingParty:
    party = RelyingParty(
        ISSUER,
        more={"back_channel_logout_uri": "https://a.example/bye"} | more,
        id_token_alg="RS256",
    )
    clients.apply(session, services, party.registration())
    _queue(session, services, party)
    session.commit()
    return party


def _queue(session: Session, services: Services, party: RelyingParty) -> None:
    outbox.put(
        session,
        services,
        "back_channel_logout",
        {"client_id": party.client_id, "subject": "alice at a", "sid": "the session"},
    )


def _counts(session: Session) -> dict[str, int]:
    session.rollback()
    return outbox.counts(session)


def _facts(session: Session) -> set[str]:
    session.rollback()
    arrived = session.scalars(sa.select(AuditEntry.fact))
    return set(arrived) | set(session.scalars(sa.select(SealedEntry.fact)))


def test_a_mail_reaches_the_mailbox_once(
    session: Session, services: Services, worker: Worker
) -> None:
    notices.send(session, services, to="a@example.com", template="account_created", language="cy")
    session.commit()
    assert worker.deliver() == 1
    assert worker.deliver() == 0
    session.rollback()
    assert len(notices.in_mailbox(session)) == 1


class Reader:
    """A notifier that a test tells what to do."""

    def __init__(self) -> None:
        self.answers: list[Exception | None] = []
        self.received: list[Mail] = []
        self.takes = 0

    def deliver(self, mail: Mail) -> None:
        self.received.append(mail)
        self.clock.move(self.takes)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer

    clock: FixedClock


@pytest.fixture
def reader(worker: Worker, clock: FixedClock) -> Reader:
    """Gets the mails of this test's worker."""
    reader = Reader()
    reader.clock = clock
    worker._notifier = reader
    return reader


def _mail(session: Session, services: Services, template: str = "account_created") -> None:
    values = {"code": "271828"} if template == "email_code" else {}
    notices.send(session, services, to="a@example.com", template=template, language="en", **values)
    session.commit()


def test_a_mail_waits_where_there_is_neither_mailbox_nor_mail_server(
    session: Session, services: Services, worker: Worker
) -> None:
    worker._notifier = None
    _mail(session, services)
    worker.deliver()
    session.rollback()
    assert notices.in_mailbox(session) == []
    assert outbox.messages(session, "waiting")[0].last_error == (
        "DeliveryFailed: no mail server is set up"
    )


def test_a_mail_that_fails_is_tried_again_and_one_that_is_refused_is_not(
    session: Session, services: Services, worker: Worker, reader: Reader, clock: FixedClock
) -> None:
    _mail(session, services)
    reader.answers = [MailFailed("it answered 450"), MailRefused("no such user")]
    worker.deliver()
    session.rollback()
    assert outbox.messages(session, "waiting")[0].last_error == "MailFailed: it answered 450"
    assert worker.deliver() == 0
    clock.move(PAUSES[0])
    worker.deliver()
    session.rollback()
    [dead] = outbox.messages(session, "dead")
    assert (dead.tries, dead.last_error) == (2, "MailRefused: no such user")
    clock.move(100_000)
    assert worker.deliver() == 0
    assert reader.received[0] == reader.received[1]


def test_a_code_is_not_mailed_when_it_works_no_longer(
    session: Session, services: Services, worker: Worker, reader: Reader, clock: FixedClock
) -> None:
    _mail(session, services, "email_code")
    reader.answers = [MailFailed("it answered 450")]
    clock.move(3599)
    worker.deliver()
    assert len(reader.received) == 1
    clock.move(PAUSES[0])
    worker.deliver()
    assert len(reader.received) == 1
    session.rollback()
    assert outbox.messages(session, "dead")[0].last_error == (
        "MailRefused: its code works no longer"
    )


def test_a_slow_mail_server_is_left_and_asked_again_later(
    session: Session, services: Services, worker: Worker, clock: FixedClock
) -> None:
    with open_post_office() as office:
        server = parse_mail_server(
            f"smtp://127.0.0.1:{office.port}",
            password="",
            sender=parse_sender("no-reply@id.example"),
            ca_file=None,
        )
        worker._notifier = SmtpNotifier(server, timeout=0.3)
        _mail(session, services)
        office.hold.clear()
        worker.deliver()
        session.rollback()
        [waiting] = outbox.messages(session)
        assert waiting.last_error == "MailFailed: the mail server took over 0.3 seconds"
        office.hold.set()
        clock.move(PAUSES[0])
        worker.deliver()
    assert _counts(session) == {"delivered": 1}
    assert len({taken.message["Message-ID"] for taken in office.taken}) == 1


def test_a_mail_server_has_as_long_as_a_service() -> None:
    assert mailing.TIMEOUT == DELIVERY_TIMEOUT == 15


def test_who_waits_for_a_slow_server_gives_back_what_a_lease_cannot_cover(
    session: Session, services: Services, worker: Worker, reader: Reader, clock: FixedClock
) -> None:
    for _ in range(6):
        _mail(session, services)
    reader.takes = 15
    assert worker.deliver() == 3
    session.rollback()
    assert clock.now() - NOON < outbox.LEASE_SECONDS
    assert outbox.counts(session) == {"delivered": 3, "waiting": 3}
    assert {message.tries for message in outbox.messages(session, "waiting")} == {0}
    assert worker.deliver() == 3
    assert len({mail.id for mail in reader.received}) == len(reader.received) == 6


@pytest.mark.row(
    "5.back_channel.header",
    "5.back_channel.claims",
    "5.back_channel.no_more",
    "5.back_channel.time_limit",
    "7.lifetime.logout_token",
)
def test_a_service_is_told_with_a_token_that_another_library_verifies(
    session: Session, services: Services, worker: Worker, service: Service, clock: FixedClock
) -> None:
    party = _listening(session, services)
    assert worker.deliver() == 1
    [(url, token)] = service.received
    assert url == "https://a.example/bye"
    header = jwt.get_unverified_header(token)
    assert (header["typ"], header["alg"]) == ("logout+jwt", "ES256"), "whatever its ID tokens are"
    [jwk] = [k for k in services.keyring.public_jwks()["keys"] if k["kid"] == header["kid"]]
    claims = jwt.decode(
        token,
        jwt.PyJWK(jwk),
        algorithms=["ES256"],
        audience=party.client_id,
        issuer=ISSUER,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims.pop("jti")
    assert claims == {
        "iss": ISSUER,
        "sub": "alice at a",
        "aud": party.client_id,
        "iat": clock.now(),
        "exp": clock.now() + 120,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }
    assert _counts(session) == {"delivered": 1}
    assert "logout_notice_delivered" in _facts(session)


@pytest.mark.parametrize("answer", [201, 204, 302, 400, 500, FetchFailed("slow")], ids=str)
@pytest.mark.row("5.back_channel.success", "5.back_channel.tries")
def test_only_200_counts_and_each_try_has_a_fresh_token(
    session: Session,
    services: Services,
    worker: Worker,
    service: Service,
    clock: FixedClock,
    answer: int | Exception,
) -> None:
    _listening(session, services)
    service.answers = [answer]
    worker.deliver()
    assert _counts(session) == {"waiting": 1}
    clock.move(PAUSES[0])
    worker.deliver()
    assert _counts(session) == {"delivered": 1}
    first, second = (token for _, token in service.received)
    assert first != second


@pytest.mark.row("5.back_channel.tries")
def test_a_service_that_never_answers_becomes_a_dead_letter(
    session: Session, services: Services, worker: Worker, service: Service, clock: FixedClock
) -> None:
    _listening(session, services)
    service.answers = [500] * (len(PAUSES) + 1)
    for _ in range(len(PAUSES) + 1):
        worker.deliver()
        clock.move(10_000)
    assert _counts(session) == {"dead": 1}
    assert "logout_notice_failed" in _facts(session)
    assert worker.deliver() == 0


@pytest.mark.parametrize("gone", ["client", "address"])
def test_a_service_that_listens_no_more_is_not_waited_for(
    session: Session, services: Services, worker: Worker, service: Service, gone: str
) -> None:
    party = _listening(session, services)
    if gone == "client":
        session.execute(sa.delete(clients.Client))
    else:
        clients.apply(session, services, party.registration() | {"back_channel_logout_uri": None})
    session.commit()
    worker.deliver()
    assert service.received == []
    assert _counts(session) == {"delivered": 1}


def test_a_fault_of_one_message_does_not_stop_the_others(
    session: Session, services: Services, worker: Worker, service: Service
) -> None:
    party = _listening(session, services)
    _queue(session, services, party)
    session.commit()
    service.answers = [RuntimeError("a fault nobody thought of, with a secret in it")]
    assert worker.deliver() == 2
    assert _counts(session) == {"waiting": 1, "delivered": 1}
    assert outbox.messages(session, "waiting")[0].last_error == "RuntimeError"


def test_a_database_that_goes_away_is_waited_for(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = []
    stop = threading.Event()

    def a_round() -> int:
        rounds.append(1)
        if len(rounds) == 1:
            raise OperationalError("the database is gone", None, Exception())
        stop.set()
        return 1

    monkeypatch.setattr(worker, "run_once", a_round)
    monkeypatch.setattr("idp.worker.PAUSE", 0.0)
    worker.run(stop)
    assert len(rounds) == 2


def test_a_round_seals_and_sweeps_and_sweeps_again_only_after_a_minute(
    session: Session, services: Services, worker: Worker, service: Service, clock: FixedClock
) -> None:
    _listening(session, services)
    assert worker.run_once() > 1
    session.rollback()
    assert session.scalars(sa.select(SealedEntry)).all()
    clock.move(30)
    assert worker.sweep() == 0
    assert worker._swept_at == clock.now() - 30
    clock.move(31)
    worker.sweep()
    assert worker._swept_at == clock.now()
