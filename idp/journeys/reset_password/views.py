"""The pages on the way to a new password. A page out of turn leads to the one that is due."""

from flask import Blueprint, Response
from flask_babel import gettext as _

from idp.domain import email_codes, guessing, resets
from idp.domain.accounts import Account
from idp.domain.guessing import Counter
from idp.domain.journeys import Journey
from idp.domain.throttles import Locked
from idp.journeys.reset_password import steps
from idp.journeys.reset_password.forms import AppCodeForm, EmailCodeForm
from idp.journeys.reset_password.steps import Page
from idp.protocol.session_facts import BLOCKED, SUSPENDED
from idp.web import cookies, current, i18n, tries
from idp.web.errors import Kind, PageRefused
from idp.web.forms import Form, say
from idp.web.journey_pages import enter, leave, service_of, to
from idp.web.layout import show
from idp.web.locks import just_locked, note_lock
from idp.web.new_passwords import PROBLEMS, NewPasswordForm
from idp.web.recovery_code_form import RecoveryCodeForm
from idp.web.tries import Outcome

blueprint = Blueprint(
    "reset_password", __name__, url_prefix="/j/<journey_id>/reset", template_folder="templates"
)

CLOSED = {SUSPENDED: Kind.SUSPENDED, BLOCKED: Kind.BLOCKED}
BEFORE_THE_CODE = (Page.REQUEST, Page.REQUIRED, Page.EMAIL_CODE)


@blueprint.route("/request", methods=["GET", "POST"])
def ask(journey_id: str) -> Response:
    """Say what is about to happen, and send a code."""
    journey, elsewhere = _arrive(journey_id, Page.REQUEST, Page.EMAIL_CODE)
    if elsewhere is not None:
        return elsewhere
    form = Form()
    if form.accepted():
        return _send(journey)
    return show("reset_password/request.html", form=form, journey=journey)


@blueprint.route("/required", methods=["GET", "POST"])
def required(journey_id: str) -> Response:
    """Say that there must be a new password before anything else, and send a code."""
    journey = enter(journey_id)
    resets.forget_if_old(current.services(), journey)
    session, signed_in = current.session(), current.signed_in()
    account = steps.forced(session, signed_in)
    if account is None:
        return leave(journey)
    steps.go_by_its_address(journey, account)
    due = steps.page_due(session, journey, signed_in)
    if due is not Page.REQUIRED:
        return to(due.value, journey)
    form = Form()
    if form.accepted():
        return _send(journey)
    return show("reset_password/required.html", form=form, email=account.email)


@blueprint.route("/email-code", methods=["GET", "POST"])
def email_code(journey_id: str) -> Response:
    """Ask for the code that was mailed."""
    journey, elsewhere = _arrive(journey_id, Page.EMAIL_CODE)
    if elsewhere is not None:
        return elsewhere
    if _locked(steps.email_counter(journey)):
        return to("reset_password.locked", journey)
    form = EmailCodeForm()
    if form.accepted():
        answer = _try_email_code(journey, form)
        if answer is not None:
            return answer
    return show(
        "reset_password/email_code.html",
        form=form,
        journey=journey,
        works_for=email_codes.LIFETIMES[steps.PURPOSE],
    )


def _try_email_code(journey: Journey, form: EmailCodeForm) -> Response | None:
    session, services = current.session(), current.services()
    counter = steps.email_counter(journey)
    outcome = tries.guess(
        counter,
        lambda: steps.prove_mailbox(session, services, journey, form.code.text),
        lambda left: guessing.email_code_was_wrong(
            session,
            services,
            counter,
            journey,
            steps.PURPOSE,
            account_id=journey.reset_account_id,
            tries_left=left,
        ),
    )
    if outcome is Outcome.RIGHT:
        return to(steps.page_due(session, journey, current.signed_in()).value, journey)
    if outcome is Outcome.LOCKED:
        return to("reset_password.locked", journey)
    say(form.code, _("That code is wrong or has expired. Try again or get a new one"))
    return None


@blueprint.route("/email-resend", methods=["GET", "POST"])
def email_resend(journey_id: str) -> Response:
    """Send another code, or say that no more can be sent for now."""
    journey, elsewhere = _arrive(journey_id, *BEFORE_THE_CODE)
    if elsewhere is not None:
        return elsewhere
    until = steps.sending_locked_until(current.session(), current.services(), journey)
    if until is not None:
        return show(
            "reset_password/email_locked.html",
            journey=journey,
            until=until,
            sent=journey.reset_begun_at is not None,
            just=just_locked(),
        )
    if journey.reset_begun_at is None:
        return to("reset_password.ask", journey)
    form = Form()
    if form.accepted():
        return _send(journey)
    return show("reset_password/email_resend.html", form=form, journey=journey)


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
        return to("reset_password.email_resend", journey)
    if left == 0:
        note_lock()
        return to("reset_password.email_resend", journey)
    return to("reset_password.email_code", journey)


@blueprint.route("/second-factor", methods=["GET", "POST"])
def second_factor(journey_id: str) -> Response:
    """Ask for the app's code: who can read somebody's mail must not get their account by it."""
    journey, elsewhere = _arrive(journey_id, Page.SECOND_FACTOR)
    if elsewhere is not None:
        return elsewhere
    account = _account(journey)
    if _locked(steps.app_counter(account)):
        return to("reset_password.locked", journey)
    form = AppCodeForm()
    if form.accepted():
        answer = _try_app_code(journey, account, form)
        if answer is not None:
            return answer
    return show(
        "reset_password/second_factor.html",
        form=form,
        journey=journey,
        has_recovery_codes=steps.has_recovery_codes(current.session(), account),
    )


def _try_app_code(journey: Journey, account: Account, form: AppCodeForm) -> Response | None:
    session, services = current.session(), current.services()
    outcome = tries.code_guess(
        steps.app_counter(account),
        account.id,
        lambda: steps.use_app_code(session, services, journey, account, form.code.text),
    )
    if outcome is Outcome.RIGHT:
        return to("reset_password.password", journey)
    if outcome is Outcome.LOCKED:
        return to("reset_password.locked", journey)
    say(form.code, _("That code is wrong. Check your app and try again"))
    return None


@blueprint.route("/recovery-code", methods=["GET", "POST"])
def recovery_code(journey_id: str) -> Response:
    """Ask for a recovery code in the place of the app's."""
    journey, elsewhere = _arrive(journey_id, Page.SECOND_FACTOR)
    if elsewhere is not None:
        return elsewhere
    account = _account(journey)
    if not steps.has_recovery_codes(current.session(), account):
        return to("reset_password.second_factor", journey)
    counter, form = steps.recovery_counter(account), RecoveryCodeForm()
    if form.accepted() and not _locked(counter):
        answer = _try_recovery_code(journey, account, form)
        if answer is not None:
            return answer
    until = guessing.locked_until(current.session(), current.services(), counter)
    if until is not None:
        return _show_lock(journey, until)
    return show("reset_password/recovery_code.html", form=form, journey=journey)


def _try_recovery_code(
    journey: Journey, account: Account, form: RecoveryCodeForm
) -> Response | None:
    session, services, device = current.session(), current.services(), current.device()
    typed = form.recovery_code.text
    outcome = tries.code_guess(
        steps.recovery_counter(account),
        account.id,
        lambda: steps.use_recovery_code(session, services, journey, account, typed, device=device),
    )
    if outcome is Outcome.RIGHT:
        return to("reset_password.password", journey)
    if outcome is Outcome.LOCKED:
        return to("reset_password.recovery_code", journey)
    say(form.recovery_code, _("That recovery code is wrong or already used"))
    return None


@blueprint.route("/password", methods=["GET", "POST"])
def password(journey_id: str) -> Response:
    """Ask for the new password, set it, and sign in with it."""
    journey, elsewhere = _arrive(journey_id, Page.PASSWORD)
    if elsewhere is not None:
        return elsewhere
    account = _account(journey)
    form = NewPasswordForm()
    if form.accepted():
        problem = steps.password_problem(account, form.password.text)
        if problem is None:
            answer = _set_password(journey, account, form)
            if answer is not None:
                return answer
        else:
            say(form.password, PROBLEMS[problem])
    return show("reset_password/password.html", form=form, because=account.reset_because)


def _set_password(journey: Journey, account: Account, form: NewPasswordForm) -> Response | None:
    services, old_hash = current.services(), account.password_hash
    current.checkpoint()
    if services.hasher.verify(old_hash, form.password.text):
        say(form.password, _("You are already using that password"))
        return None
    new_hash = services.hasher.hash(form.password.text)
    # What was proved is asked again: another request may have used it up while this one hashed.
    session, signed_in = current.session(), current.signed_in()
    session.refresh(journey)
    if steps.page_due(session, journey, signed_in) is not Page.PASSWORD:
        return leave(journey)
    secret = steps.finish(
        session,
        services,
        journey,
        account,
        old_hash=old_hash,
        new_hash=new_hash,
        arrival=steps.Arrival(current.browser_hash(), current.device(), signed_in),
    )
    response = leave(journey)
    if secret is not None:
        cookies.set_session_cookie(response, secret)
    return response


@blueprint.get("/locked")
def locked(journey_id: str) -> Response:
    """Say that the password cannot be reset for now, and until when."""
    journey, elsewhere = _arrive(journey_id, Page.EMAIL_CODE, Page.SECOND_FACTOR)
    if elsewhere is not None:
        return elsewhere
    session, services = current.session(), current.services()
    account = steps.account_due(session, journey, current.signed_in())
    counter = steps.email_counter(journey) if account is None else steps.app_counter(account)
    until = guessing.locked_until(session, services, counter)
    if until is None:
        return to(steps.page_due(session, journey, current.signed_in()).value, journey)
    return _show_lock(journey, until)


def _show_lock(journey: Journey, until: int) -> Response:
    return show(
        "reset_password/locked.html", until=until, just=just_locked(), service=service_of(journey)
    )


def _arrive(journey_id: str, *pages: Page) -> tuple[Journey, Response | None]:
    """Return the Journey, and where to go instead if none of `pages` is due.

    Raises PageRefused for an account that is suspended or blocked, once its mailbox is proved.
    """
    journey = enter(journey_id)
    resets.forget_if_old(current.services(), journey)
    session, signed_in = current.session(), current.signed_in()
    if steps.choose_address(session, journey, signed_in) is None:
        return journey, to("sign_in.email", journey)
    account = steps.account_due(session, journey, signed_in)
    if account is not None and not steps.may_sign_in(account):
        raise PageRefused(CLOSED[account.state], service_url=service_of(journey).landing_page_url)
    if _has_signed_in(journey):
        return journey, leave(journey)
    due = steps.page_due(session, journey, signed_in)
    return journey, None if due in pages else to(due.value, journey)


def _has_signed_in(journey: Journey) -> bool:
    """Return whether they gave the password here after all, and need not have another one."""
    signed_in = current.signed_in()
    given = journey.password_at is not None
    own = signed_in is not None and signed_in.account_id == journey.account_id
    return given and own and steps.forced(current.session(), signed_in) is None


def _account(journey: Journey) -> Account:
    account = steps.account_due(current.session(), journey, current.signed_in())
    if account is None:
        raise PageRefused(Kind.EXPIRED)
    return account


def _locked(counter: Counter) -> bool:
    return guessing.locked_until(current.session(), current.services(), counter) is not None
