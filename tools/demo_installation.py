"""The demo's installation: its settings, and the records that are there when it opens.

Drives the same commands an operator uses (`onepass db | keys | clients | accounts`), so the demo
needs no way in that a real installation lacks. Everything is kept in `var/`; a second start finds
it and changes nothing.
"""

import base64
import hashlib
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idp.kernel.entropy import SystemEntropy
from idp.kernel.sealing import generate_sealing_key
from tools.onepass_session import OnepassSession

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
DEPARTMENTS = ("tax", "driving", "library", "housing")
PEOPLE = {
    "citizen": ("citizen@example.com", "harbour lantern 47"),
    "service_team": ("team@example.com", "copper bridge 58"),
    "operator one": ("operator.one@example.com", "quiet orchard 63"),
    "operator two": ("operator.two@example.com", "silver meadow 72"),
}

Record = dict[str, Any]


class InstallationFailed(Exception):
    """The demo's records could not be made; the message says why and what to do."""


@dataclass(frozen=True)
class Demo:
    """Where this demo runs: the provider's port, the departments on the next four."""

    port: int
    var: Path
    keys: Path
    inherited: Mapping[str, str]

    @property
    def issuer(self) -> str:
        """The issuer, with its trailing slash."""
        return f"http://localhost:{self.port}/"

    def department_port(self, slug: str) -> int:
        """The port of a department."""
        return self.port + 1 + DEPARTMENTS.index(slug)

    def department_url(self, slug: str) -> str:
        """A department's own address, without a trailing slash."""
        return f"http://localhost:{self.department_port(slug)}"

    def settings(self) -> dict[str, str]:
        """The provider's settings, as they stand in `var/demo.env`."""
        settings = {
            "ONEPASS_MODE": "demo",
            "ONEPASS_ISSUER": self.issuer,
            "ONEPASS_PORT": str(self.port),
            "ONEPASS_VAR_DIR": str(self.var),
            "ONEPASS_KEYS_DIR": str(self.keys),
            "ONEPASS_SEALING_KEY_FILE": str(self.var / "sealing.key"),
            "ONEPASS_EGRESS_ALLOW": "localhost:*,127.0.0.1:*",
            "DATABASE_URL": f"sqlite:///{self.var / 'onepass.db'}",
        }
        # A person may try the demo on PostgreSQL, with more workers, with mails really sent.
        chosen = (
            "DATABASE_URL",
            "ONEPASS_WORKERS",
            "ONEPASS_THREADS",
            "ONEPASS_LOG_LEVEL",
            "ONEPASS_IDENTITY_PROVING",
            "ONEPASS_SMTP_URL",
            "ONEPASS_SMTP_PASSWORD_FILE",
            "ONEPASS_SMTP_CA_FILE",
            "ONEPASS_MAIL_FROM",
        )
        return settings | {name: self.inherited[name] for name in chosen if name in self.inherited}

    @property
    def mailbox(self) -> str | None:
        """Where mails can be read; None when a mail server takes them."""
        return None if self.settings().get("ONEPASS_SMTP_URL") else self.issuer + "mailbox"

    def environ(self) -> dict[str, str]:
        """The environment of the provider, the worker and every `onepass` command."""
        ours = ("ONEPASS_", "DEPARTMENT_", "DATABASE_URL")
        kept = {k: v for k, v in self.inherited.items() if not k.startswith(ours)}
        return kept | self.settings()

    def department_environ(self, slug: str) -> dict[str, str]:
        """The environment of one department, which knows nothing of the provider's settings."""
        ours = ("ONEPASS_", "DEPARTMENT_", "DATABASE_URL")
        kept = {k: v for k, v in self.inherited.items() if not k.startswith(ours)}
        folder = self.var / "departments" / slug
        others = [{"name": s, "url": self.department_url(s)} for s in DEPARTMENTS if s != slug]
        secret = folder / "client-secret"
        return kept | {
            "DEPARTMENT": slug,
            "DEPARTMENT_ISSUER": self.issuer,
            "DEPARTMENT_URL": self.department_url(slug),
            "DEPARTMENT_HOST": "127.0.0.1",
            "DEPARTMENT_PORT": str(self.department_port(slug)),
            "DEPARTMENT_VAR": str(folder),
            "DEPARTMENT_SERVICES_JSON": json.dumps(others),
            **({"DEPARTMENT_CLIENT_SECRET_FILE": str(secret)} if secret.exists() else {}),
        }


def write_privately(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def configure(demo: Demo) -> None:
    """Write `var/demo.env`, and the sealing key when there is none yet."""
    sealing_key = demo.var / "sealing.key"
    if not sealing_key.exists():
        write_privately(sealing_key, generate_sealing_key(SystemEntropy()) + "\n")
    lines = [f"{name}={value}\n" for name, value in demo.settings().items()]
    write_privately(demo.var / "demo.env", "".join(lines))


def make_records(demo: Demo, onepass: OnepassSession, before: Record) -> Record:
    """See that keys, departments and people are there; what `demo.json` is to say."""
    onepass.run("keys", "generate", "--missing", "--json")
    description: Record = {"issuer": demo.issuer}
    description["services"] = register_departments(demo, onepass)
    description |= seed_people(demo, onepass, before, description["services"])
    description["mailbox"] = demo.mailbox
    return description


def register_departments(demo: Demo, onepass: OnepassSession) -> list[Record]:
    """Register the four departments; their names and addresses as `var/demo.json` holds them."""
    with ThreadPoolExecutor(len(DEPARTMENTS)) as pool:
        described = pool.map(lambda slug: _registration(demo, slug), DEPARTMENTS)
        registrations = dict(zip(DEPARTMENTS, described, strict=True))
    file = demo.var / "departments" / "registrations.json"
    write_privately(file, json.dumps(list(registrations.values()), indent=2) + "\n")
    applied = json.loads(onepass.run("clients", "apply", str(file), "--json"))
    services: list[Record] = []
    for (slug, registration), client in zip(registrations.items(), applied, strict=True):
        if client.get("client_secret"):
            secret = demo.var / "departments" / slug / "client-secret"
            write_privately(secret, client["client_secret"] + "\n")
        services.append(
            {
                "name": registration["service"],
                "url": demo.department_url(slug) + "/",
                "sign_in_url": demo.department_url(slug) + "/sign-in",
                "client_id": client["client_id"],
            }
        )
    return services


def _registration(demo: Demo, slug: str) -> Record:
    (demo.var / "departments" / slug).mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "relying_party_demo", "registration", slug],
        cwd=ROOT,
        env=demo.department_environ(slug),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise InstallationFailed(f"the department {slug!r} cannot be registered:\n{done.stderr}")
    registration: Record = json.loads(done.stdout)
    return registration


def seed_people(
    demo: Demo, onepass: OnepassSession, before: Record, services: list[Record]
) -> Record:
    """See that the demo's people have accounts and their parts; secrets survive a new database."""
    known = [before.get("citizen"), before.get("service_team"), *before.get("operators", [])]
    secrets_before = {person["email"]: person["totp_secret"] for person in known if person}
    people: Record = {}
    for role, (email, password) in PEOPLE.items():
        secret = secrets_before.get(email) or base64.b32encode(secrets.token_bytes(20)).decode()
        who = ["--email", email, "--password", password, "--totp-secret", secret]
        (account,) = json.loads(onepass.run("accounts", "create", *who, "--json"))["accounts"]
        if not account["created"] and email not in secrets_before:
            raise InstallationFailed(
                f"{email} has an account, but {demo.var / 'demo.json'}, which held its key, is "
                f"gone.\nTo begin anew, with everything lost that was done here:  rm -r {demo.var}"
            )
        if role.startswith("operator"):
            onepass.run("operators", "add", email, "--json")
        for service in services if role == "service_team" else ():
            onepass.run("members", "add", email, service["name"], "--role", "manager", "--json")
        people[role] = {"email": email, "password": password, "totp_secret": secret}
    return {
        "citizen": people["citizen"],
        "service_team": people["service_team"],
        "operators": [people["operator one"], people["operator two"]],
    }


def read_description(var: Path) -> Record:
    """What `var/demo.json` says; empty when there is none."""
    try:
        found: Record = json.loads((var / "demo.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def fill(demo: Demo, onepass: OnepassSession) -> Record:
    """See that keys, departments and people are there; what `var/demo.json` says.

    Skipped when an earlier start left exactly this in exactly this database.
    """
    stamp = demo.var / "demo.stamp"
    before = read_description(demo.var)
    if before and stamp.exists() and stamp.read_text(encoding="utf-8") == _fingerprint(demo):
        return before
    description = make_records(demo, onepass, before)
    write_privately(demo.var / "demo.json", json.dumps(description, indent=2) + "\n")
    write_privately(stamp, _fingerprint(demo))
    return description


def _fingerprint(demo: Demo) -> str:
    """What the records depend on: settings, this database, these keys, the departments' code."""
    digest = hashlib.sha256(json.dumps(demo.settings()).encode())
    database = demo.var / "onepass.db"
    digest.update(str(database.stat().st_ino if database.exists() else 0).encode())
    digest.update(" ".join(sorted(p.name for p in demo.keys.glob("*.sealed"))).encode())
    sources = [*(ROOT / "relying_party_demo").rglob("*.py"), Path(__file__)]
    sources += (ROOT / "relying_party_demo").rglob("*.toml")
    for path in sorted(sources):
        digest.update(path.read_bytes())
    return digest.hexdigest()
