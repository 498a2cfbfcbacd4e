"""The application of one department: the only place that joins its parts.

Owns: ``create_app`` and ``from_environment``.
Owns not: anything a page says or a check decides.
"""

import logging
import os
from typing import Any

from flask import Flask, Response
from flask_babel import Babel
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
)

from relying_party_demo.browser import Cookies, add_headers
from relying_party_demo.clock import Clock, SystemClock
from relying_party_demo.configuration import DepartmentError
from relying_party_demo.department import Department, read
from relying_party_demo.discovery import Discovery
from relying_party_demo.identity import IdentityKeys
from relying_party_demo.keys import load_or_make
from relying_party_demo.logout import Logout
from relying_party_demo.machines import machines
from relying_party_demo.outbound import Outbound
from relying_party_demo.parts import Parts, language
from relying_party_demo.problems import register_problems
from relying_party_demo.sign_in import SignIn
from relying_party_demo.store import Store
from relying_party_demo.tokens import Redeemer
from relying_party_demo.views import pages

LARGEST_BODY = 32 * 1024


def create_app(department: Department, clock: Clock | None = None) -> Flask:
    """The department as a WSGI application; ``clock`` stands in for the machine's.

    Raises DepartmentError when the department could not prove who it is to the provider.
    """
    asks = department.asks
    if asks.client_authentication == "client_secret_post" and not department.place.client_secret:
        raise DepartmentError(["DEPARTMENT_CLIENT_SECRET_FILE: must name the file of the secret"])
    ours = clock or SystemClock()
    place = department.place
    outbound = Outbound(place.certificates)
    store = Store(place.var_dir)
    discovery = Discovery(place.issuer, outbound)
    key = (
        load_or_make(place.var_dir, asks.assertion_algorithm) if asks.assertion_algorithm else None
    )
    parts = Parts(
        department=department,
        clock=ours,
        store=store,
        sign_in=SignIn(
            department,
            store,
            discovery,
            Redeemer(department, key, outbound),
            IdentityKeys(place.issuer, outbound),
            ours,
        ),
        logout=Logout(department, store, discovery, ours),
        cookies=Cookies(department),
        key=key,
    )
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY
    _prepare_templates(app)
    Babel(
        app,
        default_timezone="Europe/London",
        locale_selector=language,
    )
    app.extensions["department"] = parts
    app.before_request(parts.cookies.choose_language)
    app.after_request(_finish(parts))
    app.register_blueprint(pages)
    app.register_blueprint(machines)
    register_problems(app)
    return app


def from_environment() -> Flask:
    """The department that ``DEPARTMENT`` names, placed by the other ``DEPARTMENT_*`` settings.

    Raises DepartmentError with every problem found.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    environment = dict(os.environ)
    return create_app(read(environment.get("DEPARTMENT", ""), environment))


def _finish(parts: Parts) -> Any:
    def finish(response: Response) -> Response:
        parts.cookies.remember(response)
        add_headers(response, parts.department)
        return response

    return finish


class _Foreign(BaseLoader):
    """Loads GOV.UK's macros into an environment of their own, where undefined values are empty.

    Ours is strict, so that a misspelt name fails loudly; theirs leave most parameters out.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def load(self, environment: Environment, name: str, globals: Any = None) -> Any:  # noqa: A002
        """The template ``name``, with the lenient environment bound to it."""
        return self._environment.get_template(name, globals=globals)


def _prepare_templates(app: Flask) -> None:
    own = app.jinja_env.loader
    assert own is not None  # noqa: S101 - Flask always sets one
    package = {"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja", "templates")}
    lenient = app.jinja_env.overlay(loader=PrefixLoader(package))
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.loader = ChoiceLoader([own, _Foreign(lenient)])
