"""Outbound mail: how it is handed over, to whom, what a refusal means, how long it may take."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP as CRLF
from pathlib import Path

import pytest

from idp.kernel.mail_server import parse_mail_server, parse_sender
from idp.kernel.mailing import Mailer, MailFailed, MailRefused
from tests.support.certificates import certificate, resolve_example_names, serving
from tests.support.mail_server import PostOffice, open_post_office
from tests.support.processes import free_port

ALICE = "alice@example.com"
LOGIN = ("onepass", "seven grey herons")


def mailer(url: str, *, sender: str = "Onepass <no-reply@id.example>", **more: object) -> Mailer:
    ca_file = more.get("ca_file")
    assert ca_file is None or isinstance(ca_file, Path)
    return Mailer(
        parse_mail_server(
            url,
            password=str(more.get("password", "")),
            sender=parse_sender(sender),
            ca_file=ca_file,
        )
    )


def mail(subject: str = "Hello", body: str = "One line.\n") -> EmailMessage:
    message = EmailMessage(policy=CRLF)
    message["Subject"] = subject
    message["Message-ID"] = "<one@id.example>"
    message.set_content(body, cte="quoted-printable")
    return message


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """A mail server on loopback that asks nothing."""
    with open_post_office() as office:
        yield office


def near(office: PostOffice, scheme: str = "smtp") -> Mailer:
    return mailer(f"{scheme}://127.0.0.1:{office.port}")


def test_a_mail_is_handed_over_with_its_envelope(office: PostOffice) -> None:
    near(office).send(mail(), to=ALICE)
    [taken] = office.taken
    assert (taken.sender, taken.to) == ("no-reply@id.example", [ALICE])
    assert taken.message["From"] == "Onepass <no-reply@id.example>"
    assert taken.message["To"] == ALICE
    assert taken.message["Message-ID"] == "<one@id.example>"
    assert taken.message.get_content().replace("\r\n", "\n") == "One line.\n"
    assert not taken.tls
    assert taken.greeted_as == "id.example"


class TestOverTLS:
    """Under names that are not loopback's: there nothing is said in clear text."""

    @pytest.fixture(autouse=True)
    def _names(self, monkeypatch: pytest.MonkeyPatch) -> None:
        resolve_example_names(monkeypatch)

    @pytest.fixture
    def own(self, tmp_path: Path) -> Path:
        return certificate(tmp_path, "mail.example")

    @pytest.mark.parametrize("scheme", ["smtp", "smtps"])
    def test_a_mail_goes_encrypted_and_with_a_password(self, own: Path, scheme: str) -> None:
        kind = "tls" if scheme == "smtps" else "starttls"
        with open_post_office(login=LOGIN, **{kind: serving(own)}) as office:  # type: ignore[arg-type]
            url = f"{scheme}://onepass@mail.example:{office.port}"
            mailer(url, password=LOGIN[1], ca_file=own).send(mail(), to=ALICE)
        [taken] = office.taken
        assert taken.tls
        assert taken.user == "onepass"

    def test_the_password_may_stand_in_the_address(self, own: Path) -> None:
        with open_post_office(login=("on:e", "p@ss/#?%"), starttls=serving(own)) as office:
            url = f"smtp://on%3Ae:p%40ss%2F%23%3F%25@mail.example:{office.port}"
            mailer(url, ca_file=own).send(mail(), to=ALICE)
        assert office.taken[0].user == "on:e"

    @pytest.mark.parametrize("scheme", ["smtp", "smtps"])
    def test_a_certificate_of_an_authority_we_do_not_know(self, own: Path, scheme: str) -> None:
        kind = "tls" if scheme == "smtps" else "starttls"
        with open_post_office(**{kind: serving(own)}) as office:  # type: ignore[arg-type]
            with pytest.raises(MailFailed, match="certificate of the mail server: self-signed"):
                mailer(f"{scheme}://mail.example:{office.port}").send(mail(), to=ALICE)
            mailer(f"{scheme}://mail.example:{office.port}", ca_file=own).send(mail(), to=ALICE)
        assert len(office.taken) == 1

    @pytest.mark.parametrize("scheme", ["smtp", "smtps"])
    def test_a_certificate_for_another_name(self, own: Path, scheme: str) -> None:
        kind = "tls" if scheme == "smtps" else "starttls"
        with open_post_office(**{kind: serving(own)}) as office:  # type: ignore[arg-type]
            url = f"{scheme}://other.example:{office.port}"
            with pytest.raises(MailFailed, match="Hostname mismatch"):
                mailer(url, ca_file=own).send(mail(), to=ALICE)
        assert office.taken == []

    def test_a_server_without_tls_gets_neither_mail_nor_password(self) -> None:
        with open_post_office(login=LOGIN) as office:
            url = f"smtp://onepass@mail.example:{office.port}"
            with pytest.raises(
                MailFailed, match="cannot do what it must: STARTTLS extension not supported"
            ):
                mailer(url, password=LOGIN[1]).send(mail(), to=ALICE)
        assert office.asked == []

    def test_authorities_that_cannot_be_read(self, tmp_path: Path) -> None:
        broken = tmp_path / "broken.pem"
        broken.write_text("no certificate")
        with pytest.raises(MailFailed, match="SSLError"):
            mailer("smtps://mail.example:1", ca_file=broken).send(mail(), to=ALICE)


def test_a_relay_on_this_machine_may_ask_for_a_password_without_tls() -> None:
    with open_post_office(login=LOGIN) as office:
        url = f"smtp://onepass@localhost:{office.port}"
        mailer(url, password=LOGIN[1]).send(mail(), to=ALICE)
        with pytest.raises(MailFailed, match="refuses us: 535"):
            mailer(url, password="wrong").send(mail(), to=ALICE)
    assert [taken.user for taken in office.taken] == ["onepass"]


def test_a_server_that_knows_no_passwords(office: PostOffice) -> None:
    with pytest.raises(MailFailed, match="cannot do what it must"):
        mailer(f"smtp://a:b@127.0.0.1:{office.port}").send(mail(), to=ALICE)


class TestRefusals:
    @pytest.mark.parametrize(
        ("command", "reply", "words"),
        [
            ("RCPT", "550 5.1.1 no such user", "did not take the address: 550 5.1.1 no such user"),
            ("RCPT", "553 5.1.3 bad", "did not take the address: 553 5.1.3 bad"),
            ("DATA", "554 5.7.1 unwanted", "did not take the mail: 554 5.7.1 unwanted"),
        ],
    )
    def test_for_good(self, office: PostOffice, command: str, reply: str, words: str) -> None:
        office.replies[command] = reply
        with pytest.raises(MailRefused, match=words):
            near(office).send(mail(), to=ALICE)
        office.replies.clear()
        near(office).send(mail(), to=ALICE)
        assert len(office.taken) == 1

    @pytest.mark.parametrize(
        ("command", "reply"),
        [
            ("RCPT", "450 4.2.0 greylisted"),
            ("RCPT", "421 4.3.2 closing"),
            ("DATA", "452 4.3.1 full"),
            ("DATA", "421 4.3.2 closing"),
            # The sender is ours to put right, not the recipient's.
            ("MAIL", "550 5.7.1 unknown sender"),
            ("MAIL", "451 4.3.0 later"),
        ],
    )
    def test_for_now(self, office: PostOffice, command: str, reply: str) -> None:
        office.replies[command] = reply
        with pytest.raises(MailFailed, match=reply):
            near(office).send(mail(), to=ALICE)

    def test_what_the_server_says_is_told_without_the_address_and_the_code(
        self, office: PostOffice
    ) -> None:
        office.replies["RCPT"] = (
            "550 5.1.1 <ALICE@example.com>: alice? no, Alice, 123456 \x1b[2J" + "x" * 300
        )
        with pytest.raises(MailRefused) as refused:
            near(office).send(mail(), to=ALICE)
        words = str(refused.value)
        assert "550 5.1.1" in words
        assert "alice" not in words.lower()
        assert "example" not in words
        assert "123456" not in words
        assert words.isprintable()
        assert len(words) == 200


class TestFaults:
    def test_nobody_listens(self) -> None:
        with pytest.raises(MailFailed, match=r"cannot be reached \(ConnectionRefusedError"):
            mailer(f"smtp://127.0.0.1:{free_port()}").send(mail(), to=ALICE)

    def test_a_name_without_an_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def nowhere(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", nowhere)
        with pytest.raises(MailFailed, match="gaierror"):
            mailer("smtps://mail.example").send(mail(), to=ALICE)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
        with pytest.raises(MailFailed, match="OSError"):
            mailer("smtps://mail.example").send(mail(), to=ALICE)

    def test_the_second_address_of_a_name_is_tried(
        self, office: PostOffice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = socket.getaddrinfo

        def two(host: str, port: int, *args: object, **more: object) -> object:
            hosts = ["127.0.0.2", "127.0.0.1"] if host == "mail.example" else [host]
            return [found for one in hosts for found in real(one, port, *args, **more)]  # type: ignore[arg-type]

        monkeypatch.setattr(socket, "getaddrinfo", two)
        patched = mailer(f"smtp://127.0.0.1:{office.port}")
        object.__setattr__(patched._server, "host", "mail.example")
        patched.send(mail(), to=ALICE)
        assert len(office.taken) == 1

    @pytest.mark.parametrize(
        ("scheme", "said"),
        [
            ("smtp", b""),
            ("smtp", b"220"),
            ("smtps", b""),
            # The head of a TLS record that would be long.
            ("smtps", b"\x16\x03\x03\x3f\xff"),
        ],
    )
    def test_a_server_that_takes_too_long_is_hung_up_on(self, scheme: str, said: bytes) -> None:
        """Silent, or with a byte now and then, which no limit on a single read would notice."""

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.sendall(said)
                connection.settimeout(0.05)
                while True:
                    with suppress(TimeoutError):
                        if not connection.recv(1000):
                            return
                    connection.sendall(b"0" if said else b"")

        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=serve)
            thread.start()
            started = time.monotonic()
            port = listener.getsockname()[1]
            with pytest.raises(MailFailed, match=r"took over 0\.5 seconds"):
                mailer(f"{scheme}://127.0.0.1:{port}").send(mail(), to=ALICE, timeout=0.5)
            assert time.monotonic() - started < 3
            thread.join()

    def test_a_server_that_keeps_the_mail_too_long(self, office: PostOffice) -> None:
        office.hold.clear()
        with pytest.raises(MailFailed, match=r"took over 0\.5 seconds"):
            near(office).send(mail(), to=ALICE, timeout=0.5)

    def test_a_server_that_hangs_up(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def hang_up() -> None:
                listener.accept()[0].close()

            thread = threading.Thread(target=hang_up)
            thread.start()
            with pytest.raises(MailFailed, match="the mail server hung up"):
                mailer(f"smtp://127.0.0.1:{listener.getsockname()[1]}").send(mail(), to=ALICE)
            thread.join()


class TestRecipients:
    @pytest.mark.parametrize(
        ("to", "written"),
        [
            ("o'brien+tax@sub.example.com", "o'brien+tax@sub.example.com"),
            ("a..b.@example.com", "a..b.@example.com"),
            ("alys@bücher.example", "alys@xn--bcher-kva.example"),
        ],
    )
    def test_every_address_that_our_pages_take_is_written_to(
        self, office: PostOffice, to: str, written: str
    ) -> None:
        near(office).send(mail(), to=to)
        [taken] = office.taken
        assert taken.to == [written]
        [addressed] = taken.message["To"].addresses
        assert addressed.addr_spec == written

    def test_one_in_another_alphabet_needs_a_server_that_can(self, office: PostOffice) -> None:
        near(office).send(mail(), to="siân@example.com")
        assert office.taken[0].to == ["siân@example.com"]
        with (
            open_post_office(utf8=False) as old,
            pytest.raises(MailRefused, match="with such letters"),
        ):
            near(old).send(mail(), to="siân@example.com")
        assert old.asked == []

    @pytest.mark.parametrize(
        "to",
        [
            "", "alice", "@example.com", "alice@", "alice@-x.com", "alice@a..com",
            "alice@example.com, bob@example.com", "Bob <bob@example.com>", "a b@example.com",
            "alice@example.com\r\nBcc: bob@example.com", "alice\r\n@example.com",
            "alice@example.com\nRCPT TO:<bob@example.com>", "al\x00ice@example.com",
            "alice@exam\u202eple.com", "al\u202eice@example.com", '"a"@example.com',
            "alice@" + "a" * 64 + ".com", "alice@example.com>", "a@b@example.com",
        ],
    )  # fmt: skip
    def test_what_is_not_one_address_reaches_no_server(self, office: PostOffice, to: str) -> None:
        with pytest.raises(MailRefused, match="cannot be written to"):
            near(office).send(mail(), to=to)
        assert office.asked == []


def test_no_header_can_be_added_through_a_subject() -> None:
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        mail(subject="Hello\r\nBcc: bob@example.com")


def test_letters_arrive_as_they_were(office: PostOffice) -> None:
    words = "Ŵ ŵ Ŷ ŷ â ê î ô û Mae’n gweithio – ¡olé! 🐉 " + "ŵ" * 2000 + "\n.\n..\nDiwedd\n"
    near(office).send(mail(subject="Rydych wedi newid eich cyfrinair: ŵŷ’", body=words), to=ALICE)
    [taken] = office.taken
    assert taken.raw.isascii(), "also a server of seven bits must be able to pass it on"
    assert max(map(len, taken.raw.splitlines())) <= 78
    assert taken.message["Subject"] == "Rydych wedi newid eich cyfrinair: ŵŷ’"
    assert taken.message.get_content().replace("\r\n", "\n") == words
    assert taken.message.get_content_charset() == "utf-8"


class TestGreeting:
    def test_says_nothing_when_all_is_well_and_sends_nothing(self, office: PostOffice) -> None:
        near(office).greet()
        assert office.asked == []

    def test_names_what_is_wrong(self, office: PostOffice) -> None:
        office.replies["NOOP"] = "451 4.3.0 ill"
        with pytest.raises(MailFailed, match=r"451 4\.3\.0 ill"):
            near(office).greet()
        with pytest.raises(MailFailed, match="ConnectionRefusedError"):
            mailer(f"smtp://127.0.0.1:{free_port()}").greet()
