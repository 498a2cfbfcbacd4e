"""The directives of Apache's `mod_auth_openidc`."""

from urllib.parse import quote

from idp.journeys.service_teams.snippets.facts import ClientFacts, filled

_TEXT = """
OIDCProviderMetadataURL ~discovery
OIDCClientID ~client_id
~where_from
~credential
OIDCProviderTokenEndpointAuth ~method
OIDCRedirectURI ~redirect_uri
OIDCScope ~scope
~vtr
~pkce
OIDCIDTokenSignedResponseAlg ~id_token_alg
OIDCRemoteUserClaim sub
# Seals the cookies. In many processes, or after a restart, it has to be the same.
OIDCCryptoPassphrase "exec:/bin/cat ${ONEPASS_SECRETS}/passphrase"

<Location "/">
  AuthType openid-connect
  Require valid-user
</Location>
"""

# The module falls over without the public half, although it never sends it.
_KEYS = """# openssl pkey -in private.pem -pubout -out public.pem
OIDCPrivateKeyFiles "mine#${ONEPASS_SECRETS}/private.pem"
OIDCPublicKeyFiles "mine#${ONEPASS_SECRETS}/public.pem\""""


def fits(client: ClientFacts) -> bool:
    """Return whether the module can be this client: it signs with RSA keys alone."""
    return not client.has_key or client.signs_with == "RS256"


def write(client: ClientFacts) -> str:
    """Return a file of configuration."""
    return filled(
        _TEXT,
        discovery=_argument(client.discovery),
        client_id=_argument(client.client_id),
        where_from="# Your own private key. Onepass has only the public half."
        if client.has_key
        else "# The secret that was shown once when it was made. Lost? Make another.",
        credential=_KEYS if client.has_key else 'OIDCClientSecret "${ONEPASS_SECRET}"',
        method=client.method,
        redirect_uri=_argument(client.redirect_uri),
        scope=_argument(client.scope),
        vtr=f"OIDCAuthRequestParams {_argument('vtr=' + quote(client.vtr, safe=''))}"
        if client.vtr
        else "",
        pkce="OIDCPKCEMethod S256",
        id_token_alg=client.id_token_alg,
    )


def _argument(value: str) -> str:
    """Return a value as one argument of a directive."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
