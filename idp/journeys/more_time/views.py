"""Staying longer, in a Journey or in one's own pages."""

import re
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, make_response, redirect, request, url_for

from idp.domain import journeys, sessions
from idp.web import current
from idp.web.errors import Kind, PageRefused
from idp.web.journey_pages import enter

blueprint = Blueprint("more_time", __name__)

_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_-]+)+/?", re.ASCII)


@blueprint.post("/j/<journey_id>/stay")
def in_journey(journey_id: str) -> Response:
    """Let the Journey, and the session of whoever is signed in, live on from now."""
    journey = enter(journey_id)
    session, services = current.session(), current.services()
    until = journeys.stay(session, services, journey)
    if until is None:
        raise PageRefused(Kind.EXPIRED)
    signed_in = current.signed_in()
    if signed_in is not None:
        sessions.stay(session, services, signed_in)
    return _answer(until, url_for("authorize.resume", journey_id=journey.id))


@blueprint.post("/stay")
def in_session() -> Response:
    """Let the session live on from now."""
    signed_in = current.signed_in()
    if signed_in is None:
        raise PageRefused(Kind.SIGNED_OUT)
    until = sessions.stay(current.session(), current.services(), signed_in)
    return _answer(until, url_for("account.services"))


def _answer(until: int, otherwise: str) -> Response:
    """Tell a script how long it is now; lead a person back to the page they asked on."""
    if request.accept_mimetypes.best == "application/json":
        return jsonify(seconds_left=until - current.now())
    return make_response(redirect(_asked_on(otherwise), 303))


def _asked_on(otherwise: str) -> str:
    # The Origin was ours already; only the path counts, so that it cannot lead elsewhere.
    path = urlsplit(request.referrer or "").path
    return path if _PATH.fullmatch(path) else otherwise
