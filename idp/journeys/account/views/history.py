"""What happened to the account, and the report of what was not its owner."""

from flask import Response, abort, request

from idp.domain import activity, activity_reports
from idp.journeys.account import steps
from idp.journeys.account.views.door import blueprint, owner, to
from idp.journeys.account.words import HAPPENED
from idp.web import current, i18n
from idp.web.forms import Form
from idp.web.layout import show

_LONGEST_NUMBER = 9


@blueprint.get("/history")
def history() -> Response:
    """Show what happened, ten a page, newest first."""
    who, session = owner(), current.session()
    asked = request.args.get("page", "1")
    readable = asked.isascii() and asked.isdigit() and len(asked) <= _LONGEST_NUMBER
    page = activity.page(session, who.account.id, int(asked) if readable else 1)
    return show(
        "account/history.html",
        page=page,
        happened=HAPPENED,
        services=steps.names_of(session, who.account.id),
        device_of=i18n.device,
        reports=activity_reports.numbers(session, who.account.id),
    )


@blueprint.route("/history/<reference>", methods=["GET", "POST"])
def report(reference: str) -> Response:
    """Take the report that something was not the owner."""
    who, session = owner(), current.session()
    event = activity.find(session, who.account.id, reference)
    if event is None:
        abort(404)
    form = Form()
    if form.accepted():
        activity_reports.report(
            session, current.services(), who.account, event, device=current.device()
        )
        return to("reported", reference=reference)
    return show(
        "account/report.html",
        form=form,
        event=event,
        happened=HAPPENED,
        services=steps.names_of(session, who.account.id),
        device_of=i18n.device,
        before=activity_reports.numbers(session, who.account.id).get(reference),
    )


@blueprint.get("/history/<reference>/reported")
def reported(reference: str) -> Response:
    """Say the report's number, and what to do next."""
    found = activity_reports.numbers(current.session(), owner().account.id).get(reference)
    if found is None:
        abort(404)
    return show("account/reported.html", report=found)
