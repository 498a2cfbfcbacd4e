"""Every fact there is: importing this module has imported each module that adds some."""

from idp.domain import (
    audit,
    client_facts,
    console_facts,
    go_live_facts,
    invitation_facts,
    lever_facts,
    proof_facts,
    record_facts,
    request_facts,
    test_citizen_facts,
)
from idp.domain.audit import FACTS, Fact

__all__ = ["FACTS", "Fact"]

MODULES = (
    audit,
    client_facts,
    console_facts,
    go_live_facts,
    invitation_facts,
    lever_facts,
    proof_facts,
    record_facts,
    request_facts,
    test_citizen_facts,
)
"""Where facts stand."""
