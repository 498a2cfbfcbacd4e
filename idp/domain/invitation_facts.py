"""Facts about invitations to a service's team; `account_id` is whoever acted."""

from dataclasses import dataclass

from idp.domain.audit import Fact


@dataclass(frozen=True, kw_only=True)
class MemberInvited(Fact):
    """A manager invited somebody to the team of a service; the address is not recorded."""

    account_id: str
    service_id: str
    role: str


@dataclass(frozen=True, kw_only=True)
class InvitationWithdrawn(Fact):
    """A manager took an invitation back before it was accepted."""

    account_id: str
    service_id: str


@dataclass(frozen=True, kw_only=True)
class InvitationAccepted(Fact):
    """Whoever has the invited address became a member."""

    account_id: str
    service_id: str
    role: str
