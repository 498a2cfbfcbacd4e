"""The members of a client registration, each read as the type it must have.

Knows types and error texts, not the registry's order or what the members mean together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from idp.protocol import registration_rules as rules
from idp.protocol.errors import InvalidClientMetadata
from idp.protocol.registration_names import canonical

INVALID_METADATA: Final = "invalid_client_metadata"
INVALID_REDIRECT: Final = "invalid_redirect_uri"
INVALID_REQUEST: Final = "invalid_request"
MOST_ENTRIES: Final = 100
"""Of one list. The registry is held in memory, and asked with every request."""
_LARGEST: Final = 2**31 - 1


def invalid(problem: str, error: str = INVALID_METADATA) -> InvalidClientMetadata:
    """Make the refusal of a registration, with the text the registry uses."""
    return InvalidClientMetadata(error, problem)


class Members:
    """One registration. A member that is null says the same as one that is absent."""

    def __init__(self, registration: Mapping[str, object]) -> None:
        known = canonical(registration)
        self._written = frozenset(known)
        self._members = {name: value for name, value in known.items() if value is not None}

    def has(self, name: str) -> bool:
        """Say whether the member is there."""
        return name in self._members

    def required(self, name: str) -> None:
        """Insist that the member is there."""
        if name not in self._members:
            raise invalid(f"Missing {name}", INVALID_REQUEST)

    def text(self, name: str, problem: str) -> str | None:
        """Read a text that is not blank."""
        value = self._members.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            raise invalid(problem)
        return value

    def line(self, name: str, problem: str) -> str | None:
        """Read a text of one line, at most 255 characters, for people to see."""
        value = self.text(name, problem)
        if value is not None and not rules.line_is_acceptable(value):
            raise invalid(problem)
        return value

    def choice(self, name: str, choices: Collection[str], default: str, problem: str) -> str:
        """Read one of a few texts."""
        value = self._members.get(name, default)
        if not isinstance(value, str) or value not in choices:
            raise invalid(problem)
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Read true or false."""
        value = self._members.get(name, default)
        if not isinstance(value, bool):
            raise invalid(f"Invalid {name}")
        return value

    def limit(self, name: str, default: int) -> int | None:
        """Read a number of zero or more; written as null it means no limit at all."""
        if name in self._written and name not in self._members:
            return None
        value = self._members.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
            raise invalid(f"Invalid {name}")
        return value

    def texts(self, name: str, problem: str, error: str = INVALID_METADATA) -> tuple[str, ...]:
        """Read a list of texts, empty when absent."""
        value = self._members.get(name, [])
        if not isinstance(value, list | tuple) or len(value) > MOST_ENTRIES:
            raise invalid(problem, error)
        if not all(isinstance(item, str) for item in value):
            raise invalid(problem, error)
        return tuple(value)

    def subset(self, name: str, known: Collection[str], problem: str) -> frozenset[str]:
        """Read a list of known texts, empty when absent."""
        values = frozenset(self.texts(name, problem))
        if not values.issubset(known):
            raise invalid(problem)
        return values

    def address(self, name: str, problem: str, *, production: bool) -> str | None:
        """Read an address the client may name."""
        value = self._members.get(name)
        if value is None:
            return None
        if not rules.address_is_acceptable(value, production=production):
            raise invalid(problem)
        return str(value)
