"""The hold after a reset: for two days nobody changes what second factors an account has.

A stolen mailbox and one code that its owner was tricked into telling are enough to reset a
password. They must not be enough to keep the owner out for good: until the owner has read of the
reset, apps, passkeys and recovery codes stay what they are, and so does the address, to which the
owner's own reset is mailed. A recovery code, which nobody is asked for in daily life, shows that it
is the owner: a reset proved by one holds nothing, and whoever is held may still make these changes
by giving one (`confirmations`).
"""

from typing import Final

from idp.domain.accounts import Account

HELD_FOR: Final = 2 * 86_400
"""Seconds after a reset in which no second factor is changed."""


def until(account: Account, now: int) -> int | None:
    """Return until when second factors are held (seconds since the epoch), or None."""
    if account.password_reset_at is None or account.password_reset_at <= reset_after(now):
        return None
    return account.password_reset_at + HELD_FOR


def reset_after(now: int) -> int:
    """Return the moment such that who reset their password after it is still held."""
    return now - HELD_FOR
