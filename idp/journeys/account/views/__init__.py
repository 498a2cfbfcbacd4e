"""The pages of one's own account, one module for each noun; all on one blueprint."""

from idp.journeys.account.views import (
    apps,
    confirm,
    confirm_code,
    confirm_passkey,
    data,
    deletion,
    email,
    held,
    history,
    passkeys,
    password,
    recovery_codes,
    security,
    services,
)
from idp.journeys.account.views.door import blueprint

__all__ = [
    "apps",
    "blueprint",
    "confirm",
    "confirm_code",
    "confirm_passkey",
    "data",
    "deletion",
    "email",
    "held",
    "history",
    "passkeys",
    "password",
    "recovery_codes",
    "security",
    "services",
]
