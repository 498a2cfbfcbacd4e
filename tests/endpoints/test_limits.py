"""What one request may bring, and how many one source may send."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from idp.web import limits, source
from idp.web.limits import SourceRates
from tests.endpoints.conftest import build, close
from tests.endpoints.provider import Browser, Provider
from tests.support.building import KeyRoom
from tests.support.databases import SqliteTemplate

RATE = 10


@pytest.fixture(scope="module")
def small(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory, key_room: KeyRoom
) -> Iterator[Provider]:
    """A provider of one process that lets a source make ten requests a minute."""
    folder: Path = tmp_path_factory.mktemp("small")
    made = build(
        sqlite_template.copy_to(folder / "onepass.db"),
        folder,
        key_room,
        ONEPASS_SOURCE_RATE=str(RATE),
        ONEPASS_WORKERS="1",
        ONEPASS_TRUSTED_PROXIES="127.77.0.0/16",
    )
    yield made
    close(made.app)


@pytest.fixture(autouse=True)
def _a_new_minute(small: Provider) -> None:
    small.clock.move(60 - small.now % 60)


def too_many(answer: TestResponse) -> bool:
    if answer.status_code != 429:
        return False
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    return True


class TestRates:
    @pytest.mark.row("7.rate.source")
    def test_a_source_that_sends_too_many_waits_for_the_next_minute(self, small: Provider) -> None:
        browser, other = small.browser(), small.browser()
        answers = [browser.get("/signed-out") for _ in range(RATE + 3)]
        assert [too_many(answer) for answer in answers] == [False] * RATE + [True] * 3
        assert not too_many(other.get("/signed-out")), "another source paid for it"
        small.clock.move(45)
        answer = browser.get("/signed-out")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "15")
        small.clock.move(15)
        assert not too_many(browser.get("/signed-out"))

    def test_a_page_says_so_in_words(self, small: Provider) -> None:
        browser = small.browser()
        for _ in range(RATE):
            browser.get("/signed-out")
        answer = browser.get("/signed-out", Accept="text/html")
        assert too_many(answer)
        assert "Too many requests" in answer.text

    def test_machines_that_prove_who_they_are_are_not_counted(self, small: Provider) -> None:
        party, browser = small.party(), small.signed_in()
        machine = small.browser()
        for _ in range(3):
            small.clock.move(60)
            for _ in range(RATE - 2):
                asked, code = browser.code(party)
                form = party.token_form(asked, code, small.now)
                assert machine.post("/token", form).status_code == 200
        for _ in range(RATE + 1):
            assert machine.get("/userinfo").status_code == 401
            assert machine.get("/health").status_code == 200

    @pytest.mark.parametrize(
        "form",
        [{"client_id": "x", "client_secret": "guess", "code": "c", "redirect_uri": "r",
          "grant_type": "authorization_code"}, {}],
        ids=["guessing secrets", "nonsense"],
    )  # fmt: skip
    def test_failed_proofs_at_token_are_counted(
        self, small: Provider, form: dict[str, str]
    ) -> None:
        """CLIENT-06."""
        machine = small.browser()
        for _ in range(limits.FAILURES_AT_TOKEN):
            assert machine.post("/token", form).status_code == 400
        answer = machine.post("/token", form)
        assert too_many(answer)
        assert answer.get_json()["error"] == "temporarily_unavailable"
        small.clock.move(60)
        assert machine.post("/token", form).status_code == 400

    @pytest.mark.parametrize("path", ["/introspect", "/revoke"])
    def test_failed_proofs_are_counted_together_wherever_they_are_asked(
        self, small: Provider, path: str
    ) -> None:
        """CLIENT-06: or the next endpoint would be the next sixty guesses."""
        machine, guess = small.browser(), {"token": "t", "client_id": "x", "client_secret": "y"}
        for _ in range(limits.FAILURES_AT_TOKEN - 1):
            assert machine.post(path, guess).status_code == 400
        assert machine.post("/token", {}).status_code == 400
        for refused in (path, "/token"):
            answer = machine.post(refused, guess)
            assert too_many(answer)
            assert answer.get_json()["error"] == "temporarily_unavailable"
        assert small.browser().post(path, guess).status_code == 400

    def test_who_proves_themselves_may_ask_as_often_as_they_like(self, small: Provider) -> None:
        party = small.party(more={"profile": "openid"})
        machine = small.browser()
        for _ in range(RATE + limits.FAILURES_AT_TOKEN):
            form = {"token": "nonsense"} | party.proof(small.now)
            assert machine.post("/introspect", form).get_json() == {"active": False}

    def test_basic_is_counted_too(self, small: Provider) -> None:
        machine = small.browser()
        for _ in range(limits.FAILURES_AT_TOKEN):
            assert machine.post("/token", {}, Authorization="Basic YTpi").status_code == 401
        assert too_many(machine.post("/token", {}, Authorization="Basic YTpi"))

    def test_bad_codes_of_a_good_client_lock_nobody_out(self, small: Provider) -> None:
        """A citizen can make a service send any number of codes that are not good."""
        party, machine = small.party(), small.browser()
        asked = party.ask()
        for _ in range(limits.FAILURES_AT_TOKEN + 5):
            answer = machine.post("/token", party.token_form(asked, "bad", small.now))
            assert answer.get_json()["error"] == "invalid_grant"
        asked, code = small.signed_in().code(party)
        answer = machine.post("/token", party.token_form(asked, code, small.now))
        assert answer.status_code == 200

    def test_a_forwarded_address_of_a_stranger_is_not_believed(self, small: Provider) -> None:
        """LOGIN-03: or everybody could be a new source with every request."""
        browser = small.browser()
        answers = [
            browser.get("/signed-out", **{"X-Forwarded-For": f"198.51.100.{number}"})
            for number in range(RATE + 1)
        ]
        assert too_many(answers[-1])

    def test_behind_our_own_proxy_each_source_counts_for_itself(self, small: Provider) -> None:
        proxy = small.browser()
        proxy.address = "127.77.0.1"
        for number in range(RATE + 5):
            forwarded = {"X-Forwarded-For": f"198.51.100.{number}"}
            assert not too_many(proxy.get("/signed-out", **forwarded))
        same = {"X-Forwarded-For": "203.0.113.9, 198.51.100.200"}
        answers = [proxy.get("/signed-out", **same) for _ in range(RATE + 1)]
        assert too_many(answers[-1])


class TestSizes:
    @pytest.mark.row("7.size.authorize_query")
    def test_a_query_of_authorize(self, small: Provider) -> None:
        party, browser = small.party(), small.signed_in()
        room = limits.LONGEST_QUERY - len(party.url(party.ask(state="")).partition("?")[2])
        asked = party.ask(state="s" * room)
        assert browser.authorize(party, asked).status_code == 302
        assert browser.authorize(party, party.ask(state="s" * (room + 1))).status_code == 414

    def test_a_posted_request_may_be_as_long_and_no_longer(self, small: Provider) -> None:
        party, browser = small.party(), small.signed_in()
        room = limits.LONGEST_QUERY - len(party.url(party.ask(state="")).partition("?")[2])
        assert browser.post("/authorize", party.ask(state="s" * room).parameters).status_code == 303
        longer = party.ask(state="s" * (room + 1)).parameters
        assert browser.post("/authorize", longer).status_code == 413

    @pytest.mark.parametrize(
        "path",
        [
            "/trustmark",
            "/signed-out",
            "/userinfo",
            "/token",
            "/health",
            "/introspect",
            "/revoke",
            "/connect/register",
        ],
    )
    @pytest.mark.row("7.size.other_query")
    def test_any_other_query(self, small: Provider, path: str) -> None:
        browser = small.browser()
        assert browser.get(f"{path}?a={'x' * 2046}").status_code != 414
        assert browser.get(f"{path}?a={'x' * 2047}").status_code == 414

    @pytest.mark.row("7.size.other_query")
    def test_an_id_token_in_the_query_of_logout(self, small: Provider) -> None:
        browser = small.browser()
        assert browser.get(f"/logout?a={'x' * 4094}").status_code != 414
        assert browser.get(f"/logout?a={'x' * 4095}").status_code == 414

    def test_many_parameters(self, small: Provider) -> None:
        browser = small.browser()
        assert browser.get("/signed-out?" + "&".join(["a=1"] * 200)).status_code == 200
        assert browser.get("/signed-out?" + "&".join(["a=1"] * 201)).status_code == 400

    def test_a_body(self, small: Provider) -> None:
        machine = small.browser()
        body = "grant_type=" + "x" * (limits.LARGEST_BODY - 11)
        assert machine.post("/token", body).get_json()["error"] == "unsupported_grant_type"
        answer = machine.post("/token", body + "x")
        assert answer.status_code == 413
        assert answer.get_json()["error"] == "invalid_request"

    @pytest.mark.parametrize("path", ["/introspect", "/revoke"])
    def test_a_body_about_a_token(self, small: Provider, path: str) -> None:
        machine = small.browser()
        body = "token=" + "x" * (limits.LARGEST_BODY - 6)
        assert machine.post(path, body).status_code == 400
        answer = machine.post(path, body + "x")
        assert answer.status_code == 413
        assert answer.get_json()["error"] == "invalid_request"

    def test_headers(self, small: Provider) -> None:
        browser = small.browser()
        assert browser.get("/signed-out", **{"X-Long": "x" * 15_000}).status_code == 200
        assert browser.get("/signed-out", **{"X-Long": "x" * 17_000}).status_code == 431
        assert browser.get("/userinfo", Authorization="x" * 17_000).status_code == 431
        many = {f"X-{number}": "x" * 100 for number in range(170)}
        assert browser.get("/signed-out", **many).status_code == 431


class TestSourceRates:
    def test_it_counts_each_source_within_the_minute(self) -> None:
        rates = SourceRates()
        assert [rates.count("a", 61), rates.count("a", 119), rates.count("b", 119)] == [1, 2, 1]
        assert (rates.seen("a", 100), rates.seen("c", 100)) == (2, 0)
        assert rates.seen("a", 120) == 0
        assert rates.count("a", 120) == 1

    def test_it_remembers_a_bounded_number(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "REMEMBERED_SOURCES", 3)
        rates = SourceRates()
        for number in range(10):
            rates.count(str(number), 0)
        assert len(rates._counts) == 3
        assert rates.seen("9", 0) == 1

    def test_an_ipv6_source_cannot_count_anew_under_its_next_address(self) -> None:
        rates = SourceRates()
        rates.count("2001:db8:1:2::1", 0)
        assert rates.count("2001:db8:1:2:ffff::9%eth0", 0) == 2
        assert rates.seen("2001:db8:1:2::3", 0) == 2
        assert rates.count("2001:db8:1:3::1", 0) == 1

    @pytest.mark.parametrize("other", ["::ffff:203.0.113.2", "203.0.113.2", "not: an address"])
    def test_an_ipv4_source_is_counted_by_itself_however_it_is_written(self, other: str) -> None:
        rates = SourceRates()
        assert rates.count("::ffff:203.0.113.1", 0) == 1
        assert rates.count(other, 0) == 1
        assert rates.count("203.0.113.1", 0) == 2

    def test_a_clock_that_steps_back_opens_a_new_window(self) -> None:
        rates = SourceRates()
        rates.count("a", 600)
        assert rates.count("a", 500) == 1


FORWARDED = [
    # peer, what it forwards, who it is then
    ("203.0.113.1", "198.51.100.1", "203.0.113.1"),
    ("127.77.0.1", "", "127.77.0.1"),
    ("127.77.0.1", "198.51.100.1", "198.51.100.1"),
    ("127.77.0.1", "198.51.100.1, 127.77.0.2", "198.51.100.1"),
    ("127.77.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
    ("127.77.0.1", "127.77.0.2, 127.77.0.3", "127.77.0.1"),
    ("127.77.0.1", "198.51.100.1, nonsense", "127.77.0.1"),
    ("127.77.0.1", "nonsense, 198.51.100.1", "198.51.100.1"),
    ("127.77.0.1", "2001:db8::1", "2001:db8::1"),
    ("127.77.0.1", " 198.51.100.1 ", "198.51.100.1"),
    ("not an address", "198.51.100.1", "not an address"),
]


@pytest.mark.parametrize(("peer", "forwarded", "expected"), FORWARDED)
def test_who_a_request_came_from(small: Provider, peer: str, forwarded: str, expected: str) -> None:
    environ = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}
    with small.app.test_request_context("/", environ_overrides=environ) as context:
        proxies = small.settings.trusted_proxies
        assert source.address_of(context.request.environ, proxies) == expected
        assert source.address_of(context.request.environ, ()) == peer


def test_a_request_without_a_peer_has_a_name_too(small: Provider) -> None:
    with small.app.test_request_context("/") as context:
        context.request.environ.pop("REMOTE_ADDR", None)
        assert source.address_of(context.request.environ, ()) == "0.0.0.0"


def test_a_browser_of_a_test_comes_from_its_own_address(small: Provider) -> None:
    """Or one test would use up another's share."""
    assert len({Browser(small).address for _ in range(100)}) == 100
