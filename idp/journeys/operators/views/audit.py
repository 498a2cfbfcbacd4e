"""The audit record: search it, have it proved, take a copy."""

from typing import Final

from flask import Response, redirect, url_for
from flask_babel import lazy_gettext as _
from sqlalchemy import Engine

from idp.domain import audit_search
from idp.domain.audit_verification import Breach
from idp.domain.fact_catalogue import FACTS
from idp.journeys.operators import audit_steps
from idp.journeys.operators.audit_forms import SearchForm
from idp.journeys.operators.audit_steps import NotLookedUp
from idp.journeys.operators.views.door import OPERATOR, console, me, to
from idp.web import current
from idp.web.forms import Form
from idp.web.layout import show

BREACHES: Final = {
    Breach.CHANGED: _("it was changed"),
    Breach.MISSING: _("it is missing"),
    Breach.ADDED: _("it was added"),
    Breach.REORDERED: _("it stands in another place"),
    Breach.TAIL_CUT_OFF: _("the end of the record was cut off"),
    Breach.CHECKPOINT: _("its signed checkpoint does not hold"),
}


@console.page("/ops/audit", OPERATOR, command="onepass audit list")
def audit() -> Response:
    """Show what was asked for, newest first, and when the record was last proved."""
    session, form = current.session(), SearchForm()
    page, closed = None, False
    if form.validate():
        try:
            page = audit_steps.search(session, current.services(), form.wanted(), by=me())
        except NotLookedUp:
            closed = True
    asked = form.asked()
    older = None
    if page is not None and page.more is not None:
        before = f"{page.more[0]}-{page.more[1]}"
        older = url_for("operators.audit", **(asked | {"before": before}))  # type: ignore[arg-type]
    return show(
        "operators/audit.html",
        form=form,
        button=Form(),
        page=page,
        closed=closed,
        older=older,
        export=url_for("operators.export_audit", **asked),  # type: ignore[arg-type]
        facts=sorted(FACTS),
        standing=audit_steps.standing(session),
        breaches={breach.value: words for breach, words in BREACHES.items()},
        most_exported=audit_steps.MOST_EXPORTED,
        told=audit_search.told,
    )


@console.page("/ops/audit/verify", OPERATOR, ("POST",), command="onepass audit verify")
def verify_audit() -> Response:
    """Prove the record, or have the worker do it."""
    if Form().accepted():
        audit_steps.verify(current.session(), current.services(), by=me())
    return to("audit")


@console.page("/ops/audit/export", OPERATOR, command="onepass audit export")
def export_audit() -> Response:
    """Send what was asked for as lines of JSON, as they are read."""
    form, session = SearchForm(), current.session()
    if not form.validate():
        return to("audit")
    wanted = form.wanted()
    try:
        audit_steps.record_export(session, current.services(), wanted, by=me())
    except NotLookedUp:
        return redirect(url_for("operators.audit", **form.asked()), 303)  # type: ignore[arg-type,return-value]
    engine = session.get_bind()
    assert isinstance(engine, Engine)  # noqa: S101 - our sessions are bound to one
    lines = audit_search.lines(engine, wanted, audit_steps.MOST_EXPORTED)
    answer = Response(lines, mimetype="application/jsonl")
    answer.headers["Content-Disposition"] = 'attachment; filename="onepass-audit.jsonl"'
    return answer
