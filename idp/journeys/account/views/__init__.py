"""The pages of one's own account, one module for each noun; all on one blueprint."""

from idp.journeys.account.views import (
    confirm,
    data,
    deletion,
    email,
    history,
    password,
    security,
    services,
)
from idp.journeys.account.views.door import blueprint

__all__ = [
    "blueprint",
    "confirm",
    "data",
    "deletion",
    "email",
    "history",
    "password",
    "security",
    "services",
]
