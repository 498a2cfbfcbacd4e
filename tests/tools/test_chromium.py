"""A Chromium is found where one is, and its absence is explained."""

import shutil
from pathlib import Path

import pytest

from tools import chromium
from tools.progress import StepFailed, Steps


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(chromium.SETTING, raising=False)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.setattr(chromium, "PLAYWRIGHT", (tmp_path / "playwright",))
    monkeypatch.setattr(shutil, "which", lambda name: None)


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    path.chmod(0o755)
    return path


def test_the_one_that_is_named_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = program(tmp_path / "my-chromium")
    monkeypatch.setenv(chromium.SETTING, str(named))
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/other")
    assert chromium.find() == named


def test_playwrights_own_is_found(tmp_path: Path) -> None:
    own = program(tmp_path / "playwright" / "chromium-1200" / "chrome-linux" / "chrome")
    assert chromium.find() == own


def test_a_named_one_that_cannot_be_run_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(chromium.SETTING, str(tmp_path / "nothing"))
    with pytest.raises(StepFailed, match="cannot be run"):
        chromium.install(Steps(1, tmp_path / "log"))


def test_where_nothing_helps_a_person_reads_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Steps, command: list[str], **options: object) -> None:
        raise StepFailed("no network")

    monkeypatch.setattr(Steps, "run", refuse)
    with pytest.raises(StepFailed, match="apt-get install chromium"):
        chromium.install(Steps(1, tmp_path / "log"))
