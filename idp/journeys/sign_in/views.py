"""The pages of signing in. A page out of turn leads to the dispatcher."""

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from idp.domain import guessing, passwords, throttles
from idp.domain.journeys import Journey
from idp.domain.passwords import TooBusy
from idp.domain.sessions import BrowserSession
from idp.domain.throttles import Locked
from idp.journeys.sign_in import reauthentication, steps, ways
from idp.journeys.sign_in.forms import CodeForm, EmailForm, PasswordForm
from idp.journeys.sign_in.methods import choice, passkey, recovery_code
from idp.journeys.sign_in.tries import give_up, no_try_left, try_code
from idp.protocol.session_facts import BLOCKED, SUSPENDED
from idp.web import cookies, current, i18n
from idp.web.errors import Kind, PageRefused
from idp.web.forms import Form, say
from idp.web.journey_pages import enter, leave, leave_signed_out, service_of, to
from idp.web.layout import show
from idp.web.locks import just_locked

blueprint = Blueprint(
    "sign_in", __name__, url_prefix="/j/<journey_id>", template_folder="templates"
)

CLOSED = {SUSPENDED: Kind.SUSPENDED, BLOCKED: Kind.BLOCKED}
CHOICES = {"create": "create_account.email", "sign_in": "sign_in.email"}


@blueprint.route("/start", methods=["GET", "POST"])
def start(journey_id: str) -> Response:
    """Create an account or sign in? Neither, if they signed in meanwhile in another tab."""
    journey = enter(journey_id)
    signed_in = current.signed_in()
    if steps.password_is_given(journey, signed_in) or (signed_in and not journey.fresh):
        return leave(journey)
    if journey.hint_subject is not None:
        return leave(journey)
    form = Form()
    if form.accepted():
        choice = request.form.get("choice", "")
        if choice not in CHOICES:
            raise PageRefused(Kind.BAD_REQUEST)
        journey.choice = choice
        return to(CHOICES[choice], journey)
    return show("sign_in/start.html", form=form, journey=journey, service=service_of(journey))


@blueprint.route("/email", methods=["GET", "POST"])
def email(journey_id: str) -> Response:
    """Ask for the email address. Every address goes on to the password."""
    journey = enter(journey_id)
    if steps.password_is_given(journey, current.signed_in()):
        return leave(journey)
    form = EmailForm(email=journey.email)
    if form.accepted():
        if journey.hint_subject is not None:
            answer = _try_email(journey, form)
            if answer is not None:
                return answer
        else:
            journey.choice = "sign_in"
            steps.choose_email(journey, form.email.text)
            return to("sign_in.password", journey)
    return show("sign_in/email.html", form=form, journey=journey, service=service_of(journey))


def _try_email(journey: Journey, form: EmailForm) -> Response | None:
    """Go on with the address if it is that of the person whom the service named."""
    session, client = current.session(), current.client(journey.client_id)
    hinted = journey.hint_subject
    if client is None or hinted is None:
        return leave(journey)
    try:
        left = reauthentication.take_email_try(session, current.services(), hinted)
    except Locked:
        return give_up(journey, throttles.Kind.REAUTH_EMAIL)
    current.checkpoint()
    if reauthentication.is_named(session, client.policy, hinted, form.email.text):
        steps.choose_email(journey, form.email.text)
        return to("sign_in.password", journey)
    if left == 0:
        return give_up(journey, throttles.Kind.REAUTH_EMAIL)
    say(form.email, _("Enter the email address you signed in with"))
    return None


@blueprint.route("/password", methods=["GET", "POST"])
def password(journey_id: str) -> Response:
    """Ask for the password, and sign in at `Cl` when it is right."""
    journey = enter(journey_id)
    signed_in = current.signed_in()
    email = steps.email_of(current.session(), journey, signed_in)
    if email is None:
        return to("sign_in.email", journey)
    if steps.password_is_given(journey, signed_in):
        return leave(journey)
    form = PasswordForm()
    if form.accepted():
        answer = _try_password(journey, email, form)
        if answer is not None:
            return answer
    return show("sign_in/password.html", form=form, journey=journey, email=email)


def _try_password(journey: Journey, email: str, form: PasswordForm) -> Response | None:
    services = current.services()
    if journey.hint_subject is not None and _locked(email, None):
        return to("sign_in.locked", journey)
    try:
        guess = guessing.take_password_try(
            current.session(), services, email, steps.password_counter(journey)
        )
    except Locked:
        return no_try_left(journey, throttles.Kind.REAUTH_PASSWORD)
    current.checkpoint()
    try:
        verdict = guessing.judge(services, guess, form.password.text)
    except TooBusy:
        guessing.nothing_was_tried(current.session(), guess)
        current.checkpoint()
        raise
    if not verdict.right:
        if guessing.password_was_wrong(current.session(), services, guess, device=current.device()):
            return no_try_left(journey, throttles.Kind.REAUTH_PASSWORD, just=True)
        say(form.password, _("Email or password is wrong"))
        return None
    secret = steps.password_was_right(
        current.session(),
        services,
        journey,
        guess,
        verdict,
        _arrival(),
        weak=passwords.is_common(form.password.text),
    )
    if secret is None:
        return to("sign_in.locked", journey)
    response = leave(journey)
    cookies.set_session_cookie(response, secret)
    return response


def _arrival() -> steps.Arrival:
    return steps.Arrival(
        browser_hash=current.browser_hash(),
        device=current.device(),
        language=i18n.language(),
        session=current.signed_in(),
    )


@blueprint.route("/code", methods=["GET", "POST"])
def code(journey_id: str) -> Response:
    """Ask for the app's code, and raise the session to `Cl.Cm` when it is right."""
    journey = enter(journey_id)
    signed_in = current.signed_in()
    if signed_in is None:
        return leave_signed_out(journey)
    if not steps.code_is_wanted(journey, signed_in):
        return leave(journey)
    if not steps.has_app(current.session(), signed_in):
        return to("create_account.app", journey)
    session, services = current.session(), current.services()
    if _locked(None, signed_in):
        return to("sign_in.locked", journey)
    form = CodeForm()
    if form.accepted():
        answer = try_code(
            journey,
            signed_in,
            steps.code_counter(journey, signed_in.account_id),
            lambda: steps.use_code(session, services, journey, signed_in, form.code.text),
        )
        if answer is not None:
            return answer
        say(form.code, _("That code is wrong. Check your app and try again"))
    return show(
        "sign_in/code.html",
        form=form,
        journey=journey,
        service=service_of(journey),
        stepping_up=journey.password_at is None,
        backup=request.args.get("app") == "backup",
        other_ways=len(ways.ways_of(session, signed_in.account_id)) > 1,
    )


def _locked(email: str | None, signed_in: BrowserSession | None) -> bool:
    return bool(steps.locked_until(current.session(), current.services(), email, signed_in))


@blueprint.get("/locked")
def locked(journey_id: str) -> Response:
    """Say that sign-in is not possible, until when if that is known, and what to do."""
    journey = enter(journey_id)
    session = current.session()
    signed_in = current.signed_in()
    closed = steps.closed_state(session, journey, signed_in)
    if closed is not None:
        raise PageRefused(CLOSED[closed], service_url=service_of(journey).landing_page_url)
    email = steps.email_of(session, journey, signed_in)
    ends = [
        steps.locked_until(session, current.services(), email, signed_in),
        ways.codes_locked_until(session, current.services(), signed_in),
    ]
    until = max((end for end in ends if end is not None), default=None)
    if until is None:
        return leave(journey)
    others = ways.open_ways(session, current.services(), journey, signed_in)
    return show(
        "sign_in/locked.html",
        until=until,
        journey=journey,
        service=service_of(journey),
        other_ways=bool(others),
        just=just_locked(),
        reset_helps=steps.password_is_locked(session, current.services(), email),
    )


blueprint.add_url_rule("/method", view_func=choice.method, methods=["GET", "POST"])
blueprint.add_url_rule("/passkey", view_func=passkey.passkey, methods=["GET", "POST"])
blueprint.add_url_rule(
    "/recovery-code", view_func=recovery_code.recovery_code, methods=["GET", "POST"]
)
blueprint.add_url_rule("/recovery-code/used", view_func=recovery_code.recovery_code_used)
