"""Mails on their way to a real mail server: it is down, puts us off, refuses; the worker dies.

The worker is a process of its own, on PostgreSQL, on the test's clock.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.domain import notices, outbox
from idp.domain.outbox import OutboxMessage
from tests.support.building import KeyRoom
from tests.support.mail_server import PostOffice, open_post_office
from tests.support.processes import Program, free_port
from tests.support.servers import Street, lay_out

ALICE = "alice@example.com"
LEASE = outbox.LEASE_SECONDS
LOGIN = ("onepass", "seven grey herons")


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """A mail server that asks for a password."""
    with open_post_office(login=LOGIN) as office:
        yield office


@pytest.fixture
def street(
    tmp_path: Path, postgres_url: str, key_room: KeyRoom, office: PostOffice
) -> Iterator[Street]:
    """A provider whose mails go to `office`."""
    street = street_with(tmp_path, postgres_url, key_room, office.port)
    yield street
    street.end()


def street_with(folder: Path, url: str, key_room: KeyRoom, port: int) -> Street:
    password = folder / "smtp-password"
    password.write_text(LOGIN[1] + "\n")
    mail = {
        "ONEPASS_SMTP_URL": f"smtp://{LOGIN[0]}@127.0.0.1:{port}",
        "ONEPASS_SMTP_PASSWORD_FILE": str(password),
        "ONEPASS_MAIL_FROM": "Onepass <no-reply@id.example>",
    }
    return lay_out(folder, url, key_room, more=mail)


def write(street: Street, count: int = 1) -> None:
    """Queue notices to Alice in one commit."""
    with street.records() as session:
        for _ in range(count):
            notices.send(
                session,
                street.services,
                to=ALICE,
                template="password_changed",
                language="cy",
            )


def outcome(street: Street) -> dict[str, int]:
    with street.records() as session:
        return outbox.counts(session)


def only(street: Street) -> OutboxMessage:
    with street.records() as session:
        [message] = outbox.messages(session)
        return message


def begin_round(worker: Program) -> None:
    """Tell the worker to start, without waiting for it to be done."""
    assert worker.popen.stdin is not None
    worker.popen.stdin.write(b"round\n")
    worker.popen.stdin.flush()


def test_a_mail_arrives_and_the_log_says_nothing_of_it(street: Street, office: PostOffice) -> None:
    write(street)
    street.work()
    [taken] = office.taken
    assert (taken.user, taken.to) == (LOGIN[0], [ALICE])
    assert taken.message["Subject"] == "Newidiwyd eich cyfrinair Onepass"
    assert "Pryd: 21 Medi 2026, 15:13 (amser y DU)" in taken.message.get_content()
    assert outcome(street) == {"delivered": 1}
    log = street.words()
    assert "outbox_message" in log
    for secret in (ALICE, LOGIN[1], "Newidiwyd"):
        assert secret not in log
    with street.records() as session:
        assert notices.in_mailbox(session) == [], "it is in the mailbox, which nobody should open"


def test_a_worker_that_dies_while_the_server_takes_a_mail_loses_nothing(
    street: Street, office: PostOffice
) -> None:
    write(street, 3)
    office.hold.clear()
    doomed = street.start_worker()
    begin_round(doomed)
    assert office.arrived.acquire(timeout=20), doomed.words()
    doomed.kill()
    office.hold.set()
    del street.programs["worker"]

    # Nobody knows whether the server has it. The lease keeps everybody from asking at once.
    street.work()
    assert len(office.asked) == 1
    street.clock.move(LEASE + 1)
    street.work()
    assert outcome(street) == {"delivered": 3}
    assert len({taken.message["Message-ID"] for taken in office.taken}) == 3
    assert 3 <= len(office.taken) <= 4, "once each, and the one in doubt once more"


def test_a_server_that_is_down_is_tried_again_later(
    tmp_path: Path, postgres_url: str, key_room: KeyRoom
) -> None:
    street = street_with(tmp_path, postgres_url, key_room, free_port())
    try:
        write(street)
        for number, pause in enumerate(outbox.PAUSES, start=1):
            street.work()
            street.work()
            message = only(street)
            assert (message.state, message.tries) == ("waiting", number)
            assert "ConnectionRefusedError" in (message.last_error or "")
            street.clock.move(pause)
        street.work()
        assert outcome(street) == {"dead": 1}
    finally:
        street.end()


def test_a_server_that_puts_us_off_gets_it_later(street: Street, office: PostOffice) -> None:
    write(street)
    office.replies["RCPT"] = "451 4.7.1 greylisted, come back"
    street.work()
    assert only(street).last_error == (
        "MailFailed: the mail server did not take the address: 451 4.7.1 greylisted, come back"
    )
    office.replies.clear()
    street.work()
    assert office.taken == []
    street.clock.move(outbox.PAUSES[0])
    street.work()
    assert len(office.taken) == 1
    assert outcome(street) == {"delivered": 1}


def test_an_address_that_does_not_exist_is_given_up_at_once(
    street: Street, office: PostOffice
) -> None:
    write(street)
    office.replies["RCPT"] = f"550 5.1.1 <{ALICE}> user unknown"
    street.work()
    message = only(street)
    assert (message.state, message.tries) == ("dead", 1)
    assert message.last_error == (
        "MailRefused: the mail server did not take the address: 550 5.1.1 … user unknown"
    )
    assert ALICE not in street.words()
    street.clock.move(86_400)
    street.work()
    assert len(office.asked) == 1


def test_two_workers_send_no_mail_twice(street: Street, office: PostOffice) -> None:
    write(street, 12)
    workers = [
        Program(
            "tests.support.run_worker",
            environ=street.provider_environment,
            log=street.folder / f"{name}.log",
        )
        for name in ("one", "two")
    ]
    try:
        for worker in workers:
            begin_round(worker)
        for worker in workers:
            assert worker.popen.stdout is not None
            assert worker.popen.stdout.readline(), worker.words()
    finally:
        for worker in workers:
            worker.end()
    assert len(office.taken) == 12
    assert len({taken.message["Message-ID"] for taken in office.taken}) == 12
    assert outcome(street) == {"delivered": 12}
