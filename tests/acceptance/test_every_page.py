"""axe finds nothing on any page, in any state, in either language, and none is too wide.

The pages are those of `showing.WALKS`; a route that shows a page and stands in none of them makes
`test_every_page_is_shown_by_some_walk` fail. Errors that no address leads to are planted.
"""

import ast
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Route

from idp.web import errors
from tests.acceptance.showing import ALL_ROUTES, WALKS
from tests.acceptance.shown import JOURNEY
from tests.guards.test_routes import ROUTES
from tests.support.chromium import Visitor, axe_violations
from tests.support.servers import Street

NARROW = 320
"""Pixels: a small phone, or a window of 1280 at 400 % (WCAG 2.2, 1.4.10)."""

SHOWS_NO_PAGE = {
    "/static/<path:filename>",
    "/assets/<path:filename>",
    "/health",
    "/.well-known/openid-configuration",
    "/.well-known/jwks.json",
    "/.well-known/did.json",
    "/trustmark",
    "/mailbox.json",
    "/token",
    "/introspect",
    "/revoke",
    "/connect/register",
    "/connect/register/<client_id>",
    "/userinfo",
    "/authorize",
    "/authorize/posted/<ticket>",
    "/logout/confirm",
    "/account/devices/<sid>",
    "/account/passkeys/<passkey_id>/remove",
    "/j/<journey_id>/",
}
"""Routes that answer machines, serve files, or lead on to a page of another route."""


def test_every_page_is_shown_by_some_walk() -> None:
    assert set(ROUTES) - SHOWS_NO_PAGE == ALL_ROUTES
    sources = sorted(Path(__file__).parent.glob("showing*.py"))
    told = {
        ast.unparse(call.args[0]).strip("f'\"").replace("{JOURNEY}", JOURNEY)
        for source in sources
        for call in ast.walk(ast.parse(source.read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Shown"
    }
    for room in ("create", "reset", "recover"):
        told = {route.replace(f"{{{room}}}", f"{JOURNEY}/{room}") for route in told}
    assert told >= ALL_ROUTES


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("walk", WALKS)
def test_axe_finds_nothing(street: Street, visitor: Visitor, walk: str, language: str) -> None:
    seen = []
    for shown in WALKS[walk](visitor, street, language):
        assert visitor.page.locator("html").get_attribute("lang") == language, shown
        # The colours are the same in both languages.
        found = axe_violations(visitor.page, colours=language == "en")
        assert found == [], f"{shown.name} at {visitor.page.url}"
        assert width_at(visitor, NARROW) <= NARROW, f"{shown.name} at {visitor.page.url}"
        seen.append(shown)
        visitor.look()
    assert len(seen) == len(set(seen)) > 0


def width_at(visitor: Visitor, width: int) -> int:
    """How wide the page is, in pixels, in a window of this width; the window is as before then."""
    usual = visitor.page.viewport_size
    assert usual is not None
    visitor.page.set_viewport_size({"width": width, "height": usual["height"]})
    found: int = visitor.page.evaluate("document.documentElement.scrollWidth")
    visitor.page.set_viewport_size(usual)
    return found


@pytest.fixture
def planted(street: Street, visitor: Visitor) -> list[str]:
    """Markup that the browser gets instead of the start page, with the real style sheets."""
    pages: list[str] = []

    def answer(route: Route) -> None:
        route.fulfill(status=200, content_type="text/html", body=pages[-1])

    visitor.page.route(f"{street.issuer}planted", answer)
    return pages


def test_axe_finds_nothing_on_any_error_page(
    street: Street, visitor: Visitor, planted: list[str], plain_app: Flask
) -> None:
    for kind in errors.Kind:
        for language in ("en", "cy"):
            with plain_app.test_request_context(
                f"/?lng={language}", headers={"Accept": "text/html"}
            ):
                refused = errors.PageRefused(
                    kind, sentence="Request is missing parameters", service_url="https://a.example/"
                )
                planted.append(errors.answer(refused).get_data(as_text=True))
            visitor.page.goto(f"{street.issuer}planted")
            visitor.look()
            assert visitor.page.locator("html").get_attribute("lang") == language
            found = axe_violations(visitor.page, colours=language == "en")
            assert found == [], f"{kind.name} in {language}"


def test_a_planted_fault_is_found(street: Street, visitor: Visitor, planted: list[str]) -> None:
    planted.append(
        "<!doctype html><html lang=en><title>Planted</title><main><h1>Planted</h1>"
        "<img src=/static/onepass.svg><input name=unlabelled></main>"
    )
    visitor.page.goto(f"{street.issuer}planted")
    assert {"image-alt", "label"} <= {found["id"] for found in axe_violations(visitor.page)}


def test_a_page_that_is_too_wide_is_found(
    street: Street, visitor: Visitor, planted: list[str]
) -> None:
    planted.append("<!doctype html><html lang=en><title>Wide</title><h1>" + "x" * 100 + "</h1>")
    visitor.page.goto(f"{street.issuer}planted")
    assert width_at(visitor, NARROW) > NARROW
