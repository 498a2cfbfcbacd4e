"""Which page each step is asked on. Rooms are known by name only."""

from typing import Final

from flask import url_for

from idp.domain.journeys import Journey
from idp.protocol.next_step import Step
from idp.protocol.session_facts import PART_CREATED, SessionFacts

_PAGES: Final = {
    Step.STEP_UP: "sign_in.code",
    Step.RECOVER: "recover.start",
    Step.RESET_PASSWORD: "reset_password.required",
    Step.OFFER_PASSKEY: "offer_passkey.offer",
    Step.AGREE: "agree_to_terms.agree",
    Step.PROVE: "prove_identity.start",
    Step.SHARE: "share.share",
}


def address_of(step: Step, journey: Journey, facts: SessionFacts | None) -> str:
    """Return the address of the page that this step needs."""
    return url_for(_page(step, journey, facts), journey_id=journey.id)


def _page(step: Step, journey: Journey, facts: SessionFacts | None) -> str:
    if step in _PAGES:
        return _PAGES[step]
    if step is Step.CREATE:
        part_created = facts is not None and facts.account_state == PART_CREATED
        return "create_account.app" if part_created else "create_account.email"
    if journey.hint_subject is not None:
        return "sign_in.email"
    if facts is not None:
        return "sign_in.password"
    return "sign_in.start" if journey.choice is None else "sign_in.email"
