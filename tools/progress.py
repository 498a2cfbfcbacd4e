"""Shows what a command is doing, step by step, with times; keeps the noise in a log."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

TAIL_LINES = 25
SPINNER = "|/-\\"


class StepFailed(Exception):
    """A step did not succeed; the message says what and what to do."""


class Steps:
    """Numbered lines such as `[3/6] wheels … 8.1 s`, one per step.

    On a terminal the running step shows its seconds and the last line of its log; elsewhere each
    step is one line, so that a log stays a log.
    """

    def __init__(self, total: int, log: Path) -> None:
        self.total = total
        self.number = 0
        self.log = log
        self.live = sys.stdout.isatty()
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("", encoding="utf-8")

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show `name` while the block runs, and how long it took."""
        self.number += 1
        head = f"[{self.number}/{self.total}] {name} …"
        started = time.monotonic()
        if not self.live:
            print(head, end=" ", flush=True)
        over = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(head, started, over), daemon=True)
        if self.live:
            ticker.start()
        try:
            yield
        except BaseException:
            self._close(head, "failed", over, ticker)
            raise
        self._close(head, f"{time.monotonic() - started:.1f} s", over, ticker)

    def already(self, name: str) -> None:
        """Count a step that needs nothing, without a line of its own."""
        self.number += 1
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"{name}: up to date\n")

    def run(
        self, command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None
    ) -> None:
        """Run a program, its output into the log; raises StepFailed with the output's end."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(map(str, command))}\n")
            log.flush()
            start = log.tell()
            process = subprocess.Popen(
                list(map(str, command)),
                cwd=cwd,
                env=None if env is None else dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                close_fds=False,  # it shares the set-up's lock, should it outlive us
            )
            try:
                code = process.wait()
            except BaseException:
                process.terminate()
                process.wait()
                raise
        if code:
            with self.log.open(encoding="utf-8", errors="replace") as log:
                log.seek(start)
                tail = log.read().splitlines()[-TAIL_LINES:]
            raise StepFailed(
                f"{' '.join(map(str, command[:4]))} … ended with {code}:\n  "
                + "\n  ".join(tail)
                + f"\nThe whole output is in {self.log}"
            )

    def _close(
        self, head: str, ending: str, over: threading.Event, ticker: threading.Thread
    ) -> None:
        over.set()
        if self.live:
            ticker.join()
            print(f"\r\x1b[K{head} {ending}", flush=True)
        else:
            print(ending, flush=True)

    def _tick(self, head: str, started: float, over: threading.Event) -> None:
        turn = 0
        while not over.wait(0.2):
            turn += 1
            seconds = time.monotonic() - started
            mark = SPINNER[turn % len(SPINNER)]
            print(f"\r\x1b[K{head} {seconds:.0f} s {mark} {self._latest()}", end="", flush=True)

    def _latest(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace")[-400:].splitlines()
        return lines[-1].strip()[:60] if lines else ""
