"""Facts about test citizens: `account_id` is the member of the team who acted."""

from dataclasses import dataclass

from idp.domain.audit import Fact


@dataclass(frozen=True, kw_only=True)
class TestCitizenMade(Fact):
    """A member of the team made a test citizen in this `state`."""

    account_id: str
    service_id: str
    state: str


@dataclass(frozen=True, kw_only=True)
class TestCitizenDeleted(Fact):
    """A member of the team deleted a test citizen, whose number was `about` if it had one."""

    account_id: str
    service_id: str
    about: str | None = None
