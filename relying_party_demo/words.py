"""The words for what happened: steps, checks, endings and refusals, ready to be translated.

Owns: one sentence for every name that the code notes down.
Owns not: a department's own words (its TOML file), nor which name applies.
"""

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _


@dataclass(frozen=True)
class StepWords:
    """How one step is told: who speaks to whom, a title, a sentence."""

    who: LazyString
    title: LazyString
    told: LazyString


THROUGH_BROWSER = _("Through your browser")
BEHIND_BROWSER = _("Service to Onepass, behind your browser")
HERE = _("In this service")
FROM_ONEPASS = _("Onepass to service, behind your browser")

STEPS = {
    "request": StepWords(
        THROUGH_BROWSER,
        _("We sent you to Onepass"),
        _(
            "We asked for a sign-in and said how strong it must be. We kept three secrets of this"
            " sign-in (state, nonce and code verifier) and tied them to your browser."
        ),
    ),
    "answer": StepWords(
        THROUGH_BROWSER,
        _("Onepass sent you back"),
        _("Your browser brought us a code: a claim ticket that works once, for us alone."),
    ),
    "token": StepWords(
        BEHIND_BROWSER,
        _("We traded the code for tokens"),
        _("We proved who we are and that we are the one who asked. Your browser saw none of this."),
    ),
    "id_token": StepWords(
        HERE,
        _("We checked the ID token"),
        _(
            "A signed statement of who signed in, when and how."
            " We believe it only if all of this holds."
        ),
    ),
    "userinfo": StepWords(
        BEHIND_BROWSER,
        _("We asked for your details"),
        _("With the access token we asked for what you let this service know, and nothing else."),
    ),
    "core_identity": StepWords(
        HERE,
        _("We checked the proof of your identity"),
        _(
            "A signed credential that says who you are and how sure Onepass is. Its key is"
            " published in one document only, which we read from an address that we know."
        ),
    ),
    "logout_request": StepWords(
        THROUGH_BROWSER,
        _("We ended your session and sent you to Onepass to end the rest"),
        _("We showed Onepass the ID token we were given, so that it knows whose session to end."),
    ),
    "logout_answer": StepWords(
        THROUGH_BROWSER,
        _("Onepass sent you back"),
        _("It ended your sign-in and is telling every other service you had open."),
    ),
    "notice": StepWords(
        FROM_ONEPASS,
        _("Onepass told us that you signed out"),
        _("It posted us a signed logout token. We checked it, then ended your session here."),
    ),
}

CHECKS = {
    "once": _("Each part of the answer came once"),
    "state": _("The state is ours, unused, and began in this browser"),
    "response_issuer": _("The answer is from our Onepass, not from another provider"),
    "code": _("There is a code"),
    "token_type": _("The access token is a bearer token"),
    "algorithm": _("It is signed in the way we agreed, and no other"),
    "type": _("It says what kind of token it is"),
    "key": _("It names a key that Onepass publishes"),
    "signature": _("The signature is good"),
    "identity_key": _("It names a key of Onepass’s identity document, by its full name"),
    "controller": _("The document says that the key is its own"),
    "identity_subject": _("It is about the person in the ID token"),
    "confidence": _("Onepass is as sure of who you are as we asked"),
    "person": _("It says your name and your date of birth"),
    "issuer": _("It was issued by our Onepass"),
    "audience": _("It was issued for this service"),
    "expiry": _("It has not expired"),
    "issued": _("It was not issued in the future"),
    "not_before": _("It is already valid"),
    "nonce": _("It answers this very request: the nonce is ours"),
    "at_hash": _("It belongs to the access token it came with"),
    "level": _("You signed in as strongly as we asked"),
    "auth_time": _("You signed in recently enough"),
    "subject": _("It names a person"),
    "same_person": _("You are the same person as before"),
    "userinfo_subject": _("The details are about the person in the ID token"),
    "events": _("It says that it is about signing out"),
    "no_nonce": _("It has no nonce, so no ID token can pass for it"),
    "jti": _("It has a number of its own"),
    "replay": _("We have not seen it before"),
    "logout_state": _("The state is the one we sent"),
}

LEVELS = {
    "Cl": _("a password"),
    "Cl.Cm": _("a password and an authenticator app code"),
    "Cl.Cm.P1": _("a password, an authenticator app code and a proof of who you are"),
    "Cl.Cm.P2": _("a password, an authenticator app code and a proof of who you are"),
}


@dataclass(frozen=True)
class Refusal:
    """A page that says no: its HTTP status, its title, what happened and what to do."""

    status: int
    title: LazyString
    happened: LazyString
    next: LazyString


TRY_AGAIN = _("You can try to sign in again.")
NOTHING_OPENED = _("We did not sign you in, and nobody else was signed in.")

REFUSALS = {
    "state": Refusal(
        400,
        _("This sign-in cannot be used"),
        _(
            "It was used already, it is more than 13 hours old, or it began in another browser."
            " We only finish a sign-in in the browser where it began."
        ),
        TRY_AGAIN,
    ),
    "check": Refusal(
        400,
        _("We could not trust the answer"),
        _("Something in what came back was not as it must be, so we stopped there."),
        NOTHING_OPENED,
    ),
    "token": Refusal(
        502,
        _("Onepass did not accept our request"),
        _(
            "Onepass did not give us what we need to sign you in."
            " This is for us to mend, not for you."
        ),
        TRY_AGAIN,
    ),
    "unreachable": Refusal(
        503,
        _("Onepass is not answering"),
        _("We could not reach Onepass, or could not read what it said."),
        _("Wait a minute, then try again."),
    ),
    "unavailable": Refusal(
        503,
        _("Onepass is busy"),
        _("Onepass could not sign you in just now."),
        _("Wait a minute, then try again."),
    ),
    "access_denied": Refusal(
        403,
        _("You did not sign in"),
        _("Onepass told us that you did not finish, or did not let us have what we asked for."),
        _("You can start again whenever you like."),
    ),
    "no_identity": Refusal(
        403,
        _("Onepass could not prove who you are"),
        _("It let you sign in, and told us by a letter why your identity is not proved."),
        TRY_AGAIN,
    ),
    "login_required": Refusal(
        403,
        _("You need to sign in"),
        _("Onepass could not confirm that it is you, so we ended your session here too."),
        TRY_AGAIN,
    ),
    "unauthorized_client": Refusal(
        503,
        _("This service cannot use Onepass at the moment"),
        _("Onepass has paused this service."),
        _("Come back later."),
    ),
    "provider": Refusal(
        502,
        _("Onepass could not accept our request"),
        _("Onepass found a fault in how we asked. This is for us to mend, not for you."),
        TRY_AGAIN,
    ),
    "form": Refusal(
        400,
        _("We could not accept that form"),
        _("The page may have been open for a long time, or it was not ours."),
        _("Go back to the start and try again."),
    ),
    "not_found": Refusal(
        404,
        _("Page not found"),
        _("There is no page at this address."),
        _("Check the address, or go back to the start."),
    ),
    "bad_request": Refusal(
        400,
        _("We could not read that request"),
        _("Something in it was missing, too large or not expected."),
        _("Go back to the start and try again."),
    ),
    "broken": Refusal(
        500,
        _("Something went wrong on our side"),
        _("This page could not be made. Nothing you did caused it."),
        _("Wait a minute, then try again."),
    ),
}
