"""What is answered before Flask looks is answered as Flask would: brakes, odd requests, faults."""

import sys
from collections import Counter
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest

from idp.domain.hot_path import HotPath
from idp.domain.keyring import TokenRefused
from idp.domain.ring import PublicKey
from idp.web import limits
from idp.web.logs import log
from tests.endpoints.provider import FORM, Provider
from tests.support.counting import counting_effort


def ask(provider: Provider, method: str, path: str, **environ: Any) -> tuple[str, str]:
    """Send a request as a server may; return its status and body."""
    said: list[str] = []
    sent = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": provider.host,
        "SERVER_PORT": "80",
        "HTTP_HOST": provider.host,
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "REMOTE_ADDR": provider.browser().address,
    } | environ
    answer = provider.app.wsgi_app(sent, lambda status, *_: said.append(status))  # type: ignore[arg-type]
    return said[0], b"".join(answer).decode()


def redeeming(provider: Provider, **environ: Any) -> tuple[str, str]:
    """Redeem a good code by a request with these odd parts."""
    party = provider.party()
    asked, code = provider.signed_in().code(party)
    body = urlencode(party.token_form(asked, code, provider.now)).encode()
    sent = {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": FORM}
    return ask(provider, environ.pop("method", "POST"), "/token", **sent | environ)


@pytest.mark.parametrize("path", ["/token", "//token"])
def test_the_brake_on_failures_holds_however_the_path_is_spelt(
    provider: Provider, path: str
) -> None:
    party = provider.party(method="client_secret_post")
    form = party.token_form(party.ask(), "code", provider.now) | {"client_secret": "wrong"}
    body = urlencode(form).encode()
    address = provider.browser().address

    def wrong_secret() -> str:
        sent = {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        return ask(provider, "POST", path, CONTENT_TYPE=FORM, REMOTE_ADDR=address, **sent)[0]

    for _ in range(limits.FAILURES_AT_TOKEN):
        assert wrong_secret() == "400 BAD REQUEST"
    assert wrong_secret() == "429 TOO MANY REQUESTS"


def test_a_method_counts_in_any_spelling(provider: Provider) -> None:
    assert redeeming(provider)[0] == "200 OK"
    assert redeeming(provider, method="post")[0] == "200 OK"


@pytest.mark.parametrize(
    ("odd", "status"),
    [
        ({}, "200 OK"),
        ({"CONTENT_TYPE": f"{FORM}; charset=utf-8"}, "200 OK"),
        ({"CONTENT_TYPE": f"{FORM}\N{NO-BREAK SPACE}"}, "400 BAD REQUEST"),
        ({"CONTENT_LENGTH": "9" * 5000}, "400 BAD REQUEST"),
        ({"CONTENT_LENGTH": "\N{ARABIC-INDIC DIGIT THREE}"}, "400 BAD REQUEST"),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, "400 BAD REQUEST"),
    ],
)
def test_a_form_is_read_as_flask_reads_it(
    provider: Provider, odd: dict[str, str], status: str
) -> None:
    assert redeeming(provider, **odd)[0] == status


def test_a_sender_who_hangs_up_is_no_fault_of_ours(
    provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken(BytesIO):
        def readinto(self, _buffer: Any, /) -> int:
            raise OSError("gone")

        def read(self, _size: int | None = -1, /) -> bytes:
            raise OSError("gone")

    body = {"wsgi.input": Broken(), "CONTENT_TYPE": FORM, "CONTENT_LENGTH": "10"}
    status, _ = ask(provider, "POST", "/token", **body)
    assert status == "400 BAD REQUEST"
    assert '"level":"error"' not in capsys.readouterr().err.replace(" ", "")


def test_a_strange_cookie_of_another_program_keeps_nobody_out(provider: Provider) -> None:
    party, browser = provider.party(), provider.signed_in()
    cookie = browser.client.get_cookie("onepass-session", domain=provider.host)
    assert cookie is not None
    query = party.url(party.ask()).partition("?")[2]
    sent = {"QUERY_STRING": query, "HTTP_COOKIE": f"x=\xe9; onepass-session={cookie.value}"}
    assert ask(provider, "GET", "/authorize", **sent)[0] == "302 Found"


def test_a_refused_code_costs_one_verification(provider: Provider) -> None:
    party = provider.party()
    form = party.token_form(party.ask(), "no such code", provider.now)
    machine = provider.browser()
    machine.post("/token", party.token_form(party.ask(), "none", provider.now))
    with counting_effort() as effort:
        assert machine.post("/token", form).status_code == 400
    assert effort == Counter(verify=1)


def test_a_code_used_again_is_punished_also_when_the_assertion_ends_meanwhile(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    party, browser = provider.party(), provider.signed_in()
    asked, code = browser.code(party)
    first = provider.redeem(party, asked, code).get_json()
    redeem = HotPath.redeem

    def slowly(self: HotPath, redemption: Any) -> Any:
        provider.clock.move(400)
        return redeem(self, redemption)

    monkeypatch.setattr(HotPath, "redeem", slowly)
    again = provider.redeem(party, asked, code)
    assert again.get_json()["error_description"] == "Invalid grant"
    assert "code_replayed" in provider.facts(client_id=party.client_id)
    assert provider.userinfo(first["access_token"]).status_code == 401


@pytest.mark.parametrize("spoilt", ["signature", "revoked"])
def test_a_refused_access_token_is_looked_at_once(
    provider: Provider, spoilt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    party = provider.party()
    _, tokens = provider.tokens(party)
    token = tokens["access_token"]
    asked: list[str] = []
    release, check = HotPath.release, PublicKey.check

    def released(self: HotPath, **about: Any) -> Any:
        asked.append("release")
        release(self, **about)
        return None

    def checked(self: PublicKey, signing_input: bytes, signature: str) -> None:
        asked.append("check")
        check(self, signing_input, signature)
        if spoilt == "signature":
            raise TokenRefused("spoilt")

    monkeypatch.setattr(HotPath, "release", released)
    monkeypatch.setattr(PublicKey, "check", checked)
    assert provider.userinfo(token).status_code == 401
    assert asked == (["check"] if spoilt == "signature" else ["check", "release"])


def test_what_is_logged_on_the_short_way_names_its_request(
    provider: Provider, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def release(self: HotPath, **_about: Any) -> None:
        log.warning("something_odd")

    party = provider.party()
    _, tokens = provider.tokens(party)
    monkeypatch.setattr(HotPath, "release", release)
    capsys.readouterr()
    provider.userinfo(tokens["access_token"])
    odd, answered = capsys.readouterr().err.splitlines()
    reference = answered.partition('"request_id":"')[2][:16]
    assert "something_odd" in odd
    assert len(reference) == 16
    assert reference in odd


def test_a_log_that_cannot_be_written_takes_no_answer_back(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    party = provider.party()
    asked, code = provider.signed_in().code(party)

    def tell(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(provider.app, "tell", tell)
    assert provider.redeem(party, asked, code).status_code == 200
