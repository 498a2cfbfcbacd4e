"""The pages and endpoints of a department.

Owns: what each address answers.
Owns not: any check of what Onepass says (``sign_in``, ``logout``), any words (``words``, TOML).
"""

import logging
from datetime import UTC, datetime
from typing import cast

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask_babel import format_date, format_datetime
from werkzeug.wrappers import Response as BaseResponse

from relying_party_demo import words
from relying_party_demo.department import Action, service_called
from relying_party_demo.discovery import DiscoveryRefused
from relying_party_demo.exchange import Exchange
from relying_party_demo.identity import Identity
from relying_party_demo.outbound import ProviderUnreachable
from relying_party_demo.parts import known_session, language, live_session, parts
from relying_party_demo.problems import refuse
from relying_party_demo.sign_in import SignInRefused
from relying_party_demo.store import Session

logger = logging.getLogger("department")
pages = Blueprint("pages", __name__)

# How long a sign-in made for an action keeps that action open, in seconds.
ACTION_LIFETIME = 300
LEVEL_ORDER = ("Cl", "Cl.Cm")
# Pages that can be asked for again, so the language link may lead back to them.
REPEATABLE = frozenset({"pages.start", "pages.account", "pages.action", "pages.signed_out"})


def moment(at: int) -> str:
    """A time of day and date as people write them, in the language of the page."""
    return str(format_datetime(datetime.fromtimestamp(at, UTC), "HH:mm:ss, d MMMM yyyy"))


def day(date: str) -> str:
    """A date (YYYY-MM-DD) as people write it, in the language of the page."""
    try:
        return str(format_date(datetime.fromisoformat(date), "d MMMM yyyy"))
    except ValueError:
        return date


@pages.app_context_processor
def _for_every_page() -> dict[str, object]:
    department, ours = parts().department, language()
    other = "en" if ours == "cy" else "cy"
    path = request.path if request.endpoint in REPEATABLE else url_for("pages.start")
    return {
        "department": department,
        "language": ours,
        "other_language_address": f"{path}?lng={other}",
        "t": lambda text: text.within(ours),
        "moment": moment,
        "day": day,
        "words": words,
        "form_token": parts().cookies.form_token,
        "signed_in": g.get("signed_in", False),
        "others": [
            (*service_called(other.name, ours), other.url) for other in department.place.others
        ],
    }


@pages.get("/")
def start() -> str:
    """What the service is, and the way in."""
    g.signed_in = live_session() is not None
    return render_template("start.html")


@pages.get("/sign-in")
def sign_in() -> BaseResponse:
    """Send the browser to Onepass; ``?then`` names the action it is for. Needs no form."""
    department = parts().department
    asked = request.args.get("then")
    action = department.action(asked)
    if asked is not None and action is None:
        return refuse("not_found")
    return send_to_onepass(action)


def send_to_onepass(action: Action | None) -> BaseResponse:
    """The redirect that begins a sign-in, or the page that says why it cannot begin."""
    try:
        address = parts().sign_in.begin(
            browser=parts().cookies.bind(),
            language=language(),
            action=action,
            session=live_session(),
        )
    except (ProviderUnreachable, DiscoveryRefused) as fault:
        logger.warning("sign-in not begun: %s", fault)
        return refuse("unreachable")
    return redirect(address, 303)


@pages.get("/callback")
def callback() -> BaseResponse:
    """Onepass's answer: opens a session, or says what was wrong with it."""
    answer = {name: values for name, values in request.args.lists() if name != "lng"}
    before = known_session()
    try:
        arrived = parts().sign_in.finish(answer, parts().cookies.browser())
    except SignInRefused as refusal:
        logger.warning("sign-in refused: %s %r", refusal.reason, refusal.detail)
        ends = refusal.reason == "login_required" or refusal.detail == "same_person"
        if before is not None and ends:
            _end_refused(before, refusal.exchange)
        return refuse(refusal.reason, refusal.exchange, refusal.detail)
    if before is not None:
        parts().store.forget(before.secret_hash)
    logger.info("signed in")
    action = arrived.session.action
    where = url_for("pages.action", slug=action) if action else url_for("pages.account")
    response = cast(Response, redirect(where, 303))
    parts().cookies.set_session(response, arrived.secret)
    return response


def _end_refused(session: Session, exchange: Exchange) -> None:
    """A citizen who could not show again who they are is not signed in here either."""
    parts().store.end(
        session.secret_hash,
        at=parts().clock.now(),
        how="refused",
        exchange=Exchange(exchange.steps).to_json(),
    )


@pages.get("/account")
def account() -> BaseResponse | str:
    """The service itself, for a citizen who is signed in, and how the sign-in went."""
    session = live_session()
    if session is None:
        return redirect(_where_signed_out(), 303)
    g.signed_in = True
    exchange = Exchange.from_json(session.exchange)
    identity = Identity.from_json(session.identity) if session.identity else None
    return render_template("account.html", session=session, exchange=exchange, identity=identity)


def _where_signed_out() -> str:
    known = known_session()
    ended = known is not None and known.ended_at is not None
    return url_for("pages.signed_out") if ended else url_for("pages.start")


def may(session: Session, action: Action, now: int) -> bool:
    """Is this session strong enough for ``action``, and was it made for it if it must be?"""
    needed = action.vtr or LEVEL_ORDER[0]
    if LEVEL_ORDER.index(session.level) < LEVEL_ORDER.index(needed):
        return False
    if action.prompt is None and action.max_age is None:
        return True
    return session.action == action.slug and now - session.started_at < ACTION_LIFETIME


@pages.route("/actions/<slug>", methods=["GET", "POST"])
def action(slug: str) -> BaseResponse | str:
    """Something that a sign-in must be stronger or fresher for; asks for that first."""
    wanted = parts().department.action(slug)
    if wanted is None:
        return refuse("not_found")
    session = live_session()
    if session is None:
        return redirect(_where_signed_out(), 303)
    if request.method == "POST":
        parts().cookies.check_form()
    if not may(session, wanted, parts().clock.now()):
        return redirect(url_for("pages.sign_in", then=slug), 303)
    g.signed_in = True
    if request.method == "POST":
        return render_template("action_done.html", action=wanted)
    exchange = Exchange.from_json(session.exchange)
    return render_template("action.html", action=wanted, session=session, exchange=exchange)


@pages.post("/sign-out")
def sign_out() -> BaseResponse:
    """End the session here, then at Onepass, which tells every other service."""
    parts().cookies.check_form()
    session = known_session()
    if session is None or session.ended_at is not None:
        return redirect(url_for("pages.signed_out"), 303)
    try:
        address = parts().logout.here(session)
    except (ProviderUnreachable, DiscoveryRefused) as fault:
        logger.warning("signed out here alone: %s", fault)
        return redirect(url_for("pages.signed_out"), 303)
    logger.info("signed out here")
    return redirect(address, 303)


@pages.get("/signed-out")
def signed_out() -> BaseResponse | str:
    """That the citizen is signed out, and how it came about."""
    session = known_session()
    if session is not None and session.live(parts().clock.now()):
        return redirect(url_for("pages.account"), 303)
    state = request.args.get("state")
    if session is not None and state is not None:
        parts().logout.returned(session, state)
        session = known_session()
    exchange = None
    if session is not None and session.ended_exchange is not None:
        exchange = Exchange.from_json(session.ended_exchange)
    return render_template("signed_out.html", session=session, exchange=exchange)
