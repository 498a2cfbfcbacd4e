"""The pages of creating an account. A page out of turn leads to the one that is due."""

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _

from idp.domain import email_codes, recoveries
from idp.domain.accounts import EmailTaken
from idp.domain.journeys import Journey
from idp.domain.throttles import Locked
from idp.journeys.create_account import steps
from idp.journeys.create_account.forms import EmailCodeForm, EmailForm, FirstCodeForm
from idp.journeys.create_account.steps import TestCitizensAddress
from idp.web import app_setup, cookies, current, i18n, recovery_codes_page
from idp.web.forms import OF_TEST_CITIZENS, Form, say
from idp.web.journey_pages import enter, leave, leave_signed_out, service_of, to
from idp.web.layout import show
from idp.web.new_passwords import PROBLEMS, NewPasswordForm
from idp.web.recovery_codes_page import Place

blueprint = Blueprint(
    "create_account", __name__, url_prefix="/j/<journey_id>/create", template_folder="templates"
)


@blueprint.route("/email", methods=["GET", "POST"])
def email(journey_id: str) -> Response:
    """Ask for the email address, and send a code to it."""
    journey = enter(journey_id)
    if _has_account(journey):
        return leave(journey)
    form = EmailForm(email=journey.email)
    if form.accepted():
        try:
            steps.choose_email(current.session(), journey, form.email.text)
        except TestCitizensAddress:
            say(form.email, OF_TEST_CITIZENS)
        else:
            return _send(journey)
    return show("create_account/email.html", form=form, journey=journey)


@blueprint.route("/email-code", methods=["GET", "POST"])
def email_code(journey_id: str) -> Response:
    """Ask for the code that was mailed."""
    journey = enter(journey_id)
    if _has_account(journey):
        return leave(journey)
    if journey.email is None:
        return to("create_account.email", journey)
    if journey.email_proved_at is not None:
        return to("create_account.password", journey)
    form = EmailCodeForm()
    if form.accepted():
        if steps.prove_email(current.session(), current.services(), journey, form.code.text):
            return to("create_account.password", journey)
        say(form.code, _("That code is wrong or has expired. Try again or get a new one"))
    return show(
        "create_account/email_code.html",
        form=form,
        journey=journey,
        works_for=email_codes.LIFETIMES[steps.PURPOSE],
    )


@blueprint.route("/email-resend", methods=["GET", "POST"])
def email_resend(journey_id: str) -> Response:
    """Send another code, or say that no more can be sent for now."""
    journey = enter(journey_id)
    if _has_account(journey) or journey.email_proved_at is not None:
        return leave(journey)
    if journey.email is None:
        return to("create_account.email", journey)
    until = steps.sending_locked_until(current.session(), current.services(), journey)
    if until is not None:
        return show("create_account/email_locked.html", journey=journey, until=until)
    form = Form()
    if form.accepted():
        return _send(journey)
    return show("create_account/email_resend.html", form=form, journey=journey)


def _send(journey: Journey) -> Response:
    try:
        left = steps.send_code(
            current.session(),
            current.services(),
            journey,
            language=i18n.language(),
            device=current.device(),
        )
    except Locked:
        return to("create_account.email_resend", journey)
    return to("create_account.email_code" if left else "create_account.email_resend", journey)


@blueprint.route("/password", methods=["GET", "POST"])
def password(journey_id: str) -> Response:
    """Ask for a password, and open the account with it."""
    journey = enter(journey_id)
    if _has_account(journey):
        return leave(journey)
    if journey.email_proved_at is None:
        return to("create_account.email_code", journey)
    form = NewPasswordForm()
    if form.accepted():
        problem = steps.password_problem(journey, form.password.text)
        if problem is None:
            return _open_account(journey, form.password.text)
        say(form.password, PROBLEMS[problem])
    return show("create_account/password.html", form=form, journey=journey)


def _open_account(journey: Journey, password: str) -> Response:
    services = current.services()
    current.checkpoint()
    password_hash = services.hasher.hash(password)
    try:
        secret = steps.open_account(
            current.session(),
            services,
            journey,
            password_hash=password_hash,
            browser_hash=current.browser_hash(),
            current=current.signed_in(),
            device=current.device(),
            language=i18n.language(),
        )
    except EmailTaken:
        steps.sign_in_instead(journey)
        return leave(journey)
    except TestCitizensAddress:
        return to("create_account.email", journey)
    response = to("create_account.app", journey)
    cookies.set_session_cookie(response, secret)
    return response


@blueprint.route("/app", methods=["GET", "POST"])
def app(journey_id: str) -> Response:
    """Show the seed as a picture, a link and a key; ask for the app's first code."""
    journey = enter(journey_id)
    signed_in = current.signed_in()
    if signed_in is None:
        return leave_signed_out(journey)
    session, services = current.session(), current.services()
    if not steps.app_is_due(session, services, journey, signed_in):
        return leave(journey)
    recovery = steps.recovery_of(session, services, journey, signed_in)
    form = FirstCodeForm()
    if form.accepted():
        try:
            if recovery is None:
                secret = steps.finish(session, services, journey, signed_in, form.code.text)
            else:
                secret = steps.recover(
                    session, services, journey, signed_in, recovery, form.code.text
                )
        except steps.AlreadyDone:
            return leave(journey)
        if secret is not None:
            response = to("create_account.save_codes", journey)
            cookies.set_session_cookie(response, secret)
            return response
        say(form.code, _("That code is wrong. Check your app and try again"))
    seed = steps.proposed_seed(services, journey)
    email = steps.owner_email(current.session(), signed_in)
    return show(
        "create_account/app.html",
        form=form,
        setup=app_setup.of(seed, email),
        finishing=journey.choice != "create" and recovery is None,
        replacing=recovery is not None,
    )


@blueprint.route("/recovery-codes", methods=["GET", "POST"])
def save_codes(journey_id: str) -> Response:
    """Show recovery codes once, and ask to save them."""
    journey = enter(journey_id)
    session = current.session()
    owner = steps.owner_to_give_codes(session, current.services(), journey, current.signed_in())
    if owner is None:
        return leave(journey)
    recovered = recoveries.was_finished_in(session, journey, owner.id)
    after = "recover.done" if recovered else "create_account.done"
    return recovery_codes_page.answer(Place(owner, url_for(after, journey_id=journey.id)))


@blueprint.get("/done")
def done(journey_id: str) -> Response:
    """Say that the account is ready, and lead on to the service."""
    journey = enter(journey_id)
    if current.signed_in() is None or journey.otp_at is None:
        return leave(journey)
    return show("create_account/done.html", journey=journey, service=service_of(journey))


def _has_account(journey: Journey) -> bool:
    return current.signed_in() is not None and journey.account_id is not None
