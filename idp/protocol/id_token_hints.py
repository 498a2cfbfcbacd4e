"""What an ID token says when a client hands it back as a hint (OIDC Core section 3.1.2.1).

Verifying it is done elsewhere; here arrives what it said, or what was wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from idp.protocol.client_policy import ClientPolicy
from idp.protocol.errors import Refused


class HintFault(StrEnum):
    """What can be wrong with a hint; the text is the contract's at `/logout`."""

    SIGNATURE = "unable to validate id_token_hint"
    UNREADABLE = "invalid id_token_hint"


@dataclass(frozen=True, slots=True)
class VerifiedHint:
    """What an ID token of ours says, its signature verified. It may have expired.

    `level` is the credential level that it told by `vot`, None where it told none.
    """

    client_id: str
    subject: str
    sid: str | None = None
    level: str | None = None


Hint = VerifiedHint | HintFault


def the_hint_is_signed_by_us(hint: Hint, _client: ClientPolicy) -> None:
    """The hint is a token of ours, as we made it."""
    if hint is HintFault.SIGNATURE:
        raise Refused.to_client("invalid_request", "Unable to validate id_token_hint")


def the_hint_can_be_read(hint: Hint, _client: ClientPolicy) -> None:
    """The hint is an ID token."""
    if hint is HintFault.UNREADABLE:
        raise Refused.to_client("invalid_request", "Invalid id_token_hint")


def the_hint_is_for_this_client(hint: Hint, client: ClientPolicy) -> None:
    """The hint was issued to the client that hands it back."""
    if isinstance(hint, VerifiedHint) and hint.client_id != client.client_id:
        raise Refused.to_client("invalid_request", "Invalid id_token_hint for client")


HINT_RULES: Final[tuple[Callable[[Hint, ClientPolicy], None], ...]] = (
    the_hint_is_signed_by_us,
    the_hint_can_be_read,
    the_hint_is_for_this_client,
)
