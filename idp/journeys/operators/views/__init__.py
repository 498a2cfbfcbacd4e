"""The pages for operators, one module for each noun; all on one blueprint."""

from idp.journeys.operators.views import (
    audit,
    banner,
    citizen_levers,
    citizens,
    client_requests,
    clients,
    keys,
    metrics,
    queue,
    requests,
    services_list,
    settings,
)
from idp.journeys.operators.views.door import console as blueprint

__all__ = [
    "audit",
    "banner",
    "blueprint",
    "citizen_levers",
    "citizens",
    "client_requests",
    "clients",
    "keys",
    "metrics",
    "queue",
    "requests",
    "services_list",
    "settings",
]
