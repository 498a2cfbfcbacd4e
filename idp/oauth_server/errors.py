"""The contract's refusals in the shape Authlib catches and answers."""

from typing import Literal

from authlib.oauth2.rfc6749 import OAuth2Error

from idp.protocol.differences import Found

_Member = Literal["error", "error_description", "error_uri"]


class ContractError(OAuth2Error):
    """A refusal in the back channel, in the contract's words; `detail` is for the log alone.

    `check` names the rule that was broken, for the client's team; `found` says more
    of an address.

    Status 400 for every error of a body method, 500 for `server_error` would be a lie to caches
    and retry loops alike: the contract answers 400 there too. The server makes it 401 for who
    tried the Authorization header (RFC 6749 section 5.2).
    """

    def __init__(
        self,
        error: str,
        description: str,
        *,
        detail: str = "",
        check: str = "",
        found: Found | None = None,
    ) -> None:
        super().__init__(description=description, status_code=400, error=error)
        self.detail = detail
        self.check = check
        self.found = found

    def get_body(
        self,
    ) -> list[tuple[Literal["error", "error_description", "error_uri"], str | None]]:
        """Return error and description; Authlib would add a `state` that nobody sent."""
        return [("error", self.error), ("error_description", self.description)]
