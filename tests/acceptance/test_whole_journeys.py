"""Each journey of a citizen, whole: once by keyboard alone, and once more without JavaScript.

What docs/accessibility.md says of keyboards and scripts, page by page, is held to what these walk.
"""

import re

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.acceptance.test_every_page import SHOWS_NO_PAGE
from tests.acceptance.whole_journeys import WHOLE
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen
from tests.support.servers import Street


def pages_shown(visitor: Visitor, street: Street, app: Flask) -> set[str]:
    """The routes of the provider whose pages this person was shown."""
    routes = app.url_map.bind("localhost")
    found = set()
    for visit in visitor.visits:
        method, status, address = visit.split(" ", 2)
        if address.startswith(street.issuer) and status == "200":
            path = re.sub(r"[?#].*", "", address.removeprefix(street.issuer))
            try:
                rule, _ = routes.match(f"/{path}", method=method, return_rule=True)
            except HTTPException as error:
                raise AssertionError(f"no route has {address}") from error
            found.add(rule.rule)
    return found - SHOWS_NO_PAGE


def walk(visitor: Visitor, street: Street, app: Flask, name: str) -> None:
    """Walk it, to its end, and over all of its pages."""
    with_or_without = "with" if visitor.javascript else "without"
    email = re.sub(r"[^a-z]+", ".", f"{name} {with_or_without} scripts")
    WHOLE[name].walk(visitor, street, Citizen(email=f"{email}@example.com"))
    assert pages_shown(visitor, street, app) == WHOLE[name].pages


@pytest.mark.parametrize("name", WHOLE)
def test_it_is_walked_by_keyboard_alone(
    street: Street, visitor: Visitor, plain_app: Flask, name: str
) -> None:
    walk(visitor, street, plain_app, name)


@pytest.mark.parametrize("name", WHOLE)
def test_it_is_walked_without_javascript(
    street: Street, visitor_without_javascript: Visitor, plain_app: Flask, name: str
) -> None:
    walk(visitor_without_javascript, street, plain_app, name)
