"""Settings: everything an installation may say, and every refusal, all at once and in words."""

import dataclasses
import ipaddress
from pathlib import Path

import pytest

from idp.settings import DEFAULT_ISSUER, Settings, SettingsError
from tests.support.building import SEALING_KEYS

LEAST = {"ONEPASS_MODE": "test", "ONEPASS_SEALING_KEYS": SEALING_KEYS}
PRODUCTION = {
    "ONEPASS_ISSUER": "https://id.example/",
    "ONEPASS_SEALING_KEYS": SEALING_KEYS,
    "ONEPASS_OPERATOR_NAME": "The Examples Office",
    "ONEPASS_SUPPORT_CONTACT": "https://examples.example/help",
}


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
    )
    assert not settings.identity_proving
    assert settings.issuer == "https://id.example", "exactly as configured"
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
        assert Settings.from_environment(LEAST | {"ONEPASS_MODE": mode}).mailbox is mailbox


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
