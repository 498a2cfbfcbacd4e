"""The checks of the back channel that a client can fail, by name, for its team to be told.

Those of a request's shape are the rules of `token_checks` and go by their function's name.
"""

from enum import StrEnum


class Check(StrEnum):
    """What was checked of a client's proof, its code or its token, and did not hold."""

    BASIC_OFFERED = "basic offered"
    CLIENT_KNOWN = "client known"
    METHOD = "method"
    SECRET = "secret"  # noqa: S105 - the name of a check
    NO_SECRET = "no secret"  # noqa: S105 - as above
    ASSERTION_TYPE = "assertion type"
    ASSERTION_FORM = "assertion form"
    ASSERTION_CLIENT = "assertion client"
    ASSERTION_EXPIRED = "assertion expired"
    ASSERTION_TOO_LONG = "assertion too long"
    ASSERTION_CLOCK = "assertion clock"
    ASSERTION_ISS = "assertion iss"
    ASSERTION_AUD = "assertion aud"
    ASSERTION_KID = "assertion kid"
    ASSERTION_KEYS = "assertion keys"
    ASSERTION_SIGNATURE = "assertion signature"
    ASSERTION_NO_JTI = "assertion no jti"
    ASSERTION_REPLAYED = "assertion replayed"
    CLIENT_ACTIVE = "client active"
    TOKENS_MANAGED = "tokens managed"
    CODE_UNKNOWN = "code unknown"
    CODE_USED = "code used"
    CODE_EXPIRED = "code expired"
    CODE_ENDED = "code ended"
    CODE_ADDRESS = "code address"
    PKCE_NO_VERIFIER = "pkce no verifier"
    PKCE_NO_CHALLENGE = "pkce no challenge"
    PKCE_VERIFIER = "pkce verifier"
    TOKEN_EXPIRED = "token expired"  # noqa: S105 - as above
    TOKEN_ENDED = "token ended"  # noqa: S105 - as above
    LOGOUT_ADDRESS = "logout address"
    LOGOUT_HINT = "logout hint"
