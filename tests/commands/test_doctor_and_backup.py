"""`onepass doctor` names what is wrong; `onepass backup` and `restore` say what they did."""

import json
import os
import shutil
import time
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from idp.commands import doctor as doctor_module
from idp.commands.audit import audit
from idp.commands.backup import backup, restore
from idp.commands.doctor import CHECKS, doctor
from idp.domain import outbox as outbox_of
from idp.domain.audit_entries import AuditEntry
from idp.domain.outbox import OutboxMessage
from idp.settings import SettingsError
from tests.commands.conftest import Terminal, terminal_on
from tests.support.clock import FixedClock


@pytest.fixture
def healthy(equipped: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """An installation with nothing wrong, its pages' files in a folder of the test's."""
    package = tmp_path / "package"
    catalogue = package / "translations" / "cy" / "LC_MESSAGES"
    catalogue.mkdir(parents=True)
    (package / "web" / "static" / "govuk").mkdir(parents=True)
    (package / "web" / "static" / "govuk" / "style.css").touch()
    for number, name in enumerate(("messages.po", "messages.mo")):
        (catalogue / name).touch()
        os.utime(catalogue / name, (1000 + number, 1000 + number))
    monkeypatch.setattr(doctor_module, "PACKAGE", package)
    return equipped


def wrong(terminal: Terminal) -> dict[str, str]:
    told = terminal.json(doctor, code=1)
    assert not told["healthy"]
    return {
        finding["check"]: finding["words"] for finding in told["findings"] if not finding["good"]
    }


def test_a_healthy_installation_has_nothing_wrong(healthy: Terminal) -> None:
    told = healthy.json(doctor)
    assert told["healthy"]
    assert [finding["check"] for finding in told["findings"]] == [
        check.__name__ for check in CHECKS
    ]
    result = healthy.run(doctor)
    assert result.exit_code == 0
    assert all(line.startswith("ok ") for line in result.output.splitlines())
    assert healthy.workplace.settings.sealing_keys[0].key.hex() not in result.output


def execute(statement: str) -> Callable[[Terminal], None]:
    def planted(terminal: Terminal) -> None:
        with terminal.workplace.engine.begin() as connection:
            connection.execute(sa.text(statement))

    return planted


def key_file(terminal: Terminal) -> Path:
    return next(terminal.workplace.settings.keys_dir.glob("*.sealed"))


def late_message(terminal: Terminal) -> None:
    with terminal.workplace.session() as session:
        outbox_of.put(session, terminal.workplace.services, "email", {"to": "x"})
    terminal.clock.move(61)


def dead_message(terminal: Terminal) -> None:
    late_message(terminal)
    with terminal.workplace.session() as session:
        session.execute(sa.update(OutboxMessage).values(state="dead", tries=6))


def stuck_mail(terminal: Terminal) -> None:
    with terminal.workplace.session() as session:
        outbox_of.put(session, terminal.workplace.services, "email", {"to": "x"})
    why = "MailFailed: the mail server hung up"
    with terminal.workplace.session() as session:
        session.execute(sa.update(OutboxMessage).values(tries=3, last_error=why))


def unsealed_fact(terminal: Terminal) -> None:
    with terminal.workplace.session() as session:
        session.add(AuditEntry(at=terminal.clock.now(), fact="code_issued", detail="{}"))
    terminal.clock.move(61)


def untranslated(_terminal: Terminal) -> None:
    for path in doctor_module.PACKAGE.glob("translations/*/*/*.mo"):
        path.unlink()


def stale_translation(_terminal: Terminal) -> None:
    for path in doctor_module.PACKAGE.glob("translations/*/*/*.mo"):
        os.utime(path, (1, 1))


FAULTS: list[tuple[str, Callable[[Terminal], object], str]] = [
    ("schema_is_newest", execute("UPDATE alembic_version SET version_num = 'x'"), "db upgrade"),
    (
        "every_ring_has_a_current_key",
        execute("UPDATE signing_keys SET state = 'retired' WHERE alg = 'RS256'"),
        "RS256 for tokens",
    ),
    (
        "private_keys_can_be_used",
        execute("UPDATE signing_keys SET seal = 'x' WHERE alg = 'RS256'"),
        "not written by a holder",
    ),
    ("private_keys_can_be_used", lambda terminal: key_file(terminal).unlink(), "is missing"),
    ("private_keys_can_be_used", lambda terminal: key_file(terminal).chmod(0o644), "mode 0644"),
    (
        "private_keys_can_be_used",
        lambda terminal: terminal.workplace.settings.keys_dir.chmod(0o777),
        "Others can write",
    ),
    (
        "jwks_is_computed",
        execute("UPDATE signing_keys SET published_at = NULL WHERE alg = 'RS256'"),
        "lacks an algorithm",
    ),
    (
        "assets_are_built",
        lambda _: shutil.rmtree(doctor_module.PACKAGE / "web" / "static"),
        "not built",
    ),
    ("translations_are_compiled", untranslated, "'cy' is not compiled"),
    ("translations_are_compiled", stale_translation, "'cy' is not compiled"),
    ("messages_are_delivered", late_message, "due for 61 seconds"),
    ("messages_are_delivered", dead_message, "1 messages could not be delivered"),
    ("mails_are_taken", stuck_mail, "1 mails wait after 3 tries or more, the newest for: MailF"),
    ("facts_are_sealed", unsealed_fact, "1 audit entries are unsealed, the oldest for 61"),
    (
        "checkpoints_leave_the_database",
        lambda terminal: terminal.workplace.settings.checkpoint_file.unlink(),
        "lacks the newest checkpoints",
    ),
    (
        "checkpoints_leave_the_database",
        execute("DELETE FROM audit_checkpoints"),
        "was cut off",
    ),
    ("clock_is_sane", lambda terminal: terminal.clock.move(-6), "6 seconds ahead"),
]


@pytest.mark.parametrize(("check", "plant", "words"), FAULTS)
def test_what_is_wrong_is_named(
    healthy: Terminal, check: str, plant: Callable[[Terminal], object], words: str
) -> None:
    plant(healthy)
    healthy.workplace.services.keyring.reread()
    found = wrong(healthy)
    assert words in found[check]
    assert "WRONG" in healthy.run(doctor).output


def test_a_database_that_is_away_is_told_by_every_check_that_needs_it(
    healthy: Terminal, tmp_path: Path
) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}")
    away = Terminal(replace(healthy.workplace, engine=engine), healthy.clock)
    found = wrong(away)
    assert "could not be asked (OperationalError)" in found["database_answers"]
    assert "assets_are_built" not in found


def test_the_clock_is_compared_with_that_of_postgresql(
    postgres_url: str, tmp_path: Path, clock: FixedClock
) -> None:
    terminal = terminal_on(postgres_url, tmp_path / "var", clock)
    found = wrong(terminal)
    assert "This clock and the database's differ by" in found["clock_is_sane"]
    assert "database_answers" not in found
    clock.set(int(time.time()))
    assert "clock_is_sane" not in wrong(terminal)


def test_a_full_disk_is_told(healthy: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "free")  # noqa: PYI024 - one test's stand-in
    monkeypatch.setattr("shutil.disk_usage", lambda _path: usage(1_000_000))
    assert "Only 1 MB are free" in wrong(healthy)["disk_has_room"]

    def unreadable(_path: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("shutil.disk_usage", unreadable)
    assert "Permission denied" in wrong(healthy)["disk_has_room"]


def test_production_is_judged_more_strictly(healthy: Terminal) -> None:
    settings = replace(healthy.workplace.settings, mode="production")
    strict = Terminal(replace(healthy.workplace, settings=settings), healthy.clock)
    assert "opens every port" in wrong(strict)["settings_are_safe"]
    settings = replace(settings, egress_allow=frozenset())
    fine = Terminal(replace(healthy.workplace, settings=settings), healthy.clock)
    assert "one machine only" in fine.run(doctor).output
    settings = replace(settings, database_url="postgresql+psycopg://db/onepass")
    assert "Mails go nowhere" in wrong(strict)["mails_have_somewhere_to_go"]
    fine = Terminal(replace(healthy.workplace, settings=settings), healthy.clock)
    assert "Production mode for" in fine.run(doctor).output


def test_settings_that_cannot_start_are_a_finding() -> None:
    result = CliRunner().invoke(doctor, ["--json"], obj=SettingsError(["The issuer is missing."]))
    assert result.exit_code == 1
    assert json.loads(result.stdout)["findings"] == [
        {"check": "settings_are_safe", "good": False, "words": "The issuer is missing."}
    ]


def test_a_backup_is_written_told_and_restored(equipped: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "backup.onepass"
    told = equipped.json(backup, str(file))
    assert told["keys"] == 4
    assert told["rows"]["audit_log"] == 8
    assert "4 sealed keys" in equipped.run(backup, str(file)).output
    assert "not empty; --force" in equipped.refused(restore, str(file))
    assert equipped.json(restore, str(file), "--force")["keys"] == 4
    assert equipped.run(restore, str(file), "--force").output.startswith("Restored ")
    assert equipped.json(audit, "seal")["sealed"] == 2
    assert equipped.json(audit, "verify")["holds"]
    facts = [entry["fact"] for entry in equipped.json(audit, "list", "--limit", "2")]
    assert facts == ["backup_made", "backup_restored"]


def test_a_backup_that_cannot_be_written_or_read_is_told(
    equipped: Terminal, tmp_path: Path
) -> None:
    for path in equipped.workplace.settings.keys_dir.glob("*.sealed"):
        path.unlink()
    assert "There is no backup" in equipped.refused(backup, str(tmp_path / "backup.onepass"))
    (tmp_path / "file").touch()
    assert "There is no backup" in equipped.refused(backup, str(tmp_path / "file" / "x"))
    assert "Nothing was restored" in equipped.refused(restore, str(tmp_path / "file"), "--force")
