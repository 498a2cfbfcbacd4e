"""`make demo`: the provider, its worker and four departments on this machine, until Ctrl-C.

With MUTANT=M14 the provider is a copy with that fault in it, and every page of it says so in red.

`python -m tools.demo code` prints the demo citizen's authenticator code of this moment, `… codes`
that of everybody the demo has made an account for.
"""

import fcntl
import json
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import pyotp

from tests.auth_flows import catalogue
from tools import mutants
from tools.children import ChildEnded, Children
from tools.demo_installation import (
    BIN,
    DEPARTMENTS,
    ROOT,
    Demo,
    InstallationFailed,
    Record,
    configure,
    fill,
    read_description,
    write_privately,
)
from tools.onepass_session import CommandFailed, OnepassSession
from tools.progress import Steps

START_SECONDS = 60.0
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CannotStart(Exception):
    """Something outside the demo is in its way; the message says what and what to do."""


PROBLEMS = (CannotStart, ChildEnded, CommandFailed, InstallationFailed, mutants.FaultUnusable)


@contextmanager
def only_one(var: Path) -> Iterator[None]:
    """Hold the lock of the demo kept in `var`; raises CannotStart when another demo has it."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / "demo.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            pid = lock.read().strip() or "unknown"
            raise CannotStart(
                f"the demo of this checkout is already running (process {pid})."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def chosen_port() -> int:
    """The provider's port: ONEPASS_PORT, or 8000."""
    text = os.environ.get("ONEPASS_PORT") or "8000"
    last = 65_535 - len(DEPARTMENTS)
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= last):
        raise CannotStart(f"ONEPASS_PORT is {text!r}: it must be a number from 1 to {last}.")
    return int(text)


def refuse_busy_ports(first: int) -> None:
    """Raise CannotStart when one of the five ports is taken."""
    busy = [port for port in range(first, first + 1 + len(DEPARTMENTS)) if not _free(port)]
    if busy:
        raise CannotStart(
            f"port {', '.join(map(str, busy))} of this machine is in use by another program.\n"
            f"End that program, or choose five other ports:  ONEPASS_PORT={first + 1000} make demo"
        )


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def start_servers(demo: Demo, children: Children, fault: str) -> None:
    """Start everything, and wait until everything answers."""
    command = BIN / "onepass"
    if not fault:
        shutil.rmtree(practice(demo), ignore_errors=True)
    program, environ = planted(demo, fault) if fault else (ROOT, demo.environ())
    children.start("provider", [command, "serve"], environ, program)
    children.start("worker", [command, "worker"], environ, program)
    for slug in DEPARTMENTS:
        module = [sys.executable, "-m", "relying_party_demo", "serve", slug]
        children.start(slug, module, demo.department_environ(slug), ROOT)
    addresses = {"provider": demo.issuer + "health"}
    addresses |= {slug: f"{demo.department_url(slug)}/health" for slug in DEPARTMENTS}
    children.wait_until_answering(addresses, START_SECONDS)


def practice(demo: Demo) -> Path:
    """Where the copy with a fault lies, which is there only while the demo has one."""
    return demo.var / "practice"


def planted(demo: Demo, fault: str) -> tuple[Path, dict[str, str]]:
    """Lay out a copy of the provider with a fault; where it is to run, and its environment.

    Raises FaultUnusable.
    """
    folder = practice(demo)
    shutil.rmtree(folder, ignore_errors=True)
    environ = demo.environ() | {"PYTHONPATH": str(folder), "ONEPASS_PLANTED_FAULT": fault}
    return mutants.plant(fault, folder), environ


def write_catalogue(var: Path) -> None:
    """Write every attack of the probe where the provider's page for security testers looks."""
    rows = [asdict(row) for row in catalogue.load().values()]
    write_privately(var / "probe" / "catalogue.json", json.dumps({"results": rows}))


def what_to_click(description: Record) -> str:
    """The words shown when everything runs."""
    citizen = description["citizen"]
    width = max(len(service["name"]) for service in description["services"])
    services = "\n".join(
        f"    {service['name']:<{width}}  {service['url']}" for service in description["services"]
    )
    mails = description["mailbox"] or "they are really sent"
    operators = " or ".join(operator["email"] for operator in description["operators"])
    return f"""
  Onepass is ready. Start at  {description["issuer"]}

  Sign in at one of these, then open the others:
{services}

  Email     {citizen["email"]}
  Password  {citizen["password"]}
  Code      {code_now(citizen["totp_secret"])} now; later codes:  make code
            (or add this key to an authenticator app: {citizen["totp_secret"]})

  Service teams  {description["issuer"]}team  as {description["service_team"]["email"]}
  Operators      {description["issuer"]}ops   as {operators}
                 their passwords, and the codes of the moment:  make codes

  Messages that would be emailed: {mails}
  Logs: var/log/   Everything above for programs: var/demo.json
  Ctrl-C ends it; what you did is kept for the next start.
"""


def code_now(totp_secret: str) -> str:
    """The authenticator code of this moment."""
    return pyotp.TOTP(totp_secret).now()


def everybody(description: Record) -> str:
    """A line for each person of the demo: email, password, and the code of this moment."""
    people = [description["citizen"], description["service_team"], *description["operators"]]
    width = max(len(person["email"]) for person in people)
    return "\n".join(
        f"{person['email']:<{width}}  {person['password']:<18}  {code_now(person['totp_secret'])}"
        for person in people
    )


def run(demo: Demo, fault: str) -> NoReturn:
    """Set the demo up, run it, and stay until told to stop."""
    for name in STOPS:
        signal.signal(name, signal.default_int_handler)
    refuse_busy_ports(demo.port)
    started = time.monotonic()
    children = Children(demo.var / "log")
    steps = Steps(3, demo.var / "log" / "demo.log")
    try:
        configure(demo)
        log = demo.var / "log" / "commands.log"
        with OnepassSession(demo.environ(), ROOT, log) as onepass:
            with steps.step("database"):
                onepass.run("db", "upgrade")
            with steps.step("keys, departments, people"):
                description = fill(demo, onepass)
        write_catalogue(demo.var)
        with steps.step("servers"):
            start_servers(demo, children, fault)
        print(what_to_click(description), flush=True)
        if fault:
            print(f"For practice only: this provider has the fault {fault}.\n", flush=True)
        print(f"ready in {time.monotonic() - started:.1f} s", flush=True)
        while True:
            children.check()
            time.sleep(0.5)
    finally:
        for name in STOPS:  # the end is on its way; a second Ctrl-C must not leave programs behind
            signal.signal(name, signal.SIG_IGN)
        if children.running:
            print("\nEnding …", flush=True)
        children.end()


def main() -> int:
    """Run the demo until a signal, or print a code; 1 after saying what went wrong, else 0."""
    var = Path(os.environ.get("ONEPASS_VAR_DIR") or ROOT / "var").absolute()
    keys = Path(os.environ.get("ONEPASS_KEYS_DIR") or ROOT / "keys").absolute()
    if sys.argv[1:] in (["code"], ["codes"]):
        description = read_description(var)
        if not description:
            print("Start the demo once: make demo")
        elif sys.argv[1] == "codes":
            print(everybody(description))
        else:
            print(code_now(description["citizen"]["totp_secret"]))
        return 0
    try:
        with only_one(var):
            run(Demo(chosen_port(), var, keys, dict(os.environ)), os.environ.get("MUTANT", ""))
    except PROBLEMS as problem:
        print(f"\nThe demo cannot run: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
