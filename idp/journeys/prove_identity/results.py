"""The words for each way that proving can end."""

from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from idp.protocol.identity_proving import Outcome


@dataclass(frozen=True, slots=True)
class Words:
    """What the page says: a heading and sentences. None of them says which detail was wrong."""

    heading: LazyString
    told: tuple[LazyString, ...]


_NOT_CONFIRMED: Final = Words(
    _("We could not confirm your identity"),
    (_("What you gave us was not enough to be sure that it is you."),),
)

ENDED: Final = {
    Outcome.PROVED: Words(
        _("You have proved your identity, but not well enough for this service"),
        (_("What you gave us is kept. This service needs us to be more sure that it is you."),),
    ),
    Outcome.NOT_MATCHED: _NOT_CONFIRMED,
    Outcome.FRAUD: _NOT_CONFIRMED,
    Outcome.PENDING: Words(
        _("You need to finish proving your identity in person"),
        (
            _("Take the document that you named to a post office within 16 days."),
            _("Come back to the service when you have been there."),
        ),
    ),
    Outcome.CANCELLED: Words(
        _("You stopped proving your identity"),
        (_("Nothing you entered is kept."),),
    ),
    Outcome.TIMED_OUT: Words(
        _("The check took too long"),
        (_("You did nothing wrong. Nothing you entered is kept."),),
    ),
    Outcome.TECHNICAL_ERROR: Words(
        _("Sorry, the check is not working"),
        (_("You did nothing wrong. Nothing you entered is kept."),),
    ),
    Outcome.OTHER_BROWSER: Words(
        _("You finished the check in another browser"),
        (
            _("To keep you safe, a check must be finished in the browser where it began."),
            _("Go back to the service and start again."),
        ),
    ),
}
