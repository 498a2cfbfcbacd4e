"""A production registration in words: all that its client may do, before somebody approves it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from idp.protocol.client_policy import INTEGRATION, NEW_CLIENT_RATE_LIMIT, PROFILES
from idp.web import client_fields as fields

KEYS: Final = ("jwks_uri", "public_key")
_BY_MEMBER: Final = {field.member: field for field in fields.FIELDS.values()}
_MEANT: Final = {
    "environment": INTEGRATION,
    "rate_limit": NEW_CLIENT_RATE_LIMIT,
    "subject_type": "pairwise",
}
"""What a member without words is when the registration does not say."""


@dataclass(frozen=True, slots=True)
class Told:
    """One member: what it would be, and what it is in testing if that is something else."""

    member: str
    name: LazyString | None
    then: Any
    in_testing: Any
    differs: bool
    same_key: bool


def whole(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Told]:
    """Return every member of the registration `after`; `before` is that of the testing client."""
    asked = [name for name, field in _BY_MEMBER.items() if fields.is_asked(field, after)]
    others = sorted((before.keys() | after.keys() | _MEANT.keys()) - _BY_MEMBER.keys())
    return [_told(name, before, after) for name in (*asked, *others)]


def _told(member: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Told:
    then, now = in_words(member, after), in_words(member, before)
    given = after.get(member)
    return Told(
        member,
        fields.NAMES.get(member),
        then,
        now,
        differs=then != now,
        same_key=member in KEYS and bool(given) and given == before.get(member),
    )


def in_words(member: str, registration: Mapping[str, Any]) -> Any:
    """Return what a registration means by a member, also by saying nothing of it."""
    if member == "rate_limit" and registration.get(member, 0) is None:
        return _("No limit")
    field = _BY_MEMBER.get(member)
    if field is None:
        return registration.get(member, _MEANT.get(member))
    return [str(line) for line in fields.shown(field, {**_unsaid(registration), **registration})]


def _unsaid(registration: Mapping[str, Any]) -> dict[str, Any]:
    """Return what depends on other members when a registration does not say it."""
    identity = registration.get("identity_verification_supported")
    profile = PROFILES.get(registration.get("profile") or "one_login")
    return {
        "accepted_levels_of_confidence": ["P0", "P2"] if identity else ["P0"],
        "max_age_enabled": profile is not None and profile.max_age_honoured,
    }
