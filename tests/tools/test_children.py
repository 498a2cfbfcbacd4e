"""Programs beside the demo are watched, and none outlives it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import children as subject
from tools.children import ChildEnded, Children

ROOT = Path(__file__).resolve().parents[2]
WAITING = "import signal; print('here', flush=True); signal.pause()"
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True)\n"
)
STUBBORN += "while True: signal.pause()"


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    made = Children(tmp_path / "log")
    yield made
    made.end()


def start(children: Children, name: str, code: str) -> int:
    children.start(name, [sys.executable, "-c", code], dict(os.environ), ROOT)
    return children.running[-1].process.pid


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_program_that_dies_is_named_with_its_last_words(children: Children) -> None:
    start(children, "worker", "print('the disk is full'); raise SystemExit(7)")
    children.running[0].process.wait(10)
    with pytest.raises(ChildEnded, match=r"worker ended by itself \(code 7\)") as caught:
        children.check()
    assert "the disk is full" in str(caught.value)


def test_every_program_is_ended(children: Children) -> None:
    pids = [start(children, name, WAITING) for name in ("provider", "worker")]
    children.check()
    children.end()
    assert all(gone(pid) for pid in pids)


def test_one_that_will_not_end_is_killed(
    children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "PATIENCE", 0.2)
    pid = start(children, "provider", STUBBORN)
    children.end()
    assert gone(pid)


def test_a_program_that_never_answers_is_named(children: Children) -> None:
    start(children, "tax", WAITING)
    with pytest.raises(ChildEnded, match="no answer in 0 s from tax"):
        children.wait_until_answering({"tax": "http://127.0.0.1:9/health"}, 0.2)
