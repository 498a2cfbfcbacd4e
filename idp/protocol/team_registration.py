"""What a service team may register by itself, with a key that operators gave it.

Less than an operator may: an integration client of its own, and none of the members that decide
how far a client is trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from idp.protocol.client_policy import INTEGRATION, ClientPolicy
from idp.protocol.registration_members import INVALID_REQUEST, invalid
from idp.protocol.registration_names import OPERATORS_ALONE, canonical

REQUIRED: Final = (
    "client_name",
    "redirect_uris",
    "contacts",
    "scopes",
    "sector_identifier_uri",
    "subject_type",
)
"""What the registration API insists on when a client is new."""


def members_of_a_team(registration: Mapping[str, object], *, new: bool) -> dict[str, object]:
    """Return what a team asks for its client, under the API's names; nothing else is judged yet.

    Raises InvalidClientMetadata for a member that is missing from a new registration, or that
    only operators may write.
    """
    asked = canonical(registration)
    # Integration clients are the only ones there are here, so saying so changes nothing.
    if asked.get("environment") == INTEGRATION:
        del asked["environment"]
    for name in REQUIRED if new else ():
        if asked.get(name) is None:
            raise invalid(f"Missing {name}", INVALID_REQUEST)
    for name in sorted(OPERATORS_ALONE & set(asked)):
        raise invalid(f"{name} is for operators")
    return asked


def check_team_may_have(asked: Mapping[str, object], policy: ClientPolicy) -> None:
    """Judge what a client would become if it had what its team `asked`.

    Raises InvalidClientMetadata when it would authenticate in a way that operators give out.
    """
    chosen = {"token_endpoint_auth_method", "profile"} & set(asked)
    if chosen and policy.token_endpoint_auth_method not in policy.own_methods:
        raise invalid("token_endpoint_auth_method is for operators")
