"""A passkey in the place of password and code, or of the code alone."""

from flask import Response
from flask_babel import gettext as _

from idp.domain import passkeys, second_factors
from idp.domain.journeys import Journey
from idp.domain.passkey_challenges import Asked, Ceremony
from idp.domain.sessions import BrowserSession, Method
from idp.journeys.sign_in import reauthentication, steps, ways
from idp.web import cookies, current, i18n
from idp.web.forms import say
from idp.web.journey_pages import enter, leave, service_of, to
from idp.web.layout import show
from idp.web.passkey_forms import PasskeyForm


def passkey(journey_id: str) -> Response:
    """Ask the browser for a passkey, and sign in at `Cl.Cm` with it."""
    journey = enter(journey_id)
    session, services = current.session(), current.services()
    signed_in = current.signed_in()
    asked = ways.passkey_to_ask_for(session, journey, signed_in, current.browser_hash())
    if asked is None:
        return leave(journey)
    form = PasskeyForm()
    if form.accepted():
        answer = _try(journey, asked, form, signed_in)
        if answer is not None:
            return answer
    return show(
        "sign_in/passkey.html",
        form=form,
        journey=journey,
        service=service_of(journey),
        options=passkeys.options_to_use(session, services, asked),
        stepping_up=asked.ceremony is Ceremony.STEP_UP,
    )


def _try(
    journey: Journey, asked: Asked, form: PasskeyForm, signed_in: BrowserSession | None
) -> Response | None:
    session, services = current.session(), current.services()
    try:
        used = passkeys.use(session, services, asked, form.answer.text)
    except passkeys.Refused as refused:
        second_factors.passkey_was_refused(session, services, refused, journey_id=journey.id)
        say(form.answer, _("We could not accept that passkey. Try again, or use another way"))
        return None
    if asked.ceremony is Ceremony.STEP_UP and signed_in is not None:
        return _signed_in(
            journey,
            steps.second_factor_was_right(session, services, journey, signed_in, Method.PASSKEY),
        )
    account = ways.owner_of(session, used)
    client = current.client(journey.client_id)
    policy = client.policy if client else None
    hinted = journey.hint_subject
    if hinted is not None and not reauthentication.is_named_account(policy, hinted, account):
        say(form.answer, _("Use the passkey of the account you signed in with"))
        return None
    arrival = steps.Arrival(
        browser_hash=current.browser_hash(),
        device=current.device(),
        language=i18n.language(),
        session=signed_in,
    )
    secret = ways.sign_in_with_passkey(session, services, journey, account, arrival)
    return to("sign_in.locked", journey) if secret is None else _signed_in(journey, secret)


def _signed_in(journey: Journey, secret: str) -> Response:
    response = leave(journey)
    cookies.set_session_cookie(response, secret)
    return response
