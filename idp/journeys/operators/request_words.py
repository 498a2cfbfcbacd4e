"""Requests in words: what is asked for, where it stands, and why it cannot be done."""

from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from idp.domain import (
    approved_acts,
    citizen_levers,
    emergency_keys,
    go_lives,
    limits,
    suspensions,
    team_changes,
)
from idp.domain.change_requests import State

KINDS: Final[dict[str, LazyString]] = {
    "go_live": _("Go live"),
    "client_change": _("Change a live client"),
    "suspend_client": _("Suspend a client"),
    "restore_client": _("Restore a client"),
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
    State.DONE_ALONE: _("Done by one person alone"),
}

OF_SERVICE: Final[dict[str, LazyString]] = {
    "service": _("Service name"),
    "service_cy": _("Service name in Welsh"),
    "landing_page_url": _("Address where the service begins"),
}
"""What citizens see of a service, by the members of a registration."""

HINDRANCES: Final[dict[str, LazyString]] = {
    approved_acts.ASKER_LEFT: _(
        "Whoever asked for it may not ask for it any more. "
        "Refuse it, so that somebody else can ask."
    ),
    go_lives.NOT_THERE: _(
        "The integration client is suspended, or there is no such client any more."
    ),
    go_lives.LIVE_ALREADY: _("This client is live already."),
    go_lives.BREAKS_A_RULE: _(
        "The registration breaks a rule that production clients have to keep."
    ),
    go_lives.SEEN_CHANGED: _(
        "What citizens see of the service changed after this was submitted. Ask for changes, so "
        "that it is submitted again."
    ),
    citizen_levers.NOT_POSSIBLE: _("The account is in a state in which this would change nothing."),
    citizen_levers.OWN: _("Nobody approves what is done to their own account."),
    emergency_keys.SIGNS_NO_MORE: _("The key does not sign any more."),
    emergency_keys.SUCCESSOR_GONE: _("The key that was to take its place cannot do so any more."),
    limits.NOT_ALLOWED: _("These limits are not allowed."),
    team_changes.GONE: _("There is no such client any more."),
    team_changes.NAME_TAKEN: _("Another service has that name by now."),
    team_changes.NOT_SO: _(
        "The client cannot become so any more: its rules or its other fields changed."
    ),
    suspensions.NOT_ACTIVE: _(
        "The client is suspended already, or there is no such client any more."
    ),
}
"""Why an act cannot be done any more: all that a module says."""
