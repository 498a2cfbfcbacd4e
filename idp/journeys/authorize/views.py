"""The door (`/authorize`), the way on (`/j/<id>/`) and nothing in between."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from flask import Blueprint, Response, make_response, redirect, request, url_for

from idp.domain import audit, handoffs, journeys, refusals, sessions, tries
from idp.domain.hot_path import SeenSession
from idp.journeys.authorize import identity, rooms, steps
from idp.oauth_server.answers import ReadyAnswer
from idp.oauth_server.requests import AuthorizationOAuth2Request, SessionGone
from idp.oauth_server.server import Answer
from idp.protocol import authorization_response
from idp.protocol.authorization_response import FORM_POST
from idp.protocol.client_policy import ClientPolicy
from idp.protocol.errors import Refused
from idp.protocol.identity_proving import IdentityGrant
from idp.protocol.next_step import (
    Decision,
    Step,
    freshness_required,
    next_step,
    next_step_at_home,
)
from idp.protocol.parameters import single_values
from idp.protocol.session_facts import SessionFacts
from idp.web import cookies, current, headers, i18n, journey_pages
from idp.web.arrivals import Arrival, fields_of
from idp.web.errors import Kind, PageRefused
from idp.web.layout import show

blueprint = Blueprint("authorize", __name__, template_folder="templates")

_ACCOUNT_STATES: Final = {"suspended": Kind.SUSPENDED, "blocked": Kind.BLOCKED}


@blueprint.get("/authorize")
def start() -> Answer:
    """Accept an authorization request; a person already signed in goes straight back."""
    steps.refuse_what_is_no_text(request.query_string)
    parameters, repeated = single_values(request.args.items(multi=True))
    with _recorded_if_refused():
        judged = _judge(current.wiring(), current.arrival()).arrived(
            parameters, repeated, current.now()
        )
    return _accept(judged)


@blueprint.post("/authorize")
def start_by_post() -> Answer:
    """Accept a request by POST (OIDC Core section 3.1.2.1), then carry on as a GET.

    A cross-site POST comes without our cookies, so it cannot know who is signed in.
    """
    if request.mimetype == "application/x-www-form-urlencoded":
        steps.refuse_what_is_no_text(request.get_data())
    parameters, repeated = single_values(request.form.items(multi=True))
    with _recorded_if_refused():
        judged = _judge(current.wiring(), current.arrival()).arrived(
            parameters, repeated, current.now()
        )
    if isinstance(judged, steps.SentBack):
        return _send_back(judged)
    ticket = handoffs.leave(current.session(), current.services(), judged.stored)
    return _see_other(url_for("authorize.pick_up", ticket=ticket))


@blueprint.get("/authorize/posted/<ticket>")
def pick_up(ticket: str) -> Answer:
    """Go on with a request that came by POST; a ticket is good once, for a minute."""
    text = handoffs.take(current.session(), current.services(), ticket)
    if text is None:
        raise PageRefused(Kind.EXPIRED)
    current.checkpoint()
    return _accept(_judge(current.wiring(), current.arrival()).stored(text))


@blueprint.get("/j/<journey_id>/")
def resume(journey_id: str) -> Answer:
    """Decide the next step of a stored request; every room comes back here."""
    journey = journey_pages.enter(journey_id)
    seen = current.seen()
    if seen is None and journey.password_at is not None and journey.failed is None:
        # Signed out meanwhile, in another tab or by time: told once, then asked to sign in.
        journeys.forget_proofs(journey)
        service = journey_pages.service_of(journey)
        raise PageRefused(Kind.SIGNED_OUT, service_url=service.landing_page_url)
    if seen is not None and not steps.same_person(seen.facts, journey.account_id):
        # Somebody else signed in meanwhile, in another tab: whose code would it be?
        seen = None
    if journey.returns_to is not None:
        return _resume_at_home(journey, journey.returns_to, seen)
    judged = _judge(current.wiring(), current.arrival()).stored(journey.parameters)
    if isinstance(judged, steps.SentBack):
        return _send_back(judged)
    facts = seen.facts if seen else None
    known = identity.known_for(current.session(), current.services(), judged, facts, journey.id)
    decision = next_step(
        judged.request,
        judged.registered.policy,
        facts,
        journey.facts(),
        current.now(),
        judged.hint,
        known.facts if known else None,
    )
    decision = steps.unless_elsewhere(decision, judged, facts)
    if decision.step is Step.ISSUE and seen is not None:
        _end(judged, journey)
        promised = identity.promise(
            current.session(),
            judged,
            known,
            seen.facts,
            now=current.now(),
            journey_id=journey.id,
        )
        current.checkpoint()
        return _issue(judged, decision, seen, journey.id, promised)
    if decision.step is Step.REFUSE:
        if decision.error is not None:
            _end(judged, journey)
        return _refuse(judged, decision)
    return _show(judged, decision.step, journey, facts)


def _resume_at_home(journey: journeys.Journey, returns_to: str, seen: SeenSession | None) -> Answer:
    """Decide the next step towards a page of our own, which is opened here and not over HTTP."""
    facts = seen.facts if seen else None
    decision = next_step_at_home(facts, journey.facts())
    if decision.step is Step.REFUSE:
        raise PageRefused(_ACCOUNT_STATES[decision.description])
    if decision.step is not Step.ISSUE:
        return _see_other(rooms.address_of(decision.step, journey, facts))
    if not journeys.end(current.session(), journey, current.now()):
        raise PageRefused(Kind.FINISHED)
    return _see_other(returns_to)


def shortcut(wiring: current.Wiring, arrival: Arrival) -> ReadyAnswer | None:
    """Send a person who is signed in straight back; None if anything else is to be done.

    The same decision as `start`'s, for the request that comes most often. What it leaves to
    `start` is judged again there, which costs a person who gets a page one statement.
    """
    if not arrival.query.isascii():
        return None
    services = wiring.services
    steps.refuse_what_is_no_text(arrival.query.encode())
    parameters, repeated = single_values(fields_of(arrival.query))
    try:
        judged = _judge(wiring, arrival, _never).arrived(parameters, repeated, arrival.now)
    except Refused:
        # Told, and written down, by `start`.
        return None
    if isinstance(judged, steps.SentBack) or judged.request.response_mode == FORM_POST:
        return None
    cookie = arrival.cookie(cookies.session_name(services.settings))
    seen = sessions.seen(wiring.hot_path, services, cookie, arrival.now)
    if seen is None or sessions.must_be_touched(seen, arrival.now):
        return None
    policy = judged.registered.policy
    decision = next_step(judged.request, policy, seen.facts, None, arrival.now, judged.hint)
    decision = steps.unless_elsewhere(decision, judged, seen.facts)
    if decision.step is not Step.ISSUE:
        return None
    try:
        answer = wiring.server.issue(_to_grant(judged, decision.level, None, arrival), seen.facts)
    except SessionGone:
        return None
    return _ready(answer)


def _accept(judged: steps.Judged | steps.SentBack) -> Answer:
    if isinstance(judged, steps.SentBack):
        return _send_back(judged)
    policy, now = judged.registered.policy, current.now()
    seen = current.seen()
    facts = seen.facts if seen else None
    known = identity.known_for(current.session(), current.services(), judged, facts, None)
    decision = next_step(
        judged.request, policy, facts, None, now, judged.hint, known.facts if known else None
    )
    decision = steps.unless_elsewhere(decision, judged, facts)
    if decision.step is Step.ISSUE and seen is not None:
        return _issue(judged, decision, seen, None)
    if decision.step is Step.REFUSE:
        return _refuse(judged, decision)
    journey = journeys.open_journey(
        current.session(),
        current.services(),
        browser_id=current.browser_id(),
        client_id=policy.client_id,
        parameters=judged.stored,
        language=i18n.language_for(judged.request.ui_locales),
        wanted=journeys.Wanted(
            fresh=freshness_required(judged.request, policy, facts, now),
            hint_subject=judged.hint.subject if judged.hint else None,
            email=judged.suggested_email,
        ),
    )
    return _show(judged, decision.step, journey, facts)


def _end(judged: steps.Judged, journey: journeys.Journey) -> None:
    """End the Journey, which one request alone can do."""
    if not journeys.end(current.session(), journey, current.now()):
        raise _over(Kind.FINISHED, judged)


def _show(
    judged: steps.Judged, step: Step, journey: journeys.Journey, facts: SessionFacts | None
) -> Answer:
    """Lead to the page that this step needs."""
    if step is Step.PROVE and facts is not None:
        identity.begin(current.session(), judged, facts.account_id, journey.id)
    return _see_other(rooms.address_of(step, journey, facts))


def _issue(
    judged: steps.Judged,
    decision: Decision,
    seen: SeenSession,
    journey_id: str | None,
    promised: IdentityGrant | None = None,
) -> Answer:
    wiring, now = current.wiring(), current.now()
    if sessions.must_be_touched(seen, now):
        sessions.touch(current.session(), seen.facts.sid, now)
        current.checkpoint()
    try:
        granted = _to_grant(judged, decision.level, journey_id, current.arrival(), promised)
        answer = wiring.server.issue(granted, seen.facts)
    except SessionGone as gone:
        raise _over(Kind.EXPIRED, judged) from gone
    return _tell(answer)


def _to_grant(
    judged: steps.Judged,
    level: str,
    journey_id: str | None,
    arrival: Arrival,
    promised: IdentityGrant | None = None,
) -> AuthorizationOAuth2Request:
    return AuthorizationOAuth2Request(
        judged.request,
        judged.registered,
        level=level,
        journey_id=journey_id,
        request_id=arrival.request_id,
        now=arrival.now,
        identity=promised,
    )


def _over(kind: Kind, judged: steps.Judged) -> PageRefused:
    return PageRefused(kind, service_url=judged.registered.policy.landing_page_url)


def _refuse(judged: steps.Judged, decision: Decision) -> Answer:
    if decision.error is None:
        raise PageRefused(_ACCOUNT_STATES[decision.description])
    client_id = judged.registered.policy.client_id
    _record(audit.AuthorizationRefused(client_id=client_id, reason=decision.error))
    return _tell(
        _judge(current.wiring(), current.arrival()).refusal(
            judged.request, decision.error, decision.description
        )
    )


def _send_back(refusal: steps.SentBack) -> Answer:
    fact = steps.refusal_to_record(refusal.error)
    if fact is not None:
        _record(fact)
    return _tell(refusal.answer)


@contextmanager
def _recorded_if_refused() -> Iterator[None]:
    """Write down that a client's request was refused on our own page."""
    try:
        yield
    except Refused as refused:
        fact = steps.refusal_to_record(refused)
        if fact is not None:
            _record(fact)
        raise


def _record(fact: audit.AuthorizationRefused) -> None:
    refusals.record(
        current.session(),
        fact,
        fact.client_id,
        now=current.now(),
        request_id=current.request_id(),
    )


def _see_other(address: str) -> Response:
    return make_response(redirect(address, 303))


def _tell(answer: authorization_response.Answer) -> Answer:
    """Send the browser back to the service with the answer."""
    if answer.by_form:
        headers.allow_form_to(answer.redirect_uri)
        return show("authorize/form_post.html", answer=answer)
    if request.method != "POST":
        return _ready(answer)
    # 303 after a form, 302 after a GET: never a status that would send a form's body on.
    response = make_response(redirect(answer.location, 303))
    response.headers["Cache-Control"] = "no-store"
    return response


def _ready(answer: authorization_response.Answer) -> ReadyAnswer:
    return ReadyAnswer(b"", 302, [("Location", answer.location), ("Cache-Control", "no-store")])


def _never(_policy: ClientPolicy, _state: str | None) -> bool:
    return False


def _is_tried(policy: ClientPolicy, state: str | None) -> bool:
    """Return whether a team tries its client in this browser, with this very request."""
    offered = current.services().settings.tries_offered
    return tries.may_try(policy, offered=offered) and tries.is_under_way(
        current.session(), policy.client_id, state, current.browser_hash(), current.now()
    )


def _judge(
    wiring: current.Wiring,
    arrival: Arrival,
    is_tried: Callable[[ClientPolicy, str | None], bool] = _is_tried,
) -> steps.Judge:
    services = wiring.services

    def admits(policy: ClientPolicy) -> bool:
        # What the short way leaves to the long one is judged again, and counted once.
        if arrival.admitted is None:
            arrival.admitted = wiring.rates.admits(policy)
        return arrival.admitted

    return steps.Judge(
        wiring.registry,
        wiring.client_keys,
        services.keyring,
        services.settings.issuer,
        admits,
        is_tried,
    )
