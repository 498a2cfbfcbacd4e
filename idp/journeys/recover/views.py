"""The pages of getting a new second factor. A page out of turn leads to the one that is due."""

from flask import Blueprint, Response, make_response, redirect, url_for
from flask_babel import gettext as _

from idp.domain import email_codes, guessing, recoveries
from idp.domain.guessing import Counter
from idp.domain.journeys import Journey
from idp.domain.throttles import Locked
from idp.journeys.recover import steps
from idp.journeys.recover.forms import (
    AGAIN,
    HELP,
    EmailCodeForm,
    NextForm,
    NextOrAgainForm,
    StopForm,
)
from idp.journeys.recover.steps import Case, Page
from idp.web import current, tries
from idp.web.forms import Form, say
from idp.web.journey_pages import SEE_OTHER, enter, leave, service_of, to
from idp.web.layout import show
from idp.web.locks import just_locked, note_lock
from idp.web.tries import Outcome

blueprint = Blueprint(
    "recover", __name__, url_prefix="/j/<journey_id>/recover", template_folder="templates"
)


@blueprint.route("", methods=["GET", "POST"])
def start(journey_id: str) -> Response:
    """Say which way there is to new codes, and go it."""
    journey, case, elsewhere = _arrive(journey_id, Page.START)
    if case is None:
        return elsewhere
    form = Form()
    if form.accepted():
        if case.proof_level is None:
            return _send(journey, case)
        begun = steps.begin_proving(current.session(), current.services(), case, journey)
        return to(Page.PROVING.value if begun else "recover.start", journey)
    return show(
        "recover/start.html",
        form=form,
        journey=journey,
        proved=case.proof_level is not None,
        email=case.account.email,
    )


@blueprint.route("/email-code", methods=["GET", "POST"])
def email_code(journey_id: str) -> Response:
    """Ask for the code that was mailed, and begin the wait when it is right."""
    journey, case, elsewhere = _arrive_waiting(journey_id)
    if case is None:
        return elsewhere
    counter = steps.email_counter(case)
    form = EmailCodeForm()
    if form.accepted() and not _locked(counter):
        answer = _try_email_code(journey, case, form)
        if answer is not None:
            return answer
    until = _locked(counter)
    if until:
        return show("recover/locked.html", until=until, just=just_locked(), journey=journey)
    return show(
        "recover/email_code.html",
        form=form,
        journey=journey,
        email=case.account.email,
        works_for=email_codes.LIFETIMES[steps.PURPOSE],
    )


def _try_email_code(journey: Journey, case: Case, form: EmailCodeForm) -> Response | None:
    session, services = current.session(), current.services()
    counter, account_id, device = steps.email_counter(case), case.account.id, current.device()
    outcome = tries.guess(
        counter,
        lambda: steps.begin_waiting(
            session, services, case, journey, form.code.text, device=device
        ),
        lambda left: guessing.email_code_was_wrong(
            session,
            services,
            counter,
            journey,
            steps.PURPOSE,
            account_id=account_id,
            tries_left=left,
        ),
    )
    if outcome is Outcome.RIGHT:
        return to("recover.waiting", journey)
    if outcome is Outcome.LOCKED:
        return to("recover.email_code", journey)
    say(form.code, _("That code is wrong or has expired. Try again or get a new one"))
    return None


@blueprint.route("/email-resend", methods=["GET", "POST"])
def email_resend(journey_id: str) -> Response:
    """Send another code, or say that no more can be sent for now."""
    journey, case, elsewhere = _arrive_waiting(journey_id)
    if case is None:
        return elsewhere
    until = steps.sending_locked_until(current.session(), current.services(), case)
    if until is not None:
        return show("recover/email_locked.html", journey=journey, until=until, just=just_locked())
    form = Form()
    if form.accepted():
        return _send(journey, case)
    return show("recover/email_resend.html", form=form, journey=journey, email=case.account.email)


def _send(journey: Journey, case: Case) -> Response:
    try:
        left = steps.send_code(
            current.session(), current.services(), case, journey, device=current.device()
        )
    except Locked:
        return to("recover.email_resend", journey)
    if left == 0:
        note_lock()
    return to("recover.email_code" if left else "recover.email_resend", journey)


@blueprint.get("/waiting")
def waiting(journey_id: str) -> Response:
    """Say until when to wait, and how it can be stopped."""
    journey, case, elsewhere = _arrive(journey_id, Page.WAITING)
    if case is None or case.recovery is None:
        return elsewhere
    return show("recover/waiting.html", journey=journey, until=case.recovery.ready_at)


@blueprint.route("/stop", methods=["GET", "POST"])
def stop(journey_id: str) -> Response:
    """Ask for the code that the mails tell, and end the recovery when it is right."""
    journey, case, elsewhere = _arrive(journey_id, Page.WAITING, Page.READY)
    if case is None:
        return elsewhere
    counter = steps.stop_counter(case)
    form = StopForm()
    if form.accepted() and not _locked(counter):
        answer = _try_to_stop(journey, case, form)
        if answer is not None:
            return answer
    until = _locked(counter)
    if until:
        return show("recover/locked.html", until=until, just=just_locked(), journey=journey)
    return show("recover/stop.html", form=form, journey=journey)


def _try_to_stop(journey: Journey, case: Case, form: StopForm) -> Response | None:
    session, services = current.session(), current.services()
    if not form.code.text:
        say(form.code, _("Enter the code from the email"))
        return None
    counter, device = steps.stop_counter(case), current.device()
    outcome = tries.guess(
        counter,
        lambda: steps.stop(session, services, case, form.code.text, device=device),
        lambda left: guessing.was_the_last_stop_code(session, services, counter, tries_left=left),
    )
    if outcome is Outcome.RIGHT:
        return to("recover.stopped", journey)
    if outcome is Outcome.LOCKED:
        return to("recover.stop", journey)
    say(form.code, _("That is not the code. Look for the newest email about getting back in"))
    return None


@blueprint.get("/stopped")
def stopped(journey_id: str) -> Response:
    """Say that the recovery has ended, and what to do next."""
    journey, case, elsewhere = _arrive(journey_id, Page.START, Page.NOT_NOW)
    if case is None or not recoveries.was_stopped_since(
        current.session(), case.account.id, journey.opened_at
    ):
        return elsewhere
    return show("recover/stopped.html", journey=journey, service=service_of(journey))


@blueprint.route("/ready", methods=["GET", "POST"])
def ready(journey_id: str) -> Response:
    """Say that a new app can be set up now, and what becomes of everything old."""
    journey, case, elsewhere = _arrive(journey_id, Page.READY)
    if case is None or case.recovery is None:
        return elsewhere
    form = Form()
    if form.accepted():
        journey.recovering = True
        return to("create_account.app", journey)
    return show(
        "recover/ready.html",
        form=form,
        journey=journey,
        can_be_stopped=case.recovery.journey_id is None,
    )


@blueprint.route("/not-now", methods=["GET", "POST"])
def not_now(journey_id: str) -> Response:
    """Say that codes cannot be changed now, and what else there is."""
    journey, case, elsewhere = _arrive(journey_id, Page.NOT_NOW)
    if case is None:
        return elsewhere
    return _no_way_on(journey, case, "recover/not_now.html")


@blueprint.route("/not-confirmed", methods=["GET", "POST"])
def not_confirmed(journey_id: str) -> Response:
    """Say that it could not be confirmed that it is them: not which detail was wrong."""
    journey, case, elsewhere = _arrive(journey_id, Page.NOT_CONFIRMED)
    if case is None:
        return elsewhere
    return _no_way_on(journey, case, "recover/not_confirmed.html")


def _no_way_on(journey: Journey, case: Case, page: str) -> Response:
    again = case.held_until is None and case.checks_locked_until is None
    form = NextOrAgainForm() if again else NextForm()
    if not form.accepted():
        until = case.held_until or case.checks_locked_until
        return show(page, form=form, until=until, held=case.held_until is not None)
    if form.choice.data == HELP:
        return make_response(redirect(url_for("information.support"), SEE_OTHER))
    if form.choice.data == AGAIN:
        begun = steps.begin_proving(current.session(), current.services(), case, journey)
        return to(Page.PROVING.value if begun else "recover.start", journey)
    journey.recovering = False
    return to("sign_in.code", journey)


@blueprint.get("/done")
def done(journey_id: str) -> Response:
    """Say that the codes come from the new app, and lead on to the service."""
    journey = enter(journey_id)
    signed_in = current.signed_in()
    if signed_in is None or not recoveries.was_finished_in(
        current.session(), journey, signed_in.account_id
    ):
        return leave(journey)
    return show("recover/done.html", journey=journey, service=service_of(journey))


def _arrive(journey_id: str, *pages: Page) -> tuple[Journey, Case | None, Response]:
    """Return the Journey and its case, or where to go instead if none of `pages` is due.

    A proof that is there is used before anything is decided.
    """
    journey = enter(journey_id)
    session, services, signed_in = current.session(), current.services(), current.signed_in()
    if (
        signed_in is not None
        and signed_in.level != "Cl.Cm"
        and not steps.password_is_given(journey, signed_in)
    ):
        return journey, None, to("sign_in.password", journey)
    case = steps.case_of(session, services, journey, signed_in)
    if case is None:
        return journey, None, leave(journey)
    if steps.use_proof(session, services, case, journey):
        return journey, None, to("recover.ready", journey)
    due = steps.page_due(case, journey, current.now())
    return journey, case if due in pages else None, to(due.value, journey)


def _arrive_waiting(journey_id: str) -> tuple[Journey, Case | None, Response]:
    """Return the same for the pages of the wait: only for who was never proved."""
    journey, case, elsewhere = _arrive(journey_id, Page.START)
    if case is None or case.proof_level is not None:
        return journey, None, elsewhere
    return journey, case, elsewhere


def _locked(counter: Counter) -> int | None:
    return guessing.locked_until(current.session(), current.services(), counter)
