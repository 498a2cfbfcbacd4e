"""`make probe`: gives the probe of `tests/auth_flows` a provider, and clients and citizens in it.

The demo, if it runs in this checkout; otherwise a provider of its own that ends with the probe.
Arguments go to the probe: `make probe ONLY=AUTHZ,TOKEN-01`.
"""

import base64
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.children import ChildEnded, Children
from tools.demo import START_SECONDS, practice
from tools.demo_installation import (
    BIN,
    ROOT,
    Demo,
    Record,
    configure,
    read_description,
    write_privately,
)
from tools.onepass_session import CommandFailed, OnepassSession
from tools.probe_target import CARE, new_keys, registrations, write_target
from tools.tls_listener import Listener, forwarding, prepare

CITIZENS = 9
EXPENDABLE = 120
PORT = 8600
TEAMS = 12
"""That may register clients, each with a key of its own."""
SOURCE_RATE = 1200
"""What a provider answers of one source in a minute, if nobody configured it."""
COULD_NOT_RUN = 3


def equip(demo: Demo, folder: Path, tls: Listener) -> Path:
    """Make fresh clients and citizens for one run; return the target file that names them."""
    name = f"probe-{secrets.token_hex(4)}"
    keys = new_keys()
    file = folder / "registrations.json"
    write_privately(file, json.dumps(registrations(name, keys)))
    people = []
    with OnepassSession(demo.environ(), ROOT, folder / "commands.log") as onepass:
        clients = json.loads(onepass.run("clients", "apply", str(file), "--json"))
        issued = [
            json.loads(onepass.run("registration-keys", "issue", f"{name}-{n}", "--json"))["key"]
            for n in range(TEAMS)
        ]
        for number in range(CITIZENS + EXPENDABLE):
            seed = base64.b32encode(secrets.token_bytes(20)).decode()
            email, password = f"{name}-{number}@example.com", secrets.token_urlsafe(18)
            who = ["--email", email, "--password", password, "--totp-secret", seed]
            onepass.run("accounts", "create", *who, "--json")
            person: dict[str, Any] = {"email": email, "password": password, "totp_secret": seed}
            people.append(person | {"expendable": number >= CITIZENS})
    rate = int(demo.environ().get("ONEPASS_SOURCE_RATE") or SOURCE_RATE)
    care = CARE | {"source_rate": rate}
    return write_target(folder, demo.issuer, clients, people, keys, issued, care=care, tls=tls)


def running_demo(var: Path) -> Demo | None:
    """The demo of this checkout, if it answers."""
    description: Record = read_description(var)
    if not description:
        return None
    try:
        with urllib.request.urlopen(description["issuer"] + "health", timeout=3) as answer:
            if answer.status != 200:
                return None
    except OSError:
        return None
    port = int(description["issuer"].rstrip("/").rpartition(":")[2])
    keys = Path(os.environ.get("ONEPASS_KEYS_DIR") or ROOT / "keys").absolute()
    return Demo(port, var, keys, dict(os.environ))


@contextmanager
def own_provider() -> Iterator[Demo]:
    """A provider that nobody else uses, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="onepass-probe-") as name:
        folder = Path(name)
        port = int(os.environ.get("PROBE_PORT") or PORT)
        demo = Demo(port, folder / "var", folder / "keys", {"PATH": os.environ.get("PATH", "")})
        demo.keys.mkdir(mode=0o700)
        configure(demo)
        with OnepassSession(demo.environ(), ROOT, folder / "commands.log") as onepass:
            onepass.run("db", "upgrade")
            onepass.run("keys", "generate", "--missing", "--json")
        children = Children(folder / "log")
        try:
            children.start("provider", [BIN / "onepass", "serve"], demo.environ(), ROOT)
            children.start("worker", [BIN / "onepass", "worker"], demo.environ(), ROOT)
            children.wait_until_answering({"provider": demo.issuer + "health"}, START_SECONDS)
            yield demo
        finally:
            children.end()


@contextmanager
def over_tls(demo: Demo, folder: Path) -> Iterator[Listener]:
    """The same provider where it speaks https, as an issuer of its own, until the block ends."""
    listener = prepare(folder / "tls")
    children = Children(folder / "tls")
    behind = {
        "ONEPASS_ISSUER": listener.issuer,
        "ONEPASS_PORT": str(listener.behind),
        "ONEPASS_WORKERS": "1",
    }
    health = f"http://localhost:{listener.behind}/health"
    # The same faulty copy, where the demo is one to practise on.
    faulty = practice(demo)
    program = faulty if faulty.exists() else ROOT
    behind |= {"PYTHONPATH": str(faulty)} if faulty.exists() else {}
    try:
        children.start("provider", [BIN / "onepass", "serve"], demo.environ() | behind, program)
        children.wait_until_answering({"the provider behind TLS": health}, START_SECONDS)
        with forwarding(listener):
            yield listener
    finally:
        children.end()


def attack(demo: Demo, folder: Path, arguments: list[str]) -> int:
    """Run the probe against `demo`; its exit code."""
    with over_tls(demo, folder) as tls:
        target = equip(demo, folder, tls)
        command = [sys.executable, "-m", "tests.auth_flows", "--target", str(target), *arguments]
        return subprocess.call(command, cwd=ROOT)


def main() -> int:
    """Find or start a provider and attack it; the probe's exit code, 3 if there was none."""
    # Whoever ends us ends what we started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(COULD_NOT_RUN))
    var = Path(os.environ.get("ONEPASS_VAR_DIR") or ROOT / "var").absolute()
    folder = var / "probe-target"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        demo = running_demo(var)
        if demo is not None:
            return attack(demo, folder, sys.argv[1:])
        with own_provider() as own:
            return attack(own, folder, sys.argv[1:])
    except (ChildEnded, CommandFailed) as problem:
        print(f"\nThe probe cannot run: {problem}", file=sys.stderr)
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        return COULD_NOT_RUN


if __name__ == "__main__":
    sys.exit(main())
