"""Bad input, foreign forms, floods and a broken database: always a clear page, never a crash."""

import json
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from idp.domain.passwords import Hasher, TooBusy
from idp.kernel.database import db
from idp.web import errors
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.support.citizens import Citizen
from tests.support.person import Person
from tests.support.relying_party import RelyingParty


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """One kind of database is enough here."""
    return postgres_url


STRANGE = {
    "nothing": "",
    "spaces": "   ",
    "NUL": "alice\x00@example.com",
    "newline": "alice@example.com\nBcc: x@example.com",
    "emoji": "🐉" * 40,
    "right-to-left": "\u202ealice\u202c",
    "lone surrogate": "%ED%A0%80",
    "very long": "a" * 5000,
    "markup": "<b>\"'&",
    "digits of another script": "١٢٣٤٥٦",
    "wide digits": "１２３４５６",
    "a number": "1e6",
}


@pytest.mark.parametrize("value", STRANGE.values(), ids=STRANGE)
def test_strange_input_is_refused_in_words(
    person: Person, library: RelyingParty, alice: Citizen, value: str
) -> None:
    walks.arrive(person, library)
    person.send(button=walks.SIGN_IN)
    person.send({"email": value})
    assert person.status == 400
    assert "There is a problem" in person.page.text
    person.send({"email": alice.email})
    person.send({"password": value})
    assert person.status == 400
    person.send({"password": alice.password})
    person.send({"code": value})
    assert person.status == 400
    assert value not in person.form().values.values() or value == ""


@pytest.mark.parametrize("path", ["email", "password", "create/email", "start"])
def test_arrays_and_repeated_fields_are_no_crash(
    person: Person, library: RelyingParty, path: str
) -> None:
    walks.arrive(person, library)
    person.send(button=walks.SIGN_IN)
    person.send({"email": walks.NEW_EMAIL})
    token = person.form().values["csrf_token"]
    url = f"{person.url.removesuffix('password')}{path}"
    for fields in (
        {"email[]": "x", "password[]": "x", "code[]": "x"},
        {"email": ["a@example.com", "b@example.com"], "password": ["x", "y"]},
        {"choice": ["create", "sign_in", "other"][2]},
    ):
        answer = person.client.post(
            url,
            data=urlencode({"csrf_token": token} | fields, doseq=True),
            content_type="application/x-www-form-urlencoded",
        )
        assert answer.status_code in (400, 303), answer.status_code


def test_a_megabyte_is_refused_before_it_is_read(person: Person, library: RelyingParty) -> None:
    walks.come_to_password(person, library, walks.NEW_EMAIL)
    person.send({"password": "x" * 1_000_000})
    assert (person.heading, person.status) == ("That was too much to send", 413)


def test_a_form_without_our_token_is_refused(person: Person, library: RelyingParty) -> None:
    walks.come_to_password(person, library, walks.NEW_EMAIL)
    answer = person.request("POST", person.url, {"password": "x"}, {"Accept": "text/html"})
    assert answer.status == 403
    assert "We could not accept that form" in answer.body


def test_another_browsers_token_is_refused(
    browser: Callable[[], Person], library: RelyingParty
) -> None:
    alice, mallory = browser(), browser()
    walks.come_to_password(alice, library, walks.NEW_EMAIL)
    walks.come_to_password(mallory, library, walks.NEW_EMAIL)
    stolen = mallory.form().values["csrf_token"]
    alice.send({"password": "x", "csrf_token": stolen})
    assert (alice.heading, alice.status) == ("We could not accept that form", 403)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://tax.localhost:8001"])
def test_a_form_from_another_site_is_refused_even_with_our_token(
    person: Person, library: RelyingParty, origin: str
) -> None:
    walks.come_to_password(person, library, walks.NEW_EMAIL)
    values = person.form().values | {"password": "x"}
    answer = person.request("POST", person.url, values, {"Origin": origin})
    assert answer.status == 403


def test_a_browser_without_cookies_is_told_about_cookies(
    person: Person, library: RelyingParty
) -> None:
    walks.arrive(person, library)
    values, page = person.form().values, person.url
    person.client.delete_cookie("onepass-browser", domain="id.onepass.localhost")
    answer = person.request("POST", page, values, {"Accept": "text/html"})
    assert answer.status == 403
    assert "Your browser is not keeping our cookies" in answer.body


@pytest.mark.parametrize("cookie", ["", "x", "a" * 4000, "eyJhIjoxfQ.x.y", "\u00e9"])
def test_a_forged_cookie_is_no_cookie(person: Person, library: RelyingParty, cookie: str) -> None:
    person.client.set_cookie("onepass-session", cookie, domain="id.onepass.localhost")
    person.client.set_cookie("onepass-browser", cookie, domain="id.onepass.localhost")
    walks.arrive(person, library)
    assert person.heading == "Create a Onepass account or sign in"


def test_too_many_password_checks_at_once_are_told_to_come_back(
    person: Person, library: RelyingParty, alice: Citizen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_busy(self: Hasher, password_hash: str | None, password: str) -> bool:
        raise TooBusy(7)

    walks.come_to_password(person, library, alice.email)
    with monkeypatch.context() as patch:
        patch.setattr(Hasher, "verify", too_busy)
        person.send({"password": alice.password})
    assert (person.heading, person.status) == ("Very many people are signing in", 503)
    assert person.answer is not None
    assert person.answer.headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    "why", ["connection refused", "attempt to write a readonly database", "disk is full"]
)
def test_a_database_that_is_gone_full_or_read_only_is_a_page_with_a_reference(
    person: Person, library: RelyingParty, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    def broken(*arguments: object, **words: object) -> None:
        raise OperationalError("SELECT", {}, Exception(why))

    walks.arrive(person, library)
    page = person.url
    with monkeypatch.context() as patch:
        patch.setattr(db.session, "get", broken)
        patch.setattr("sqlalchemy.orm.Session.get", broken)
        person.open(page)
    assert (person.heading, person.status) == ("Sorry, the service is unavailable", 503)
    assert "Reference:" in person.page.text
    assert why not in person.page.text
    assert person.answer is not None
    assert "Retry-After" in person.answer.headers
    person.open(page)
    assert person.status == 200


@pytest.mark.row("2.after.server_error")
def test_a_bug_is_a_page_with_a_reference_and_nothing_about_itself(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object, **words: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("idp.journeys.home.views.show", broken)
    person.open("/about")
    assert (person.heading, person.status) == ("Sorry, something went wrong", 500)
    assert "secret detail" not in person.html
    assert "Traceback" not in person.html


def test_a_program_gets_a_sentence_instead_of_a_page(person: Person) -> None:
    answer = person.request("GET", f"{person.issuer}authorize", None, {"Accept": "*/*"})
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.body == "Request is missing parameters"
    assert answer.status == 400


def test_a_person_gets_the_same_sentence_on_a_page(person: Person) -> None:
    person.open("/authorize?client_id=unknown")
    assert person.status == 400
    assert person.heading == "There is a problem with the service you came from"
    assert "Request is missing parameters" in person.page.text


def test_a_machines_endpoint_answers_errors_as_json(person: Person) -> None:
    answer = person.request("GET", f"{person.issuer}token", None, {"Accept": "text/html"})
    assert answer.status == 405
    assert json.loads(answer.body).keys() == {"error", "error_description"}


def test_the_wrong_method_is_told_the_right_one(person: Person) -> None:
    answer = person.request("GET", f"{person.issuer}logout/confirm", None, {"Accept": "text/html"})
    assert answer.status == 405
    assert "POST" in answer.headers["Allow"]


def test_journeys_that_do_not_exist_are_over(person: Person) -> None:
    for journey in ("x", "a" * 43, "a" * 3000, "%00", "..%2f..%2fetc", "🐉"):
        person.open(f"/j/{journey}/start")
        assert person.status in (404, 410, 414), journey


def test_every_row_of_the_table_renders_in_both_languages(app: Flask) -> None:
    for kind in errors.Kind:
        for language in ("en", "cy"):
            with app.test_request_context(f"/?lng={language}", headers={"Accept": "text/html"}):
                answer = errors.answer(errors.PageRefused(kind, sentence="said"))
            page = answer.get_data(as_text=True)
            assert answer.status_code == kind.value.status
            assert f'<html lang="{language}"' in page
            assert page.count("<h1") == 1


def test_the_error_page_never_asks_the_database(
    app: Flask, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object, **words: object) -> None:
        raise AssertionError("the database was asked")

    monkeypatch.setattr("sqlalchemy.engine.Connection.execute", broken)
    for kind in errors.Kind:
        with app.test_request_context("/", headers={"Accept": "text/html"}):
            assert errors.answer(errors.PageRefused(kind)).status_code == kind.value.status


def test_a_mail_with_markup_is_shown_as_text(
    person: Person, library: RelyingParty, post: Post
) -> None:
    walks.come_to_email_code(person, library, "a&b@example.com")
    post.all()
    person.open("/mailbox")
    assert "a&b@example.com" in person.page.text
    person.open(next(href for href, words in person.page.links if "security code" in words))
    assert person.status == 200
    person.open("/mailbox/unknown")
    assert person.status == 404
