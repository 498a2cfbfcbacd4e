"""The shell of every page: GOV.UK Frontend's templates under ours, and what a page is shown with.

Our templates fail on an undefined name; GOV.UK's rely on undefined names being empty, so they
are loaded from an environment of their own.
"""

from collections.abc import Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode

from flask import Flask, Response, g, make_response, render_template, request, send_from_directory
from govuk_frontend_wtf.main import WTFormsHelpers
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from idp.domain import journey_times
from idp.domain.journeys import Journey
from idp.web import current, footer, forms, headers, i18n, time_limits

HERE: Final = Path(__file__).parent
GOVUK_PACKAGES: Final = ("govuk_frontend_jinja", "govuk_frontend_wtf")
STATIC_LIFETIME: Final = 600


class HasErrors(Protocol):
    """A form, as far as showing a page is concerned."""

    @property
    def errors(self) -> Any:
        """What is wrong with what was sent; empty when nothing is."""


def init_web(app: Flask) -> None:
    """Give `app` what its pages are made with: templates, assets, protected forms.

    Languages, headers and errors are given to it before (`idp.app`).
    """
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = STATIC_LIFETIME
    _serve_assets(app)
    forms.init_forms(app)
    WTFormsHelpers(app)
    _load_templates(app.jinja_env)
    app.jinja_env.globals.update(
        language=i18n.language,
        language_choices=language_choices,
        nonce=headers.nonce,
        clock_time=i18n.clock_time,
        date_and_time=i18n.date_and_time,
        date=i18n.date,
        day=i18n.day,
        country=i18n.country,
        duration=i18n.duration,
        footer_links=footer.footer_links,
        is_under_way=footer.is_under_way,
        about=footer.about,
        time_limit=time_limits.time_limit,
        warn_before=time_limits.WARN_BEFORE,
        is_signed_in=is_signed_in,
        notice=notice,
        planted_fault=planted_fault,
    )


def show(
    template: str, *, form: HasErrors | None = None, status: int = 200, **words: Any
) -> Response:
    """Return the page `template`; a form with errors is answered with 400."""
    refused = form is not None and bool(form.errors)
    journey: Journey | None = g.get("journey")
    if journey is not None and request.endpoint is not None:
        journey_times.show(journey, request.endpoint, current.now())
    html = render_template(template, form=form, **words)
    return make_response(html, 400 if refused else status)


def notice(*, known_only: bool = False) -> str | None:
    """Return what operators have to tell everybody now, in the page's language; usually None.

    With `known_only` the database is not asked, whatever it says by now.
    """
    board = current.wiring().board
    return board.known(i18n.language()) if known_only else board.shown(i18n.language())


def planted_fault() -> str | None:
    """Return the name of the fault that this copy has on purpose; None in every real one."""
    return current.services().settings.planted_fault


def is_signed_in() -> bool:
    """Return whether the header leads to somebody's account: not where they would lose their place.

    A database that does not answer makes no page fail that needs nothing else of it.
    """
    if footer.is_under_way():
        return False
    with suppress(DBAPIError, PoolTimeout):
        return current.seen() is not None
    return False


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """One entry of the language toggle: this very page in that language."""

    code: str
    name: str
    href: str
    current: bool


def language_choices() -> list[LanguageChoice]:
    """Return the toggle's entries, or none where this address cannot be opened by a link."""
    rule = request.url_rule
    if rule is not None and "GET" not in (rule.methods or ()):
        return []
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lng"]
    spoken = i18n.language()
    # Encoded: browsers read a backslash as a slash, and "/\\host" as the address of another site.
    path = quote(request.path)
    return [
        LanguageChoice(code, name, f"{path}?{urlencode([*kept, ('lng', code)])}", code == spoken)
        for code, name in i18n.LANGUAGES.items()
    ]


def _serve_assets(app: Flask) -> None:
    app.static_folder = str(HERE / "static")
    if "static" not in app.view_functions:
        app.add_url_rule(
            "/static/<path:filename>", endpoint="static", view_func=app.send_static_file
        )
    app.add_url_rule("/assets/<path:filename>", endpoint="assets", view_func=_govuk_asset)


def _govuk_asset(filename: str) -> Response:
    # GOV.UK's stylesheet names /assets/ with no way to configure it.
    return send_from_directory(HERE / "static" / "govuk" / "assets", filename)


class _Upstream(BaseLoader):
    """Loads GOV.UK's templates from an environment with GOV.UK's rules."""

    def load(
        self,
        environment: Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - Jinja's name for it
    ) -> Template:
        """Return the other environment's template. Raises TemplateNotFound."""
        return _govuk_environment().get_template(name)

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """Return the source, for tools that list templates."""
        return _govuk_packages().get_source(environment, template)


def _govuk_packages() -> PrefixLoader:
    return PrefixLoader({name: PackageLoader(name) for name in GOVUK_PACKAGES})


@cache
def _govuk_environment() -> Environment:
    # One for the process: what is compiled once serves every application made here.
    return Environment(loader=_govuk_packages(), autoescape=True, auto_reload=False)


def _load_templates(environment: Environment) -> None:
    ours = FileSystemLoader(HERE / "templates")
    rooms = [environment.loader] if environment.loader is not None else []
    environment.loader = ChoiceLoader([ours, *rooms, _Upstream()])
    environment.undefined = StrictUndefined
    environment.trim_blocks = True
    environment.lstrip_blocks = True
