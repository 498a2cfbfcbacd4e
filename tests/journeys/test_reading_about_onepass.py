"""The pages about Onepass: who runs it, in which language, and nothing lost on the way there."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from idp.domain import clients, terms
from idp.domain.services import Services
from idp.journeys.information.views import EXAMPLE
from idp.kernel.database import db
from tests.journeys import walks
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

PAGES = {
    "/terms": ("Terms of use", "Telerau defnyddio"),
    "/privacy": ("Privacy notice", "Hysbysiad preifatrwydd"),
    "/cookies": ("Cookies", "Cwcis"),
    "/accessibility": ("Accessibility statement", "Datganiad hygyrchedd"),
    "/support": ("Support", "Cymorth"),
    "/service-teams": ("Connect a service to Onepass", "Cysylltu gwasanaeth ag Onepass"),
}
IN_FOOTER = [path for path in PAGES if path != "/service-teams"]
SAYS_WHO = ["/terms", "/privacy", "/accessibility", "/service-teams"]
SAYS_WHERE = ["/privacy", "/accessibility", "/support", "/service-teams"]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough here."""
    return sqlite_url


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_in_both_languages(person: Person, path: str) -> None:
    person.open(path)
    assert (person.status, person.heading) == (200, PAGES[path][0])
    person.open(f"{path}?ui_locales=cy")
    assert (person.page.language, person.heading) == ("cy", PAGES[path][1])
    assert person.answer is not None
    assert "Set-Cookie" not in person.answer.headers
    person.open(path)
    assert person.page.language == "en", "what a service asked for is nobody's choice"


@pytest.mark.parametrize("path", SAYS_WHO)
def test_it_says_who_runs_it(visitor_of: Callable[..., Person], person: Person, path: str) -> None:
    person.open(path)
    assert "was started by somebody who wants to try it" in person.page.text
    told = visitor_of(operator_name="The <Examples> Office").open(path)
    assert "This copy of Onepass is run by The <Examples> Office." in told.page.text
    assert "somebody who wants to try it" not in told.page.text


@pytest.mark.parametrize("path", SAYS_WHERE)
def test_it_says_where_to_ask(visitor_of: Callable[..., Person], person: Person, path: str) -> None:
    person.open(path)
    assert "Ask the person who showed it to you." in person.page.text
    for contact, href in (
        ("help@examples.example", "mailto:help@examples.example"),
        ("https://examples.example/help", "https://examples.example/help"),
    ):
        told = visitor_of(support_contact=contact).open(path)
        assert (href, contact) in told.page.links
        assert "Ask the person who showed it to you." not in told.page.text


def test_the_terms_name_their_version_and_day(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.open("/terms")
    day = f"{terms.CURRENT.published_on:%-d %B %Y}"
    assert f"Version {terms.CURRENT.version}, {day}" in person.page.text
    monkeypatch.setattr(terms, "CURRENT", replace(terms.CURRENT, version=77))
    assert "Version 77," in person.open("/terms").page.text


def hrefs(person: Person) -> dict[str, str]:
    """Where the footer's links lead, with their words, hidden ones too."""
    return {href: words for href, words in person.page.links if href.split("?")[0] in IN_FOOTER}


def test_the_footer_leads_to_them_from_a_page_that_nobody_is_held_up_by(person: Person) -> None:
    person.open("/signed-out")
    assert set(hrefs(person)) == set(IN_FOOTER)
    assert 'target="_blank"' not in person.html
    assert "new tab" not in person.page.text


@pytest.mark.parametrize("page", ["a journey", "an error in a journey", "signing out"])
def test_the_footer_opens_a_tab_of_its_own_where_something_is_under_way(
    person: Person, library: RelyingParty, page: str
) -> None:
    walks.arrive(person, library)
    if page == "an error in a journey":
        person.client.delete_cookie("onepass-browser", domain="id.onepass.localhost")
        assert person.open(person.url).status == 403
    elif page == "signing out":
        walks.arrive(person, library, scope="nonsense", redirect_uri="https://evil.example/")
    found = hrefs(person)
    assert {href.split("?")[0] for href in found} == set(IN_FOOTER)
    assert "These links open in a new tab" in person.page.text
    for words in found.values():
        assert "(opens in a new tab)" in words
    anchors = re.findall(
        r'<a [^>]*href="/(?:terms|privacy|cookies|access|support)[^>]*>', person.html
    )
    assert len(anchors) >= 5
    assert all('target="_blank" rel="noopener"' in anchor for anchor in anchors)


def test_reading_in_the_middle_loses_neither_the_journey_nor_its_language(
    person: Person, library: RelyingParty
) -> None:
    walks.arrive(person, library, ui_locales="cy")
    person.send(button=walks.CREATE)
    page, form = person.url, person.form()
    links = [href for href in hrefs(person) if href.startswith("/terms")]
    for href in links:
        person.open(href)
        assert person.heading == "Telerau defnyddio"
    onward = next(href for href, _ in person.page.links if href.startswith("/privacy"))
    assert person.open(onward).heading == "Hysbysiad preifatrwydd"
    assert person.client.get_cookie("lng", domain="id.onepass.localhost") is None
    answer = person.request("POST", page, form.values | {"email": walks.NEW_EMAIL}, {})
    assert (answer.status, answer.headers["Location"]) == (303, f"{page}-code".split("8000")[1])


def test_an_error_leads_to_help(person: Person, library: RelyingParty) -> None:
    person.open("/nowhere")
    assert ("/support", "Get help with this") in person.page.links
    walks.arrive(person, library, redirect_uri="https://evil.example/")
    words = [words for href, words in person.page.links if href.startswith("/support")]
    assert "Get help with this (opens in a new tab)" in words


def test_service_teams_find_every_address_and_a_registration_that_is_accepted(
    app: Flask, person: Person, services: Services
) -> None:
    document = person.client.get("/.well-known/openid-configuration").get_json()
    person.open("/service-teams")
    assert f"{services.settings.issuer}.well-known/openid-configuration" in person.page.text
    words = person.page.text.replace(" ", "")
    for name, value in document.items():
        if isinstance(value, str) and value.startswith(services.settings.issuer[:-1]):
            assert f"{name}{value}" in words, name
    assert '"client_name": "Apply for a permit"' in person.page.text
    with app.app_context():
        assert clients.apply(db.session(), services, EXAMPLE).created
        db.session.rollback()
