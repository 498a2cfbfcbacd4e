"""What the protocol needs to know about a signed-in browser and a Journey under way."""

from __future__ import annotations

from dataclasses import dataclass

PART_CREATED = "part_created"
ACTIVE = "active"
SUSPENDED = "suspended"
BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A browser signed in, and the account behind it. All `_at` and `auth_time` in seconds.

    `level` is the credential level this session really reached (`Cl` or `Cl.Cm`);
    `amr` lists what was really used (RFC 8176), `auth_time` is the last real sign-in.
    `reset_because` says why the account needs a new password, None if it does not;
    `terms_agreed` is about the terms of today, `passkey_offered` whether they were asked
    once, or must not be asked now.
    """

    sid: str
    account_id: str
    account_state: str
    level: str
    amr: tuple[str, ...]
    auth_time: int
    password_at: int | None
    otp_at: int | None
    email: str
    subject_salt: str
    reset_because: str | None = None
    terms_agreed: bool = True
    passkey_offered: bool = True


@dataclass(frozen=True, slots=True)
class JourneyFacts:
    """What has happened inside one Journey so far.

    `password_at` and `otp_at` are set only by factors entered in this very Journey, by
    the person `account_id` names. `fresh` records that the request asked for a new
    sign-in when it arrived. `choice` is what the person said they came to do, `failed` the
    error to tell the client when it cannot be done; `recovering` records that the person
    cannot give a second factor and is on the way to a new one.
    """

    opened_at: int
    password_at: int | None = None
    otp_at: int | None = None
    fresh: bool = False
    choice: str | None = None
    account_id: str | None = None
    failed: str | None = None
    recovering: bool = False
