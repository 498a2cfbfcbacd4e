"""Where settings come from: the process's own environment, or what the demo left behind."""

from pathlib import Path

import pytest

from idp.environment import DEMO_FILE, environment


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout in which a demo ran."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / DEMO_FILE
    file.parent.mkdir()
    file.write_text(
        "# written by make demo\n"
        "ONEPASS_MODE=demo\n"
        "ONEPASS_SEALING_KEYS=demo:AA==\n"
        "\n"
        "nonsense\n"
        " ONEPASS_PORT = 8100 \n",
        "utf-8",
    )
    return file


def test_the_demos_file_counts_when_nothing_else_is_said(demo: Path) -> None:
    found = environment({"PATH": "/bin", "ONEPASS_PORT": "9"})
    assert found == {
        "PATH": "/bin",
        "ONEPASS_MODE": "demo",
        "ONEPASS_SEALING_KEYS": "demo:AA==",
        "ONEPASS_PORT": "9",
    }


@pytest.mark.parametrize("name", ["ONEPASS_MODE", "ONEPASS_ISSUER", "DATABASE_URL"])
def test_whoever_says_what_to_run_is_heard(demo: Path, name: str) -> None:
    said = {name: "something"}
    assert environment(said) is said


def test_an_empty_variable_says_nothing(demo: Path) -> None:
    assert environment({"DATABASE_URL": ""})["ONEPASS_MODE"] == "demo"


def test_without_the_file_there_is_only_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert environment({"PATH": "/bin"}) == {"PATH": "/bin"}
