"""Facts about levers: which operator pulled which one.

What came of it is a fact of its own, recorded beside this one, such as an account suspended.
"""

from dataclasses import dataclass

from idp.domain.audit import Fact


@dataclass(frozen=True, kw_only=True)
class OperatorActed(Fact):
    """An operator did `act`, about an account, a key or a service; `about` is its name or none."""

    account_id: str
    act: str
    about: str | None = None


@dataclass(frozen=True, kw_only=True)
class IdentityProofOrdered(Fact):
    """The proof of an owner's identity was forgotten: they have to prove it anew."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class LocksLifted(Fact):
    """An operator gave an account's tries back, so that its locks are gone."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class RecoveryHastened(Fact):
    """Two operators let an owner set up a new second factor without waiting any longer."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class LimitChanged(Fact):
    """Two operators changed the limits of the group `about`; `account_id` approved it."""

    account_id: str
    about: str
    tries: int
    seconds: int


@dataclass(frozen=True, kw_only=True)
class BannerSet(Fact):
    """A notice was put on every page, by an operator or by command."""

    account_id: str | None = None
    begins_at: int
    ends_at: int


@dataclass(frozen=True, kw_only=True)
class BannerEnded(Fact):
    """The notice was taken away, by an operator or by command."""

    account_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class ServiceListed(Fact):
    """A service was put on the public list again, by an operator or by command."""

    account_id: str | None = None
    service_id: str


@dataclass(frozen=True, kw_only=True)
class ServiceUnlisted(Fact):
    """A service was taken off the public list, by an operator or by command."""

    account_id: str | None = None
    service_id: str
