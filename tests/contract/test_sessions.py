"""Section 5: cookies, going up a level, another person, and notices that are not sent."""

import re

import jwt
import pytest
import sqlalchemy as sa
from werkzeug.test import Cookie

from idp.domain.outbox import OutboxMessage
from idp.domain.sessions import BrowserSession
from idp.worker import Worker
from tests.contract import walking
from tests.endpoints.provider import Provider
from tests.support.person import Person

NOTICE = "back_channel_logout"
LISTENS = {"back_channel_logout_uri": "https://listening.example/bye"}
YEAR = 365 * 24 * 3600


def notices(provider: Provider) -> int:
    with provider.records() as session:
        return session.query(OutboxMessage).filter_by(kind=NOTICE).count()


def cookie_of(provider: Provider, person: Person, name: str) -> Cookie:
    prefix = "__Host-" if provider.settings.https else ""
    found = person.client.get_cookie(f"{prefix}{name}", domain=provider.host)
    assert found is not None, name
    return found


@pytest.fixture
def signed_in_over_tls(on_https: Provider) -> Person:
    """Somebody who has signed in and chosen a language, at the https provider."""
    person, citizen = walking.somebody(on_https), on_https.citizen()
    walking.sign_in(on_https, person, on_https.party(), citizen)
    person.open("/signed-out?lng=cy")
    return person


class TestCookies:
    @pytest.mark.row("5.cookie.attributes")
    @pytest.mark.parametrize("name", ["onepass-session", "onepass-browser", "lng"])
    def test_each_is_for_this_host_over_tls_and_not_for_scripts(
        self, on_https: Provider, signed_in_over_tls: Person, name: str
    ) -> None:
        cookie = cookie_of(on_https, signed_in_over_tls, name)
        assert (cookie.secure, cookie.http_only, cookie.same_site) == (True, True, "Lax")
        assert (cookie.path, cookie.origin_only) == ("/", True)

    @pytest.mark.row("5.cookie.session")
    def test_the_session_is_a_random_secret(
        self, on_https: Provider, signed_in_over_tls: Person
    ) -> None:
        value = cookie_of(on_https, signed_in_over_tls, "onepass-session").value
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", value)

    @pytest.mark.row("5.session.ends_with_browser", "7.lifetime.session")
    @pytest.mark.parametrize(
        "name",
        [
            "onepass-session",
            pytest.param("onepass-browser", marks=pytest.mark.row("5.cookie.browser")),
        ],
    )
    def test_it_ends_with_the_browser(
        self, on_https: Provider, signed_in_over_tls: Person, name: str
    ) -> None:
        cookie = cookie_of(on_https, signed_in_over_tls, name)
        assert (cookie.max_age, cookie.expires) == (None, None)

    @pytest.mark.row("5.cookie.language")
    def test_a_language_is_remembered_for_a_year(
        self, on_https: Provider, signed_in_over_tls: Person
    ) -> None:
        cookie = cookie_of(on_https, signed_in_over_tls, "lng")
        assert (cookie.value, cookie.max_age) == ("cy", YEAR)

    @pytest.mark.row("5.cookie.browser")
    def test_a_journey_is_of_no_use_without_the_browsers_cookie(self, on_sqlite: Provider) -> None:
        person, other = walking.somebody(on_sqlite), walking.somebody(on_sqlite)
        walking.arrive(person, on_sqlite.party())
        other.open(person.url)
        assert other.status == 403
        assert person.open(person.url).status == 200


@pytest.mark.row("5.sso.step_up")
def test_going_up_a_level_asks_for_the_code_alone_and_is_a_new_sign_in(
    provider: Provider,
) -> None:
    party, citizen, person = provider.party(), provider.citizen(), walking.somebody(provider)
    walking.sign_in(provider, person, party, citizen, vtr='["Cl"]')
    provider.clock.move(600)
    asked = walking.arrive(person, party)
    assert person.url.endswith("/code")
    walking.enter_code(provider, person, citizen)
    tokens = walking.tokens(provider, person, party, asked)
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert (claims["vot"], claims["auth_time"]) == ("Cl.Cm", provider.now)


@pytest.mark.row("5.sso.max_age")
def test_after_max_age_password_and_code_are_asked_for_again(provider: Provider) -> None:
    party = provider.party(more={"max_age_enabled": True})
    citizen, person = provider.citizen(), walking.somebody(provider)
    walking.sign_in(provider, person, party, citizen)
    provider.clock.move(301)
    asked = walking.arrive(person, party, max_age="300")
    assert person.url.endswith("/password")
    person.send({"password": citizen.password})
    assert person.url.endswith("/code")
    walking.enter_code(provider, person, citizen)
    tokens = walking.tokens(provider, person, party, asked)
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert claims["auth_time"] == provider.now


@pytest.mark.row("5.sso.max_age_other_person", "5.back_channel.other_person")
def test_another_person_after_max_age_ends_the_first_ones_session(provider: Provider) -> None:
    party = provider.party(more={"max_age_enabled": True} | LISTENS)
    alice, bob, person = provider.citizen(), provider.citizen(), walking.somebody(provider)
    asked = walking.sign_in(provider, person, party, alice)
    walking.tokens(provider, person, party, asked)
    before = notices(provider)
    provider.clock.move(301)
    asked = walking.arrive(person, party, max_age="300")
    person.open(person.url.replace("/password", "/email"))
    person.send({"email": bob.email})
    person.send({"password": bob.password})
    walking.enter_code(provider, person, bob)
    assert "code" in party.answer(asked, person.left_to)
    assert notices(provider) == before + 1
    with provider.records() as session:
        rows = session.scalars(
            sa.select(BrowserSession).where(
                BrowserSession.account_id.in_([alice.account_id, bob.account_id])
            )
        ).all()
    ended = {row.account_id: row.ended_because for row in rows}
    assert ended == {alice.account_id: "another_person", bob.account_id: None}


@pytest.mark.row("5.back_channel.not_expiry")
def test_a_session_that_merely_expires_is_told_to_nobody(on_sqlite: Provider) -> None:
    party, browser = on_sqlite.party(more=LISTENS), on_sqlite.signed_in()
    on_sqlite.tokens(party, browser)
    before = notices(on_sqlite)
    on_sqlite.clock.move(13 * 3600)
    assert browser.authorize(party, party.ask()).headers["Location"].endswith("/start")
    Worker(on_sqlite.services, on_sqlite.engine).sweep()
    assert notices(on_sqlite) == before
