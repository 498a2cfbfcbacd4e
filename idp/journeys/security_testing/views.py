"""The one page: how to begin, the last report, and every attack."""

from typing import Final

from flask import Blueprint, Response
from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from idp.journeys.security_testing import reports
from idp.web import current
from idp.web.layout import show

blueprint = Blueprint("security_testing", __name__, template_folder="templates")

FOLDER: Final = "probe"
VERDICT_WORDS: Final[dict[str, LazyString]] = {
    "defended": _("Defended"),
    "vulnerable": _("Vulnerable"),
    "broken": _("Not judged"),
    "not_tried": _("Not tried"),
    "not_offered": _("Not offered"),
}
SEVERITY_WORDS: Final[dict[str, LazyString]] = {
    "critical": _("Critical"),
    "high": _("High"),
    "medium": _("Medium"),
    "low": _("Low"),
}


@blueprint.get("/security-testing")
def security_testing() -> Response:
    """Show how to attack this demo, and what came of it last time."""
    folder = current.services().settings.var_dir / FOLDER
    report = reports.last_report(folder)
    return show(
        "security_testing/security_testing.html",
        report=report,
        told=report or reports.catalogue(folder),
        verdict_words=VERDICT_WORDS,
        severity_words=SEVERITY_WORDS,
    )
