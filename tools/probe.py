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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

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
from tools.tls_listener import Listener, forwarding, free_port, prepare

CITIZENS = 9
EXPENDABLE = 120
PORT = 8600
NOT_OFFERED = (
    "refresh_tokens", "device_flow", "par", "dpop", "mutual_tls", "public_clients", "hybrid_flow",
    "trusted_devices", "session_iframe", "front_channel_logout", "sector_documents",
)  # fmt: skip
PAGES = {
    "account": "account", "password": "account/password", "email": "account/email",
    "authenticator_app": "account/app", "recovery_codes": "account/recovery-codes",
    "sessions": "account/devices", "history": "account/history", "delete": "account/delete",
    "forgotten_password": "reset/request", "new_password": "password",
    "enrolment": "create/app", "recovery_code": "recovery-code", "lost_factor": "recover",
    "identity_keys": ".well-known/did.json",
    "administration": "ops", "administration_citizens": "ops/citizens",
    "administration_clients": "ops/clients", "administration_keys": "ops/keys",
    "administration_keys_new": "ops/keys/new", "administration_settings": "ops/settings",
    "administration_audit": "ops/audit", "administration_export": "ops/audit/export",
    "administration_banner": "ops/banner", "administration_metrics": "ops/metrics",
    "passkeys": "account/passkeys", "passkey": "passkey",
}  # fmt: skip
KEY_KINDS = ("key", "vector", "sharing")
BY_VECTORS = ("vector", "sharing")
ADDRESS = "https://vocab.account.gov.uk/v1/address"
CORE_IDENTITY = "https://vocab.account.gov.uk/v1/coreIdentityJWT"
IDENTITY = {"person": "nia", "ending": "P2"}
BACK_CHANNEL = f"http://localhost:{free_port()}/signed-out"
"""Where the probe listens for sign-outs, the same for every run of this program."""
TEAMS = 12
"""That may register clients, each with a key of its own."""
OF_A_TEAM = {
    "client_name": "Probe of a team",
    "redirect_uris": ["https://team.probe.example/signed/in"],
    "contacts": ["probe@example.com"],
    "scopes": ["openid", "email"],
    "sector_identifier_uri": "https://team.probe.example",
    "subject_type": "pairwise",
    "token_endpoint_auth_method": "client_secret_post",
    "profile": "openid",
}
CONSENT = {"page": "/share", "agree": "share", "refuse": "refuse"}
CARE = {"requests_per_second": 50}
SOURCE_RATE = 1200
"""What a provider answers of one source in a minute, if nobody configured it."""
COULD_NOT_RUN = 3


def new_key() -> tuple[str, str]:
    """A private key as PEM, and its public half as a registration holds it."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return pem, base64.b64encode(der).decode()


def new_keys() -> dict[str, tuple[str, str]]:
    """A key for each client that proves itself by one."""
    return {kind: new_key() for kind in KEY_KINDS}


def registrations(name: str, keys: dict[str, tuple[str, str]]) -> list[dict[str, Any]]:
    """The clients that the probe is.

    By secret (in the body or the header), by key, one that may leave PKCE out, and one that asks
    by vectors of trust and for identities.
    """
    secret: dict[str, Any] = {"token_endpoint_auth_method": "client_secret_post"}
    signed = {
        kind: {
            "token_endpoint_auth_method": "private_key_jwt",
            "public_key_source": "STATIC",
            "public_key": public,
        }
        for kind, (_, public) in keys.items()
    }
    identity = {
        "profile": "one_login",
        "identity_verification_supported": True,
        "accepted_levels_of_confidence": ["P0", "P2"],
        "claims": [CORE_IDENTITY],
    }
    kinds: dict[str, dict[str, Any]] = {
        "secret": secret,
        "key": signed["key"],
        "old": secret | {"pkce_enforced": False},
        "header": {"token_endpoint_auth_method": "client_secret_basic"},
        "vector": signed["vector"] | identity,
        "sharing": signed["sharing"] | identity | {"claims": [CORE_IDENTITY, ADDRESS]},
        "told": secret | {"back_channel_logout_uri": BACK_CHANNEL},
    }
    return [
        {
            "client_id": f"{name}-{kind}",
            "client_name": f"Probe {kind}",
            "service": f"Probe {kind}",
            "profile": "openid",
            "redirect_uris": [f"https://{kind}.probe.example/signed/in"],
            "post_logout_redirect_uris": [f"https://{kind}.probe.example/signed/out"],
            "contacts": ["probe@example.com"],
            "scopes": ["openid", "email"],
            "sector_identifier_uri": f"https://{kind}.probe.example",
            "subject_type": "pairwise",
            "landing_page_url": f"https://{kind}.probe.example/",
        }
        | more
        for kind, more in kinds.items()
    ]


def write_target(  # noqa: PLR0913 - all that a target file says
    folder: Path,
    issuer: str,
    clients: list[dict[str, Any]],
    citizens: list[dict[str, Any]],
    keys: dict[str, tuple[str, str]],
    team_keys: Sequence[str],
    *,
    care: Mapping[str, int] = CARE,
    clock_file: str = "",
    tls: Listener | None = None,
) -> Path:
    """Write the target file, readable by its owner alone; return where it is."""
    for kind, (pem, _) in keys.items():
        write_privately(folder / f"{kind}.key", pem)
    lines = [
        f"issuer = {json.dumps(issuer)}",
        'authorised_by = "whoever started it on this machine"',
        f"mailbox = {json.dumps(issuer + 'mailbox.json')}",
        f"not_offered = {json.dumps(list(NOT_OFFERED))}",
        f"clock_file = {json.dumps(clock_file)}",
        'levels = ["Cl", "Cl.Cm"]',
        "guess_well_known = true",
        f"registration_tokens = {json.dumps(list(team_keys))}",
        "[registration]",
        *(f"{name} = {json.dumps(value)}" for name, value in OF_A_TEAM.items()),
        "[identity]",
        *(f"{name} = {json.dumps(value)}" for name, value in IDENTITY.items()),
        "[pages]",
        *(f"{name} = {json.dumps(address)}" for name, address in PAGES.items()),
        "[care]",
        *(f"{name} = {number}" for name, number in care.items()),
    ]
    if tls:
        lines += ["[tls]", f"issuer = {json.dumps(tls.issuer)}"]
        lines += [f"ca_file = {json.dumps(str(tls.authority.absolute()))}"]
    lines += consent_lines({each["client_id"].rpartition("-")[2]: each for each in clients})
    for client in clients:
        kind = client["client_id"].rpartition("-")[2]
        secret = client.get("client_secret")
        by_secret = "client_secret_basic" if kind == "header" else "client_secret_post"
        lines += [
            "[[clients]]",
            f"id = {json.dumps(client['client_id'])}",
            f"redirect_uri = {json.dumps(f'https://{kind}.probe.example/signed/in')}",
            f"post_logout_redirect_uri = {json.dumps(f'https://{kind}.probe.example/signed/out')}",
            'scope = "openid email"',
            'registered_scopes = ["openid", "email"]',
            f'method = "{by_secret if secret else "private_key_jwt"}"',
            f"secret = {json.dumps(secret)}" if secret else f'key_file = "{kind}.key"',
            f"pkce_optional = {json.dumps(kind == 'old')}",
            f'sector = "{kind}.probe.example"',
            f"vectors = {json.dumps(kind in BY_VECTORS)}",
            f"back_channel_logout_uri = {json.dumps(BACK_CHANNEL if kind == 'told' else '')}",
        ]
    for citizen in citizens:
        lines += [
            "[[citizens]]",
            f"email = {json.dumps(citizen['email'])}",
            f"password = {json.dumps(citizen['password'])}",
            f"totp_seed = {json.dumps(citizen['totp_secret'])}",
            f"expendable = {json.dumps(citizen['expendable'])}",
        ]
    file = folder / "target.toml"
    write_privately(file, "\n".join(lines) + "\n")
    return file


def consent_lines(clients: dict[str, dict[str, Any]]) -> list[str]:
    """The table that says when citizens are asked: whenever identity claims are."""

    def parameters(*claims: str) -> list[str]:
        asked = {"vtr": json.dumps(["P2.Cl.Cm"])}
        asked["claims"] = json.dumps({"userinfo": dict.fromkeys(claims)})
        return [f"{name} = {json.dumps(value)}" for name, value in asked.items()]

    return [
        "[consent]",
        *(f"{name} = {json.dumps(value)}" for name, value in CONSENT.items()),
        f"client = {json.dumps(clients['sharing']['client_id'])}",
        f"other_client = {json.dumps(clients['vector']['client_id'])}",
        "[consent.parameters]",
        *parameters(CORE_IDENTITY),
        "[consent.more]",
        *parameters(CORE_IDENTITY, ADDRESS),
    ]


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
