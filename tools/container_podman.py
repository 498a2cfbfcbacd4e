"""Starts the stack with podman alone, from docker-compose.yml.

No compose program is needed, nor a systemd that would run podman's health checks. What a closed
machine takes away (runtimes, limits, networks) is found by trying.
"""

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from tools import container_compose
from tools.container_compose import COMPLETED, HEALTHY, ROOT, Service
from tools.container_engines import (
    IMAGE,
    PROJECT,
    EngineError,
    authority_options,
    run,
    works,
)

HEALTH_SECONDS = 240
TINY_LIMITS = ("--ulimit", "nofile=512:512", "--ulimit", "nproc=1000:1000")


class Podman:
    """Podman alone, container by container, in the order that `depends_on` asks for."""

    def __init__(self) -> None:
        self._options: tuple[str, ...] = ()
        self._bridged = True
        self._stack = container_compose.read()

    @staticmethod
    def runs() -> bool:
        """Whether podman answers here."""
        return works(["podman", "info"])

    @property
    def name(self) -> str:
        """What was found to work, in words."""
        network = "a bridge network" if self._bridged else "the host's network"
        return " ".join(["podman", *self._options, f"on {network}"])

    def missing(self, images: Sequence[str]) -> list[str]:
        """Which of these images are neither here nor can be pulled."""
        here = ("podman", "image", "exists")
        pull = ("podman", "pull", "--quiet")
        return [i for i in images if not works([*here, i]) and not works([*pull, i], 300)]

    def build(self) -> None:
        """Build our image, by the first way of isolating a build that this machine allows."""
        last = EngineError("nothing was tried")
        for isolation in (("--isolation", "oci"), ("--isolation", "chroot")):
            try:
                self.build_file(ROOT / "Dockerfile", ROOT, IMAGE, isolation)
            except EngineError as error:
                last = error
            else:
                return
        raise last

    def build_file(
        self, dockerfile: Path, context: Path, tag: str, isolation: Sequence[str] = ()
    ) -> None:
        """Build one Dockerfile. The host's network serves: only registries are called."""
        runtime = ("--runtime", "runc") if shutil.which("runc") else ()
        options = ["--format", "docker", "--network", "host", *TINY_LIMITS, *isolation]
        options += [*authority_options(), "--tag", tag, "--file", str(dockerfile)]
        run(["podman", *runtime, "build", *options, str(context)])

    def up(self) -> None:
        """Start the stack, each service when those it waits for are done or healthy."""
        self.down()
        self._find_what_works()
        for volume in self._stack.volumes:
            run(["podman", "volume", "create", f"{PROJECT}-{volume}"])
        if self._bridged:
            run(self._network_command())
        for service in self._stack.services:
            for other, condition in service.depends_on.items():
                self._wait(self._stack.service(other), condition)
            run(self._run_command(service))
        for service in self._stack.services:
            if service.health_test:
                self._wait(service, HEALTHY)

    def inside(self, service: str, *command: str) -> str:
        """What a command prints inside a running service; raises EngineError when it fails."""
        return run(["podman", "exec", f"{PROJECT}-{service}", *command])

    def stop(self, service: str) -> None:
        """Stop one service and leave the others running."""
        run(["podman", "stop", "--time", "5", f"{PROJECT}-{service}"])

    def said(self, service: str) -> str:
        """What a service that has ended wrote to its standard output."""
        return run(["podman", "logs", f"{PROJECT}-{service}"])

    def logs(self) -> str:
        """The last lines of every container."""
        parts = []
        for service in self._stack.services:
            command = f"podman logs --tail 25 {PROJECT}-{service.name} 2>&1"
            parts.append(f"--- {service.name}\n" + run(["sh", "-c", command], check=False))
        return "\n".join(parts)

    def down(self) -> None:
        """Stop everything and forget its volumes. Silent where there is nothing to stop."""
        names = [f"{PROJECT}-{service.name}" for service in reversed(self._stack.services)]
        run(["podman", "rm", "--force", "--ignore", "--time", "5", *names], check=False)
        volumes = [f"{PROJECT}-{volume}" for volume in self._stack.volumes]
        run(["podman", "volume", "rm", "--force", *volumes], check=False)
        run(["podman", "network", "rm", "--force", PROJECT], check=False)

    def _find_what_works(self) -> None:
        runtime = ("--runtime", "runc")
        for options in ((), runtime, (*runtime, *TINY_LIMITS)):
            top, limits = options[:2], options[2:]
            command = ["podman", *top, "run", "--rm", "--network", "none", "--no-healthcheck"]
            if works([*command, *limits, IMAGE, "true"]):
                self._options = options
                break
        else:
            raise EngineError("podman is here but cannot start a container; see `podman run`")
        network = ["podman", "network", "create", f"{PROJECT}-try"]
        command = ["podman", *self._options[:2], "run", "--rm", "--no-healthcheck"]
        command += [*self._options[2:], "--network", f"{PROJECT}-try:alias=try.localhost"]
        self._bridged = os.environ.get("ONEPASS_CONTAINERS_NETWORK") != "host" and (
            works(network) and works([*command, IMAGE, "getent", "hosts", "try.localhost"])
        )
        run(["podman", "network", "rm", "--force", f"{PROJECT}-try"], check=False)

    def _network_command(self) -> list[str]:
        pool = ["--subnet", self._stack.subnet, "--ip-range", self._stack.ip_range]
        return ["podman", "network", "create", *pool, PROJECT]

    def _run_command(self, service: Service) -> list[str]:
        # No restarts either: in a trial, a service that ends is a fault to be seen.
        command = ["podman", *self._options[:2], "run", "--detach", "--no-healthcheck"]
        command += [*self._options[2:], "--name", f"{PROJECT}-{service.name}"]
        command += self._network_options(service)
        environment = dict(service.environment)
        if not self._bridged and "ONEPASS_TRUSTED_PROXIES" in environment:
            environment["ONEPASS_TRUSTED_PROXIES"] = "127.0.0.1/32"
        for key, value in environment.items():
            command += ["--env", f"{key}={value}"]
        for volume in service.volumes:
            source, _, rest = volume.partition(":")
            place = str(ROOT / source) if source.startswith(".") else f"{PROJECT}-{source}"
            command += ["--volume", f"{place}:{rest}"]
        command += [f"--tmpfs={path}" for path in service.tmpfs]
        command += [f"--cap-drop={capability}" for capability in service.cap_drop]
        command += [f"--cap-add={capability}" for capability in service.cap_add]
        command += [f"--security-opt={option.partition(':')[0]}" for option in service.security_opt]
        # Podman would add writable folders of its own; compose has only those the file names.
        command += ["--read-only", "--read-only-tmpfs=false"] if service.read_only else []
        command += [f"--user={service.user}"] if service.user else []
        return [*command, service.image, *service.command]

    def _network_options(self, service: Service) -> list[str]:
        if service.network_mode:
            return ["--network", service.network_mode]
        if not self._bridged:
            names = [name for s in self._stack.services for name in (s.name, *s.aliases)]
            return ["--network", "host", *(f"--add-host={name}:127.0.0.1" for name in names)]
        place = [f"alias={name}" for name in (service.name, *service.aliases)]
        place += [f"ip={service.address}"] if service.address else []
        ports = [f"--publish={port}" for port in service.ports]
        return ["--network", f"{PROJECT}:{','.join(place)}", *ports]

    def _wait(self, service: Service, condition: str) -> None:
        name = f"{PROJECT}-{service.name}"
        if condition == COMPLETED:
            code = run(["podman", "wait", name], seconds=HEALTH_SECONDS).strip()
            if code != "0":
                raise EngineError(f"{service.name} ended with {code}")
            return
        deadline = time.monotonic() + HEALTH_SECONDS
        while not works(["podman", "exec", name, *service.health_test]):
            if run(["podman", "inspect", "--format", "{{.State.Running}}", name]).strip() != "true":
                raise EngineError(f"{service.name} has ended before it was healthy")
            if time.monotonic() > deadline:
                raise EngineError(f"{service.name} is not healthy after {HEALTH_SECONDS} s")
            time.sleep(1)
