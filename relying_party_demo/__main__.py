"""``python -m relying_party_demo registration|serve <slug>``: a department from the command line.

Owns: printing what the provider must know of a department, and serving it.
Owns not: the application itself (``relying_party_demo.app``).
"""

import argparse
import json
import os
import sys
from urllib.parse import urlsplit

from granian import Granian
from granian.constants import Interfaces

from relying_party_demo.configuration import DepartmentError
from relying_party_demo.department import Department, read, slugs
from relying_party_demo.keys import load_or_make

THREADS = 8


def registration(department: Department) -> dict[str, object]:
    """What the provider must know of ``department``, in One Login's registration field names.

    Makes the department's key on first use.
    """
    asks = department.asks
    # A service is known by its name in its own language: the Welsh one has a Welsh name.
    own_name = department.service.within(department.language)
    fields: dict[str, object] = {
        "client_id": department.client_id,
        "client_name": own_name,
        "service": own_name,
        "service_cy": department.service.cy,
        "profile": "one_login",
        "environment": department.place.environment,
        "contacts": [department.contact],
        "redirect_uris": [department.redirect_uri],
        "post_logout_redirect_uris": [department.signed_out_uri],
        "back_channel_logout_uri": department.back_channel_uri,
        "landing_page_url": f"{department.place.url}/",
        "scopes": list(asks.scopes),
        "claims": list(asks.claims),
        "subject_type": "pairwise",
        "sector_identifier_uri": department.sector,
        "client_type": "web",
        "channel": "web",
        "identity_verification_supported": asks.confidence is not None,
        "accepted_levels_of_confidence": ["P0", *([asks.confidence] if asks.confidence else [])],
        "token_endpoint_auth_method": asks.client_authentication,
        "id_token_signing_algorithm": asks.id_token_algorithm,
        "pkce_enforced": True,
        "jar_validation_required": asks.signed_request,
        "max_age_enabled": department.max_age_enabled,
    }
    if asks.assertion_algorithm is not None:
        key = load_or_make(department.place.var_dir, asks.assertion_algorithm)
        fields["public_key_source"] = asks.key_source
        if asks.key_source == "JWKS":
            fields["jwks_uri"] = department.jwks_uri
        else:
            fields["public_key"] = key.public_der()
    return fields


def serve(department: Department, environment: dict[str, str]) -> None:
    """Serve ``department`` until told to stop: one process, several threads.

    Several, because the provider fetches our public key while we wait for its token endpoint.
    """
    parts = urlsplit(department.place.url)
    Granian(
        "relying_party_demo.app:from_environment",
        factory=True,
        interface=Interfaces.WSGI,
        address=environment.get("DEPARTMENT_HOST") or "127.0.0.1",
        port=int(environment.get("DEPARTMENT_PORT") or parts.port or 8001),
        workers=1,
        blocking_threads=THREADS,
        log_access=False,
    ).serve()


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; 1 with the problems on stderr when it cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m relying_party_demo")
    parser.add_argument("command", choices=("registration", "serve"))
    parser.add_argument("slug", nargs="?", default=os.environ.get("DEPARTMENT"), choices=slugs())
    chosen = parser.parse_args(arguments)
    os.environ["DEPARTMENT"] = chosen.slug
    environment = dict(os.environ)
    try:
        department = read(chosen.slug, environment)
        if chosen.command == "registration":
            print(json.dumps(registration(department), indent=2, ensure_ascii=False))
        else:
            serve(department, environment)
    except DepartmentError as fault:
        for problem in fault.problems:
            print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
