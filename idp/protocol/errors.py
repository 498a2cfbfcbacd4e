"""The refusals of the protocol: what the caller is told, and what only the log is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from idp.protocol.client_policy import ClientPolicy
    from idp.protocol.parameters import AuthorizationRequest


class ProtocolError(Exception):
    """A request that the protocol refuses.

    `error` and `description` go out on the wire, word for word as the contract has
    them. `detail` is for the log and the audit record and is never shown. `check` is
    the name of the rule that refused; `redirect` says whether the answer may travel
    to the client's redirect address; `status` is that of the answer which stays here.
    """

    def __init__(
        self,
        error: str,
        description: str,
        *,
        detail: str = "",
        check: str = "",
        redirect: bool = False,
        status: int = 400,
    ) -> None:
        super().__init__(error, description)
        self.error = error
        self.description = description
        self.detail = detail
        self.check = check
        self.redirect = redirect
        self.status = status


class Refused(ProtocolError):
    """An authorization request refused, either on our own page or at the client's address.

    `request` is the one whose address, `state` and response mode the answer goes by, None for
    the one that was judged. `judged` is that one, and `client` who sent it, if we know them.
    """

    request: AuthorizationRequest | None = None
    judged: AuthorizationRequest | None = None
    client: ClientPolicy | None = None

    @classmethod
    def on_page(
        cls,
        description: str,
        *,
        detail: str = "",
        error: str = "invalid_request",
        status: int = 400,
    ) -> Self:
        """Refuse on our own origin: nothing in the request has earned a redirect."""
        return cls(error, description, detail=detail, status=status)

    @classmethod
    def to_client(cls, error: str, description: str, *, detail: str = "") -> Self:
        """Refuse at the client's registered redirect address (RFC 6749 section 4.1.2.1)."""
        return cls(error, description, detail=detail, redirect=True)

    def answering(self, request: AuthorizationRequest) -> Self:
        """Answer another request than the one that is judged."""
        self.request = request
        return self


class TokenError(ProtocolError):
    """A refusal in the back channel, answered as JSON with `status` (RFC 6749 section 5.2)."""

    def __init__(
        self,
        error: str,
        description: str,
        *,
        status: int = 400,
        detail: str = "",
        check: str = "",
    ) -> None:
        super().__init__(error, description, detail=detail, check=check, status=status)


class InvalidClientMetadata(ProtocolError):
    """A client registration that breaks a rule (RFC 7591 section 3.2.2)."""
