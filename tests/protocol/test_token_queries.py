import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.client_proof import NO_METHOD, BasicCredentials
from idp.protocol.errors import TokenError
from idp.protocol.token_queries import (
    INACTIVE,
    check_token_query,
    introspection,
    parse_token_query,
)
from tests.protocol.examples import ISSUER, changed

FORM = {"token": "a token", "client_id": "tax", "client_secret": "a secret"}
BY_ASSERTION = {
    "client_id": None,
    "client_secret": None,
    "client_assertion": "an assertion",
    "client_assertion_type": "a type",
}
MISSING = "Request is missing token parameter"


@pytest.mark.parametrize(
    "changes",
    [{}, BY_ASSERTION, {"token_type_hint": "refresh_token"}, {"token_type_hint": "nonsense"}],
)
def test_a_good_query_passes(changes: dict[str, str | None]) -> None:
    check_token_query(parse_token_query(changed(FORM, changes)))


@pytest.mark.parametrize(
    ("changes", "rule", "sentence"),
    [
        ({"token": "a\x00b", "client_id": None}, "the_request_could_be_read", "Invalid request"),
        ({"token": None, "client_id": None}, "a_token_is_sent", MISSING),
        ({"token": ""}, "a_token_is_sent", MISSING),
        ({"client_id": None}, "the_client_authenticates", NO_METHOD),
        ({"client_secret": None}, "the_client_authenticates", NO_METHOD),
        (BY_ASSERTION | {"client_assertion_type": None}, "the_client_authenticates", NO_METHOD),
        (BY_ASSERTION | FORM, "the_client_authenticates", NO_METHOD),
    ],
)
def test_the_first_broken_rule_is_told(
    changes: dict[str, str | None], rule: str, sentence: str
) -> None:
    check_token_query(parse_token_query(FORM))
    with pytest.raises(TokenError) as caught:
        check_token_query(parse_token_query(changed(FORM, changes)))
    refusal = caught.value
    assert (refusal.check, refusal.error) == (rule, "invalid_request")
    assert refusal.description == sentence


def test_a_parameter_sent_twice_is_a_fault() -> None:
    query = parse_token_query(FORM, {"token"})
    assert query.faults == ("token was sent more than once",)


def test_a_query_arrives_under_its_names() -> None:
    query = parse_token_query(FORM, (), "Basic YTpi")
    told = dataclasses.asdict(query)
    assert told["token"] == "a token"
    assert query.basic == BasicCredentials("a", "b")


@given(st.dictionaries(st.text(max_size=20), st.text()), st.text())
def test_reading_a_query_never_raises(form: dict[str, str], authorization: str) -> None:
    parse_token_query(form, (), authorization)


def test_a_live_token_is_described_in_the_standards_members_alone() -> None:
    claims = {
        "iss": ISSUER, "aud": f"{ISSUER}userinfo", "client_id": "tax", "exp": 9, "iat": 1,
        "jti": "j", "sub": "s", "scope": "openid email", "sid": "x", "grant": "g",
    }  # fmt: skip
    assert introspection(claims, subject="s", scopes=["openid"]) == {
        "active": True,
        "token_type": "Bearer",
        "scope": "openid",
        "sub": "s",
        "iss": ISSUER,
        "aud": f"{ISSUER}userinfo",
        "client_id": "tax",
        "exp": 9,
        "iat": 1,
        "jti": "j",
    }
    assert INACTIVE == {"active": False}
