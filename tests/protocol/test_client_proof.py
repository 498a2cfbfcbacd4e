import base64
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.client_proof import NO_METHOD, BasicCredentials, read_basic
from idp.protocol.errors import TokenError
from idp.protocol.parameters import parse_token_request
from idp.protocol.token_checks import check_token_request
from tests.protocol.examples import REDIRECT

NOBODY = BasicCredentials("", "")


def header(text: str | bytes) -> str:
    raw = text.encode() if isinstance(text, str) else text
    return f"Basic {base64.b64encode(raw).decode()}"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (header("tax:secret"), BasicCredentials("tax", "secret")),
        (header("tax:se:cret"), BasicCredentials("tax", "se:cret")),
        (header("tax%3Aaccount:secret"), BasicCredentials("tax:account", "secret")),
        (header("tax:a%2Bb+c%25d"), BasicCredentials("tax", "a+b c%d")),
        (header("tax:100%25"), BasicCredentials("tax", "100%")),
        (header("tax:%C5%B5"), BasicCredentials("tax", "ŵ")),
        (header("tax:ŵ"), BasicCredentials("tax", "ŵ")),
        (header("tax:"), BasicCredentials("tax", "")),
        ("basic " + header("tax:secret")[6:], BasicCredentials("tax", "secret")),
        ("BASIC   " + header("tax:secret")[6:], BasicCredentials("tax", "secret")),
        ("", None),
        ("Basic", None),
        ("Bearer abc", None),
        ("Basicdxd", None),
        ("Basic ", NOBODY),
        ("Basic !!!", NOBODY),
        ("Basic YTpi, Basic YTpi", NOBODY),
        (header("tax:secret").rstrip("=") + "====", NOBODY),
        (header("no colon"), NOBODY),
        (header(b"tax:\xff"), NOBODY),
        (header("tax:%FF"), NOBODY),
        (header("tax%00:secret"), NOBODY),
        (header("tax:a%0Ab"), NOBODY),
        (header("t\x00x:secret"), NOBODY),
    ],
)
def test_what_an_authorization_header_says(sent: str, read: BasicCredentials | None) -> None:
    assert read_basic(sent) == read


@given(st.text(min_size=1), st.text())
def test_what_was_encoded_is_read_again(name: str, secret: str) -> None:
    try:
        joined = f"{quote_plus(name)}:{quote(secret, safe='')}"
    except UnicodeEncodeError:
        return
    read = read_basic(header(joined))
    assert read in (BasicCredentials(name, secret), NOBODY)
    if (name + secret).isprintable():
        assert read != NOBODY


@given(st.text())
def test_reading_any_header_never_raises(sent: str) -> None:
    read_basic(sent)
    read_basic(f"Basic {sent}")


FORM = {"grant_type": "authorization_code", "code": "a code", "redirect_uri": REDIRECT}


@pytest.mark.parametrize(
    ("beside", "good"),
    [
        ({}, True),
        ({"client_id": "tax"}, True),
        ({"client_id": "housing"}, False),
        ({"client_id": "tax", "client_secret": "secret"}, False),
        ({"client_secret": "secret"}, False),
        ({"client_assertion": "a.b.c"}, False),
        ({"client_assertion_type": "a type"}, False),
        ({"client_assertion": "a.b.c", "client_assertion_type": "a type"}, False),
    ],
)
def test_a_secret_in_the_header_stands_alone(beside: dict[str, str], good: bool) -> None:
    request = parse_token_request(FORM | beside, (), header("tax:secret"))
    assert request.basic == BasicCredentials("tax", "secret")
    if good:
        check_token_request(request)
        return
    with pytest.raises(TokenError) as caught:
        check_token_request(request)
    assert (caught.value.error, caught.value.description) == ("invalid_request", NO_METHOD)
    assert caught.value.check == "the_client_authenticates"
