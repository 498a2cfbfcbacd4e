"""Languages: which one a page speaks, and how a person changes it.

In this order: the `lng` of the address, the language of the journey (its `ui_locales`), the
`lng` cookie, English. A choice made by address is remembered in the cookie and in the journey.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babel import Locale
from flask import Flask, Response, g, request
from flask.ctx import AppContext
from flask_babel import (
    Babel,
    format_date,
    format_datetime,
    format_time,
    get_locale,
    gettext,
    ngettext,
    refresh,
)

from idp.domain import devices
from idp.domain.journeys import Journey
from idp.web import cookies

LANGUAGES: Final = {"en": "English", "cy": "Cymraeg"}
DEFAULT: Final = "en"
TIME_ZONE: Final = "Europe/London"
MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
YEAR: Final = 365 * DAY


def init_i18n(app: Flask) -> None:
    """Give `app` its translations and the cookie that remembers a choice."""
    Babel(
        app,
        default_locale=DEFAULT,
        default_translation_directories=str(Path(__file__).parents[1] / "translations"),
        default_timezone=TIME_ZONE,
        locale_selector=_select,
    )
    app.after_request(_remember)


def in_english() -> AppContext:
    """Return a context in which words are English: for a command, which nobody asks in Welsh."""
    app = Flask("idp.words")
    Babel(app, default_locale=DEFAULT, default_timezone=TIME_ZONE)
    return app.app_context()


def language() -> str:
    """Return the language of the page being made: a key of `LANGUAGES`."""
    return str(get_locale())


def follow(journey: Journey) -> None:
    """Speak the journey's language from here on; a choice by address becomes the journey's."""
    asked = _asked_by_address()
    if asked is not None and journey.language != asked:
        journey.language = asked
    g.journey_language = journey.language
    refresh()


def language_for(ui_locales: Iterable[str]) -> str:
    """Return the language of a new journey, given what its service asked for.

    Tags are matched by their first part (`cy-GB` is Welsh); none known: as for any other page.
    """
    asked = _asked_by_address()
    known = (tag.partition("-")[0].lower() for tag in ui_locales)
    return asked or next((tag for tag in known if tag in LANGUAGES), None) or _select()


def follow_locales(ui_locales: Iterable[str]) -> None:
    """Speak the language that a service asked for, if it is one of ours, in this response."""
    g.journey_language = language_for(ui_locales)
    refresh()


def clock_time(at: int) -> str:
    """Return the time of day of `at` (seconds since the epoch) as people here write it."""
    return str(format_time(datetime.fromtimestamp(at, UTC), "HH:mm"))


def date_and_time(at: int) -> str:
    """Return day and time of `at` (seconds since the epoch) in the page's language."""
    return str(format_datetime(datetime.fromtimestamp(at, UTC), "d MMMM y, HH:mm"))


def date(at: int) -> str:
    """Return the day of `at` (seconds since the epoch) in the page's language."""
    return str(format_date(datetime.fromtimestamp(at, UTC), "d MMMM y"))


def day(date: str) -> str:
    """Return a date written `YYYY-MM-DD` as people write it in the page's language."""
    return str(format_date(datetime.fromisoformat(date), "d MMMM y"))


def country(code: str) -> str:
    """Return a country's name (ISO 3166 two-letter code) in the page's language."""
    return str((get_locale() or Locale(DEFAULT)).territories.get(code, code))


def device(user_agent: str) -> str:
    """Return what a browser says it is, in the page's language; that it is unknown if it is."""
    return devices.described(user_agent, language()) or str(gettext("A device we do not know"))


def duration(seconds: int) -> str:
    """Return a length of time (1 second or more) in the page's language, in whole units."""
    if seconds % YEAR == 0:
        return str(ngettext("%(num)d year", "%(num)d years", seconds // YEAR))
    if seconds % DAY == 0:
        return str(ngettext("%(num)d day", "%(num)d days", seconds // DAY))
    if seconds % HOUR == 0:
        return str(ngettext("%(num)d hour", "%(num)d hours", seconds // HOUR))
    if seconds % MINUTE == 0:
        return str(ngettext("%(num)d minute", "%(num)d minutes", seconds // MINUTE))
    return str(ngettext("%(num)d second", "%(num)d seconds", seconds))


def _asked_by_address() -> str | None:
    asked = request.args.get("lng")
    return asked if asked in LANGUAGES else None


def _select() -> str:
    for candidate in (
        _asked_by_address(),
        g.get("journey_language"),
        cookies.language(),
    ):
        if candidate in LANGUAGES:
            return str(candidate)
    return DEFAULT


def _remember(response: Response) -> Response:
    asked = _asked_by_address()
    if asked is not None:
        cookies.set_language_cookie(response, asked)
    return response
