"""Settings: everything an installation may say, and every refusal, all at once and in words."""

import dataclasses
import ipaddress
from pathlib import Path

import pytest

from idp.settings import DEFAULT_ISSUER, Settings, SettingsError
from tests.support.building import SEALING_KEYS

LEAST = {"ONEPASS_MODE": "test", "ONEPASS_SEALING_KEYS": SEALING_KEYS}
MAIL = {
    "ONEPASS_SMTP_URL": "smtps://onepass:hidden-word@mail.example",
    "ONEPASS_MAIL_FROM": "Onepass <no-reply@id.example>",
}
PRODUCTION = {
    "ONEPASS_ISSUER": "https://id.example/",
    "ONEPASS_SEALING_KEYS": SEALING_KEYS,
    "ONEPASS_OPERATOR_NAME": "The Examples Office",
    "ONEPASS_SUPPORT_CONTACT": "https://examples.example/help",
} | MAIL


def read(**more: str) -> Settings:
    return Settings.from_environment(LEAST | more)


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment(environ)
    assert str(refused.value) == "\n".join(refused.value.problems)
    return refused.value.problems


def test_the_least_there_must_be() -> None:
    settings = read()
    assert settings.issuer == DEFAULT_ISSUER
    assert settings.database_url == f"sqlite:///{Path('var/onepass.db').absolute()}"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert (settings.workers, settings.threads) == (2, 6)
    assert settings.trusted_proxies == ()
    assert settings.egress_allow == frozenset()
    assert settings.checkpoint_file == Path("var/audit-checkpoints.jsonl")
    assert settings.code_lifetime == 60
    assert (settings.operator_name, settings.support_contact) == (None, None)
    assert not settings.https


def test_everything_said_is_heard(tmp_path: Path) -> None:
    authorities = tmp_path / "ca.pem"
    authorities.touch()
    settings = read(
        ONEPASS_ISSUER="https://id.example",
        DATABASE_URL="postgres://a:b@db/onepass",
        ONEPASS_VAR_DIR="/srv/var",
        ONEPASS_KEYS_DIR="/srv/keys",
        ONEPASS_TRUSTED_PROXIES="10.0.0.0/8, ::1/128,",
        ONEPASS_EGRESS_ALLOW="localhost:*, 10.0.0.1:8443",
        ONEPASS_EGRESS_CA_FILE=str(authorities),
        ONEPASS_HOST="::",
        ONEPASS_PORT="65535",
        ONEPASS_WORKERS="64",
        ONEPASS_THREADS="1",
        ONEPASS_LOG_LEVEL="debug",
        ONEPASS_OPERATOR_NAME=" Swyddfa’r Enghreifftiau ",
        ONEPASS_SUPPORT_CONTACT="help@examples.example",
        ONEPASS_ARGON2_MEMORY_KIB="8",
        ONEPASS_ARGON2_TIME="16",
        ONEPASS_IDENTITY_PROVING="off",
        ONEPASS_SOURCE_RATE="1",
        ONEPASS_PLANTED_FAULT="M14",
    )
    assert not settings.identity_proving
    assert settings.issuer == "https://id.example", "exactly as configured"
    assert settings.planted_fault == "M14"
    assert settings.https
    assert settings.database_url == "postgresql+psycopg://a:b@db/onepass"
    assert settings.checkpoint_file == Path("/srv/var/audit-checkpoints.jsonl")
    assert settings.trusted_proxies == (
        ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1/128"))  # fmt: skip
    assert settings.egress_allow == {"localhost:*", "10.0.0.1:8443"}
    assert settings.egress_ca_file == authorities
    assert (settings.host, settings.port, settings.workers) == ("::", 65_535, 64)
    assert settings.operator_name == "Swyddfa’r Enghreifftiau"
    assert settings.support_contact == "help@examples.example"
    assert (settings.argon2_memory_kib, settings.argon2_time) == (8, 16)
    assert read(ONEPASS_AUDIT_CHECKPOINTS="/mnt/a").checkpoint_file == Path("/mnt/a")


REFUSED = {
    "ONEPASS_MODE": ["live", "Production", ""],
    "ONEPASS_ISSUER": [
        "ftp://id.example/", "id.example", "https://", "https://id.example/?a=b",
        "https://id.example/path", "https://id.example/#a", "https://user@id.example/",
        "https://id.example:port/", "https://[::1/", "https://:443/",
        "https://id example/", "https://id.example/\n", "https://id.exa\u200bmple/",
    ],
    "ONEPASS_SEALING_KEYS": [
        " ", "nonsense", "a:short", SEALING_KEYS + "," + SEALING_KEYS, ":" + "A" * 43],
    "ONEPASS_TRUSTED_PROXIES": ["10.0.0.0/33", "proxy", "10.0.0.1/8"],
    "ONEPASS_EGRESS_ALLOW": ["localhost", ":80", "localhost:http", "localhost:"],
    "ONEPASS_EGRESS_CA_FILE": ["/nowhere/ca.pem", "/"],
    "ONEPASS_SMTP_CA_FILE": ["/nowhere/ca.pem", "/"],
    "ONEPASS_SMTP_PASSWORD_FILE": ["/nowhere/password", "/"],
    "ONEPASS_PORT": ["0", "65536", "-1", "eight", "8_000", "٨", "1.5"],
    "ONEPASS_WORKERS": ["0", "65"],
    "ONEPASS_THREADS": ["0", "65"],
    "ONEPASS_LOG_LEVEL": ["loud", "INFO"],
    "ONEPASS_OPERATOR_NAME": ["two\nlines", "a" * 201, "a\u202eb"],
    "ONEPASS_SUPPORT_CONTACT": [
        "somebody", "http://examples.example/", "https://", "javascript:alert(1)", "a b@c.example",
        "mailto:a@b.example", "https://a.example/<b>", "a@b.example\nc", "a@b@c.example"],
    "ONEPASS_ARGON2_MEMORY_KIB": ["7", "1048577"],
    "ONEPASS_ARGON2_TIME": ["0", "17"],
    "ONEPASS_IDENTITY_PROVING": ["yes", "true", "ON", "0"],
    "ONEPASS_SOURCE_RATE": ["0"],
    "ONEPASS_PLANTED_FAULT": ["two\nlines"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in REFUSED.items() for value in values]
)
def test_a_value_that_makes_no_sense_is_refused_by_name(name: str, value: str) -> None:
    told = problems(LEAST | {name: value})
    assert len(told) >= 1
    assert any(name in problem or "sealing key" in problem for problem in told)


def test_every_problem_is_told_at_once() -> None:
    told = problems({"ONEPASS_PORT": "x", "ONEPASS_THREADS": "0", "ONEPASS_TRUSTED_PROXIES": "a,b"})
    for name in ("ISSUER", "SEALING_KEY", "PORT", "THREADS", "'a'", "'b'"):
        assert any(name in problem for problem in told), name


class TestSealingKeys:
    def test_a_file_holds_the_same_text(self, tmp_path: Path) -> None:
        file = tmp_path / "sealing"
        file.write_text(SEALING_KEYS + "\n")
        environ = {"ONEPASS_MODE": "test", "ONEPASS_SEALING_KEY_FILE": str(file)}
        assert Settings.from_environment(environ).sealing_keys == read().sealing_keys

    def test_the_variable_goes_before_the_file(self, tmp_path: Path) -> None:
        assert read(ONEPASS_SEALING_KEY_FILE=str(tmp_path / "nowhere")).sealing_keys

    @pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"nonsense"])
    def test_a_file_that_holds_none(self, tmp_path: Path, content: bytes | None) -> None:
        file = tmp_path / "sealing"
        if content is not None:
            file.write_bytes(content)
        environ = {"ONEPASS_MODE": "test", "ONEPASS_SEALING_KEY_FILE": str(file)}
        assert len(problems(environ)) == 1

    def test_a_problem_never_repeats_the_key(self) -> None:
        secret = "a:" + "S3cr3t" * 6
        told = problems({"ONEPASS_MODE": "test", "ONEPASS_SEALING_KEYS": secret})
        assert "S3cr3t" not in str(told)

    def test_none_at_all(self) -> None:
        assert "onepass keys sealing" in problems({"ONEPASS_MODE": "test"})[0]


class TestProduction:
    def test_is_what_runs_unless_said_otherwise(self) -> None:
        settings = Settings.from_environment(PRODUCTION)
        assert settings.mode == "production"
        assert settings.https
        assert not settings.mailbox
        assert not settings.identity_proving
        assert not settings.stand_in_proving

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"ONEPASS_ISSUER": ""}, "ONEPASS_ISSUER is missing"),
            ({"ONEPASS_ISSUER": "http://id.example/"}, "must be https"),
            ({"ONEPASS_ARGON2_MEMORY_KIB": "19455"}, "Argon2"),
            ({"ONEPASS_ARGON2_TIME": "1"}, "Argon2"),
            ({"ONEPASS_OPERATOR_NAME": ""}, "must tell people who runs this"),
            ({"ONEPASS_SUPPORT_CONTACT": " "}, "where people get help"),
            ({"ONEPASS_TRUSTED_PROXIES": "10.0.0.1/32,0.0.0.0/0"}, "name your proxies"),
            ({"ONEPASS_TRUSTED_PROXIES": "::/0"}, "name your proxies"),
            ({"ONEPASS_IDENTITY_PROVING": "on"}, "believes everybody"),
            (dict.fromkeys(MAIL, ""), "ONEPASS_SMTP_URL must name a mail server"),
        ],
    )
    def test_refuses_what_is_not_safe_there(self, more: dict[str, str], words: str) -> None:
        assert any(words in problem for problem in problems(PRODUCTION | more))
        integration = PRODUCTION | more | {"ONEPASS_MODE": "integration"}
        assert Settings.from_environment(integration).mode == "integration"

    @pytest.mark.parametrize(
        ("mode", "mailbox"),
        [("integration", False), ("demo", True), ("test", True)],
    )
    def test_only_the_demo_and_tests_have_a_mailbox(self, mode: str, mailbox: bool) -> None:
        settings = Settings.from_environment(LEAST | {"ONEPASS_MODE": mode})
        assert (settings.mailbox, settings.demonstration) == (mailbox, mailbox)
        with_mail = Settings.from_environment(LEAST | MAIL | {"ONEPASS_MODE": mode})
        assert (with_mail.mailbox, with_mail.demonstration) == (False, mailbox)


class TestMail:
    def test_there_is_none_unless_said(self) -> None:
        assert read().mail_server is None

    @pytest.mark.parametrize(
        ("url", "host", "port", "security"),
        [
            ("smtps://mail.example", "mail.example", 465, "tls"),
            ("smtps://localhost/", "localhost", 465, "tls"),
            ("smtp://mail.example", "mail.example", 587, "starttls"),
            ("smtp://10.0.0.1:25", "10.0.0.1", 25, "starttls"),
            ("smtp://localhost.example", "localhost.example", 587, "starttls"),
            ("smtp://localhost:25", "localhost", 25, "none"),
            ("smtp://127.9.9.9", "127.9.9.9", 587, "none"),
            ("smtp://[::1]:2525", "::1", 2525, "none"),
        ],
    )
    def test_where_it_goes_and_how_it_is_protected(
        self, url: str, host: str, port: int, security: str
    ) -> None:
        server = read(**MAIL | {"ONEPASS_SMTP_URL": url}).mail_server
        assert server is not None
        assert (server.host, server.port, server.security) == (host, port, security)
        assert (server.user, server.password) == ("", "")

    @pytest.mark.parametrize(
        ("text", "name", "address"),
        [
            ("no-reply@id.example", "", "no-reply@id.example"),
            ("  Onepass <no-reply@id.example> ", "Onepass", "no-reply@id.example"),
            ('"Onepass, the prototype" <a@b.example>', "Onepass, the prototype", "a@b.example"),
            ("Cyfrif Siân <a@localhost>", "Cyfrif Siân", "a@localhost"),
        ],
    )
    def test_in_whose_name(self, text: str, name: str, address: str) -> None:
        server = read(**MAIL | {"ONEPASS_MAIL_FROM": text}).mail_server
        assert server is not None
        assert (server.sender.display_name, server.sender.addr_spec) == (name, address)

    def test_with_a_password_from_the_address_or_from_a_file(self, tmp_path: Path) -> None:
        told = read(**MAIL).mail_server
        assert told is not None
        assert (told.user, told.password) == ("onepass", "hidden-word")
        file = tmp_path / "password"
        file.write_text(" hidden word \n")
        url = "smtp://on%40epass@mail.example"
        filed = read(
            **MAIL | {"ONEPASS_SMTP_URL": url, "ONEPASS_SMTP_PASSWORD_FILE": str(file)}
        ).mail_server
        assert filed is not None
        assert (filed.user, filed.password) == ("on@epass", " hidden word ")

    def test_with_authorities_of_its_own(self, tmp_path: Path) -> None:
        authorities = tmp_path / "ca.pem"
        authorities.touch()
        server = read(**MAIL, ONEPASS_SMTP_CA_FILE=str(authorities)).mail_server
        assert server is not None
        assert server.ca_file == authorities

    @pytest.mark.parametrize(
        "url",
        [
            "mail.example", "//mail.example", "http://mail.example", "smtp://", "smtp://:25",
            "smtp://mail.example:0", "smtp://mail.example:66000", "smtp://mail.example:x",
            "smtp://mail.example/inbox", "smtp://mail.example?tls=no", "smtp://mail.example#a",
            "smtp://mail.example\n", "smtp://mail .example", "smtp://mâil.example",
            "smtp://onepass@mail.example", "smtp://:secret@mail.example", "smtp://[::1",
            "smtp://a%0d%0ab:secret@mail.example", "smtp://a:secr%00t@mail.example",
            "smtp://si%C3%A2n:secret@mail.example", "smtp://a:secret/@mail.example",
        ],
    )  # fmt: skip
    def test_an_address_that_makes_no_sense_is_refused_and_not_repeated(self, url: str) -> None:
        [told] = problems(LEAST | MAIL | {"ONEPASS_SMTP_URL": url})
        assert told.startswith("ONEPASS_SMTP_URL must ")
        assert "secret" not in told

    @pytest.mark.parametrize(
        "sender",
        [
            "Onepass", "a@b.example, c@d.example", "Onepass <a@b.example", "<>", "Onepass <>",
            "siân@id.example", "a@bücher.example", "Onepass\r\nBcc: x <a@b.example>",
            "a@b.example\nBcc: c@d.example", "One <two> <a@b.example>", "a b@c.example",
        ],
    )  # fmt: skip
    def test_a_sender_that_is_none_is_refused(self, sender: str) -> None:
        [told] = problems(LEAST | MAIL | {"ONEPASS_MAIL_FROM": sender})
        assert told.startswith("ONEPASS_MAIL_FROM must ")

    @pytest.mark.parametrize("content", [b"", b"\n", "sïcret\n".encode()])
    def test_a_file_without_a_password(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "password"
        file.write_bytes(content)
        [told, _] = problems(
            LEAST
            | MAIL
            | {
                "ONEPASS_SMTP_URL": "smtp://onepass@mail.example",
                "ONEPASS_SMTP_PASSWORD_FILE": str(file),
            }
        )
        assert told.startswith("ONEPASS_SMTP_PASSWORD_FILE ")

    def test_half_of_it_is_not_enough(self, tmp_path: Path) -> None:
        file = tmp_path / "password"
        file.write_text("hidden-word")
        for name in MAIL:
            [told] = problems(LEAST | MAIL | {name: ""})
            assert told.startswith(name)
        assert len(problems(LEAST | {"ONEPASS_SMTP_PASSWORD_FILE": str(file)})) == 2
        [told] = problems(LEAST | MAIL | {"ONEPASS_SMTP_PASSWORD_FILE": str(file)})
        assert "must hold no password when a file gives one" in told


@pytest.mark.parametrize("mode", ["integration", "demo", "test"])
def test_identities_can_be_proved_outside_production_unless_switched_off(mode: str) -> None:
    environ = LEAST | {"ONEPASS_MODE": mode}
    assert Settings.from_environment(environ).identity_proving
    off = Settings.from_environment(environ | {"ONEPASS_IDENTITY_PROVING": "off"})
    assert not off.identity_proving
    assert off.stand_in_proving


def test_settings_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        read().port = 1  # type: ignore[misc]


def test_no_secret_is_in_the_words_of_the_settings() -> None:
    """They end up in tracebacks and failing tests."""
    assert SEALING_KEYS.partition(":")[2][:10] not in repr(read())
    assert repr(bytes(range(32)))[2:20] not in repr(read())
    settings = read(DATABASE_URL="postgresql://onepass:hidden@db/onepass")
    assert "hidden" not in repr(settings)
    assert "hidden-word" not in repr(read(**MAIL))
