"""In what an address that was sent differs from the registered ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.differences import Difference, Found, difference_from, mark

ONE = "https://service.example/callback"
TWO = "http://localhost:3000/back?a=1"
REGISTERED = frozenset({ONE, TWO})


@pytest.mark.parametrize(
    ("sent", "difference", "meant"),
    [
        ("https://service.example/callback/", Difference.TRAILING_SLASH, ONE),
        ("http://service.example/callback", Difference.SCHEME, ONE),
        ("https://service.example:8443/callback", Difference.PORT, ONE),
        ("http://localhost:3001/back?a=1", Difference.PORT, TWO),
        ("http://localhost/back?a=1", Difference.PORT, TWO),
        ("https://www.service.example/callback", Difference.HOST, ONE),
        ("https://service.example/Callback", Difference.CASE, ONE),
        ("https://SERVICE.example/callback", Difference.CASE, ONE),
        ("https://service.example/call-back", Difference.PATH, ONE),
        ("https://service.example/callback?a=1", Difference.QUERY, ONE),
        ("http://localhost:3000/back", Difference.QUERY, TWO),
        ("https://service.example/callback#there", Difference.FRAGMENT, ONE),
        ("https://other.example/elsewhere", Difference.NOT_REGISTERED, None),
        ("http://[", Difference.NOT_REGISTERED, None),
        ("http://localhost:port/back?a=1", Difference.NOT_REGISTERED, None),
    ],
)
def test_the_one_difference_is_named(sent: str, difference: Difference, meant: str | None) -> None:
    found = difference_from(REGISTERED, sent)
    assert found == Found(difference, mark(meant) if meant else "")


def test_nothing_is_near_when_nothing_is_registered() -> None:
    assert difference_from((), ONE) == Found(Difference.NOT_REGISTERED)
    assert difference_from(("http://[",), ONE) == Found(Difference.NOT_REGISTERED)


@given(st.text(), st.text())
def test_it_never_fails_and_tells_nothing_of_what_was_sent(registered: str, sent: str) -> None:
    found = difference_from([registered], sent)
    assert found.nearest in ("", mark(registered))
