from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.authorization_response import error_location, success_location
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
    assert success_location(redirect_uri, "c", "s", ISSUER, mode) == location


@pytest.mark.row("2.query.encoding")
def test_an_error_is_form_encoded_and_carries_state_and_issuer() -> None:
    location = error_location(
        REDIRECT, "invalid_request", "Request is missing nonce parameter", "a b&c", ISSUER
    )
    assert location == (
        f"{REDIRECT}?error=invalid_request"
        f"&error_description=Request+is+missing+nonce+parameter&state=a+b%26c&{ISS}"
    )


def test_a_state_that_was_not_sent_is_not_invented() -> None:
    assert success_location(REDIRECT, "c", None, ISSUER) == f"{REDIRECT}?code=c&{ISS}"
    location = error_location(REDIRECT, "e", "d", None, ISSUER, "fragment")
    assert location == f"{REDIRECT}#error=e&error_description=d&{ISS}"


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["query", "fragment"]))
def test_any_state_comes_back_unchanged_and_cannot_leave_its_place(state: str, mode: str) -> None:
    parts = urlsplit(success_location(REDIRECT + "?a=1", "c", state, ISSUER, mode))
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "tax.example", "/callback")
    answer = parts.query.removeprefix("a=1&") if mode == "query" else parts.fragment
    assert parse_qsl(answer, keep_blank_values=True) == [
        ("code", "c"),
        ("state", state),
        ("iss", ISSUER),
    ]
