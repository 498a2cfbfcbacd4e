"""`/authorize` for requests that are in order: who is asked what, and who is asked nothing."""

import pytest
from werkzeug.test import TestResponse

from idp.domain.journeys import Journey
from tests.endpoints.provider import Browser, Provider
from tests.support.relying_party import RelyingParty, Request
from tests.support.rows import with_rows

STOPPED = ["suspended", "blocked"]


def told(party: RelyingParty, asked: Request, answer: TestResponse) -> dict[str, str]:
    assert answer.status_code in (302, 303), answer.text
    return party.answer(asked, answer.headers["Location"])


def room(answer: TestResponse) -> str:
    """The last part of the address of the page that comes next."""
    assert answer.status_code == 303, answer.text
    location = answer.headers["Location"]
    assert location.startswith("/j/"), location
    return location.rsplit("/", 1)[1]


def journeys(provider: Provider, party: RelyingParty) -> int:
    with provider.records() as session:
        return session.query(Journey).filter_by(client_id=party.client_id).count()


@pytest.mark.row(
    "1.endpoint.authorize",
    "1.header.code_redirect",
    "2.after.success",
    "5.sso.silent",
)
def test_single_sign_on_shows_nothing_and_stores_no_journey(provider: Provider) -> None:
    party, browser = provider.party(), provider.signed_in()
    asked = party.ask()
    answer = browser.authorize(party, asked)
    assert answer.status_code == 302
    assert set(told(party, asked, answer)) == {"code"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "#" not in answer.headers["Location"]
    assert "Set-Cookie" not in answer.headers
    assert journeys(provider, party) == 0


def test_a_stranger_comes_to_the_first_page(provider: Provider) -> None:
    party = provider.party()
    answer = provider.browser().authorize(party, party.ask())
    assert room(answer) == "start"
    assert "onepass-browser=" in answer.headers["Set-Cookie"]
    assert journeys(provider, party) == 1


def test_a_higher_level_asks_for_the_second_factor_only(provider: Provider) -> None:
    party, browser = provider.party(), provider.signed_in("Cl")
    assert room(browser.authorize(party, party.ask())) == "code"
    asked = party.ask(vtr='["Cl"]')
    assert "code" in told(party, asked, browser.authorize(party, asked))


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "ŵ", "A" * 4000])
def test_a_made_up_cookie_is_nobodys(provider: Provider, cookie: str) -> None:
    party, browser = provider.party(), provider.browser()
    browser.client.set_cookie("onepass-session", cookie, domain=provider.host)
    assert room(browser.authorize(party, party.ask())) == "start"


class TestPromptNone:
    @pytest.mark.parametrize(
        ("level", "changes", "error", "description"),
        [
            (None, {}, "login_required", "Login required"),
            ("Cl", {}, "interaction_required", "Interaction required"),
            ("Cl.Cm", {"max_age": "0"}, "login_required", "Login required"),
        ],
        ids=["nobody is signed in", "a higher level", "a new sign-in"],
    )
    @pytest.mark.row("2.prompt.none")
    def test_what_would_need_a_page_is_told_instead(
        self,
        provider: Provider,
        level: str | None,
        changes: dict[str, str | None],
        error: str,
        description: str,
    ) -> None:
        party = provider.party(more={"max_age_enabled": True})
        browser = provider.signed_in(level) if level else provider.browser()
        asked = party.ask(prompt="none", **changes)
        answer = browser.authorize(party, asked)
        assert told(party, asked, answer) == {"error": error, "error_description": description}
        assert "Set-Cookie" not in answer.headers
        assert journeys(provider, party) == 0

    def test_a_signed_in_person_needs_no_page(self, provider: Provider) -> None:
        party, browser = provider.party(), provider.signed_in()
        assert browser.code(party, prompt="none")

    @pytest.mark.parametrize("state", ["suspended", "blocked", "part_created"])
    def test_an_account_that_may_not_sign_in(self, provider: Provider, state: str) -> None:
        party, browser = provider.party(), provider.signed_in()
        assert browser.citizen is not None
        provider.set_account_state(browser.citizen, state)
        asked = party.ask(prompt="none")
        answer = told(party, asked, browser.authorize(party, asked))
        assert answer["error"] in ("login_required", "interaction_required")

    def test_by_post_the_same(self, provider: Provider) -> None:
        party, browser = provider.party(), provider.browser()
        asked = party.ask(prompt="none")
        ticket = browser.post("/authorize", asked.parameters).headers["Location"]
        assert told(party, asked, browser.get(ticket))["error"] == "login_required"


@pytest.mark.parametrize(
    "state", with_rows(STOPPED, {"suspended": "2.after.suspended", "blocked": "2.after.blocked"})
)
def test_a_stopped_account_gets_a_page_and_the_service_hears_nothing(
    provider: Provider, state: str
) -> None:
    party, browser = provider.party(), provider.signed_in()
    assert browser.citizen is not None
    provider.set_account_state(browser.citizen, state)
    answer = browser.authorize(party, party.ask(), Accept="text/html")
    assert answer.status_code == 403
    assert "Location" not in answer.headers
    provider.set_account_state(browser.citizen, "active")
    assert browser.code(party)


def test_a_part_created_account_goes_on_creating(provider: Provider) -> None:
    party, browser = provider.party(), provider.signed_in("Cl")
    assert browser.citizen is not None
    provider.set_account_state(browser.citizen, "part_created")
    for changes in ({}, {"vtr": '["Cl"]'}):
        location = browser.authorize(party, party.ask(**changes)).headers["Location"]
        assert location.endswith("/create/app")


class TestFreshness:
    @pytest.mark.row("2.prompt.login")
    def test_login_asks_for_the_password_again(self, provider: Provider) -> None:
        party, browser = provider.party(), provider.signed_in()
        for prompt in ("login", "login consent"):
            assert room(browser.authorize(party, party.ask(prompt=prompt))) == "password"

    @pytest.mark.parametrize(
        "prompt",
        [
            pytest.param("consent", marks=pytest.mark.row("2.prompt.consent", "2.prompt.values")),
            pytest.param("create", marks=pytest.mark.row("2.prompt.create", "2.prompt.values")),
            None,
        ],
    )
    def test_other_prompts_change_nothing(self, provider: Provider, prompt: str | None) -> None:
        party, browser = provider.party(), provider.signed_in()
        assert browser.code(party, prompt=prompt)

    @pytest.mark.row("2.parameter.max_age", "5.sso.max_age", "6.field.max_age_enabled")
    def test_max_age_counts_from_the_last_real_sign_in(self, provider: Provider) -> None:
        party = provider.party(more={"max_age_enabled": True})
        browser = provider.signed_in()
        provider.clock.move(100)
        assert browser.code(party, max_age="100")
        assert room(browser.authorize(party, party.ask(max_age="99"))) == "password"
        # Being let in by single sign-on is no sign-in.
        provider.clock.move(1)
        assert room(browser.authorize(party, party.ask(max_age="100"))) == "password"

    def test_an_age_of_nothing_always_asks(self, provider: Provider) -> None:
        party = provider.party(more={"max_age_enabled": True})
        assert room(provider.signed_in().authorize(party, party.ask(max_age="0"))) == "password"

    @pytest.mark.parametrize(
        "max_age", [pytest.param("-1", marks=pytest.mark.row("2.query.17_absent")), ""]
    )
    def test_no_age_asks_nothing(self, provider: Provider, max_age: str) -> None:
        party = provider.party(more={"max_age_enabled": True})
        assert provider.signed_in().code(party, max_age=max_age)

    @pytest.mark.row("2.parameter.max_age", "6.field.max_age_enabled")
    def test_a_client_without_it_is_not_heard(self, provider: Provider) -> None:
        assert provider.signed_in().code(provider.party(), max_age="0")
        openid = provider.party(more={"profile": "openid"})
        assert room(provider.signed_in().authorize(openid, openid.ask(max_age="0"))) == "password"


@pytest.mark.parametrize(
    ("locales", "language"),
    [("cy", "cy"), ("en cy", "en"), ("fr cy en", "cy"), ("cy-GB", "cy"), ("CY", "cy"),
     ("fr", "en"), ("", "en"), ("../../etc", "en")],
)  # fmt: skip
@pytest.mark.row("2.parameter.ui_locales")
def test_the_pages_speak_the_first_language_we_know(
    provider: Provider, locales: str, language: str
) -> None:
    party, browser = provider.party(), provider.browser()
    location = browser.authorize(party, party.ask(ui_locales=locales)).headers["Location"]
    assert f'lang="{language}"' in browser.get(location, Accept="text/html").text


NOT_COUNTED = {
    "id_token_hint": "x.y.z", "login_hint": "a" * 300, "rp_sid": "x", "_ga": "1",
    "cookie_consent": "accept", "result": "x", "anything": "else",
    "resource": "https://a.example",
}  # fmt: skip
NOT_COUNTED_ROWS = {
    "rp_sid": "2.parameter.rp_sid",
    "_ga": "2.parameter.analytics",
    "cookie_consent": "2.parameter.analytics",
    "result": "2.parameter.analytics",
}


@pytest.mark.parametrize("name", with_rows(NOT_COUNTED, NOT_COUNTED_ROWS))
def test_what_does_not_count_is_neither_refused_nor_sent_back(
    provider: Provider, name: str
) -> None:
    party, browser = provider.party(), provider.signed_in()
    asked = party.ask(**{name: NOT_COUNTED[name]})
    assert set(told(party, asked, browser.authorize(party, asked))) == {"code"}


class TestPost:
    @pytest.mark.row("1.endpoint.authorize")
    def test_it_stores_the_request_and_goes_on_by_a_ticket(self, provider: Provider) -> None:
        """The form comes from another site, without our cookies; the GET has them again."""
        party, browser = provider.party(), provider.signed_in()
        asked = party.ask()
        posted = Browser(provider).post("/authorize", asked.parameters, Origin=party.origin)
        assert posted.status_code == 303
        ticket = posted.headers["Location"]
        assert ticket.startswith("/authorize/posted/")
        assert asked.state not in ticket
        assert "code" in told(party, asked, browser.get(ticket))

    def test_a_ticket_works_once(self, provider: Provider) -> None:
        party, browser = provider.party(), provider.signed_in()
        ticket = browser.post("/authorize", party.ask().parameters).headers["Location"]
        assert browser.get(ticket).status_code == 302
        again = browser.get(ticket)
        assert again.status_code == 410
        assert "Location" not in again.headers

    def test_a_ticket_lives_for_a_minute(self, provider: Provider) -> None:
        party, browser = provider.party(), provider.signed_in()
        for wait, status in ((59, 302), (60, 410)):
            ticket = browser.post("/authorize", party.ask().parameters).headers["Location"]
            provider.clock.move(wait)
            assert browser.get(ticket).status_code == status

    @pytest.mark.parametrize("ticket", ["x", "A" * 43, "A" * 1000, "%00", "ŵ"])
    def test_a_made_up_ticket(self, provider: Provider, ticket: str) -> None:
        assert provider.browser().get(f"/authorize/posted/{ticket}").status_code == 410

    def test_what_is_judged_again_is_what_was_sent(self, provider: Provider) -> None:
        """A client switched off between the two requests gets no code."""
        party, browser = provider.party(), provider.signed_in()
        asked = party.ask()
        ticket = browser.post("/authorize", asked.parameters).headers["Location"]
        party.more["active"] = False
        provider.register(party)
        assert told(party, asked, browser.get(ticket))["error"] == "unauthorized_client"

    def test_a_multipart_form_is_a_form(self, provider: Provider) -> None:
        party, browser = provider.party(), provider.signed_in()
        parts = [
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in party.ask().parameters.items()
        ]
        answer = browser.post(
            "/authorize",
            "".join(parts) + "--b--\r\n",
            content_type="multipart/form-data; boundary=b",
        )
        assert answer.status_code == 303

    def test_a_json_body_is_no_form(self, provider: Provider) -> None:
        answer = provider.browser().post("/authorize", "{}", content_type="application/json")
        assert (answer.status_code, answer.text) == (400, "Request is missing parameters")


class TestMethods:
    def test_head_is_a_get_without_a_body(self, provider: Provider) -> None:
        party, browser = provider.party(), provider.signed_in()
        asked = party.ask()
        answer = browser.get(party.url(asked), method="HEAD")
        assert (answer.status_code, answer.data) == (302, b"")
        refused = browser.get(party.url(party.ask(nonce=None)), method="HEAD")
        assert (refused.status_code, refused.data) == (302, b"")

    def test_options_says_what_may_be_asked_and_does_nothing(self, provider: Provider) -> None:
        party, browser = provider.party(), provider.signed_in()
        answer = browser.get(party.url(party.ask()), method="OPTIONS", Origin=party.origin)
        assert answer.status_code == 200
        assert {name.strip() for name in answer.headers["Allow"].split(",")} == {
            "GET", "HEAD", "OPTIONS", "POST"}  # fmt: skip
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "code_issued" not in provider.facts(client_id=party.client_id)

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
    def test_other_methods(self, provider: Provider, method: str) -> None:
        answer = provider.browser().get("/authorize", method=method)
        assert answer.status_code == 405
        assert "GET" in answer.headers["Allow"]


class TestSession:
    @pytest.mark.row("5.session.idle", "5.session.renewed", "7.lifetime.session")
    def test_it_ends_an_hour_after_its_last_use(self, provider: Provider) -> None:
        party, browser = provider.party(), provider.signed_in()
        for _ in range(3):
            provider.clock.move(3500)
            assert browser.code(party)
        provider.clock.move(3600)
        assert room(browser.authorize(party, party.ask())) == "start"

    @pytest.mark.row("5.session.idle", "7.lifetime.session")
    def test_it_ends_after_twelve_hours_in_use(self, provider: Provider) -> None:
        party, browser = provider.party(), provider.signed_in()
        for _ in range(14):
            provider.clock.move(3000)
            assert browser.code(party)
        provider.clock.move(1199)
        assert browser.code(party)
        provider.clock.move(1)
        assert room(browser.authorize(party, party.ask())) == "start"

    def test_its_use_is_written_down_once_a_minute(self, provider: Provider) -> None:
        party, browser = provider.party(), provider.signed_in()
        first = browser.session().last_seen_at
        provider.clock.move(60)
        browser.code(party)
        assert browser.session().last_seen_at == first
        provider.clock.move(1)
        browser.code(party)
        assert browser.session().last_seen_at == provider.now


def test_a_journey_goes_on_at_its_own_address(provider: Provider) -> None:
    """`/j/<id>/` is the dispatcher: signed in meanwhile, the same request ends in a code, once."""
    party, browser = provider.party(), provider.browser()
    asked = party.ask()
    journey = browser.authorize(party, asked).headers["Location"].rsplit("/", 1)[0]
    assert room(browser.get(f"{journey}/")) == "start"
    browser.citizen = provider.citizen()
    browser.sign_in()
    assert "code" in told(party, asked, browser.get(f"{journey}/"))
    again = browser.get(f"{journey}/")
    assert again.status_code == 410
    assert "Location" not in again.headers
    assert provider.facts(client_id=party.client_id).count("code_issued") == 1


def test_a_journey_whose_client_was_switched_off_goes_back_with_that(provider: Provider) -> None:
    party, browser = provider.party(), provider.browser()
    asked = party.ask()
    journey = browser.authorize(party, asked).headers["Location"].rsplit("/", 1)[0]
    party.more["active"] = False
    provider.register(party)
    answer = told(party, asked, browser.get(f"{journey}/"))
    assert answer["error_description"] == "client deactivated"


def test_a_session_that_ends_while_its_code_is_issued(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TOKEN-21: the read saw a live session, the write does not."""
    party, browser = provider.party(), provider.signed_in()
    monkeypatch.setattr(provider.wiring.hot_path, "issue", lambda _grant: False)
    answer = browser.authorize(party, party.ask())
    assert answer.status_code == 410
    assert "Location" not in answer.headers
    monkeypatch.undo()
    assert browser.code(party)


def at_a_journey(provider: Provider) -> tuple[RelyingParty, Request, Browser, str]:
    """A service, what it asked, a browser that came with it, and where its Journey goes on."""
    party, browser = provider.party(), provider.browser()
    asked = party.ask()
    location = browser.authorize(party, asked).headers["Location"]
    return party, asked, browser, location.rsplit("/", 1)[0] + "/"


def test_another_persons_session_does_not_answer_a_journey(provider: Provider) -> None:
    """SESS-08: two people, one browser, two tabs."""
    party, _, browser, journey = at_a_journey(provider)
    alice, browser.citizen = provider.citizen(), provider.citizen()
    with provider.records() as session:
        stored = session.get_one(Journey, journey.split("/")[2])
        stored.account_id = alice.account_id
    browser.sign_in()
    assert room(browser.get(journey)) != ""
    assert "code_issued" not in provider.facts(client_id=party.client_id)


def test_of_two_tabs_that_finish_one_journey_one_gets_the_code(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    party, _, browser, journey = at_a_journey(provider)
    browser.citizen = provider.citizen()
    browser.sign_in()
    monkeypatch.setattr("idp.journeys.authorize.views.journeys.end", lambda *_: False)
    answer = browser.get(journey)
    assert (answer.status_code, answer.headers.get("Location")) == (410, None)
    assert "code_issued" not in provider.facts(client_id=party.client_id)


def test_an_account_stopped_during_a_journey_ends_it_with_a_page(provider: Provider) -> None:
    party, asked, browser, journey = at_a_journey(provider)
    browser.citizen = provider.citizen()
    browser.sign_in()
    provider.set_account_state(browser.citizen, "suspended")
    answer = browser.get(journey)
    assert (answer.status_code, answer.headers.get("Location")) == (403, None)
    provider.set_account_state(browser.citizen, "active")
    assert "code" in told(party, asked, browser.get(journey))
