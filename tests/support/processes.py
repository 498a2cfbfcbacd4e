"""Programs started for a test: their output is kept, they are ended by their own id."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]
PYTHON = (sys.executable, "-m")
_handed_out: set[int] = set()


def free_port() -> int:
    """A loopback port that nobody listens on and that this process has not handed out."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in _handed_out:
            _handed_out.add(port)
            return port


class Program:
    """A program running beside the test, its output in a file.

    A module of ours, unless `run` is what another kind of program is started with.
    """

    def __init__(
        self,
        name: str,
        *arguments: str,
        environ: Mapping[str, str],
        log: Path,
        run: Sequence[str] = PYTHON,
        cwd: Path = ROOT,
    ) -> None:
        self.name = name
        self.log = log
        self._output = log.open("ab")
        self.popen = subprocess.Popen(
            [*run, name, *arguments],
            cwd=cwd,
            env=_clean_environment() | dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._output,
        )

    def command(self, line: str) -> str:
        """Send one line and return the line that answers it."""
        assert self.popen.stdin is not None
        assert self.popen.stdout is not None
        self.popen.stdin.write(line.encode() + b"\n")
        self.popen.stdin.flush()
        answer = self.popen.stdout.readline().decode().strip()
        assert answer, f"{self.name} gave no answer to {line!r}:\n{self.words()}"
        return answer

    def wait_for(self, url: str, seconds: float = 60) -> None:
        """Wait until `url` answers 200, or fail with what the program has said."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.popen.poll() is None, f"{self.name} ended:\n{self.words()}"
            try:
                if requests.get(url, timeout=2).status_code == 200:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.05)
        raise AssertionError(f"{self.name} is not ready at {url}:\n{self.words()}")

    def words(self) -> str:
        """What the program has written so far."""
        return self.log.read_text(errors="replace")[-6_000:]

    def kill(self) -> None:
        """End the program at once, as a power cut would."""
        self.popen.kill()
        self.end()

    def end(self) -> None:
        """End the program, by its own id, and wait for it."""
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        self.popen.wait()
        for stream in (self.popen.stdin, self.popen.stdout, self._output):
            if stream is not None:
                stream.close()


def _clean_environment() -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
    return {name: os.environ[name] for name in kept if name in os.environ}
