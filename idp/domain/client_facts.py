"""Facts about services and clients that their teams make and change at the console.

The rules of `idp.domain.audit` hold here too: names of fields, never what stands in them.
"""

from dataclasses import dataclass

from idp.domain.audit import Fact


@dataclass(frozen=True, kw_only=True)
class ServiceCreated(Fact):
    """Somebody made a service, whose first manager they are."""

    account_id: str
    service_id: str


@dataclass(frozen=True, kw_only=True)
class ServiceDescribed(Fact):
    """Somebody changed what citizens see of a service."""

    account_id: str
    service_id: str
    changed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ClientRegistered(Fact):
    """Somebody registered an integration client of their service."""

    account_id: str
    service_id: str
    client_id: str


@dataclass(frozen=True, kw_only=True)
class ClientChanged(Fact):
    """Fields of a client took another value: `account_id` asked for it."""

    account_id: str
    service_id: str
    client_id: str
    changed: tuple[str, ...]
