"""`onepass doctor` on mails: who takes them, and with --mail whether that server answers."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idp.commands.doctor import CHECKS, doctor
from idp.domain import outbox as outbox_of
from idp.kernel.mail_server import MailServer, parse_mail_server, parse_sender
from tests.commands.conftest import Terminal
from tests.support.certificates import certificate, resolve_example_names, serving
from tests.support.mail_server import PostOffice, open_post_office
from tests.support.processes import free_port

LOGIN = ("onepass", "seven grey herons")


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """A mail server on loopback."""
    with open_post_office(login=LOGIN) as office:
        yield office


def server_at(url: str, password: str = "", ca_file: Path | None = None) -> MailServer:
    sender = parse_sender("Onepass <no-reply@id.example>")
    return parse_mail_server(url, password=password, sender=sender, ca_file=ca_file)


def examined(terminal: Terminal, server: MailServer | None, *arguments: str) -> dict[str, Any]:
    """What doctor finds where `server` takes the mails, by check."""
    settings = replace(terminal.workplace.settings, mail_server=server)
    with_mail = Terminal(replace(terminal.workplace, settings=settings), terminal.clock)
    document = with_mail.run(doctor, *arguments, "--json")
    return {finding["check"]: finding for finding in json.loads(document.stdout)["findings"]}


def test_it_says_who_takes_the_mails_and_asks_nobody(terminal: Terminal) -> None:
    server = server_at(f"smtp://127.0.0.1:{(port := free_port())}")
    found = examined(terminal, server)
    assert len(found) == len(CHECKS)
    assert found["mails_have_somewhere_to_go"]["words"] == (
        f"Mails go to 127.0.0.1:{port}, from no-reply@id.example."
    )
    mailbox = examined(terminal, None)["mails_have_somewhere_to_go"]
    assert mailbox["good"]
    assert "which anybody can read" in mailbox["words"]


def test_an_installation_whose_mails_go_nowhere_is_told(terminal: Terminal) -> None:
    settings = replace(terminal.workplace.settings, mode="integration")
    silent = Terminal(replace(terminal.workplace, settings=settings), terminal.clock)
    assert "WRONG  Mails go nowhere: set ONEPASS_SMTP_URL" in silent.run(doctor).output


def test_when_asked_it_connects_and_signs_in_and_sends_nothing(
    terminal: Terminal, office: PostOffice
) -> None:
    url = f"smtp://onepass@127.0.0.1:{office.port}"
    found = examined(terminal, server_at(url, LOGIN[1]), "--mail")["mail_server_answers"]
    assert found["good"]
    assert found["words"] == (
        f"127.0.0.1:{office.port} answers in clear text on this machine and lets onepass in."
    )
    assert office.asked == []


def test_over_tls(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_example_names(monkeypatch)
    own = certificate(tmp_path, "mail.example")
    with open_post_office(starttls=serving(own)) as office:
        url = f"smtp://mail.example:{office.port}"
        trusting = examined(terminal, server_at(url, ca_file=own), "--mail")
        doubting = examined(terminal, server_at(url), "--mail")
    assert (
        trusting["mail_server_answers"]["words"] == f"mail.example:{office.port} answers over TLS."
    )
    assert not doubting["mail_server_answers"]["good"]
    assert (
        "the certificate of the mail server: self-signed"
        in (doubting["mail_server_answers"]["words"])
    )


def test_a_wrong_password_and_a_dead_server_are_named(
    terminal: Terminal, office: PostOffice
) -> None:
    url = f"smtp://onepass@127.0.0.1:{office.port}"
    found = examined(terminal, server_at(url, "wrong words"), "--mail")["mail_server_answers"]
    assert not found["good"]
    assert "takes no mail from us: the mail server refuses us: 535" in found["words"]
    assert "wrong words" not in found["words"]
    dead = server_at(f"smtp://127.0.0.1:{free_port()}")
    found = examined(terminal, dead, "--mail")["mail_server_answers"]
    assert "ConnectionRefusedError" in found["words"]


def test_without_a_server_there_is_nobody_to_ask(terminal: Terminal) -> None:
    found = examined(terminal, None, "--mail")["mail_server_answers"]
    assert (found["good"], found["words"]) == (True, "There is no mail server to ask.")


def test_an_address_that_was_refused_is_mentioned_and_not_wrong(terminal: Terminal) -> None:
    services = terminal.workplace.services
    with terminal.workplace.session() as session:
        outbox_of.put(session, services, "email", {})
        [message] = outbox_of.lease(session, services)
        outbox_of.failed(session, message, terminal.clock.now(), "no such user", for_good=True)
    found = examined(terminal, None)["messages_are_delivered"]
    assert found["good"]
    assert "1 were refused for good" in found["words"]
