"""What the probe is in a provider of ours: its clients, and the target file that names them."""

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tools.demo_installation import write_privately
from tools.tls_listener import Listener, free_port

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
SCOPES = ("openid", "email")
KEY_KINDS = ("key", "vector", "sharing")
BY_VECTORS = ("vector", "sharing")
ADDRESS = "https://vocab.account.gov.uk/v1/address"
CORE_IDENTITY = "https://vocab.account.gov.uk/v1/coreIdentityJWT"
IDENTITY = {"person": "nia", "ending": "P2"}
BACK_CHANNEL = f"http://localhost:{free_port()}/signed-out"
"""Where the probe listens for sign-outs, the same for every run of this program."""
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
    """The clients that the probe is, as the provider is told of them."""
    return [_registered(name, kind) | more for kind, more in _kinds(keys).items()]


def _registered(name: str, kind: str) -> dict[str, Any]:
    """What all of them have."""
    return {
        "client_id": f"{name}-{kind}",
        "client_name": f"Probe {kind}",
        "service": f"Probe {kind}",
        "profile": "openid",
        "redirect_uris": [f"https://{kind}.probe.example/signed/in"],
        "post_logout_redirect_uris": [f"https://{kind}.probe.example/signed/out"],
        "contacts": ["probe@example.com"],
        "scopes": list(SCOPES),
        "sector_identifier_uri": f"https://{kind}.probe.example",
        "subject_type": "pairwise",
        "landing_page_url": f"https://{kind}.probe.example/",
    }


def _kinds(keys: dict[str, tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """What each has beside that.

    By secret (in the body or the header), by key, one that may leave PKCE out, two that ask by
    vectors of trust and for identities, and one that is told of sign-outs.
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
    return {
        "secret": secret,
        "key": signed["key"],
        "old": secret | {"pkce_enforced": False},
        "header": {"token_endpoint_auth_method": "client_secret_basic"},
        "vector": signed["vector"] | identity,
        "sharing": signed["sharing"] | identity | {"claims": [CORE_IDENTITY, ADDRESS]},
        "told": secret | {"back_channel_logout_uri": BACK_CHANNEL},
    }


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
    of_kinds = {_kind_of(each): each for each in clients}
    lines = [
        *_assigned(_about(issuer, team_keys) | {"clock_file": clock_file}),
        *_table("registration", OF_A_TEAM),
        *_table("identity", IDENTITY),
        *_table("pages", PAGES),
        *_table("care", care),
        *(_table("tls", _over_tls(tls)) if tls else ()),
        *_consent(of_kinds["sharing"]["client_id"], of_kinds["vector"]["client_id"]),
    ]
    for client in clients:
        lines += ["[[clients]]", *_assigned(_client(client))]
    for citizen in citizens:
        lines += ["[[citizens]]", *_assigned(_citizen(citizen))]
    file = folder / "target.toml"
    write_privately(file, "\n".join(lines) + "\n")
    return file


def _assigned(values: Mapping[str, Any]) -> list[str]:
    # Texts, numbers, truths and lists of texts are written alike in JSON and TOML.
    return [f"{name} = {json.dumps(value)}" for name, value in values.items()]


def _table(name: str, values: Mapping[str, Any]) -> list[str]:
    return [f"[{name}]", *_assigned(values)]


def _about(issuer: str, team_keys: Sequence[str]) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "authorised_by": "whoever started it on this machine",
        "mailbox": f"{issuer}mailbox.json",
        "not_offered": list(NOT_OFFERED),
        "levels": ["Cl", "Cl.Cm"],
        "guess_well_known": True,
        "registration_tokens": list(team_keys),
    }


def _over_tls(tls: Listener) -> dict[str, str]:
    return {"issuer": tls.issuer, "ca_file": str(tls.authority.absolute())}


def _kind_of(client: Mapping[str, Any]) -> str:
    return str(client["client_id"]).rpartition("-")[2]


def _client(client: Mapping[str, Any]) -> dict[str, Any]:
    kind, secret = _kind_of(client), client.get("client_secret")
    by_secret = "client_secret_basic" if kind == "header" else "client_secret_post"
    return {
        "id": client["client_id"],
        "redirect_uri": f"https://{kind}.probe.example/signed/in",
        "post_logout_redirect_uri": f"https://{kind}.probe.example/signed/out",
        "scope": " ".join(SCOPES),
        "registered_scopes": list(SCOPES),
        "method": by_secret if secret else "private_key_jwt",
        **({"secret": secret} if secret else {"key_file": f"{kind}.key"}),
        "pkce_optional": kind == "old",
        "sector": f"{kind}.probe.example",
        "vectors": kind in BY_VECTORS,
        "back_channel_logout_uri": BACK_CHANNEL if kind == "told" else "",
    }


def _citizen(citizen: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "email": citizen["email"],
        "password": citizen["password"],
        "totp_seed": citizen["totp_secret"],
        "expendable": citizen["expendable"],
    }


def _consent(client: str, other_client: str) -> list[str]:
    """The tables that say when citizens are asked: whenever identity claims are."""

    def parameters(*claims: str) -> dict[str, str]:
        asked = json.dumps({"userinfo": dict.fromkeys(claims)})
        return {"vtr": json.dumps(["P2.Cl.Cm"]), "claims": asked}

    return [
        *_table("consent", CONSENT | {"client": client, "other_client": other_client}),
        *_table("consent.parameters", parameters(CORE_IDENTITY)),
        *_table("consent.more", parameters(CORE_IDENTITY, ADDRESS)),
    ]
