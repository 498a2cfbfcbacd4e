"""Facts about going live."""

from dataclasses import dataclass

from idp.domain.audit import Fact


@dataclass(frozen=True, kw_only=True)
class ServiceWentLive(Fact):
    """An operator let a service go live: its client `of` got a production client beside it."""

    account_id: str
    client_id: str
    service_id: str
    of: str
