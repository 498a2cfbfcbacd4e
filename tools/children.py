"""Programs that run beside this one: started with a log each, waited for, ended by their id."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

TAIL_LINES = 20
PATIENCE = 12.0
"""Seconds a program gets to end by itself."""


class ChildEnded(Exception):
    """A program that should be running is not; the message holds its last words."""


@dataclass
class Child:
    """One running program."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def last_words(self) -> str:
        """The end of its log, indented."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        return "\n".join(f"    {line}" for line in lines) or "    (it said nothing)"


@dataclass
class Children:
    """All programs of one run."""

    logs: Path
    running: list[Child] = field(default_factory=list)

    def start(
        self, name: str, command: Sequence[str | Path], environ: Mapping[str, str], cwd: Path
    ) -> None:
        """Start a program with its output in `<logs>/<name>.log`.

        It gets a process group of its own, so that Ctrl-C reaches only us and we end it in order.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=cwd,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        self.running.append(Child(name, process, log))

    def check(self) -> None:
        """Raise ChildEnded if a program is no longer running."""
        for child in self.running:
            code = child.process.poll()
            if code is not None:
                raise ChildEnded(
                    f"{child.name} ended by itself (code {code}). The end of {child.log}:\n"
                    + child.last_words()
                )

    def wait_until_answering(self, urls: Mapping[str, str], seconds: float) -> None:
        """Wait until every address answers 200; raises ChildEnded on a death or at the end."""
        waiting = dict(urls)
        deadline = time.monotonic() + seconds
        while waiting:
            self.check()
            waiting = {name: url for name, url in waiting.items() if not _answers(url)}
            if waiting and time.monotonic() > deadline:
                silent = ", ".join(f"{name} ({url})" for name, url in waiting.items())
                words = "\n".join(c.last_words() for c in self.running if c.name in waiting)
                raise ChildEnded(f"no answer in {seconds:.0f} s from {silent}\n{words}")
            if waiting:
                time.sleep(0.05)

    def end(self) -> None:
        """End every program, the last started first; kill what does not end in time."""
        for child in reversed(self.running):
            if child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + PATIENCE
        for child in reversed(self.running):
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                # Its workers too: they share its group, which nobody else is in.
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()
        self.running.clear()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
