"""Facts about the use of the audit record itself: who looked where, who took a copy."""

from dataclasses import dataclass

from idp.domain.audit import Fact


@dataclass(frozen=True, kw_only=True)
class AuditSearchedByAccount(Fact):
    """An operator looked up what the record says of another account, `about`."""

    account_id: str
    about: str


@dataclass(frozen=True, kw_only=True)
class AuditVerificationAsked(Fact):
    """An operator asked for the record to be proved."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class AuditExported(Fact):
    """An operator took a copy of entries of the record; no account when it was by command."""

    account_id: str | None = None
