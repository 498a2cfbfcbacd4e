"""What is true of every page of a department."""

import re

import pytest

from relying_party_demo import words
from relying_party_demo.department import read
from tests.relying_party.fake_provider import FakeProvider
from tests.relying_party.visiting import Visit, visit

PAGES = ("/", "/account", "/actions/pay-a-fine", "/signed-out", "/nothing", "/callback")


@pytest.fixture
def signed_in(library: Visit) -> Visit:
    library.sign_in("/sign-in?then=pay-a-fine")
    return library


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_stands_alone(signed_in: Visit, path: str, language: str) -> None:
    if path == "/signed-out":
        signed_in.sign_out()
    response = signed_in.get(f"{path}?lng={language}")
    page = response.text
    assert response.mimetype == "text/html"
    assert f'<html lang="{language}"' in page
    assert len(re.findall("<h1", page)) == 1
    title = re.search(r"<title>([^<]+)</title>", page)
    heading = re.search(r"<h1[^>]*>([^<]+)</h1>", page)
    assert title is not None
    assert heading is not None
    assert title[1].startswith(heading[1].strip())
    assert 'href="#main-content"' in page
    assert "<script" not in page
    assert "style=" not in page
    assert ("prototype" if language == "en" else "prototeip") in page.lower()
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", [*PAGES, "/health", "/static/department.css", "/colours.css"])
def test_every_answer_has_its_headers(tax: Visit, path: str) -> None:
    with tax.get(path) as response:
        headers = response.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert f"form-action 'self' {tax.provider.issuer.rstrip('/')};" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "Strict-Transport-Security" not in headers


def test_cookies_are_for_this_host_and_the_server_alone(
    provider: FakeProvider, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("https")
    secure = visit(provider, folder, "tax", DEPARTMENT_URL="https://tax.localhost:8443")
    cookie = secure.get("/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("__Host-dept-tax-browser=")
    for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie
    assert secure.get("/").headers["Strict-Transport-Security"]


def test_plain_http_gets_plain_cookies(tax: Visit) -> None:
    first = tax.get("/sign-in").headers["Set-Cookie"]
    assert first.startswith("dept-tax-browser=")
    assert "HttpOnly" in first
    assert "SameSite=Lax" in first
    assert "Secure" not in first
    second = tax.sign_in().headers["Set-Cookie"]
    assert second.startswith("dept-tax=")


def test_nobody_who_is_signed_in_is_told_otherwise(tax: Visit) -> None:
    tax.sign_in()
    assert tax.get("/signed-out").location == "/account"
    assert "Go to your account" in tax.get("/").text
    assert "Start now" in tax.another_browser().get("/").text


def test_forged_cookies_are_nobody(tax: Visit) -> None:
    for value in ("x", "é", "A" * 43, "A" * 4000):
        tax.browser.set_cookie("dept-tax", value, domain="localhost")
        tax.browser.set_cookie("dept-tax-browser", value, domain="localhost")
        assert tax.get("/account").location == "/"


def test_a_language_is_kept_and_another_is_not_taken(housing: Visit) -> None:
    assert 'lang="cy"' in housing.get("/").text
    assert '<html lang="en"' in housing.get("/?lng=en").text
    assert '<html lang="en"' in housing.get("/signed-out").text
    assert '<html lang="en"' in housing.get("/?lng=fr").text
    assert '<html lang="cy"' in housing.get("/?lng=cy").text


def test_the_way_to_the_other_language_never_repeats_an_answer(tax: Visit) -> None:
    assert 'href="/?lng=cy"' in tax.get("/callback?code=x&state=y").text
    assert 'href="/signed-out?lng=cy"' in tax.get("/signed-out?state=y").text


def test_other_services_are_named_in_the_language_of_the_page(
    provider: FakeProvider, tmp_path_factory: pytest.TempPathFactory
) -> None:
    services = (
        '[{"name": "driving", "url": "http://localhost:8002"},'
        ' {"name": "tax", "url": "http://tax.localhost/"},'
        ' {"name": "Elsewhere", "url": "https://elsewhere.example"}]'
    )
    folder = tmp_path_factory.mktemp("others")
    tax = visit(provider, folder, "tax", DEPARTMENT_SERVICES_JSON=services)
    page = tax.get("/?lng=cy").text
    assert ">Adnewyddu eich trwydded yrru</a>" in page
    assert ">Elsewhere</a>" in page
    assert "http://tax.localhost" not in page


def test_health_and_keys_answer(tax: Visit, library: Visit) -> None:
    assert tax.get("/health").get_json() == {"status": "ok", "service": "tax"}
    key = tax.get("/.well-known/jwks.json").get_json()["keys"][0]
    assert {"kty", "crv", "x", "y", "kid", "use", "alg"} == set(key)
    assert library.get("/.well-known/jwks.json").get_json() == {"keys": []}
    assert tax.department.accent in tax.get("/colours.css").text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("POST", "/", 405), ("GET", "/sign-out", 405), ("PUT", "/", 405)],
)
def test_wrong_doors_say_so(tax: Visit, method: str, path: str, status: int) -> None:
    response = tax.browser.open(path, method=method)
    assert response.status_code == status
    assert ("Allow" in response.headers) == (status == 405)


def test_a_page_that_cannot_be_made_says_so(tax: Visit) -> None:
    tax.app.config["PROPAGATE_EXCEPTIONS"] = False
    parts = tax.app.extensions["department"]
    tax.browser.set_cookie("dept-tax", "A" * 43, domain="localhost")
    parts.store._path.unlink()
    parts.store._path.mkdir()
    response = tax.get("/account")
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.text
    parts.store._path.rmdir()


def test_every_name_that_is_noted_has_its_words() -> None:
    for slug in ("tax", "driving", "housing"):
        assert read(slug, {}).asks.vtr in words.LEVELS
    assert set(words.STEPS) >= {"request", "answer", "token", "id_token", "userinfo", "notice"}
