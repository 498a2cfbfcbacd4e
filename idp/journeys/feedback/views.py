"""The question and the thanks."""

from flask import Blueprint, Response, make_response, redirect, request, url_for

from idp.domain import feedback as answers
from idp.domain.feedback import After
from idp.journeys.feedback.forms import FeedbackForm
from idp.web import current, i18n
from idp.web.layout import show

blueprint = Blueprint("feedback", __name__, template_folder="templates")


@blueprint.route("/feedback", methods=["GET", "POST"])
def ask() -> Response:
    """Ask how satisfied somebody is, and keep the answer without them."""
    after = _after()
    form = FeedbackForm()
    if form.accepted():
        answers.give(
            current.session(),
            current.services(),
            after=after,
            language=i18n.language(),
            satisfaction=int(form.satisfaction.data),
            words=form.words.data or "",
        )
        return make_response(redirect(url_for("feedback.thanks"), 303))
    return show("feedback/ask.html", form=form, after=after.value, longest=answers.LONGEST)


@blueprint.get("/feedback/thanks")
def thanks() -> Response:
    """Say thank you, and where to go."""
    return show("feedback/thanks.html")


def _after() -> After:
    try:
        return After(request.args.get("after", ""))
    except ValueError:
        return After.SIGNING_OUT
