"""Starting and stopping what is measured, and what it took: processor time and memory from /proc.

Linux only. Processor time comes in ticks of ten milliseconds, so it says something only over
seconds of load.
"""

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.connection import Connection, ConnectionBroken

_TICKS = os.sysconf("SC_CLK_TCK")


class NotStarted(Exception):
    """A server ended or stayed silent instead of answering; the text holds the end of its log."""


def free_port() -> int:
    """Return a loopback TCP port that nobody listens on now.

    It lies below the range that outgoing connections take theirs from.
    """
    while True:
        port = secrets.choice(range(20_000, 32_000))
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _fields(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def family(pid: int) -> list[int]:
    """Return this process and all its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _fields(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        waiting.extend(children.get(current, []))
    return found


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process and its descendants, the ended ones included."""
    ticks = 0
    for member in family(pid):
        if fields := _fields(member):
            ticks += sum(int(value) for value in fields[11:15])
    return ticks / _TICKS


def resident_kib(pid: int) -> list[int]:
    """Return the resident memory of each process of the family, in KiB, the largest first."""
    sizes: list[int] = []
    for member in family(pid):
        try:
            status = Path(f"/proc/{member}/status").read_text(encoding="utf-8")
        except (FileNotFoundError, ProcessLookupError):
            continue
        sizes.extend(
            int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")
        )
    return sorted(sizes, reverse=True)


@dataclass(frozen=True, slots=True)
class Server:
    """One running server: its parent process, and how long it took until it answered."""

    process: subprocess.Popen[bytes]
    port: int
    start_seconds: float
    log: Path

    def stop(self) -> None:
        """End it and its children, kindly first."""
        members = family(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for member in members[1:]:
            _end(member)


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return


def start(
    command: list[str],
    environment: dict[str, str],
    port: int,
    log: Path,
    probe: str,
    timeout: float = 60.0,
) -> Server:
    """Start a server and wait until it answers 200 on the probe's path; raises NotStarted."""
    began = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    ready = _poll(lambda: _answers(port, probe), process, timeout)
    server = Server(process, port, time.perf_counter() - began, log)
    if not ready:
        server.stop()
        raise NotStarted(f"{command[0]} did not answer:\n{log.read_text(errors='replace')[-3000:]}")
    return server


def _poll(ready: Callable[[], bool], process: subprocess.Popen[bytes], timeout: float) -> bool:
    ends = time.perf_counter() + timeout
    while time.perf_counter() < ends and process.poll() is None:
        if ready():
            return True
        time.sleep(0.02)
    return False


def _answers(port: int, path: str) -> bool:
    try:
        connection = Connection(port)
        answer = connection.exchange(
            f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nUser-Agent: bench\r\n\r\n".encode()
        )
        connection.close()
    except (OSError, ConnectionBroken):
        return False
    return answer.status == 200
