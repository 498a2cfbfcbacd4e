"""The pages of proving an identity. A page out of turn leads to the one that is due."""

from flask import Blueprint, Response, request

from idp.domain import identities, provings
from idp.domain.journeys import Journey
from idp.domain.provings import Proving
from idp.domain.sample_people import SAMPLE_PEOPLE
from idp.journeys.prove_identity import steps
from idp.journeys.prove_identity.forms import StandInForm
from idp.journeys.prove_identity.results import ENDED
from idp.journeys.prove_identity.steps import Page, Wait
from idp.protocol.identity_proving import Outcome
from idp.web import current, headers
from idp.web.errors import Kind, PageRefused
from idp.web.forms import Form
from idp.web.journey_pages import enter, leave, service_of, to
from idp.web.layout import show

blueprint = Blueprint(
    "prove_identity", __name__, url_prefix="/j/<journey_id>/prove", template_folder="templates"
)


@blueprint.route("", methods=["GET", "POST"])
def start(journey_id: str) -> Response:
    """Say what is about to happen, and leave the choice to go back."""
    journey, proving, elsewhere = _arrive(journey_id, Page.START)
    if proving is None:
        return elsewhere
    form = Form()
    if form.accepted():
        if _choice("continue", "leave") == "continue":
            return to("prove_identity.stand_in", journey)
        steps.leave(current.session(), current.services(), proving, journey.client_id)
        return leave(journey)
    return show(
        "prove_identity/start.html",
        form=form,
        service=service_of(journey),
        level=steps.highest_asked(proving),
        recovering=proving.for_recovery,
    )


@blueprint.route("/stand-in", methods=["GET", "POST"])
def stand_in(journey_id: str) -> Response:
    """Ask whom to be and how the check shall end, in place of a real check."""
    journey, proving, elsewhere = _arrive(journey_id, Page.START)
    if proving is None:
        return elsewhere
    form = StandInForm(ending=steps.highest_asked(proving))
    if form.accepted():
        provings.submit(
            current.session(), current.services(), proving, form.result, delay=form.delay.number
        )
        return to("prove_identity.wait", journey)
    people = SAMPLE_PEOPLE.values()
    return show("prove_identity/stand_in.html", form=form, journey=journey, people=people)


@blueprint.route("/wait", methods=["GET", "POST"])
def wait(journey_id: str) -> Response:
    """Wait for the check's answer; it can be waited for no longer when it does not come."""
    journey, proving, elsewhere = _arrive(journey_id, Page.WAIT)
    if proving is None:
        return elsewhere
    services = current.services()
    if steps.receive(current.session(), services, proving, journey.client_id):
        return to("prove_identity.result", journey)
    form = Form()
    waited = steps.wait_of(services, proving)
    if form.accepted() and waited is Wait.TOO_SLOW:
        steps.give_up(current.session(), services, proving, journey.client_id)
        return to("prove_identity.result", journey)
    headers.allow_asking_again()
    return show(
        "prove_identity/wait.html",
        form=form,
        service=service_of(journey),
        waited=waited.value,
        recovering=proving.for_recovery,
        seconds_left=steps.TOO_SLOW_AFTER,
    )


@blueprint.route("/details", methods=["GET", "POST"])
def details(journey_id: str) -> Response:
    """Show the proof that is kept, and ask whether it is right.

    The answer is about the proof that was shown: another Journey may have made a newer one.
    """
    journey, proving, elsewhere = _arrive(journey_id, Page.DETAILS)
    if proving is None:
        return elsewhere
    session, services = current.session(), current.services()
    proof = steps.kept_proof(session, services, proving)
    if proof is None:
        return leave(journey)
    form = Form()
    if form.accepted() and request.form.get("proof") == proof.id:
        if _choice("right", "wrong") == "right":
            steps.confirm(session, services, proving, proof, journey.client_id)
            return leave(journey)
        steps.dispute(session, services, proving, journey.client_id)
        return to("prove_identity.start", journey)
    return show("prove_identity/details.html", form=form, proof=proof, service=service_of(journey))


@blueprint.route("/result", methods=["GET", "POST"])
def result(journey_id: str) -> Response:
    """Say how the check ended, and lead on."""
    journey, proving, elsewhere = _arrive(journey_id, Page.RESULT)
    if proving is None:
        return elsewhere
    session = current.session()
    outcome = Outcome(str(proving.result))
    if proving.for_recovery:
        provings.settle(session, proving, outcome)
        return leave(journey)
    proof = identities.find(session, current.services(), proving.account_id)
    proved = outcome is Outcome.PROVED and not steps.falls_short(proving, proof)
    form = Form()
    if form.accepted():
        if _choice("continue", "again") == "continue":
            provings.settle(session, proving, outcome)
            return leave(journey)
        if outcome in steps.AGAIN and not proved:
            provings.start_again(session, proving)
            return to("prove_identity.start", journey)
    return show(
        "prove_identity/result.html",
        form=form,
        service=service_of(journey),
        proved=proved,
        words=ENDED[outcome],
        again=outcome in steps.AGAIN,
    )


def _arrive(journey_id: str, page: Page) -> tuple[Journey, Proving | None, Response]:
    """Return the Journey and its proving, or where to go instead if `page` is not due.

    Only for the person whose proving it is, signed in as it needs: a session may have been begun
    anew in another tab.
    """
    journey = enter(journey_id)
    session, signed_in = current.session(), current.signed_in()
    if signed_in is None:
        return journey, None, leave(journey)
    proving = provings.find(session, journey.id, signed_in.account_id)
    if proving is None or proving.outcome is not None:
        return journey, None, leave(journey)
    if not steps.may_enter(journey, proving, signed_in):
        return journey, None, leave(journey)
    due = steps.page_due(session, current.services(), proving)
    return journey, proving if due is page else None, to(due.value, journey)


def _choice(*choices: str) -> str:
    """Return which button was pressed."""
    choice = request.form.get("choice", "")
    if choice not in choices:
        raise PageRefused(Kind.BAD_REQUEST)
    return choice
