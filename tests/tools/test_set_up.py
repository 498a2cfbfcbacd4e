"""Set-up does what is needed, once, and heals after an interruption."""

import shutil
import sys
import threading
from pathlib import Path

import pytest

from tools import bootstrap, set_up
from tools.progress import StepFailed, Steps


@pytest.fixture
def stamps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "stamps"
    monkeypatch.setattr(set_up, "STAMPS", folder)
    monkeypatch.setattr(set_up, "ROOT", tmp_path)
    return folder


def planned(monkeypatch: pytest.MonkeyPatch, *steps: set_up.Step) -> None:
    monkeypatch.setattr(set_up, "steps_for", lambda goal: list(steps))


def test_a_step_is_done_once_until_its_inputs_change(
    stamps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs, done = ["first"], []
    step = set_up.Step("wheels", lambda: inputs[0], lambda progress: done.append(inputs[0]))
    planned(monkeypatch, step)
    for _ in range(2):
        assert set_up.prepare(["demo"]) == 0
    inputs[0] = "second"
    assert set_up.prepare(["demo"]) == 0
    assert done == ["first", "second"]


def test_an_interrupted_step_is_done_again(
    stamps: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tries: list[str] = []

    def work(progress: Steps) -> None:
        tries.append("try")
        if len(tries) == 1:
            raise KeyboardInterrupt

    planned(monkeypatch, set_up.Step("wheels", lambda: "same", work))
    assert set_up.prepare(["demo"]) == 130
    assert "the next run carries on" in capsys.readouterr().err
    assert set_up.prepare(["demo"]) == 0
    assert len(tries) == 2


def test_a_wider_set_up_serves_a_narrower_goal(stamps: Path) -> None:
    step = set_up.Step("wheels", lambda: "runtime", lambda progress: None, wider="everything")
    stamps.mkdir()
    (stamps / "wheels").write_text("everything")
    assert step.done
    (stamps / "wheels").write_text("something else")
    assert not step.done


def test_other_peoples_clients_are_installed_for_the_tests_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asking = {goal for goal in set_up.GOALS if "other clients" in names(goal)}
    assert asking == {"test"}
    before = set_up._interop()
    monkeypatch.setattr(set_up, "OTHER_CLIENTS", tmp_path)
    assert (before, set_up._interop()) == (set_up._digest("requirements-interop.txt"), "missing")


def names(goal: str) -> list[str]:
    return [step.name for step in set_up.steps_for(goal)]


def test_a_failing_program_is_shown_with_its_last_words(
    stamps: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(progress: Steps) -> None:
        progress.run(["sh", "-c", "echo no such wheel; exit 3"], cwd=stamps.parent)

    planned(monkeypatch, set_up.Step("wheels", lambda: "same", work))
    assert set_up.prepare(["demo"]) == 1
    assert "no such wheel" in capsys.readouterr().err
    assert not (stamps / "wheels").exists()


def test_two_set_ups_at_once_do_the_work_once(
    stamps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    inside = threading.Event()
    may_finish = threading.Event()

    def work(progress: Steps) -> None:
        inside.set()
        assert may_finish.wait(10)
        done.append("once")

    planned(monkeypatch, set_up.Step("wheels", lambda: "same", work))
    runs = [threading.Thread(target=set_up.prepare, args=(["demo"],)) for _ in range(2)]
    runs[0].start()
    assert inside.wait(10)
    runs[1].start()
    may_finish.set()
    for run in runs:
        run.join(10)
    assert done == ["once"]


def test_an_unknown_goal_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert set_up.prepare(["everything"]) == 2
    assert "usage" in capsys.readouterr().err


def test_half_installed_wheels_are_installed_into_a_new_environment(
    stamps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(set_up, "_make_environment", lambda progress: made.append("environment"))
    monkeypatch.setattr(set_up, "PYTHON", Path("/bin/false"))
    progress = Steps(1, stamps.parent / "log")
    stamps.mkdir()
    with pytest.raises(StepFailed):
        set_up._install(progress, "requirements.txt")
    assert made == []
    monkeypatch.setattr(set_up, "PYTHON", Path("/bin/true"))
    monkeypatch.setattr(
        set_up, "_make_environment", lambda progress: (stamps / "installing").rename(stamps / "old")
    )
    set_up._install(progress, "requirements.txt")
    assert not (stamps / "installing").exists()
    assert (stamps / "old").exists()


def test_an_old_python_without_a_newer_one_says_what_is_needed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert bootstrap.main() == 2
    assert "needs Python 3.11 or newer" in capsys.readouterr().err


def test_a_python_without_ensurepip_names_debians_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    assert bootstrap.main() == 2
    assert "apt install python3-venv" in capsys.readouterr().err
