"""What has to happen next before a request can be answered: the decision table.

The dispatcher asks again after every page, with the facts as they then are; nothing
here remembers anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from idp.protocol import identity_proving
from idp.protocol.client_policy import ClientPolicy
from idp.protocol.id_token_hints import VerifiedHint
from idp.protocol.identity_proving import (
    ACCESS_DENIED,
    NOTHING_KNOWN,
    Agreement,
    IdentityAsked,
    IdentityFacts,
)
from idp.protocol.parameters import AuthorizationRequest
from idp.protocol.session_facts import (
    BLOCKED,
    PART_CREATED,
    SUSPENDED,
    JourneyFacts,
    SessionFacts,
)
from idp.protocol.subjects import subject_for
from idp.protocol.vectors_of_trust import CREDENTIAL_LEVELS, DEFAULT, reaches


class Step(StrEnum):
    """Where a request goes next."""

    CREATE = "create"
    SIGN_IN = "sign_in"
    STEP_UP = "step_up"
    RECOVER = "recover"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a step
    OFFER_PASSKEY = "offer_passkey"
    AGREE = "agree"
    PROVE = "prove"
    SHARE = "share"
    REFUSE = "refuse"
    ISSUE = "issue"


@dataclass(frozen=True, slots=True)
class Decision:
    """One step. `level` is the credential level asked for, which is the level given.

    For REFUSE, `error` and `description` go to the client; without an `error` the
    person gets our own page, and `description` is the state of their account.
    """

    step: Step
    level: str
    error: str | None = None
    description: str = ""


_SCREENS: Final = {
    (step, level): Decision(step, level) for step in Step for level in CREDENTIAL_LEVELS
}

# Told by what the service was given before, never by what is known of the person: a request that
# shows no page must not find out whether somebody's identity is proved.
_CONSENT_REQUIRED: Final = {
    level: Decision(Step.REFUSE, level, "consent_required", "Consent required")
    for level in CREDENTIAL_LEVELS
}


def level_asked(
    request: AuthorizationRequest, client: ClientPolicy, hint: VerifiedHint | None = None
) -> str:
    """Find the credential level this request asks for: `Cl` or `Cl.Cm`.

    `vtr` says so; a client told its level by `acr` may name it in `claims` or in
    `acr_values`, of which the first we know counts (OIDC Core section 3.1.2.1). Who signs in
    again for a client that says nothing does so at the level of the `hint`. Otherwise `Cl.Cm`.
    """
    if hint is not None and hint.level is not None and request.vtr is None:
        return hint.level
    if request.vtr is None and client.assurance == "acr":
        wanted = request.acr_wanted.values if request.acr_wanted else ()
        for value in (*wanted, *request.acr_values):
            if value in CREDENTIAL_LEVELS:
                return value
    return (request.vectors or DEFAULT).effective.level


def level_told(request: AuthorizationRequest, reached: str, asked: str) -> str:
    """Find the level that `acr` tells: the one reached, unless another one must be told.

    A session at `Cl.Cm` is at `Cl` as well, for a client to which only that is essential.
    """
    wanted = request.acr_wanted
    if wanted is None or not wanted.essential or reached in wanted.values:
        return reached
    return asked


def freshness_required(
    request: AuthorizationRequest,
    client: ClientPolicy,
    facts: SessionFacts | None,
    now: int,
) -> bool:
    """Say whether the session may not answer this request without a new sign-in.

    True for `prompt=login`, and where `max_age` counts for this client, for a session
    whose last sign-in is more than `max_age` seconds ago; `max_age=0` always.
    """
    if "login" in request.prompt:
        return True
    if request.max_age is None or not client.max_age_honoured:
        return False
    return request.max_age == 0 or (facts is not None and facts.auth_time + request.max_age < now)


def names(hint: VerifiedHint, client: ClientPolicy, facts: SessionFacts) -> bool:
    """Say whether the person signed in is the one that the hint names."""
    return subject_for(client, facts.account_id, facts.subject_salt) == hint.subject


def next_step(
    request: AuthorizationRequest,
    client: ClientPolicy,
    facts: SessionFacts | None,
    journey: JourneyFacts | None,
    now: int,
    hint: VerifiedHint | None = None,
    identity: IdentityFacts | None = None,
) -> Decision:
    """Decide the next step of a request that has passed every check.

    `facts` is None when the browser is not signed in, `journey` is None while no page
    was needed, `identity` is None while nothing is known of it. `now` is in seconds since
    the epoch. With a `hint`, only the person it names is answered; anybody else counts as
    not signed in (OIDC Core section 3.1.2.1).
    """
    level = level_asked(request, client, hint)
    silent = "none" in request.prompt
    if journey is not None and journey.failed is not None:
        return Decision(Step.REFUSE, level, journey.failed, "Login required")
    if facts is not None and hint is not None and not names(hint, client, facts):
        facts = None
    fresh = freshness_required(request, client, facts, now)
    due = _about_the_person(
        facts, journey, level, fresh=fresh, hinted=hint is not None, silent=silent
    )
    if due is not None:
        return due
    asked = identity_proving.asked_by(request)
    if asked is None:
        return _SCREENS[Step.ISSUE, level]
    return _about_identity(asked, identity or NOTHING_KNOWN, level, silent=silent)


def next_step_at_home(
    facts: SessionFacts | None, journey: JourneyFacts | None, *, level: str = "Cl.Cm"
) -> Decision:
    """Decide the next step towards a page of our own, which is shown at `level`.

    It is the person's way to a service, without a service: nothing is asked about an identity.
    """
    due = _about_the_person(facts, journey, level, fresh=False, hinted=False, silent=False)
    return due or _SCREENS[Step.ISSUE, level]


def _about_the_person(
    facts: SessionFacts | None,
    journey: JourneyFacts | None,
    level: str,
    *,
    fresh: bool,
    hinted: bool,
    silent: bool,
) -> Decision | None:
    """Decide what the person still has to do, or that their account is closed; None if nothing."""
    if facts is None:
        creating = journey is not None and journey.choice == "create" and not hinted
        return _screen(Step.CREATE if creating else Step.SIGN_IN, level, silent=silent)
    if facts.account_state in {SUSPENDED, BLOCKED}:
        if silent:
            return _screen(Step.SIGN_IN, level, silent=True)
        return Decision(Step.REFUSE, level, description=facts.account_state)
    if facts.account_state == PART_CREATED:
        return _screen(Step.CREATE, level, silent=silent)
    step = _missing_factor(facts, journey, level, fresh=fresh)
    step = _without_codes(step, facts, journey) or _due_before_leaving(facts, journey)
    return None if step is None else _screen(step, level, silent=silent)


def _about_identity(
    asked: IdentityAsked, known: IdentityFacts, level: str, *, silent: bool
) -> Decision:
    """Decide what a request for an identity still needs, once its person is signed in."""
    if known.outcome is None:
        if silent and not asked.claims <= known.shared:
            return _CONSENT_REQUIRED[level]
        return _screen(Step.PROVE, level, silent=silent)
    refused = identity_proving.refusal(asked, known)
    if refused is not None:
        return Decision(Step.REFUSE, level, *refused)
    if known.agreement is Agreement.REFUSED:
        return Decision(Step.REFUSE, level, *ACCESS_DENIED)
    agreed = known.agreement is Agreement.AGREED
    if not agreed and not identity_proving.tellable(asked, known) <= known.shared:
        return _CONSENT_REQUIRED[level] if silent else _SCREENS[Step.SHARE, level]
    return _SCREENS[Step.ISSUE, level]


def _missing_factor(
    facts: SessionFacts, journey: JourneyFacts | None, level: str, *, fresh: bool
) -> Step | None:
    """Find what this person still has to enter, if anything."""
    if fresh or (journey is not None and journey.fresh):
        # What counts was entered in this Journey and by the one now signed in; clock
        # times are not compared, so a clock that steps back cannot make a circle.
        own = journey is not None and journey.account_id in {None, facts.account_id}
        if journey is None or not own or journey.password_at is None:
            return Step.SIGN_IN
        if level == "Cl.Cm" and journey.otp_at is None:
            return Step.STEP_UP
    return None if reaches(facts.level, level) else Step.STEP_UP


def _without_codes(
    step: Step | None, facts: SessionFacts, journey: JourneyFacts | None
) -> Step | None:
    """Lead who cannot give a second factor to a new one: only in the Journey they said so in."""
    if step is not Step.STEP_UP or journey is None or not journey.recovering:
        return step
    own = journey.password_at is not None and journey.account_id == facts.account_id
    return Step.RECOVER if own else step


def _due_before_leaving(facts: SessionFacts, journey: JourneyFacts | None) -> Step | None:
    """Find what the account itself needs before its owner may go on to any service."""
    if facts.reset_because is not None:
        return Step.RESET_PASSWORD
    if not facts.passkey_offered and _both_factors_given(facts, journey):
        return Step.OFFER_PASSKEY
    return None if facts.terms_agreed else Step.AGREE


def _both_factors_given(facts: SessionFacts, journey: JourneyFacts | None) -> bool:
    """Say whether this person has just signed in with both factors, and not made the account."""
    if journey is None or journey.choice == "create" or journey.account_id != facts.account_id:
        return False
    return journey.password_at is not None and journey.otp_at is not None


def _screen(step: Step, level: str, *, silent: bool) -> Decision:
    """Show a screen, or tell a client that forbade screens what it was for (`prompt=none`)."""
    if not silent:
        return _SCREENS[step, level]
    if step is Step.SIGN_IN:
        return Decision(Step.REFUSE, level, "login_required", "Login required")
    return Decision(Step.REFUSE, level, "interaction_required", "Interaction required")
