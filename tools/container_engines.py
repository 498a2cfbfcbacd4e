"""What `make containers` asks of a container engine, and Docker's answer to it.

Podman's answer is in `tools.container_podman`.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tools.container_compose import ROOT

PROJECT = "onepass-check"
IMAGE = "onepass:local"


class EngineError(Exception):
    """A container did not build, start or become healthy; the message says which and why."""


class Engine(Protocol):
    """What `make containers` asks of an engine."""

    @property
    def name(self) -> str:
        """The engine, and how it is used here, in words."""

    def missing(self, images: Sequence[str]) -> list[str]:
        """Which of these images are neither here nor can be pulled."""

    def build(self) -> None:
        """Build our image."""

    def up(self) -> None:
        """Start the stack anew, with empty volumes; raises EngineError."""

    def inside(self, service: str, *command: str) -> str:
        """What a command prints inside a running service; raises EngineError when it fails."""

    def stop(self, service: str) -> None:
        """Stop one service and leave the others running."""

    def said(self, service: str) -> str:
        """What a service that has ended wrote to its standard output."""

    def logs(self) -> str:
        """The last lines of every container, for a person who looks for a fault."""

    def down(self) -> None:
        """Stop everything and forget its volumes."""


def run(command: Sequence[str], *, check: bool = True, seconds: float = 900) -> str:
    """Run a program and return its output; raises EngineError with its last lines."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, check=False, cwd=ROOT
        )
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"{' '.join(command[:4])} … took over {seconds:.0f} s") from error
    if check and done.returncode:
        tail = "\n  ".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise EngineError(f"{' '.join(command[:6])} … ended with {done.returncode}:\n  {tail}")
    return done.stdout


def works(command: Sequence[str], seconds: float = 60) -> bool:
    """Whether a program is there and succeeds."""
    if not shutil.which(command[0]):
        return False
    try:
        run(command, seconds=seconds)
    except EngineError:
        return False
    return True


def authority_options() -> list[str]:
    """Build options for a machine whose registries answer under an authority of its own."""
    bundle = os.environ.get("SSL_CERT_FILE", "")
    return ["--secret", f"id=ca,src={bundle}"] if bundle and Path(bundle).is_file() else []


class Docker:
    """Docker and its compose plugin: the file as it is."""

    name: str = "docker compose"
    _compose = ("docker", "compose", "--project-name", PROJECT)

    @staticmethod
    def runs() -> bool:
        """Whether Docker, its daemon and its compose plugin answer here."""
        return works(["docker", "compose", "version"]) and works(["docker", "info"])

    def missing(self, images: Sequence[str]) -> list[str]:
        """Which of these images are neither here nor can be pulled."""
        here = ("docker", "image", "inspect")
        return [i for i in images if not works([*here, i]) and not works(["docker", "pull", i])]

    def build(self) -> None:
        """Build our image."""
        run(["docker", "build", "--tag", IMAGE, *authority_options(), "."])

    def up(self) -> None:
        """Start the stack; compose returns when what `depends_on` waits for is healthy."""
        self.down()
        run([*self._compose, "up", "--detach", "--no-build"])

    def inside(self, service: str, *command: str) -> str:
        """What a command prints inside a running service; raises EngineError when it fails."""
        return run([*self._compose, "exec", "-T", service, *command])

    def stop(self, service: str) -> None:
        """Stop one service and leave the others running."""
        run([*self._compose, "stop", "--timeout", "5", service])

    def said(self, service: str) -> str:
        """What a service that has ended wrote to its standard output."""
        return run([*self._compose, "logs", "--no-log-prefix", "--no-color", service])

    def logs(self) -> str:
        """The last lines of every container."""
        return run([*self._compose, "logs", "--tail", "25"], check=False)

    def down(self) -> None:
        """Stop everything and forget its volumes."""
        run([*self._compose, "down", "--volumes", "--timeout", "5"], check=False)
