"""The settings of `govuk-onelogin-django`, which knows private_key_jwt alone and no PKCE."""

from idp.journeys.service_teams.snippets.facts import ClientFacts, filled, quoted

_TEXT = """
# At the end of your settings.py: from .onepass_settings import *
import base64
from pathlib import Path

AUTHENTICATION_BACKENDS = ["govuk_onelogin_django.backends.OneLoginBackend"]
GOV_UK_ONE_LOGIN_OPENID_CONFIG_URL = ~discovery
GOV_UK_ONE_LOGIN_CLIENT_ID = ~client_id
# Your own private key. Onepass has only the public half.
GOV_UK_ONE_LOGIN_CLIENT_SECRET = base64.b64encode(Path("private.pem").read_bytes()).decode()
GOV_UK_ONE_LOGIN_SCOPE = ~scope
GOV_UK_ONE_LOGIN_AUTHENTICATION_LEVEL = "Cl.Cm"
GOV_UK_ONE_LOGIN_CONFIDENCE_LEVEL = ~confidence

# INSTALLED_APPS needs "govuk_onelogin_django". In urls.py:
#     path("one-login/", include("govuk_onelogin_django.urls"))
# Your redirect address then ends in /one-login/callback/
"""


def fits(client: ClientFacts) -> bool:
    """Return whether the package can be this client, as it is registered."""
    return client.has_key and not client.pkce and client.vtr is not None


def write(client: ClientFacts) -> str:
    """Return a module of settings."""
    return filled(
        _TEXT,
        discovery=quoted(client.discovery),
        client_id=quoted(client.client_id),
        scope=quoted(client.scope),
        confidence=quoted("P2" if "P2" in (client.vtr or "") else "P0"),
    )
