"""One request: looking at it, and deciding it."""

from collections.abc import Callable

from flask import Response

from idp.domain import approved_acts, emergency_keys, go_lives
from idp.domain.approved_acts import CannotBeDone, NotWaiting, OwnRequest
from idp.domain.change_requests import ChangeRequest, State
from idp.journeys.operators import registration_words, request_steps
from idp.journeys.operators.request_forms import ChangesForm, RefuseForm
from idp.journeys.operators.request_steps import RequestSeen
from idp.journeys.operators.request_words import HINDRANCES, KINDS, OF_SERVICE, STATES
from idp.journeys.operators.views.door import OPERATOR, console, me, to
from idp.web import current
from idp.web.errors import Kind, PageRefused
from idp.web.forms import Form
from idp.web.go_live_words import ANSWERS, CHECKS, WELSH
from idp.web.layout import show
from idp.web.lines_field import LinesField


@console.page("/ops/requests/<request_id>", OPERATOR, command="onepass requests show")
def request(request_id: str) -> Response:
    """Show one request, and what can be done with it."""
    return _shown(_request(request_id))


@console.page(
    "/ops/requests/<request_id>/approve",
    OPERATOR,
    ("GET", "POST"),
    command="onepass requests approve",
)
def approve_request(request_id: str) -> Response:
    """Approve a request and do what it asks; its page again when that cannot be done."""
    seen = _request(request_id)
    if not Form().accepted():
        return _shown(seen)
    try:
        _decided(
            lambda: approved_acts.approve(
                current.session(), current.services(), request_id, by=me()
            )
        )
    except CannotBeDone as hindered:
        return _shown(seen, problem=str(HINDRANCES[str(hindered)]), status=409)
    if seen.asked.kind == emergency_keys.KIND:
        # This process at once; the others read their rings again within 30 seconds.
        current.checkpoint()
        current.services().keyring.reread()
    return to("request", request_id=request_id)


@console.page(
    "/ops/requests/<request_id>/refuse",
    OPERATOR,
    ("GET", "POST"),
    command="onepass requests refuse",
)
def refuse_request(request_id: str) -> Response:
    """Ask why a request is refused, and refuse it."""
    form = RefuseForm()
    return _in_words(request_id, form, form.reason, approved_acts.refuse)


@console.page(
    "/ops/requests/<request_id>/ask", OPERATOR, ("GET", "POST"), command="onepass requests ask"
)
def ask_for_changes(request_id: str) -> Response:
    """Ask what should be changed, and send a request back."""
    form = ChangesForm()
    return _in_words(request_id, form, form.changes, approved_acts.ask_for_changes)


@console.page(
    "/ops/requests/<request_id>/withdraw", OPERATOR, ("POST",), command="onepass requests withdraw"
)
def withdraw_request(request_id: str) -> Response:
    """Take back one's own request."""
    _decided(
        lambda: approved_acts.withdraw(current.session(), current.services(), request_id, by=me())
    )
    return to("request", request_id=request_id)


def _request(request_id: str) -> RequestSeen:
    found = request_steps.find(current.session(), request_id, me=me(), now=current.now())
    if found is None:
        raise PageRefused(Kind.NOT_FOUND)
    return found


def _in_words(
    request_id: str, form: Form, field: LinesField, decide: Callable[..., ChangeRequest]
) -> Response:
    """Ask for the words that a decision needs, and decide so."""
    seen = _request(request_id)
    if form.accepted():
        session, services = current.session(), current.services()
        _decided(lambda: decide(session, services, request_id, by=me(), words=field.text))
        return to("request", request_id=request_id)
    return show("operators/request_decision.html", form=form, field=field, seen=seen, kinds=KINDS)


def _decided(decide: Callable[[], ChangeRequest]) -> None:
    """Decide. One's own request is refused to oneself, and that is recorded.

    One that is decided already is left as it is: its page, which follows, says what became of it.
    """
    try:
        decide()
    except OwnRequest as refused:
        raise PageRefused(Kind.FORBIDDEN) from refused
    except NotWaiting:
        return


def _shown(seen: RequestSeen, *, problem: str = "", status: int = 200) -> Response:
    asked, live = seen.asked, None
    registration: list[registration_words.Told] = []
    if asked.kind == go_lives.KIND:
        registration = registration_words.whole(asked.asked["before"], asked.asked["after"])
        live = go_lives.of(current.session(), asked.client_id or "").live_client_id
    return show(
        "operators/request.html",
        form=Form(),
        seen=seen,
        registration=registration,
        live=live if asked.state == State.APPROVED else None,
        kinds=KINDS,
        states=STATES,
        checks=CHECKS,
        of_service=OF_SERVICE,
        answers=ANSWERS,
        welsh=WELSH,
        problem=problem,
        status=status,
    )
