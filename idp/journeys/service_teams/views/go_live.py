"""Going live: a service's clients on their way, and for each the checklist and the questions."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from idp.domain import change_requests, go_live_checks, go_lives, team_services
from idp.domain.change_requests import NotWaiting
from idp.domain.go_live_checks import Check
from idp.domain.go_lives import LISTS, AnswersChanged, NotNow, Standing, Status
from idp.domain.throttles import Locked
from idp.journeys.service_teams.go_live_forms import GoLiveForm
from idp.journeys.service_teams.views.door import (
    MANAGER,
    READER,
    client,
    console,
    me,
    role,
    service,
    to,
)
from idp.journeys.service_teams.views.key_sets import fetched
from idp.protocol import registration_rules as rules
from idp.protocol.client_policy import is_production, policy_from_registration
from idp.protocol.client_registration import SECRET_METHODS
from idp.web import current
from idp.web.errors import Kind, PageRefused
from idp.web.forms import Form, say
from idp.web.go_live_words import ANSWERS, CHECKS, CURES, STATUSES, WELSH
from idp.web.layout import show


@console.page("/team/services/<service_id>/go-live", READER)
def go_live(**_named: str) -> Response:
    """Show how far each integration client is."""
    session = current.session()
    theirs = [
        (each, go_lives.of(session, each.client_id))
        for each in team_services.clients_of(session, service().id)
        if not is_production(each.members)
    ]
    return show(
        "service_teams/go_live.html",
        service=service(),
        clients=theirs,
        statuses=STATUSES,
        may_ask=role().name.lower() == MANAGER,
    )


@console.page("/team/services/<service_id>/clients/<client_id>/go-live", MANAGER, ("GET", "POST"))
def go_live_client(**_named: str) -> Response:
    """Show the checklist and ask the questions; keep what is typed, and submit it when asked."""
    standing = _standing()
    if standing.status in (Status.SUBMITTED, Status.APPROVED):
        return _decided_by_others(standing)
    form = GoLiveForm(data=_as_typed(standing.answers))
    if policy_from_registration(client().members).token_endpoint_auth_method in SECRET_METHODS:
        del form.jwks_uri
    elif go_lives.pasted_key(client()):
        form.has_pasted_key = True
    if not form.is_submitted():
        return _asked(form, standing)
    good = form.accepted()
    kept = _keep(form.answers)
    if request.form.get("act") != "submit":
        return to("go_live_client", service_id=service().id, client_id=client().client_id)
    # What was typed here is submitted, and nothing that somebody else types meanwhile.
    standing = replace(_standing(), answers=kept)
    failed = [check for check in _checks(standing) if not check.passed]
    if failed:
        say(form.declaration, _("Do what the checklist says first: some checks are not passed"))
    elif good:
        try:
            return _submitted(standing)
        except AnswersChanged:
            say(form.declaration, _("Somebody else changed these answers. Load the page again"))
    return _asked(form, standing)


@console.page(
    "/team/services/<service_id>/clients/<client_id>/go-live/withdraw", MANAGER, ("POST",)
)
def withdraw_go_live(**_named: str) -> Response:
    """Take back the request, whoever of the managers made it, to change the answers."""
    asked = _standing().asked
    if Form().accepted() and asked is not None:
        # If it was decided meanwhile, the page that follows says how.
        with suppress(NotWaiting):
            change_requests.withdraw(current.session(), current.services(), asked.id, by=me())
    return to("go_live_client", service_id=service().id, client_id=client().client_id)


def _standing() -> Standing:
    if is_production(client().members):
        raise PageRefused(Kind.NOT_FOUND)
    return go_lives.of(current.session(), client().client_id)


def _checks(standing: Standing) -> list[Check]:
    return go_live_checks.of(current.session(), client(), standing)


def _keep(answers: dict[str, Any]) -> dict[str, Any]:
    """Keep the draft and return it, and look at its keys: in another transaction."""
    client_id, address = client().client_id, str(answers.get("jwks_uri") or "")
    kept = go_lives.keep(current.session(), current.services(), client_id, answers)
    if not rules.address_is_acceptable(address, production=True):
        return kept
    try:
        found = go_live_checks.judged(fetched(client_id, address))
    except Locked:
        if _standing().keys is not None:
            return kept
        found = go_live_checks.TOO_OFTEN
    go_lives.found_keys(current.session(), client_id, address, found)
    return kept


def _submitted(standing: Standing) -> Response:
    session, services, found = current.session(), current.services(), client()
    method = policy_from_registration(found.members).token_endpoint_auth_method
    after = go_lives.production_registration(found, service(), standing.answers, method)
    passed = list(go_live_checks.NAMES)
    # If somebody else of the team was quicker, the page that follows shows theirs.
    with suppress(NotNow):
        go_lives.submit(
            session,
            services,
            found,
            by=me(),
            answers=standing.answers,
            after=after,
            passed=passed,
        )
    return to("go_live_client", service_id=service().id, client_id=found.client_id)


def _asked(form: GoLiveForm, standing: Standing) -> Response:
    return show(
        "service_teams/go_live_client.html",
        form=form,
        service=service(),
        client=client(),
        standing=standing,
        checks=_checks(standing),
        words=CHECKS,
        cures=CURES,
        statuses=STATUSES,
    )


def _decided_by_others(standing: Standing) -> Response:
    return show(
        "service_teams/go_live_standing.html",
        form=Form(),
        service=service(),
        client=client(),
        standing=standing,
        names=ANSWERS,
        welsh=WELSH,
        statuses=STATUSES,
    )


def _as_typed(answers: dict[str, Any]) -> dict[str, Any]:
    """Return the answers as the form shows them: a list has a line for each entry."""
    return {name: "\n".join(it or []) if name in LISTS else it for name, it in answers.items()}
