"""Requests in words: what is asked for, where it stands, and why it cannot be done."""

from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from idp.domain import approved_acts, citizen_levers, go_lives, suspensions
from idp.domain.change_requests import State

KINDS: Final[dict[str, LazyString]] = {
    "go_live": _("Go live"),
    "client_change": _("Change a live client"),
    "suspend_client": _("Suspend a client"),
    "block_account": _("Block an account for good"),
    "remove_second_factor": _("Remove a second factor"),
    "rotate_key_emergency": _("Replace a signing key at once"),
    "change_limits": _("Change limits"),
}
"""What each kind of request asks for."""

STATES: Final[dict[str, LazyString]] = {
    State.SUBMITTED: _("Waiting for a decision"),
    State.APPROVED: _("Approved"),
    State.CHANGES_ASKED: _("Changes asked for"),
    State.REFUSED: _("Refused"),
    State.WITHDRAWN: _("Withdrawn"),
}

HINDRANCES: Final[dict[str, LazyString]] = {
    approved_acts.ASKER_LEFT: _(
        "Whoever asked for it is no operator any more. Refuse it, and ask anew."
    ),
    go_lives.NOT_THERE: _(
        "The integration client is suspended, or there is no such client any more."
    ),
    go_lives.LIVE_ALREADY: _("This client is live already."),
    go_lives.BREAKS_A_RULE: _(
        "The registration breaks a rule that production clients have to keep."
    ),
    citizen_levers.NOT_POSSIBLE: _("The account is in a state in which this would change nothing."),
    citizen_levers.OWN: _("Nobody approves what is done to their own account."),
    suspensions.NOT_ACTIVE: _(
        "The client is suspended already, or there is no such client any more."
    ),
}
"""Why an act cannot be done any more. Others are told in English, as their module says them."""
