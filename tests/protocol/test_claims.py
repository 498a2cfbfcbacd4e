import pytest

from idp.protocol.claims import CLAIMS, SCOPES, SubjectFacts, claims_supported, userinfo_claims
from idp.protocol.identity_claims import IDENTITY_CLAIMS, IdentityTold, identity_claims
from tests.protocol.examples import AN_IDENTITY

EVERYTHING = IdentityTold(AN_IDENTITY, core_identity_jwt="a.b.c", return_codes=("B",))
FACTS = SubjectFacts("subject", "citizen@example.com")
ALL = ("openid", "email", "phone")


@pytest.mark.parametrize(
    ("scopes", "claims"),
    [
        ((), {}),
        (("openid",), {"sub": "subject"}),
        (("openid", "email"),
         {"sub": "subject", "email": "citizen@example.com", "email_verified": True}),
        pytest.param(
            ("openid", "phone"), {"sub": "subject", "phone_number_verified": False},
            marks=pytest.mark.row("4.scope.phone")),
        (("openid", "unknown"), {"sub": "subject"}),
    ],
)  # fmt: skip
def test_each_scope_gives_its_claims_and_no_more(
    scopes: tuple[str, ...], claims: dict[str, object]
) -> None:
    assert userinfo_claims(scopes, FACTS) == claims


@pytest.mark.row("4.scope.phone")
def test_a_telephone_number_that_is_kept_is_a_verified_one() -> None:
    facts = SubjectFacts("subject", "citizen@example.com", phone_number="+447700900000")
    claims = userinfo_claims(ALL, facts)
    assert claims["phone_number"] == "+447700900000"
    assert claims["phone_number_verified"] is True


def test_what_is_supported_is_what_can_be_given() -> None:
    facts = SubjectFacts("subject", "citizen@example.com", phone_number="+447700900000")
    given = userinfo_claims(ALL, facts) | identity_claims(IDENTITY_CLAIMS, EVERYTHING)
    assert claims_supported() == list(given)
    assert set(SCOPES) == {claim.scope for claim in CLAIMS} == set(ALL)
