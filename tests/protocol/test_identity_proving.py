import pytest

from idp.protocol.identity_claims import IDENTITY_CLAIMS
from idp.protocol.identity_proving import (
    Agreement,
    IdentityAsked,
    IdentityFacts,
    IdentityGrant,
    Outcome,
    asked_by,
    grant_of,
    refusal,
    return_codes,
    tellable,
)
from tests.protocol.examples import a_request

V = "https://vocab.account.gov.uk/v1/"
CORE, ADDRESS, PASSPORT, CODE = (
    V + name for name in ("coreIdentityJWT", "address", "passport", "returnCode")
)
P2 = IdentityAsked(frozenset({"P2"}), frozenset({CORE, ADDRESS, CODE}))
WITHOUT_CODE = IdentityAsked(frozenset({"P2"}), frozenset({CORE, ADDRESS}))
PROVED = IdentityFacts(Outcome.PROVED, "P2", IDENTITY_CLAIMS)
DENIED = ("access_denied", "Access denied by resource owner or authorization server")
SECURITY = (
    "access_denied",
    "Access denied for security reasons, a new authentication request may be successful",
)
BROKEN = ("server_error", "Unexpected server error")


@pytest.mark.parametrize(
    ("vtr", "levels"),
    [
        ('["Cl.Cm.P2"]', {"P2"}),
        ('["P2.Cl.Cm"]', {"P2"}),
        ('["Cl.Cm.P1","Cl.Cm.P2"]', {"P1", "P2"}),
        ('["Cl.Cm.P3"]', {"P3"}),
        ('["Cl.Cm.P0"]', None),
        ('["Cl.Cm"]', None),
        ('["Cl"]', None),
        ('["Cl.P2"]', None),
        (None, None),
    ],
)
def test_what_a_request_asks_about_an_identity(vtr: str | None, levels: set[str] | None) -> None:
    claims = f'{{"userinfo": {{"{CORE}": null, "email": null}}}}'
    asked = asked_by(a_request(vtr=vtr, claims=claims))
    assert asked == (levels and IdentityAsked(frozenset(levels), frozenset({CORE})))


@pytest.mark.parametrize(
    ("levels", "proven", "told"),
    [
        ({"P2"}, "P2", "P2"),
        ({"P2"}, "P3", "P2"),
        ({"P2"}, "P1", None),
        ({"P2"}, None, None),
        ({"P1", "P2"}, "P1", "P1"),
        ({"P1", "P2"}, "P2", "P2"),
        ({"P1", "P2"}, "P3", "P2"),
        ({"P1", "P3"}, "P2", "P1"),
        ({"P1"}, "P2", "P1"),
        ({"P3"}, "P2", None),
    ],
)
def test_the_level_told_is_the_highest_asked_that_is_reached(
    levels: set[str], proven: str | None, told: str | None
) -> None:
    assert IdentityAsked(frozenset(levels), frozenset()).met_by(proven) == told


OUTCOMES: dict[Outcome, tuple[str, tuple[str, str] | None, tuple[str, str]]] = {
    # How proving ended: return code; refusal with the return code asked for, and without.
    Outcome.PROVED: ("A", None, DENIED),
    Outcome.NOT_MATCHED: ("B", None, DENIED),
    Outcome.FRAUD: ("F", None, DENIED),
    Outcome.PENDING: ("P", None, DENIED),
    Outcome.TIMED_OUT: ("Z", None, DENIED),
    Outcome.CANCELLED: ("", DENIED, DENIED),
    Outcome.TECHNICAL_ERROR: ("", BROKEN, BROKEN),
    Outcome.OTHER_BROWSER: ("", SECURITY, SECURITY),
}


@pytest.mark.parametrize("outcome", Outcome)
def test_an_identity_that_is_not_proved_as_asked_is_a_return_code_or_a_refusal(
    outcome: Outcome,
) -> None:
    code, with_code, without_code = OUTCOMES[outcome]
    proven = "P1" if outcome is Outcome.PROVED else None
    facts = IdentityFacts(outcome, proven, IDENTITY_CLAIMS)
    assert return_codes(P2, facts) == code
    assert refusal(P2, facts) == with_code
    assert refusal(WITHOUT_CODE, facts) == without_code
    assert tellable(P2, facts) == {CODE}
    assert tellable(WITHOUT_CODE, facts) == set()
    if with_code is None:
        granted = grant_of(P2, facts, frozenset({CODE}), "a proof")
        assert granted == IdentityGrant((CODE,), None, None, code)


def test_an_identity_that_is_proved_as_asked_is_told() -> None:
    assert refusal(P2, PROVED) is None
    assert return_codes(P2, PROVED) == ""
    assert tellable(P2, PROVED) == P2.claims
    granted = grant_of(P2, PROVED, P2.claims, "a proof")
    assert granted == IdentityGrant((CORE, ADDRESS, CODE), "P2", "a proof", "")


def test_nothing_is_granted_beyond_what_was_asked_agreed_and_is_there() -> None:
    no_passport = IdentityFacts(Outcome.PROVED, "P2", IDENTITY_CLAIMS - {PASSPORT})
    wants = IdentityAsked(frozenset({"P2"}), frozenset({CORE, PASSPORT}))
    assert tellable(wants, no_passport) == {CORE}
    assert grant_of(wants, no_passport, IDENTITY_CLAIMS, "a proof").claims == (CORE,)
    assert grant_of(P2, PROVED, frozenset({ADDRESS}), "a proof").claims == (ADDRESS,)


def test_before_proving_has_ended_nothing_is_known() -> None:
    assert return_codes(P2, IdentityFacts()) == ""
    assert refusal(P2, IdentityFacts()) == DENIED
    assert {answer.value for answer in Agreement} == {"agreed", "refused"}
