"""The same for any other program: as an environment file and as JSON."""

import json
import shlex

from idp.journeys.service_teams.snippets.facts import ClientFacts


def document(client: ClientFacts) -> str:
    """Return JSON; a member that this client has no use for is left out."""
    told = {
        "issuer": client.issuer,
        "discovery": client.discovery,
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "post_logout_redirect_uri": client.post_logout_redirect_uri,
        "scope": client.scope,
        "vtr": client.vtr,
        "token_endpoint_auth_method": client.method,
        "token_endpoint_auth_signing_alg": client.signs_with if client.has_key else None,
        "code_challenge_method": "S256",
        "id_token_signed_response_alg": client.id_token_alg,
        **_credential(client),
    }
    return json.dumps({name: value for name, value in told.items() if value}, indent=2) + "\n"


def environment(client: ClientFacts) -> str:
    """Return lines that a shell and most programs read. Their names are those of our examples."""
    told = {
        "ISSUER": client.issuer,
        "DISCOVERY": client.discovery,
        "CLIENT_ID": client.client_id,
        "REDIRECT_URI": client.redirect_uri,
        "PORT": str(client.port),
        "SCOPE": client.scope,
        "VTR": client.vtr,
        "TOKEN_ENDPOINT_AUTH_METHOD": client.method,
        "ID_TOKEN_ALG": client.id_token_alg,
        **{name.upper(): value for name, value in _credential(client).items()},
    }
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in told.items() if value)


def _credential(client: ClientFacts) -> dict[str, str]:
    if client.has_key:
        return {"private_key_file": "private.pem"}
    return {"client_secret": "the-secret-that-was-shown-once"}
