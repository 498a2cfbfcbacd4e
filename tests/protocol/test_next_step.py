import itertools
import json
from dataclasses import replace

import pytest

from idp.protocol.client_policy import ClientPolicy
from idp.protocol.id_token_hints import VerifiedHint
from idp.protocol.identity_proving import Agreement, IdentityFacts, Outcome
from idp.protocol.next_step import (
    Decision,
    Step,
    freshness_required,
    level_asked,
    level_told,
    next_step,
    next_step_at_home,
)
from idp.protocol.session_facts import JourneyFacts, SessionFacts
from idp.protocol.subjects import subject_for
from tests.protocol.examples import (
    NOW,
    a_client,
    a_journey,
    a_request,
    a_session,
    an_openid_client,
)

ONE_LOGIN = a_client()
MAX_AGE = a_client(max_age_enabled=True)
OPENID = an_openid_client()
AT_CL = a_session(level="Cl", amr=("pwd",), otp_at=None)
WEAK_AT_CL = replace(AT_CL, reset_because="weak")
LOST = a_journey(recovering=True, password_at=NOW - 10, account_id="account-1")
FRESH = a_journey(fresh=True)
PASSWORD_DONE = a_journey(fresh=True, password_at=NOW - 10, account_id="account-1")
BOTH_DONE = a_journey(fresh=True, password_at=NOW - 10, otp_at=NOW - 5, account_id="account-1")
BOTH_GIVEN = replace(BOTH_DONE, fresh=False)
OTHERS = a_journey(fresh=True, password_at=NOW - 10, otp_at=NOW - 5, account_id="account-2")


def step(
    parameters: dict[str, str],
    facts: SessionFacts | None = None,
    journey: JourneyFacts | None = None,
    client: ClientPolicy = ONE_LOGIN,
) -> Decision:
    return next_step(a_request(**parameters), client, facts, journey, NOW)


@pytest.mark.parametrize(
    ("parameters", "facts", "journey", "client", "expected"),
    [
        # Nobody is signed in.
        ({}, None, None, ONE_LOGIN, Step.SIGN_IN),
        ({}, None, a_journey(), ONE_LOGIN, Step.SIGN_IN),
        ({}, None, a_journey(choice="sign_in"), ONE_LOGIN, Step.SIGN_IN),
        ({}, None, a_journey(choice="create"), ONE_LOGIN, Step.CREATE),
        # An account is half made.
        ({}, a_session(account_state="part_created"), a_journey(), ONE_LOGIN, Step.CREATE),
        ({"vtr": '["Cl"]'}, a_session(account_state="part_created"), None, ONE_LOGIN, Step.CREATE),
        # Single sign-on, and stepping up.
        ({}, a_session(), None, ONE_LOGIN, Step.ISSUE),
        ({"vtr": '["Cl"]'}, a_session(), None, ONE_LOGIN, Step.ISSUE),
        ({"vtr": '["Cl"]'}, AT_CL, None, ONE_LOGIN, Step.ISSUE),
        ({"vtr": '["Cl","Cl.Cm"]'}, AT_CL, None, ONE_LOGIN, Step.ISSUE),
        ({"vtr": '["Cl.Cm"]'}, AT_CL, None, ONE_LOGIN, Step.STEP_UP),
        ({}, AT_CL, a_journey(password_at=NOW), ONE_LOGIN, Step.STEP_UP),
        ({}, a_session(terms_agreed=False), None, ONE_LOGIN, Step.AGREE),
        ({}, replace(AT_CL, terms_agreed=False), None, ONE_LOGIN, Step.STEP_UP),
        ({"prompt": "consent"}, a_session(), None, ONE_LOGIN, Step.ISSUE),
        ({"prompt": "create"}, a_session(), None, ONE_LOGIN, Step.ISSUE),
        # Who has no codes, in the Journey in which they said so and after the password.
        ({}, AT_CL, LOST, ONE_LOGIN, Step.RECOVER),
        ({}, AT_CL, a_journey(recovering=True), ONE_LOGIN, Step.STEP_UP),
        ({}, AT_CL, replace(LOST, account_id="account-2"), ONE_LOGIN, Step.STEP_UP),
        ({}, a_session(), LOST, ONE_LOGIN, Step.ISSUE),
        ({"vtr": '["Cl"]'}, AT_CL, LOST, ONE_LOGIN, Step.ISSUE),
        # A new password is due: after the factors, before anything else.
        ({}, a_session(reset_because="weak"), None, ONE_LOGIN, Step.RESET_PASSWORD),
        ({}, a_session(reset_because="ordered"), a_journey(), ONE_LOGIN, Step.RESET_PASSWORD),
        ({"vtr": '["Cl"]'}, WEAK_AT_CL, None, ONE_LOGIN, Step.RESET_PASSWORD),
        ({}, WEAK_AT_CL, None, ONE_LOGIN, Step.STEP_UP),
        ({}, WEAK_AT_CL, LOST, ONE_LOGIN, Step.RECOVER),
        (
            {"vtr": '["Cl.Cm.P2"]'},
            a_session(reset_because="weak"),
            None,
            ONE_LOGIN,
            Step.RESET_PASSWORD,
        ),
        (
            {},
            a_session(account_state="part_created", reset_because="weak"),
            None,
            ONE_LOGIN,
            Step.CREATE,
        ),
        # A new sign-in by request.
        ({"prompt": "login"}, a_session(), None, ONE_LOGIN, Step.SIGN_IN),
        ({"prompt": "login"}, a_session(), FRESH, ONE_LOGIN, Step.SIGN_IN),
        ({"prompt": "login"}, a_session(), PASSWORD_DONE, ONE_LOGIN, Step.STEP_UP),
        ({"prompt": "login"}, a_session(), BOTH_DONE, ONE_LOGIN, Step.ISSUE),
        ({"prompt": "login"}, a_session(), OTHERS, ONE_LOGIN, Step.SIGN_IN),
        ({"prompt": "login", "vtr": '["Cl"]'}, AT_CL, PASSWORD_DONE, ONE_LOGIN, Step.ISSUE),
        ({"prompt": "login"}, AT_CL, PASSWORD_DONE, ONE_LOGIN, Step.STEP_UP),
        ({"prompt": "login"}, AT_CL, BOTH_DONE, ONE_LOGIN, Step.STEP_UP),
        # A new sign-in by age.
        ({"max_age": "0"}, a_session(auth_time=NOW), None, MAX_AGE, Step.SIGN_IN),
        ({"max_age": "0"}, a_session(auth_time=NOW), BOTH_DONE, MAX_AGE, Step.ISSUE),
        ({"max_age": "59"}, a_session(), None, MAX_AGE, Step.SIGN_IN),
        ({"max_age": "59"}, a_session(), None, OPENID, Step.SIGN_IN),
        ({"max_age": "60"}, a_session(), None, MAX_AGE, Step.ISSUE),
        ({"max_age": "0"}, a_session(), None, ONE_LOGIN, Step.ISSUE),
        # What was decided when the journey was opened holds, though the session is newer now.
        ({"max_age": "59"}, a_session(auth_time=NOW), PASSWORD_DONE, MAX_AGE, Step.STEP_UP),
        ({"max_age": "59"}, a_session(auth_time=NOW), BOTH_DONE, MAX_AGE, Step.ISSUE),
    ],
)
def test_the_decision_table(
    parameters: dict[str, str],
    facts: SessionFacts | None,
    journey: JourneyFacts | None,
    client: ClientPolicy,
    expected: Step,
) -> None:
    decision = step(parameters, facts, journey, client)
    assert (decision.step, decision.error) == (expected, None)


@pytest.mark.parametrize(
    ("parameters", "facts", "error", "sentence"),
    [
        ({}, None, "login_required", "Login required"),
        ({"max_age": "59"}, a_session(), "login_required", "Login required"),
        ({"max_age": "0"}, a_session(), "login_required", "Login required"),
        ({}, a_session(account_state="suspended"), "login_required", "Login required"),
        ({}, AT_CL, "interaction_required", "Interaction required"),
        ({}, a_session(terms_agreed=False), "interaction_required", "Interaction required"),
        ({}, a_session(account_state="part_created"),
         "interaction_required", "Interaction required"),
    ],
)  # fmt: skip
def test_a_client_that_forbids_screens_is_told_what_they_were_for(
    parameters: dict[str, str], facts: SessionFacts | None, error: str, sentence: str
) -> None:
    for journey in (None, a_journey(choice="sign_in")):
        decision = step({"prompt": "none"} | parameters, facts, journey, MAX_AGE)
        assert decision == Decision(Step.REFUSE, "Cl.Cm", error, sentence)


def test_silence_is_no_obstacle_to_single_sign_on() -> None:
    assert step({"prompt": "none"}, a_session()) == Decision(Step.ISSUE, "Cl.Cm")


@pytest.mark.parametrize(
    ("facts", "journey", "expected"),
    [
        (None, None, Step.SIGN_IN),
        (None, a_journey(choice="create"), Step.CREATE),
        (a_session(account_state="part_created"), None, Step.CREATE),
        (AT_CL, None, Step.STEP_UP),
        (a_session(), None, Step.ISSUE),
        (a_session(), FRESH, Step.SIGN_IN),
        (a_session(), BOTH_DONE, Step.ISSUE),
        (a_session(terms_agreed=False), None, Step.AGREE),
        (a_session(passkey_offered=False), None, Step.ISSUE),
        (a_session(passkey_offered=False), BOTH_GIVEN, Step.OFFER_PASSKEY),
        (a_session(passkey_offered=False, terms_agreed=False), BOTH_GIVEN, Step.OFFER_PASSKEY),
        (a_session(terms_agreed=False), BOTH_GIVEN, Step.AGREE),
        (a_session(passkey_offered=False), replace(BOTH_GIVEN, otp_at=None), Step.ISSUE),
        (a_session(passkey_offered=False), replace(BOTH_GIVEN, password_at=None), Step.ISSUE),
        (a_session(passkey_offered=False), replace(BOTH_GIVEN, choice="create"), Step.ISSUE),
        (a_session(passkey_offered=False), replace(BOTH_GIVEN, account_id="other"), Step.ISSUE),
        (a_session(account_state="suspended"), None, Step.REFUSE),
    ],
)
def test_a_page_of_our_own_wants_what_a_service_wants(
    facts: SessionFacts | None, journey: JourneyFacts | None, expected: Step
) -> None:
    decision = next_step_at_home(facts, journey)
    assert (decision.step, decision.level, decision.error) == (expected, "Cl.Cm", None)


@pytest.mark.parametrize("state", ["suspended", "blocked"])
def test_a_closed_account_stays_with_us(state: str) -> None:
    for parameters in ({}, {"prompt": "login"}, {"vtr": '["Cl"]'}):
        decision = step(parameters, a_session(account_state=state), BOTH_DONE)
        assert (decision.step, decision.error, decision.description) == (Step.REFUSE, None, state)


@pytest.mark.parametrize(
    ("parameters", "client", "level"),
    [
        ({}, ONE_LOGIN, "Cl.Cm"),
        ({"vtr": '["Cl"]'}, ONE_LOGIN, "Cl"),
        ({"acr_values": "Cl"}, ONE_LOGIN, "Cl.Cm"),
        ({"acr_values": "Cl"}, OPENID, "Cl"),
        ({"acr_values": "urn:other Cl Cl.Cm"}, OPENID, "Cl"),
        ({"acr_values": "urn:other"}, OPENID, "Cl.Cm"),
        ({"acr_values": "Cl", "vtr": '["Cl.Cm"]'}, OPENID, "Cl.Cm"),
        ({"claims": '{"id_token": {"acr": {"value": "Cl"}}}'}, OPENID, "Cl"),
        ({"claims": '{"id_token": {"acr": {"values": ["x", "Cl"]}}}', "acr_values": "Cl.Cm"},
         OPENID, "Cl"),
        ({"claims": '{"id_token": {"acr": {"value": "Cl"}}}'}, ONE_LOGIN, "Cl.Cm"),
        ({"claims": '{"id_token": {"acr": {"values": "Cl"}}}'}, OPENID, "Cl.Cm"),
        ({"claims": '{"id_token": {"acr": null}}'}, OPENID, "Cl.Cm"),
        ({}, OPENID, "Cl.Cm"),
    ],
)  # fmt: skip
def test_the_level_asked_is_the_level_given(
    parameters: dict[str, str], client: ClientPolicy, level: str
) -> None:
    assert level_asked(a_request(**parameters), client) == level
    assert step(parameters, a_session(), None, client) == Decision(Step.ISSUE, level)


@pytest.mark.parametrize(
    ("parameters", "client", "facts", "answer"),
    [
        ({}, MAX_AGE, a_session(), False),
        ({"prompt": "login"}, ONE_LOGIN, None, True),
        ({"prompt": "login consent"}, ONE_LOGIN, a_session(), True),
        ({"max_age": "0"}, MAX_AGE, None, True),
        ({"max_age": "10"}, MAX_AGE, None, False),
        ({"max_age": "10"}, MAX_AGE, a_session(auth_time=NOW - 10), False),
        ({"max_age": "10"}, MAX_AGE, a_session(auth_time=NOW - 11), True),
        ({"max_age": "10"}, ONE_LOGIN, a_session(auth_time=NOW - 11), False),
        ({"max_age": "10"}, MAX_AGE, a_session(auth_time=NOW + 100), False),
    ],
)
def test_when_a_new_sign_in_is_wanted(
    parameters: dict[str, str], client: ClientPolicy, facts: SessionFacts | None, answer: bool
) -> None:
    assert freshness_required(a_request(**parameters), client, facts, NOW) is answer


V = "https://vocab.account.gov.uk/v1/"
CORE, CODE = V + "coreIdentityJWT", V + "returnCode"
IDENTITY = a_client(identity_verification_supported=True, claims=[CORE, CODE])
ASKS = {"vtr": '["Cl.Cm.P2"]', "claims": f'{{"userinfo": {{"{CORE}": null, "{CODE}": null}}}}'}
BOTH = frozenset({CORE, CODE})
PROVED = IdentityFacts(Outcome.PROVED, "P2", BOTH)
DENIED = ("access_denied", "Access denied by resource owner or authorization server")
NOT_SAFE = (
    "access_denied",
    "Access denied for security reasons, a new authentication request may be successful",
)
BROKEN = ("server_error", "Unexpected server error")


@pytest.mark.parametrize(
    ("parameters", "facts", "identity", "expected"),
    [
        # The person comes first.
        ({}, None, None, Step.SIGN_IN),
        ({}, AT_CL, None, Step.STEP_UP),
        ({"prompt": "login"}, a_session(), PROVED, Step.SIGN_IN),
        # Then who they are, in every Journey anew.
        ({}, a_session(), None, Step.PROVE),
        ({}, a_session(), IdentityFacts(shared=BOTH), Step.PROVE),
        # Then whether the service may have it.
        ({}, a_session(), PROVED, Step.SHARE),
        ({}, a_session(), replace(PROVED, shared=frozenset({CORE})), Step.SHARE),
        ({}, a_session(), replace(PROVED, shared=BOTH), Step.ISSUE),
        ({}, a_session(), replace(PROVED, agreement=Agreement.AGREED), Step.ISSUE),
        ({"claims": "{}"}, a_session(), PROVED, Step.ISSUE),
        ({}, a_session(), replace(PROVED, available=frozenset({CODE}), shared=frozenset({CODE})),
         Step.ISSUE),
        # An identity that is not proved is told by its code, which is asked about too.
        ({}, a_session(), IdentityFacts(Outcome.NOT_MATCHED), Step.SHARE),
        ({}, a_session(), IdentityFacts(Outcome.NOT_MATCHED, shared=BOTH), Step.ISSUE),
        ({}, a_session(), replace(PROVED, proven="P1"), Step.SHARE),
        # Nobody asks about an identity.
        ({"vtr": '["Cl.Cm"]'}, a_session(), None, Step.ISSUE),
        ({"vtr": '["Cl.Cm.P0"]'}, a_session(), PROVED, Step.ISSUE),
    ],
)  # fmt: skip
def test_the_decision_table_about_identity(
    parameters: dict[str, str],
    facts: SessionFacts | None,
    identity: IdentityFacts | None,
    expected: Step,
) -> None:
    request = a_request(**(ASKS | parameters))
    decision = next_step(request, IDENTITY, facts, a_journey(), NOW, None, identity)
    assert (decision.step, decision.error) == (expected, None)


@pytest.mark.parametrize(
    ("claims", "identity", "error"),
    [
        (BOTH, IdentityFacts(Outcome.CANCELLED), DENIED),
        ({CORE}, IdentityFacts(Outcome.NOT_MATCHED), DENIED),
        ({CORE}, replace(PROVED, proven="P1", shared=BOTH), DENIED),
        (BOTH, replace(PROVED, agreement=Agreement.REFUSED), DENIED),
        (BOTH, replace(PROVED, shared=BOTH, agreement=Agreement.REFUSED), DENIED),
        (BOTH, IdentityFacts(Outcome.TECHNICAL_ERROR), BROKEN),
        (BOTH, IdentityFacts(Outcome.OTHER_BROWSER), NOT_SAFE),
    ],
)
def test_a_service_that_gets_no_identity_is_told_so(
    claims: frozenset[str], identity: IdentityFacts, error: tuple[str, str]
) -> None:
    wanted = json.dumps({"userinfo": dict.fromkeys(claims)})
    request = a_request(**(ASKS | {"claims": wanted}))
    decision = next_step(request, IDENTITY, a_session(), a_journey(), NOW, None, identity)
    assert decision == Decision(Step.REFUSE, "Cl.Cm", *error)


@pytest.mark.parametrize(
    ("identity", "error"),
    [
        (None, "consent_required"),
        (IdentityFacts(shared=frozenset({CORE})), "consent_required"),
        (IdentityFacts(shared=BOTH), "interaction_required"),
        (PROVED, "consent_required"),
    ],
)
def test_a_silent_request_never_tells_whether_an_identity_is_proved(
    identity: IdentityFacts | None, error: str
) -> None:
    request = a_request(**ASKS, prompt="none")
    decision = next_step(request, IDENTITY, a_session(), None, NOW, None, identity)
    assert (decision.step, decision.error) == (Step.REFUSE, error)
    done = next_step(request, IDENTITY, a_session(), None, NOW, None, replace(PROVED, shared=BOTH))
    assert done.step is Step.ISSUE


@pytest.mark.parametrize("prompt", ["", "login"])
def test_every_journey_comes_to_an_end(prompt: str) -> None:
    """Doing what is asked leads to a code, whatever state a journey starts from."""
    starts = itertools.product((None, AT_CL, a_session()), ("0", ""), ('["Cl"]', '["Cl.Cm"]'))
    for facts, max_age, vtr in starts:
        session, journey, walked = facts, FRESH, []
        while (due := step({"prompt": prompt, "max_age": max_age, "vtr": vtr}, session, journey,
                           MAX_AGE).step) is not Step.ISSUE:  # fmt: skip
            walked.append(due)
            assert len(walked) <= 2
            if due is Step.SIGN_IN:
                session, journey = (session or AT_CL), PASSWORD_DONE
            else:
                session, journey = a_session(), BOTH_DONE


@pytest.mark.parametrize(
    ("wanted", "reached", "told"),
    [
        ({"value": "Cl", "essential": True}, "Cl.Cm", "Cl"),
        ({"values": ["Cl", "Cl.Cm"], "essential": True}, "Cl.Cm", "Cl.Cm"),
        ({"value": "Cl"}, "Cl.Cm", "Cl.Cm"),
        (None, "Cl.Cm", "Cl.Cm"),
    ],
)
def test_the_level_told_is_the_one_reached_unless_another_is_essential(
    wanted: dict[str, object] | None, reached: str, told: str
) -> None:
    request = a_request(claims=json.dumps({"id_token": {"acr": wanted}}))
    assert level_told(request, reached, level_asked(request, OPENID)) == told


def test_a_hint_leaves_nobody_but_the_one_it_names() -> None:
    own = subject_for(ONE_LOGIN, a_session().account_id, a_session().subject_salt)
    named = VerifiedHint("tax-account", own)
    other = VerifiedHint("tax-account", "somebody else", level="Cl")
    request = a_request()
    assert next_step(request, ONE_LOGIN, a_session(), None, NOW, named).step is Step.ISSUE
    refused = next_step(request, ONE_LOGIN, a_session(), a_journey(choice="create"), NOW, other)
    assert refused == Decision(Step.SIGN_IN, "Cl")
    vtr = a_request(vtr='["Cl.Cm"]')
    assert next_step(vtr, ONE_LOGIN, None, None, NOW, other).level == "Cl.Cm"


def test_a_journey_that_failed_is_told_to_the_client() -> None:
    failed = a_journey(failed="login_required")
    decision = next_step(a_request(), ONE_LOGIN, a_session(), failed, NOW)
    assert decision == Decision(Step.REFUSE, "Cl.Cm", "login_required", "Login required")
