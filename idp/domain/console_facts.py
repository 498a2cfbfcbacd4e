"""Facts about the consoles: who may use them, what was refused there, what was asked and decided.

The rules of `idp.domain.audit` hold here too. Where somebody acts on somebody else, `account_id` is
the one who acted and `about` the other's account, request or service.
"""

from dataclasses import dataclass

from idp.domain.audit import Fact


@dataclass(frozen=True, kw_only=True)
class ConsoleRefused(Fact):
    """Somebody signed in asked for a page of a console that is not for them.

    `page` is the route's own name, and `needed` the role it asks for; the service is named only if
    there is such a service.
    """

    account_id: str
    sid: str
    page: str
    needed: str
    service_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class OperatorAdded(Fact):
    """An account became an operator's."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class OperatorRemoved(Fact):
    """An account stopped being an operator's."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class MemberAdded(Fact):
    """An account became a member of a service; `by` is the account that saw to it."""

    account_id: str
    service_id: str
    role: str
    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class MemberRoleChanged(Fact):
    """A member of a service got another role; `by` is the account that gave it."""

    account_id: str
    service_id: str
    role: str
    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(Fact):
    """An account stopped being a member of a service; `by` is the account that took it out."""

    account_id: str
    service_id: str
    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class RequestSubmitted(Fact):
    """Somebody asked for something that another person has to approve."""

    account_id: str
    request: str
    kind: str
    client_id: str | None = None
    service_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class RequestDecided(Fact):
    """A request was approved, refused, sent back or withdrawn: `outcome` says which."""

    account_id: str
    request: str
    kind: str
    outcome: str
    client_id: str | None = None
    service_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class OwnRequestNotApproved(Fact):
    """Somebody tried to approve what they had asked for themselves."""

    account_id: str
    request: str
    kind: str
