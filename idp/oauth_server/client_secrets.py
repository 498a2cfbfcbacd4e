"""How a client proves who it is by a secret: `client_secret_post` and `client_secret_basic`.

Gap: Authlib's own two compare the secret with one that is stored in clear, do not decode what
stands in the header, and answer with sentences of their own.
"""

from idp.domain.client_secrets import ClientSecrets, NoSecret, UnreadableSecret
from idp.domain.clients import RegisteredClient
from idp.oauth_server.client_auth import QueryClient
from idp.oauth_server.errors import ContractError
from idp.oauth_server.requests import BackChannelRequest
from idp.protocol.client_checks import Check


class ClientSecretPost:
    """Client authentication by a secret in the body (RFC 6749 section 2.3.1)."""

    name = "client_secret_post"

    def __init__(self, secrets: ClientSecrets) -> None:
        self._secrets = secrets

    def __call__(
        self, query_client: QueryClient, request: BackChannelRequest
    ) -> RegisteredClient | None:
        """Return the client whose secret this is, or None if none was sent.

        Raises ContractError with the sentence of the contract for the first rule that fails, and
        TooBusy (see `ClientSecrets`).
        """
        client_id, secret = self._sent(request)
        if client_id is None or secret is None:
            return None
        registered = query_client(client_id)
        if registered is None:
            raise ContractError(
                "invalid_client", "Client authentication failed", check=Check.CLIENT_KNOWN
            )
        request.claimed_client_id = client_id
        if registered.policy.token_endpoint_auth_method != self.name:
            raise ContractError(
                "invalid_client",
                f"Client is not registered to use {self.name}",
                check=Check.METHOD,
            )
        try:
            right = self._secrets.matches(registered, secret)
        except NoSecret as error:
            raise ContractError(
                "invalid_client", "No client secret registered", check=Check.NO_SECRET
            ) from error
        except UnreadableSecret as error:
            raise ContractError(
                "invalid_request", "Invalid client secret", check=Check.NO_SECRET
            ) from error
        if not right:
            raise ContractError("invalid_client", "Invalid client secret", check=Check.SECRET)
        return registered

    def _sent(self, request: BackChannelRequest) -> tuple[str | None, str | None]:
        return request.proof.client_id, request.proof.client_secret


class ClientSecretBasic(ClientSecretPost):
    """Client authentication by a secret in the Authorization header (the same section)."""

    name = "client_secret_basic"

    def _sent(self, request: BackChannelRequest) -> tuple[str | None, str | None]:
        basic = request.proof.basic
        return (None, None) if basic is None else (basic.client_id, basic.client_secret)
