"""What the pages of a Journey share: entering one, leaving it, and naming its service."""

import re
from dataclasses import dataclass
from typing import Final

from flask import Response, g, make_response, redirect, request, url_for

from idp.domain import journeys
from idp.domain.journeys import Journey
from idp.protocol.parameters import from_text
from idp.web import cookies, current, headers, i18n, own_pages, time_limits
from idp.web.errors import Kind, PageRefused

SEE_OTHER: Final = 303
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class ServiceWords:
    """The service that a Journey leads to, as citizens see it."""

    name: str
    landing_page_url: str | None


def enter(journey_id: str) -> Journey:
    """Return this browser's Journey, speak its language, and let its forms end at its service.

    Raises PageRefused when it is unknown, over, finished, or another browser's, and when this
    browser keeps no cookies.
    """
    journey = current.session().get(Journey, journey_id) if _ID.fullmatch(journey_id) else None
    if journey is None:
        raise PageRefused(Kind.NO_JOURNEY)
    unseen = journey.pages is None and journey.counted_at is None
    if unseen and not cookies.came_back():
        # Nobody has seen a page of it: this is the redirect that gave the cookie.
        i18n.follow(journey)
        raise PageRefused(Kind.NO_COOKIES, service_url=service_of(journey).landing_page_url)
    if journey.browser_hash != journeys.browser_hash(current.browser_id()):
        raise PageRefused(Kind.OTHER_BROWSER)
    i18n.follow(journey)
    service = service_of(journey)
    if journey.ended_at is not None:
        raise PageRefused(Kind.FINISHED, service_url=service.landing_page_url)
    if journey.expires_at <= current.now():
        raise PageRefused(Kind.EXPIRED, service_url=service.landing_page_url)
    headers.allow_form_to(destination(journey))
    time_limits.of_journey(journey)
    g.journey = journey
    return journey


def destination(journey: Journey) -> str:
    """Return the registered address that the Journey ends at, or that of our own page."""
    if journey.returns_to is not None:
        return current.services().settings.issuer
    parameters, _ = from_text(journey.parameters)
    return str(parameters["redirect_uri"])


def leave(journey: Journey) -> Response:
    """Send the browser to the dispatcher, which knows what is next."""
    return to("authorize.resume", journey)


def leave_signed_out(journey: Journey) -> Response:
    """Send somebody who is not signed in to the dispatcher; a form of theirs is refused in words.

    They were signed in when its page was shown. Raises PageRefused.
    """
    if request.method == "POST":
        raise PageRefused(Kind.SIGNED_OUT, service_url=service_of(journey).landing_page_url)
    return leave(journey)


def to(endpoint: str, journey: Journey) -> Response:
    """Send the browser to another page of this Journey."""
    return make_response(redirect(url_for(endpoint, journey_id=journey.id), SEE_OTHER))


def service_of(journey: Journey) -> ServiceWords:
    """Return the name of the Journey's service in the language of the page, and where it starts."""
    own = own_pages.find(journey.client_id)
    if own is not None:
        return ServiceWords(str(own.name), url_for(own.endpoint))
    client = current.client(journey.client_id)
    if client is None:
        return ServiceWords(journey.client_id, None)
    name = client.service_name_cy if i18n.language() == "cy" else client.service_name
    return ServiceWords(name, client.policy.landing_page_url)
