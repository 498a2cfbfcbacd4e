"""The pages for operators, one module for each noun; all on one blueprint."""

from idp.journeys.operators.views import (
    audit,
    citizen_levers,
    citizens,
    client_requests,
    clients,
    keys,
    metrics,
    queue,
    requests,
)
from idp.journeys.operators.views.door import console as blueprint

__all__ = [
    "audit",
    "blueprint",
    "citizen_levers",
    "citizens",
    "client_requests",
    "clients",
    "keys",
    "metrics",
    "queue",
    "requests",
]
