"""What each fault is, in plain words."""

from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

_TOKEN: Final = _("ID token")
_IDENTITY: Final = _("Proof of identity")
_ANSWER: Final = _("Answer to the request")

GROUPS: Final[dict[str, LazyString]] = {
    "id_token": _TOKEN,
    "core_identity": _IDENTITY,
    "authorize": _ANSWER,
}
FAULT_WORDS: Final[dict[str, LazyString]] = {
    "INVALID_ISS": _("issued by somebody else"),
    "INVALID_AUD": _("made for another service"),
    "INCORRECT_SUB": _("about another person"),
    "NONCE_NOT_MATCHING": _("made for another sign-in"),
    "TOKEN_EXPIRED": _("expired an hour ago"),
    "TOKEN_NOT_VALID_YET": _("valid in an hour only"),
    "INCORRECT_VOT": _("at another level of security"),
    "INVALID_ALG_HEADER": _("signed in another way than its header says"),
    "INVALID_SIGNATURE": _("with a wrong signature"),
    "ACCESS_DENIED": _("access denied"),
    "TEMPORARILY_UNAVAILABLE": _("temporarily unavailable"),
}
