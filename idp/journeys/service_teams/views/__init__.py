"""The pages for service teams, one module for each noun; all on one blueprint."""

from idp.journeys.service_teams.views import (
    audit,
    clients,
    go_live,
    invitations,
    keys,
    members,
    registering,
    requests,
    secrets,
    services,
    settings,
    test_citizens,
    trying,
)
from idp.journeys.service_teams.views.door import console as blueprint

__all__ = [
    "audit",
    "blueprint",
    "clients",
    "go_live",
    "invitations",
    "keys",
    "members",
    "registering",
    "requests",
    "secrets",
    "services",
    "settings",
    "test_citizens",
    "trying",
]
