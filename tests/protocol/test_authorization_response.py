from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.authorization_response import error, success
from tests.protocol.examples import ISSUER, REDIRECT

ISS = "iss=https%3A%2F%2Fid.example%2F"


@pytest.mark.parametrize(
    ("redirect_uri", "mode", "location"),
    [
        (REDIRECT, None, f"{REDIRECT}?code=c&state=s&{ISS}"),
        (REDIRECT, "query", f"{REDIRECT}?code=c&state=s&{ISS}"),
        (REDIRECT, "fragment", f"{REDIRECT}#code=c&state=s&{ISS}"),
        (REDIRECT + "?a=1", "query", f"{REDIRECT}?a=1&code=c&state=s&{ISS}"),
        (REDIRECT + "?", "query", f"{REDIRECT}?code=c&state=s&{ISS}"),
        (REDIRECT + "?a=1&", "query", f"{REDIRECT}?a=1&code=c&state=s&{ISS}"),
        (REDIRECT + "?a=1", "fragment", f"{REDIRECT}?a=1#code=c&state=s&{ISS}"),
    ],
)
def test_the_answer_is_added_to_the_registered_address(
    redirect_uri: str, mode: str | None, location: str
) -> None:
    assert success(redirect_uri, "c", "s", ISSUER, mode).location == location


@pytest.mark.row("2.query.encoding")
def test_an_error_is_form_encoded_and_carries_state_and_issuer() -> None:
    answer = error(
        REDIRECT, "invalid_request", "Request is missing nonce parameter", "a b&c", ISSUER
    )
    assert answer.location == (
        f"{REDIRECT}?error=invalid_request"
        f"&error_description=Request+is+missing+nonce+parameter&state=a+b%26c&{ISS}"
    )


def test_a_state_that_was_not_sent_is_not_invented() -> None:
    assert success(REDIRECT, "c", None, ISSUER).location == f"{REDIRECT}?code=c&{ISS}"
    answer = error(REDIRECT, "e", "d", None, ISSUER, "fragment")
    assert answer.location == f"{REDIRECT}#error=e&error_description=d&{ISS}"


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["query", "fragment"]))
def test_any_state_comes_back_unchanged_and_cannot_leave_its_place(state: str, mode: str) -> None:
    parts = urlsplit(success(REDIRECT + "?a=1", "c", state, ISSUER, mode).location)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "tax.example", "/callback")
    answer = parts.query.removeprefix("a=1&") if mode == "query" else parts.fragment
    assert parse_qsl(answer, keep_blank_values=True) == [
        ("code", "c"),
        ("state", state),
        ("iss", ISSUER),
    ]


def test_an_answer_by_form_is_no_address_but_what_to_post_there() -> None:
    answer = success(REDIRECT, "c", "a <state>", ISSUER, "form_post")
    assert answer.by_form
    assert answer.redirect_uri == REDIRECT
    assert answer.parameters == (("code", "c"), ("state", "a <state>"), ("iss", ISSUER))
    assert not success(REDIRECT, "c", "s", ISSUER, "query").by_form
