"""Our own pages (an account, the consoles) as clients of ours: in process, nothing is issued.

They are shown to a person signed in at `Cl.Cm`, by the same decision table as services. Who is not
is sent on a Journey that ends at the page they asked for.
"""

from dataclasses import dataclass
from typing import Final

from flask import Response, make_response, redirect, request, url_for
from flask_babel import lazy_gettext as _

from idp.domain import journeys, sessions
from idp.protocol.next_step import Step, next_step_at_home
from idp.web import current, i18n, time_limits

SEE_OTHER: Final = 303


@dataclass(frozen=True, slots=True)
class OwnPages:
    """One set of our pages. No registered client can have such an id: it has a colon."""

    client_id: str
    name: str
    endpoint: str
    """The page that these pages begin with."""


ACCOUNT: Final = OwnPages("onepass:account", _("your Onepass account"), "account.services")
SERVICE_TEAMS: Final = OwnPages(
    "onepass:service-teams", _("the pages for service teams"), "service_teams.services"
)
OPERATORS: Final = OwnPages("onepass:operators", _("the pages for operators"), "operators.queue")
_ALL: Final = {pages.client_id: pages for pages in (ACCOUNT, SERVICE_TEAMS, OPERATORS)}


def find(client_id: str) -> OwnPages | None:
    """Return the pages of this id, or None."""
    return _ALL.get(client_id)


def sign_in_first(pages: OwnPages) -> Response | None:
    """Send whoever may not see `pages` yet on their way to it; None for whoever may.

    A form that was sent meanwhile is not kept: its page is shown anew.
    """
    seen = current.seen()
    facts = seen.facts if seen else None
    if next_step_at_home(facts, None).step is Step.ISSUE:
        if seen is not None and sessions.must_be_touched(seen, current.now()):
            sessions.touch(current.session(), seen.facts.sid, current.now())
            current.checkpoint()
        signed_in = current.signed_in()
        if signed_in is not None:
            time_limits.of_session(signed_in)
        return None
    journey = journeys.open_journey(
        current.session(),
        current.services(),
        browser_id=current.browser_id(),
        client_id=pages.client_id,
        parameters="",
        language=i18n.language(),
        wanted=journeys.Wanted(),
        returns_to=_address(pages),
    )
    address = url_for("authorize.resume", journey_id=journey.id)
    # No view follows, whose end would write this down.
    current.checkpoint()
    return make_response(redirect(address, SEE_OTHER))


def _address(pages: OwnPages) -> str:
    rule = request.url_rule
    if rule is None or "GET" not in (rule.methods or ()) or len(request.full_path) > 2000:
        return url_for(pages.endpoint)
    return request.full_path.rstrip("?")
