"""The notice to everybody, on every page of ours."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask import Response, request

from idp.domain import banners
from idp.journeys.operators.banner_forms import BannerForm
from idp.journeys.operators.views.door import OPERATOR, console, me, to
from idp.web import current
from idp.web.forms import Form
from idp.web.i18n import TIME_ZONE
from idp.web.layout import show

_PREVIEW: Final = "preview"


@console.page("/ops/banner", OPERATOR, ("GET", "POST"), command="onepass banner set")
def banner() -> Response:
    """Ask for the notice, show how it will look, and put it on every page."""
    session, services = current.session(), current.services()
    stored = banners.find(session)
    form = BannerForm(data=_filled(stored) if request.method == "GET" else None)
    preview = None
    if form.holds(current.now()):
        if request.form.get("do") != _PREVIEW:
            banners.put(
                session,
                services,
                english=form.english.text,
                welsh=form.welsh.text,
                begins_at=form.begins.at or 0,
                ends_at=form.ends.at or 0,
                by=me(),
            )
            _follow()
            return to("banner")
        preview = {"en": form.english.text, "cy": form.welsh.text}
    return show("operators/banner.html", form=form, stored=stored, preview=preview)


@console.page("/ops/banner/end", OPERATOR, ("GET", "POST"), command="onepass banner end")
def end_banner() -> Response:
    """Take the notice away."""
    form, session = Form(), current.session()
    if form.accepted():
        banners.end(session, current.services(), by=me())
        _follow()
        return to("banner")
    return show("operators/banner_end.html", form=form, stored=banners.find(session))


def _follow() -> None:
    """Let this process see the change at once; the others see it within 30 seconds."""
    current.checkpoint()
    current.wiring().board.forget()


def _filled(stored: banners.Banner | None) -> dict[str, str]:
    if stored is None:
        return {"begins": _typed(current.now())}
    return {
        "english": stored.english,
        "welsh": stored.welsh,
        "begins": _typed(stored.begins_at),
        "ends": _typed(stored.ends_at),
    }


def _typed(at: int) -> str:
    moment = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(TIME_ZONE))
    return f"{moment.day} {moment.month} {moment.year} {moment:%H:%M}"
