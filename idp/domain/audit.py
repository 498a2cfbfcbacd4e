"""The catalogue of facts: everything that the audit record can say.

Owns: one frozen dataclass per fact, past tense, exact fields; `record`, which appends a fact in
the transaction that makes it true and reads nothing.
Does not own: the tables (`idp.domain.audit_entries`) or sealing (`idp.domain.audit_log`).

A fact names people by their random account id and never holds an email address, a token, a code,
a secret or text that came from outside. The fields account_id, client_id, sid and grant_id have a
column of their own; all others go into `detail`. To add a fact, add a class here, or to the
module of facts of its noun: it is then part of `FACTS`. Never rename or remove one that has been
recorded.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields

import orjson
from sqlalchemy import insert
from sqlalchemy.orm import Session

from idp.domain.audit_entries import AuditEntry

FACT_COLUMNS = ("account_id", "client_id", "sid", "grant_id")
REQUEST = "request"
"""Under this name a session's `info` may hold what names the request that it belongs to."""


def name_of(fact: "Fact | type[Fact]") -> str:
    """Return the name under which a fact is recorded: `CodeIssued` is `code_issued`."""
    kind = fact if isinstance(fact, type) else type(fact)
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


FACTS: "dict[str, type[Fact]]" = {}
"""Every fact, by its name; `idp.domain.fact_catalogue` has imported all of them."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that happened."""

    def __init_subclass__(cls) -> None:
        """Add the new fact to the catalogue."""
        FACTS[name_of(cls)] = cls


# Accounts


@dataclass(frozen=True, kw_only=True)
class AccountCreated(Fact):
    """A citizen began an account: the email address was proved and a password chosen."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class AccountCompleted(Fact):
    """The account has its second factor and can be used."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class TermsAgreed(Fact):
    """Somebody agreed to a version of the terms of use."""

    account_id: str
    version: int


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Fact):
    """The owner set another password in their account."""

    account_id: str
    sid: str


@dataclass(frozen=True, kw_only=True)
class EmailChanged(Fact):
    """The owner's account answers to another address from now on."""

    account_id: str
    sid: str


@dataclass(frozen=True, kw_only=True)
class ChangeConfirmed(Fact):
    """Who is signed in showed again who they are, for one `change` of their account."""

    account_id: str
    sid: str
    change: str


@dataclass(frozen=True, kw_only=True)
class ServiceRemoved(Fact):
    """The owner took away what a service was given."""

    account_id: str
    client_id: str


@dataclass(frozen=True, kw_only=True)
class ActivityReported(Fact):
    """The owner says that `what` happened at `when` (epoch seconds) was not theirs."""

    account_id: str
    number: str
    what: str
    when: int


@dataclass(frozen=True, kw_only=True)
class DataDownloaded(Fact):
    """The owner took a copy of all that is kept about them."""

    account_id: str
    sid: str


@dataclass(frozen=True, kw_only=True)
class AccountDeleted(Fact):
    """The owner deleted the account. Nothing leads from this number to a person any more."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class AccountCreatedByOperator(Fact):
    """An account was created by command."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class EmailCodeSent(Fact):
    """A code was sent to an email address; `purpose` says what it proves."""

    account_id: str | None = None
    purpose: str


@dataclass(frozen=True, kw_only=True)
class EmailCodeRefused(Fact):
    """A wrong, used or expired email code was given."""

    account_id: str | None = None
    purpose: str


@dataclass(frozen=True, kw_only=True)
class EmailProved(Fact):
    """The right email code was given."""

    account_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class AuthenticatorAppAdded(Fact):
    """An authenticator app became a second factor of the account."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class AuthenticatorAppReplaced(Fact):
    """Another authenticator app took the place of the account's app in this role."""

    account_id: str
    role: str


@dataclass(frozen=True, kw_only=True)
class AuthenticatorAppsSwitched(Fact):
    """The account's back-up app became the default one, and the other way round."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class BackupAppAdded(Fact):
    """The account got a second authenticator app."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class BackupAppRemoved(Fact):
    """The account's second authenticator app was removed."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesMade(Fact):
    """The account got a set of recovery codes, its `number`th; those before it are void."""

    account_id: str
    number: int


@dataclass(frozen=True, kw_only=True)
class PasskeyAdded(Fact):
    """A passkey was added; `synced` says whether its key can be on several devices."""

    account_id: str
    synced: bool


@dataclass(frozen=True, kw_only=True)
class PasskeyRemoved(Fact):
    """A passkey of the account was removed."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class SecondFactorsRemoved(Fact):
    """Every second factor of the account was removed."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class AccountSuspended(Fact):
    """An operator suspended an account: nobody signs in to it for now."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class AccountRestored(Fact):
    """An operator opened a suspended account again."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class AccountBlocked(Fact):
    """An operator closed an account for good."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class PasswordFoundWeak(Fact):
    """The right password was given and is one that many people use; a new one is asked for."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class PasswordResetOrdered(Fact):
    """An operator ordered a new password."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class PasswordReset(Fact):
    """A new password was set; `because` is why, `second_factor` whether one was given for it."""

    account_id: str
    because: str
    second_factor: bool


@dataclass(frozen=True, kw_only=True)
class RecoveryBegun(Fact):
    """Somebody who cannot give a second factor began to wait for a new one, until `ready_at`."""

    account_id: str
    ready_at: int


@dataclass(frozen=True, kw_only=True)
class RecoveryReminded(Fact):
    """The owner was told once more that somebody waits for a new second factor."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class RecoveryCheckEnded(Fact):
    """Somebody who cannot give a second factor went through an identity check."""

    account_id: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class RecoveryAllowed(Fact):
    """An identity check found the account's owner; they may set up a new second factor."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class RecoveryCancelled(Fact):
    """A recovery ended without a new second factor; `because` is a word of the recoveries'."""

    account_id: str
    because: str


@dataclass(frozen=True, kw_only=True)
class RecoveryStopRefused(Fact):
    """Somebody tried to stop a recovery with a wrong code."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class RecoveryFinished(Fact):
    """Every second factor was removed and a new authenticator app took their place."""

    account_id: str


# Signing in and out


@dataclass(frozen=True, kw_only=True)
class SignedInWithPassword(Fact):
    """The right password was given; the browser is signed in at level Cl."""

    account_id: str
    sid: str


@dataclass(frozen=True, kw_only=True)
class PasswordRefused(Fact):
    """A wrong password was given; no account id when there is no such account."""

    account_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class SecondFactorPassed(Fact):
    """The right authenticator-app code was given."""

    account_id: str
    sid: str | None = None


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(Fact):
    """The right recovery code was given in the place of an app's; `left` of them are left."""

    account_id: str
    left: int


@dataclass(frozen=True, kw_only=True)
class SignedInWithPasskey(Fact):
    """A passkey was used in the place of password and code; the browser is at level Cl.Cm."""

    account_id: str
    sid: str


@dataclass(frozen=True, kw_only=True)
class PasskeyRefused(Fact):
    """What a browser answered for a passkey does not count; `because` is a word of ours."""

    account_id: str | None = None
    because: str


@dataclass(frozen=True, kw_only=True)
class SecondFactorRefused(Fact):
    """A wrong or used authenticator-app code was given."""

    account_id: str


@dataclass(frozen=True, kw_only=True)
class ReauthenticationFailed(Fact):
    """A person whom a service named could not sign in again; `factor` is what was wrong."""

    account_id: str | None = None
    client_id: str
    factor: str


@dataclass(frozen=True, kw_only=True)
class Locked(Fact):
    """Too many wrong tries of one `kind`; no account id when there is no such account."""

    account_id: str | None = None
    kind: str


@dataclass(frozen=True, kw_only=True)
class SignedOut(Fact):
    """A session ended; `because` is a word from `idp.domain.sessions`."""

    account_id: str
    sid: str
    because: str


# Identity


@dataclass(frozen=True, kw_only=True)
class IdentityProved(Fact):
    """An identity check matched the account's owner at `level`; the proof is kept."""

    account_id: str
    client_id: str
    level: str


@dataclass(frozen=True, kw_only=True)
class IdentityNotProved(Fact):
    """An identity check ended without a proof; `outcome` is a word of the protocol's."""

    account_id: str
    client_id: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class IdentityConfirmed(Fact):
    """The citizen said that a kept proof, of `level`, is right; it is used once more."""

    account_id: str
    client_id: str
    level: str


@dataclass(frozen=True, kw_only=True)
class IdentityDisputed(Fact):
    """The citizen said that a kept proof is not right; it stays until there is a new one."""

    account_id: str
    client_id: str


@dataclass(frozen=True, kw_only=True)
class ClaimsShared(Fact):
    """A service may have identity claims from now on; `claims` are names, never values."""

    account_id: str
    client_id: str
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ClaimsRefused(Fact):
    """The citizen did not let a service have identity claims; `claims` are their names."""

    account_id: str
    client_id: str
    claims: tuple[str, ...] = ()


# Authorization codes and tokens


@dataclass(frozen=True, kw_only=True)
class AuthorizationRefused(Fact):
    """A service's authorization request was refused; `reason` is the rule that failed.

    `difference` is a word of `idp.protocol.differences`, `nearest` the mark of the registered
    address that was meant.
    """

    client_id: str | None = None
    account_id: str | None = None
    reason: str
    difference: str = ""
    nearest: str = ""


@dataclass(frozen=True, kw_only=True)
class CodeIssued(Fact):
    """A service was given an authorization code."""

    account_id: str
    client_id: str
    sid: str
    grant_id: str


@dataclass(frozen=True, kw_only=True)
class TokensIssued(Fact):
    """An authorization code was redeemed for an ID token and an access token."""

    account_id: str
    client_id: str
    sid: str
    grant_id: str


@dataclass(frozen=True, kw_only=True)
class CodeRefused(Fact):
    """A code was burned without giving tokens: wrong verifier, redirect address, age or account."""

    account_id: str | None = None
    client_id: str
    sid: str | None = None
    grant_id: str | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class CodeReplayed(Fact):
    """A code was redeemed again; what it had given was revoked (RFC 6749, 4.1.2)."""

    account_id: str
    client_id: str
    sid: str | None = None
    grant_id: str


@dataclass(frozen=True, kw_only=True)
class ClaimsReleased(Fact):
    """A service read claims at UserInfo; `claims` names those about an identity."""

    account_id: str
    client_id: str
    sid: str | None = None
    grant_id: str
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ClientAuthenticationRefused(Fact):
    """A service failed to prove who it is; no client id when none is registered so.

    `check` names what failed, at the endpoint `where`.
    """

    client_id: str | None = None
    reason: str
    where: str = ""
    check: str = ""


@dataclass(frozen=True, kw_only=True)
class ClientAssertionReplayed(Fact):
    """A client assertion was used a second time."""

    client_id: str


@dataclass(frozen=True, kw_only=True)
class TokenIntrospected(Fact):
    """A service was told that an access token of its own is live."""

    account_id: str
    client_id: str
    sid: str
    grant_id: str


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(Fact):
    """A service gave an access token of its own back; the token's grant is dead."""

    account_id: str
    client_id: str
    sid: str
    grant_id: str


@dataclass(frozen=True, kw_only=True)
class ForeignTokenPresented(Fact):
    """A service asked about, or tried to revoke, a token that another service was given."""

    client_id: str
    grant_id: str


@dataclass(frozen=True, kw_only=True)
class LogoutNoticeDelivered(Fact):
    """A service was told that the session ended."""

    account_id: str | None = None
    client_id: str
    sid: str | None = None


@dataclass(frozen=True, kw_only=True)
class LogoutNoticeFailed(Fact):
    """A service could not be told that the session ended, and is given up on."""

    account_id: str | None = None
    client_id: str
    sid: str | None = None
    attempts: int = 0


# Running the provider


@dataclass(frozen=True, kw_only=True)
class ClientApplied(Fact):
    """A client was registered (`created`) or changed, by command."""

    client_id: str
    created: bool = False


@dataclass(frozen=True, kw_only=True)
class FaultsWanted(Fact):
    """Somebody asked for faulty answers to a client, or for none any more."""

    client_id: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ClientSuspended(Fact):
    """An operator switched a client off; `by` is their account, unless it was by command."""

    client_id: str
    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class ClientRestored(Fact):
    """An operator switched a client on again; `by` is their account, unless by command."""

    client_id: str
    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class ClientAppliedByTeam(Fact):
    """A client was registered (`created`) or changed by its team, with the key `key_id`."""

    client_id: str
    key_id: str
    created: bool = False


@dataclass(frozen=True, kw_only=True)
class TeamRegistrationRefused(Fact):
    """A registration by a team was refused; `reason` is ours, or the member's rule."""

    client_id: str | None = None
    key_id: str | None = None
    reason: str


@dataclass(frozen=True, kw_only=True)
class RegistrationKeyIssued(Fact):
    """A service team was given a key to register clients with, until `expires_at`."""

    key_id: str
    expires_at: int


@dataclass(frozen=True, kw_only=True)
class RegistrationKeyRevoked(Fact):
    """A registration key was taken back."""

    key_id: str


@dataclass(frozen=True, kw_only=True)
class KeyGenerated(Fact):
    """A signing key was made."""

    kid: str
    alg: str
    purpose: str


@dataclass(frozen=True, kw_only=True)
class KeyPublished(Fact):
    """A signing key became visible to services."""

    kid: str


@dataclass(frozen=True, kw_only=True)
class KeyActivated(Fact):
    """A signing key signs from `activates_at` on; `emergency`: without the usual wait."""

    kid: str
    activates_at: int
    emergency: bool = False


@dataclass(frozen=True, kw_only=True)
class KeyRetired(Fact):
    """A signing key stopped signing; `emergency`: it is no longer trusted at all."""

    kid: str
    emergency: bool = False


@dataclass(frozen=True, kw_only=True)
class KeysResealed(Fact):
    """Private keys were sealed anew under the sealing key `key_id`."""

    key_id: str
    count: int


@dataclass(frozen=True, kw_only=True)
class BackupMade(Fact):
    """A backup was written."""


@dataclass(frozen=True, kw_only=True)
class BackupRestored(Fact):
    """The database was replaced by a backup made at `made_at`."""

    made_at: int


@dataclass(frozen=True, kw_only=True)
class DeadLetterRetried(Fact):
    """An operator asked for another delivery of an outbox message."""

    message_id: str


def detail_text(fact: Fact) -> str:
    """Return the `detail` column of a fact: canonical JSON of the fields without a column."""
    others = {
        field.name: getattr(fact, field.name)
        for field in fields(fact)
        if field.name not in FACT_COLUMNS
    }
    return orjson.dumps(others, option=orjson.OPT_SORT_KEYS).decode()


def record(
    session: Session,
    fact: Fact,
    *,
    now: int,
    journey_id: str | None = None,
    request_id: str | None = None,
) -> None:
    """Append a fact in the session's transaction: one insert, nothing read.

    Without a `request_id` it is that of the request whose session this is, if it is one's.
    """
    named: Callable[[], str] | None = session.info.get(REQUEST)
    if request_id is None and named is not None:
        request_id = named()
    session.execute(
        insert(AuditEntry.__table__)  # type: ignore[arg-type]
        .values(
            at=now,
            fact=name_of(fact),
            journey_id=journey_id,
            request_id=request_id,
            detail=detail_text(fact),
            **{column: getattr(fact, column, None) for column in FACT_COLUMNS},
        )
        # Without `inline` SQLAlchemy would ask for the new row's id back.
        .inline()
    )
