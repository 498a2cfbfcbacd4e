"""What a team is told of a check that its client failed: what was wrong, and the cure.

`what` is a name of the protocol, the same in every language. The page is shown to teams and to
operators alike.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask_babel import lazy_gettext as _

from idp.protocol.client_checks import Check
from idp.protocol.differences import Difference


@dataclass(frozen=True, slots=True)
class Explained:
    """A check: `what` failed, and the `cure`."""

    what: str
    cure: str


WHERE: Final = {
    "authorize": _("Authorization request"),
    "token": _("Token request"),
    "userinfo": _("UserInfo request"),
    "introspect": _("Introspection request"),
    "revoke": _("Revocation request"),
    "logout": _("Sign-out request"),
    "logout notice": _("Sign-out notice to you"),
}
DIFFERENCES: Final = {
    Difference.SCHEME: _("http in place of https, or the other way round"),
    Difference.HOST: _("host"),
    Difference.PORT: _("port"),
    Difference.TRAILING_SLASH: _("trailing slash"),
    Difference.CASE: _("capital and small letters"),
    Difference.PATH: _("path"),
    Difference.QUERY: _("query"),
    Difference.FRAGMENT: _("fragment"),
    Difference.NOT_REGISTERED: _("it is like none that is registered"),
}
UNKNOWN: Final = Explained("", _("The documentation says what each error means."))

_ADDRESS = _("Send an address that is registered, letter for letter, or register the one you send.")
_ONCE = _("Send each parameter once, without control characters.")
_OFF = _("The client is switched off. Ask the operators why.")
_SCOPE = _("Ask only for scopes that are registered for this client, or register them.")
_PKCE = _(
    "Send the base64url SHA-256 of your verifier, 43 characters, with code_challenge_method=S256."
)
_TYPE = _("Send response_type=code.")
_AGE = _("Send a whole number of seconds, from 0.")
_OBJECT = _(
    "iss and client_id are your client ID, aud is our address, and no other request is inside."
)
_KEYS = _(
    "Send the kid of a key, and publish the key where your JWKS address says, within five seconds."
)
_SIGN = _(
    "Sign with the private key whose public half is registered, by an algorithm of discovery."
)
_HINT = _("Send the whole ID token that this client was given.")
_NONE = _("This is the answer to prompt=none. Send the person again without it.")
_METHOD = _("Send one assertion with its type, or one secret, by the method that is registered.")
_CLOCK = _("Set your clock, and make a new assertion for each request, good for a few minutes.")
_NEW_CODE = _("Use each code once, within a minute. Send the person again for a new one.")
_VERIFIER = _("Send the code_verifier of the very request that the code is from.")
_SAME_ADDRESS = _("Repeat the redirect address of the authorization request, letter for letter.")
_SECRET = _("Send the secret that was shown when it was made. If it is lost, make another.")
_ENDED = _("The person has signed out, or the access was withdrawn. Send them again.")
_MEMBER = _("The member of the signed request has a value that is not allowed.")

EXPLANATIONS: Final[dict[str, Explained]] = {
    # Authorization requests
    "the_client_and_the_address_are_named": Explained("redirect_uri", _ADDRESS),
    "the_client_is_known": Explained("client_id", _("Send the client ID that this page names.")),
    "the_address_is_registered": Explained("redirect_uri", _ADDRESS),
    "the_response_mode_is_offered": Explained(
        "response_mode", _("Leave it out, or send query or fragment.")
    ),
    "the_request_could_be_read": Explained("parameters", _ONCE),
    "a_request_object_is_sent_where_required": Explained(
        "request", _("Sign your requests, or let this client send unsigned ones.")
    ),
    "the_client_is_active": Explained("client_id", _OFF),
    "the_client_is_not_deprecated": Explained("client_id", _OFF),
    "the_client_keeps_to_its_rate": Explained(
        "client_id", _("Too many requests in a minute. Ask the operators for a higher limit.")
    ),
    "a_state_is_sent_where_required": Explained(
        "state", _("Send a new random value with every request.")
    ),
    "no_request_address_is_sent": Explained(
        "request_uri", _("Send the request object itself, as request.")
    ),
    "no_registration_is_sent": Explained(
        "registration", _("Leave registration out: this client is registered already.")
    ),
    "the_response_type_is_code": Explained("response_type", _TYPE),
    "the_scopes_are_registered": Explained("scope", _SCOPE),
    "the_claims_are_registered": Explained(
        "claims", _("Ask only for claims that are registered for this client, or register them.")
    ),
    "a_nonce_is_sent_where_required": Explained(
        "nonce", _("Send a new random value with every request.")
    ),
    "a_code_challenge_is_sent_where_required": Explained("code_challenge", _PKCE),
    "the_code_challenge_is_not_blank": Explained("code_challenge", _PKCE),
    "the_code_challenge_method_is_sent": Explained("code_challenge_method", _PKCE),
    "the_code_challenge_method_is_s256": Explained("code_challenge_method", _PKCE),
    "the_code_challenge_can_be_met": Explained("code_challenge", _PKCE),
    "the_vectors_of_trust_are_valid": Explained(
        "vtr", _("Send a list of vectors in JSON, such as one of Cl.Cm.")
    ),
    "the_vectors_of_trust_are_permitted": Explained(
        "vtr", _("Ask only for levels that are registered for this client.")
    ),
    "an_identity_can_be_proved": Explained(
        "vtr", _("Nobody can prove their identity at present. Try again later.")
    ),
    "the_max_age_is_not_negative": Explained("max_age", _AGE),
    "the_channel_is_known": Explained("channel", _("Leave it out, or send web or generic_app.")),
    "an_essential_level_can_be_reached": Explained("acr", _("Ask for Cl or for Cl.Cm.")),
    "no_choice_of_account_is_asked": Explained(
        "prompt", _("A browser holds one account here. Leave select_account out.")
    ),
    "no_refusal_is_wanted": Explained(
        "faults", _("You asked for this error. Take the fault away.")
    ),
    # Signed requests
    "the_client_is_named": Explained("client_id", _("Send client_id beside the signed request.")),
    "the_request_around_it_could_be_read": Explained("parameters", _ONCE),
    "the_object_is_signed": Explained("request", _SIGN),
    "the_clients_keys_can_be_had": Explained("request: kid", _KEYS),
    "the_signature_is_the_clients": Explained("request: signature", _SIGN),
    "the_object_is_in_time": Explained("request: exp, nbf, iat", _CLOCK),
    "the_response_type_around_it_is_code": Explained("response_type", _TYPE),
    "the_scopes_around_it_are_registered": Explained("scope", _SCOPE),
    "the_client_inside_is_the_one_outside": Explained("request: client_id", _OBJECT),
    "it_holds_no_other_request": Explained("request: request", _OBJECT),
    "it_is_meant_for_us": Explained("request: aud", _OBJECT),
    "its_issuer_is_the_client": Explained("request: iss", _OBJECT),
    "its_languages_are_language_tags": Explained("request: ui_locales", _MEMBER),
    "its_max_age_is_a_number": Explained("request: max_age", _AGE),
    "its_login_hint_is_short": Explained("request: login_hint", _MEMBER),
    "the_hint_is_signed_by_us": Explained("id_token_hint", _HINT),
    "the_hint_can_be_read": Explained("id_token_hint", _HINT),
    "the_hint_is_for_this_client": Explained("id_token_hint", _HINT),
    # What became of the person
    "login_required": Explained("prompt", _NONE),
    "interaction_required": Explained("prompt", _NONE),
    "consent_required": Explained("prompt", _NONE),
    "access_denied": Explained(
        "access_denied", _("The person said no, or could not be proved. Show them another way.")
    ),
    "temporarily_unavailable": Explained(
        "temporarily_unavailable", _("Nobody can prove their identity at present. Try again later.")
    ),
    "server_error": Explained("server_error", _("That was our fault. Send the person again.")),
    "unmet_authentication_requirements": Explained("acr", _("Ask for Cl or for Cl.Cm.")),
    # Requests of the back channel
    "a_grant_is_named": Explained("grant_type", _("Send grant_type=authorization_code.")),
    "the_grant_is_offered": Explained("grant_type", _("Send grant_type=authorization_code.")),
    "a_redirect_address_is_sent": Explained("redirect_uri", _SAME_ADDRESS),
    "a_code_is_sent": Explained("code", _("Send the code that came back with the browser.")),
    "a_token_is_sent": Explained("token", _("Send the token that you ask about.")),
    "the_client_authenticates": Explained("client_assertion, client_secret", _METHOD),
    Check.BASIC_OFFERED: Explained("Authorization", _METHOD),
    Check.CLIENT_KNOWN: Explained("client_id", _("Send the client ID that this page names.")),
    Check.METHOD: Explained("token_endpoint_auth_method", _METHOD),
    Check.SECRET: Explained("client_secret", _SECRET),
    Check.NO_SECRET: Explained("client_secret", _("This client has no secret yet. Make one.")),
    Check.ASSERTION_TYPE: Explained(
        "client_assertion_type",
        _("Send urn:ietf:params:oauth:client-assertion-type:jwt-bearer."),
    ),
    Check.ASSERTION_FORM: Explained(
        "client_assertion",
        _("Send a signed JWT with iss, sub, aud, exp, iat and jti, each of the right type."),
    ),
    Check.ASSERTION_CLIENT: Explained(
        "client_id", _("Leave it out, or send the client ID that the assertion names as sub.")
    ),
    Check.ASSERTION_EXPIRED: Explained("client_assertion: exp", _CLOCK),
    Check.ASSERTION_TOO_LONG: Explained("client_assertion: exp", _CLOCK),
    Check.ASSERTION_CLOCK: Explained("client_assertion: iat, nbf", _CLOCK),
    Check.ASSERTION_ISS: Explained(
        "client_assertion: iss", _("Your client ID stands in iss and in sub.")
    ),
    Check.ASSERTION_AUD: Explained(
        "client_assertion: aud",
        _("aud is the token address that discovery names, and nothing else."),
    ),
    Check.ASSERTION_KID: Explained("client_assertion: kid", _KEYS),
    Check.ASSERTION_KEYS: Explained("client_assertion: kid", _KEYS),
    Check.ASSERTION_SIGNATURE: Explained("client_assertion: signature", _SIGN),
    Check.ASSERTION_NO_JTI: Explained("client_assertion: jti", _CLOCK),
    Check.ASSERTION_REPLAYED: Explained("client_assertion: jti", _CLOCK),
    Check.CLIENT_ACTIVE: Explained("client_id", _OFF),
    Check.TOKENS_MANAGED: Explained(
        "client_id", _("Only clients of the profile openid may ask about tokens.")
    ),
    Check.CODE_UNKNOWN: Explained("code", _NEW_CODE),
    Check.CODE_USED: Explained("code", _NEW_CODE),
    Check.CODE_EXPIRED: Explained("code", _NEW_CODE),
    Check.CODE_ENDED: Explained("code", _ENDED),
    Check.CODE_ADDRESS: Explained("redirect_uri", _SAME_ADDRESS),
    Check.PKCE_NO_VERIFIER: Explained("code_verifier", _VERIFIER),
    Check.PKCE_NO_CHALLENGE: Explained(
        "code_verifier", _("The authorization request had no code_challenge. Send one there too.")
    ),
    Check.PKCE_VERIFIER: Explained("code_verifier", _VERIFIER),
    Check.TOKEN_EXPIRED: Explained(
        "access_token", _("Ask at once. An access token is good for a few minutes.")
    ),
    Check.TOKEN_ENDED: Explained("access_token", _ENDED),
    Check.LOGOUT_ADDRESS: Explained("post_logout_redirect_uri", _ADDRESS),
    Check.LOGOUT_HINT: Explained("id_token_hint", _HINT),
    "logout_notice_failed": Explained(
        "back_channel_logout_uri", _("Answer 200 within five seconds, over https.")
    ),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which requests somebody wants to see."""

    failed: bool
    reference: str


def asked_of(query: Mapping[str, str]) -> Asked:
    """Read the filter of the page; a reference may be typed with spaces and in small letters."""
    reference = re.sub(r"[^0-9A-Z]", "", query.get("reference", "")[:64].upper())
    return Asked(query.get("failed") == "1", reference)


def explained(check: str) -> Explained:
    """Return what is said of a check."""
    return EXPLANATIONS.get(check, UNKNOWN)


def difference(word: str) -> str:
    """Return the words for a difference, which was one of the list when it was recorded."""
    return str(DIFFERENCES[Difference(word)])


def where(word: str) -> str:
    """Return the words for where a request came."""
    return str(WHERE[word])
