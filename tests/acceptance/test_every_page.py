"""axe finds nothing on any page, in any state, in either language, and none is too wide.

Welsh walks go without JavaScript, so that each page is seen to do without.

The pages are those of `showing.WALKS`; a route that shows a page and stands in none of them makes
`test_every_page_is_one_that_a_walk_has_to_show` fail. Errors that no address leads to are planted.
A page or a message of a form that no walk has shown makes the whole run fail, when all walks are
through (`tests/conftest.py`). `make pages` runs this file, keeping a picture of everything shown.
"""

import re
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Route

from idp.web import errors
from idp.web.layout import show
from tests.acceptance import examining, form_messages
from tests.acceptance.examining import NARROW, Album, not_words, width_of, zoomed
from tests.acceptance.form_messages import Message
from tests.acceptance.showing import ALL_ROUTES, WALKS
from tests.acceptance.shown import Shown
from tests.guards.test_routes import ROUTES
from tests.support.chromium import Visitor, axe_violations
from tests.support.servers import Street

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
    "/team/services/<service_id>/clients/new",
    "/team/services/<service_id>/clients/new/discard",
    "/team/services/<service_id>/clients/<client_id>/withdraw",
    "/account/devices/<sid>",
    "/account/passkeys/<passkey_id>/remove",
    "/j/<journey_id>/",
    "/j/<journey_id>/stay",
    "/stay",
    "/team/services/<service_id>/invitations/<invitation_id>/withdraw",
    "/team/services/<service_id>/clients/<client_id>/go-live/withdraw",
    "/ops/requests/<request_id>/withdraw",
    "/team/services/<service_id>/audit/csv",
    "/ops/audit/export",
    "/ops/audit/verify",
    "/ops/metrics/<table>/csv",
    "/ops/services-list/<service_id>/put",
    "/ops/services-list/<service_id>/take",
}
"""Routes that answer machines, serve files, or lead on to a page of another route."""


def test_every_page_is_one_that_a_walk_has_to_show() -> None:
    assert set(ROUTES) - SHOWS_NO_PAGE == ALL_ROUTES


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("walk", WALKS)
def test_axe_finds_nothing(
    street: Street,
    visitor: Visitor,
    plain_app: Flask,
    pages_folder: Path | None,
    run_dir: Path,
    walk: str,
    language: str,
) -> None:
    album = Album(language, pages_folder)
    seen = []
    if language == "cy":
        visitor.run_no_scripts()
    for shown in WALKS[walk](visitor, street, language):
        with visitor.running_scripts():  # only ours: those of the page had their turn before
            album.look(visitor.page, shown)
        seen.append(shown)
        visitor.look()
    name = re.sub(r"[^a-z]+", "-", f"{language} {walk}")
    album.keep((pages_folder or run_dir) / examining.PARTS / f"{name}.json", plain_app)
    assert [(page["file"], page["violations"]) for page in album.violations] == []
    assert len(seen) == len(set(seen)) > 0


@pytest.fixture
def planted(street: Street, visitor: Visitor) -> list[str]:
    """Markup that the browser gets instead of the start page, with the real style sheets."""
    pages: list[str] = []

    def answer(route: Route) -> None:
        route.fulfill(status=200, content_type="text/html", body=pages[-1])

    visitor.page.route(f"{street.issuer}planted", answer)
    return pages


@pytest.mark.parametrize("language", ["en", "cy"])
def test_axe_finds_nothing_on_any_error_page(
    street: Street,
    visitor: Visitor,
    planted: list[str],
    plain_app: Flask,
    pages_folder: Path | None,
    run_dir: Path,
    language: str,
) -> None:
    album = Album(language, pages_folder)
    for kind in errors.Kind:
        with plain_app.test_request_context(f"/?lng={language}", headers={"Accept": "text/html"}):
            refused = errors.PageRefused(
                kind, sentence="Request is missing parameters", service_url="https://a.example/"
            )
            planted.append(errors.answer(refused).get_data(as_text=True))
        visitor.page.goto(f"{street.issuer}planted")
        visitor.look()
        album.look(visitor.page, Shown("an error", kind.name.lower().replace("_", " ")))
    album.keep((pages_folder or run_dir) / examining.PARTS / f"{language}-errors.json", plain_app)
    assert album.violations == []


@pytest.mark.parametrize("language", ["en", "cy"])
def test_axe_finds_nothing_where_only_operators_add_services(
    street: Street,
    visitor: Visitor,
    planted: list[str],
    plain_app: Flask,
    pages_folder: Path | None,
    language: str,
) -> None:
    album = Album(language, pages_folder)
    with plain_app.test_request_context(f"/team/services/new?lng={language}"):
        page = show("service_teams/no_new_service.html", contact="help@onepass.example")
        planted.append(page.get_data(as_text=True))
    visitor.page.goto(f"{street.issuer}planted")
    visitor.look()
    album.look(visitor.page, Shown("add a service", "in production"))
    assert album.violations == []


def test_a_planted_fault_is_found(street: Street, visitor: Visitor, planted: list[str]) -> None:
    planted.append(
        "<!doctype html><html lang=en><title>Planted</title><main><h1>Planted</h1>"
        "<img src=/static/onepass.svg><input name=unlabelled></main>"
    )
    visitor.page.goto(f"{street.issuer}planted")
    assert {"image-alt", "label"} <= {found["id"] for found in axe_violations(visitor.page)}


@pytest.mark.parametrize(
    ("url", "route", "elsewhere"),
    [
        ("http://id.example/j/ab-c/code?app=backup", "/j/<journey_id>/code", False),
        ("http://id.example/j/ab-c/method", "/j/<journey_id>/code", True),
        ("http://id.example/j/ab-c/code/more", "/j/<journey_id>/code", True),
        ("http://tax.example/", "tax", False),
    ],
)
def test_a_page_that_is_not_the_one_shown_is_found(url: str, route: str, elsewhere: bool) -> None:
    assert examining.is_elsewhere(url, route) is elsewhere


def test_a_page_that_is_too_wide_is_found(
    street: Street, visitor: Visitor, planted: list[str]
) -> None:
    planted.append("<!doctype html><html lang=en><title>Wide</title><h1>" + "x" * 100 + "</h1>")
    visitor.page.goto(f"{street.issuer}planted")
    visitor.page.set_viewport_size({"width": NARROW, "height": 900})
    assert width_of(visitor.page) > NARROW


def test_a_field_that_is_covered_or_too_tall_is_found_at_400_per_cent(
    street: Street, visitor: Visitor, planted: list[str]
) -> None:
    page = (
        "<!doctype html><html lang=en><title>Covered</title><h1>Covered</h1>"
        "<p style='{}'>Always here</p>" + "<p>More" * 30 + "<input name=field style='{}'>"
    )
    banner = "position: fixed; inset: 0; margin: 0; z-index: 1"
    for styles, hidden in ((("", ""), 0), ((banner, ""), 1), (("", "height: 300px"), 1)):
        planted.append(page.format(*styles))
        visitor.page.goto(f"{street.issuer}planted")
        assert len(zoomed(visitor.page)) == hidden, styles


@pytest.mark.parametrize(
    "words",
    ["&lt;span class=x&gt;", "&lt;/a&gt;", "&amp;lt;b&amp;gt;", "Sent to %(email)s", "{{ name }}"],
)
def test_markup_that_is_shown_as_words_is_found(
    street: Street, visitor: Visitor, planted: list[str], words: str
) -> None:
    page = "<!doctype html><html lang=en><title>Words</title><h1>A &lt; B &amp; C, 5 % (or so)</h1>"
    planted.append(page)
    visitor.page.goto(f"{street.issuer}planted")
    assert not_words(visitor.page, "en") == []
    for place in (f"<p>{words}</p>", f'<p title="{words}">', f"<details><p>{words}</details>"):
        planted.append(page + place)
        visitor.page.goto(f"{street.issuer}planted")
        assert len(not_words(visitor.page, "en")) == 1, place


def test_pythons_word_for_nothing_is_found_on_a_welsh_page(
    street: Street, visitor: Visitor, planted: list[str]
) -> None:
    planted.append("<!doctype html><html lang=cy><title>Dim</title><h1>Dim</h1><p>None")
    visitor.page.goto(f"{street.issuer}planted")
    assert [found["id"] for found in not_words(visitor.page, "cy")] == ["not-words"]
    assert not_words(visitor.page, "en") == []


def test_a_message_that_no_page_shows_is_found() -> None:
    messages = form_messages.all_messages()
    assert Message("sign_in", "Email or password is wrong") in messages
    assert Message("create_account", "Enter a password") in messages, "chosen from a table"
    assert Message("prove_identity", "Enter given names") in messages, "chosen at run time"
    for words, file in form_messages.IN_A_RACE.items():
        assert words.partition(".")[0] in (form_messages.ROOT / "tests" / file).read_text()
    asked = {
        Message("sign_in", "Enter your password"),
        Message("", "%(name)s must be %(count)s characters or fewer"),
    }
    shown = {"create_account": {"Enter your password"}, "sign_in": {"Town must be 9 characters or"}}
    assert form_messages.unseen(asked, shown) == asked
    shown = {"sign_in": {"Enter your password", "Town must be 9 characters or fewer"}}
    assert form_messages.unseen(asked, shown) == set()
