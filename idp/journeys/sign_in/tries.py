"""What the pages of passwords and codes do with a try, and where they lead when none is left."""

from collections.abc import Callable

from flask import Response

from idp.domain import guessing
from idp.domain.guessing import Counter
from idp.domain.journeys import Journey
from idp.domain.sessions import BrowserSession
from idp.domain.throttles import Kind, Locked
from idp.journeys.sign_in import reauthentication
from idp.web import cookies, current
from idp.web.journey_pages import leave, to
from idp.web.locks import note_lock


def try_code(
    journey: Journey,
    signed_in: BrowserSession,
    counter: Counter,
    use: Callable[[], str | None],
    *,
    then: str = "authorize.resume",
) -> Response | None:
    """Take a try, then let `use` look at what was typed: it returns the new cookie if it is right.

    A right one goes on to the page `then`. None when it was wrong and may be tried again.
    """
    services = current.services()
    try:
        left = guessing.take_code_try(current.session(), services, counter)
    except Locked:
        return no_try_left(journey, Kind.REAUTH_CODE)
    current.checkpoint()
    secret = use()
    if secret is not None:
        response = to(then, journey)
        cookies.set_session_cookie(response, secret)
        return response
    if guessing.code_was_wrong(
        current.session(),
        services,
        counter,
        signed_in.account_id,
        tries_left=left,
        device=current.device(),
    ):
        return no_try_left(journey, Kind.REAUTH_CODE, just=True)
    return None


def no_try_left(journey: Journey, factor: Kind, *, just: bool = False) -> Response:
    """Show the lock, which may `just` have begun, or give up on a person whom a service named."""
    if journey.hint_subject is None:
        if just:
            note_lock()
        return to("sign_in.locked", journey)
    return give_up(journey, factor)


def give_up(journey: Journey, factor: Kind) -> Response:
    """Refuse towards the service what nobody could show who had to be one certain person."""
    reauthentication.fail(
        current.session(), current.services(), journey, current.signed_in(), factor
    )
    return leave(journey)
