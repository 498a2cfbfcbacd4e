"""English and Welsh: which one is spoken, and that nothing is left in the other."""

import pytest

from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.pages import PageReader
from tests.support.person import Person
from tests.support.relying_party import RelyingParty


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough here."""
    return sqlite_url


def test_a_service_may_ask_for_welsh_and_everything_is_welsh(
    person: Person, library: RelyingParty, post: Post, clock: FixedClock
) -> None:
    walks.arrive(person, library, ui_locales="cy")
    assert person.page.language == "cy"
    assert person.heading == "Creu cyfrif Onepass neu fewngofnodi"
    person.send(button=walks.CREATE)
    person.send({"email": "not an address"})
    assert person.page.title.startswith("Gwall: ")
    assert "Mae problem" in person.page.text
    assert "Neidio i’r prif gynnwys" in person.page.text
    for english in ("There is a problem", "Error", "Skip to main content", "Continue", "Back"):
        assert english not in person.page.text
    person.send({"email": walks.NEW_EMAIL})
    assert post.newest(walks.NEW_EMAIL).language == "cy"
    assert "cod diogelwch" in post.newest(walks.NEW_EMAIL).body
    person.send({"code": post.code(walks.NEW_EMAIL)})
    person.send({"password": walks.NEW_PASSWORD})
    person.send({"code": walks.first_code(person, clock)})
    walks.save_codes(person)
    assert person.heading == "Rydych wedi creu eich cyfrif Onepass"


def test_the_toggle_keeps_the_page_and_the_choice(person: Person, library: RelyingParty) -> None:
    walks.arrive(person, library, ui_locales="cy")
    page = person.url
    person.open(next(href for href, words in person.page.links if words == "English"))
    assert person.url.split("?")[0] == page
    assert person.page.language == "en"
    person.send(button=walks.SIGN_IN)
    assert person.page.language == "en"
    person.open("/about")
    assert person.page.language == "en"


def test_the_toggle_says_which_language_is_spoken(person: Person) -> None:
    person.open("/about?lng=cy")
    assert '<span lang="cy" aria-current="true">Cymraeg</span>' in person.html
    assert 'lang="en" hreflang="en"' in person.html


@pytest.mark.parametrize("path", ["/%5Cevil.example", "/%5C/evil.example", "//evil.example/"])
def test_the_toggle_never_leads_to_another_site(person: Person, path: str) -> None:
    shown = person.client.get(path, headers={"Accept": "text/html"}).get_data(as_text=True)
    addresses = [href for href, words in PageReader(shown).links if words == "Cymraeg"]
    assert addresses
    assert not any(href[1] in "/\\" for href in addresses)


def test_the_toggle_keeps_the_rest_of_the_address(person: Person) -> None:
    person.open("/signed-out?state=a%26b&lng=cy")
    assert "/signed-out?state=a%26b&lng=en" in [href for href, _ in person.page.links]


def test_the_address_wins_over_the_journey_and_the_journey_over_the_cookie(
    person: Person, library: RelyingParty
) -> None:
    person.open("/about?lng=en")
    walks.arrive(person, library, ui_locales="cy")
    assert person.page.language == "cy"
    person.open("/about")
    assert person.page.language == "en"
    walks.arrive(person, library, ui_locales="cy", lng="en")
    assert person.page.language == "en"


@pytest.mark.parametrize("unknown", ["fr", "", "xx-YY de", "<script>"])
def test_an_unknown_language_is_english(
    person: Person, library: RelyingParty, unknown: str
) -> None:
    walks.arrive(person, library, ui_locales=unknown)
    assert person.page.language == "en"
    person.open(f"/about?lng={unknown}")
    assert person.page.language == "en"


def test_a_regional_tag_is_its_language(person: Person, library: RelyingParty) -> None:
    walks.arrive(person, library, ui_locales="fr cy-GB en")
    assert person.page.language == "cy"


def test_signing_out_speaks_the_language_the_service_asked_for(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    walks.sign_in(person, library, alice, clock)
    person.open("/logout?ui_locales=cy")
    assert person.heading == "A ydych am allgofnodi?"


def test_errors_speak_both_languages(person: Person) -> None:
    assert person.open("/nowhere").heading == "Page not found"
    assert person.open("/nowhere?lng=cy").heading == "Heb ddod o hyd i’r dudalen"
