"""Facts about clients' secrets and keys in the hands of their teams."""

from dataclasses import dataclass

from idp.domain.audit import Fact


@dataclass(frozen=True, kw_only=True)
class ClientSecretMade(Fact):
    """A member of the team made another secret of a client; it was shown to them once."""

    account_id: str
    client_id: str
    service_id: str


@dataclass(frozen=True, kw_only=True)
class ClientSecretRetired(Fact):
    """A member of the team ended one of a client's secrets."""

    account_id: str
    client_id: str
    service_id: str


@dataclass(frozen=True, kw_only=True)
class ClientKeyReplaced(Fact):
    """A member of the team put another public key in the place of a client's."""

    account_id: str
    client_id: str
    service_id: str


@dataclass(frozen=True, kw_only=True)
class PrivateKeyRefused(Fact):
    """Somebody pasted a private key where a public one was asked for; it was not kept."""

    account_id: str
    service_id: str
    client_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class ClientKeysFetched(Fact):
    """A member of the team had the key set of a client fetched; `usable` keys were in it."""

    account_id: str
    client_id: str
    service_id: str
    usable: int


@dataclass(frozen=True, kw_only=True)
class TeamReminded(Fact):
    """The managers of a service were told that a secret or key of a client is old."""

    client_id: str
    kind: str
