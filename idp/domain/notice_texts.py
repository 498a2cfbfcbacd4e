"""The words of every notice, in both languages.

Each says what happened, when where that matters, and what to do if it was somebody else. None
holds a link that signs in, and none an address of ours: people are told to go to the service.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Final

DEFAULT_LANGUAGE: Final = "en"


@dataclass(frozen=True, slots=True)
class _Words:
    subject: str
    body: str


_SIGNATURE: Final = {
    "en": "Onepass\nThis is a prototype, not a government service.",
    "cy": "Onepass\nPrototeip yw hwn, nid gwasanaeth gan y llywodraeth.",
}

_TEXTS: Final[dict[str, dict[str, _Words]]] = {
    "email_code": {
        "en": _Words(
            "$code is your Onepass security code",
            "Your security code is\n\n$code\n\n"
            "Type it on the page where you were asked for it. It works once, for 1 hour. "
            "Only the newest code works.\n\n"
            "Never tell anybody this code. If you did not ask for it, you can ignore this "
            "message: nothing has happened.",
        ),
        "cy": _Words(
            "$code yw eich cod diogelwch Onepass",
            "Eich cod diogelwch yw\n\n$code\n\n"
            "Teipiwch ef ar y dudalen a ofynnodd amdano. Mae’n gweithio unwaith, am 1 awr. "
            "Dim ond y cod diweddaraf sy’n gweithio.\n\n"
            "Peidiwch â rhoi’r cod hwn i neb. Os na wnaethoch ofyn amdano, gallwch anwybyddu’r "
            "neges hon: nid oes dim wedi digwydd.",
        ),
    },
    "already_have_account": {
        "en": _Words(
            "You already have a Onepass account",
            "Somebody, probably you, tried to create a Onepass account with this email address. "
            "You already have one, so we did not send a code.\n\n"
            "Go back to the service you want to use, choose to sign in, and use this email "
            "address and your password.\n\n"
            "If it was not you, you can ignore this message: your account has not changed.",
        ),
        "cy": _Words(
            "Mae gennych gyfrif Onepass yn barod",
            "Ceisiodd rhywun, chi yn ôl pob tebyg, greu cyfrif Onepass gyda’r cyfeiriad e-bost "
            "hwn. Mae gennych un yn barod, felly ni wnaethom anfon cod.\n\n"
            "Ewch yn ôl at y gwasanaeth yr ydych am ei ddefnyddio, dewiswch fewngofnodi, a "
            "defnyddiwch y cyfeiriad e-bost hwn a’ch cyfrinair.\n\n"
            "Os nad chi oedd hyn, gallwch anwybyddu’r neges hon: nid yw eich cyfrif wedi newid.",
        ),
    },
    "account_created": {
        "en": _Words(
            "You have created your Onepass account",
            "Your Onepass account is ready. You can use it to sign in to every service that "
            "offers Onepass, with this email address, your password and your authenticator "
            "app.\n\n"
            "If it was not you, do not use the account, and tell any service that wrote to you "
            "about it.",
        ),
        "cy": _Words(
            "Rydych wedi creu eich cyfrif Onepass",
            "Mae eich cyfrif Onepass yn barod. Gallwch ei ddefnyddio i fewngofnodi i bob "
            "gwasanaeth sy’n cynnig Onepass, gyda’r cyfeiriad e-bost hwn, eich cyfrinair a’ch ap "
            "dilysu.\n\n"
            "Os nad chi oedd hyn, peidiwch â defnyddio’r cyfrif, a dywedwch wrth unrhyw wasanaeth "
            "sydd wedi ysgrifennu atoch yn ei gylch.",
        ),
    },
    "account_locked": {
        "en": _Words(
            "We have paused sign-in to your Onepass account",
            "Somebody tried to sign in to your Onepass account too many times with a wrong "
            "password or security code. To protect you, nobody can sign in for 2 hours.\n\n"
            "If it was you, wait 2 hours and try again. You do not need to do anything else.\n\n"
            "If it was not you, your account is still safe: they did not get in. When you can "
            "sign in again, make sure that you do not use the same password anywhere else.",
        ),
        "cy": _Words(
            "Rydym wedi oedi mewngofnodi i’ch cyfrif Onepass",
            "Ceisiodd rhywun fewngofnodi i’ch cyfrif Onepass ormod o weithiau gyda chyfrinair neu "
            "god diogelwch anghywir. I’ch diogelu chi, ni all neb fewngofnodi am 2 awr.\n\n"
            "Os chi oedd hyn, arhoswch 2 awr a rhowch gynnig arall arni. Nid oes angen i chi "
            "wneud dim byd arall.\n\n"
            "Os nad chi oedd hyn, mae eich cyfrif yn dal yn ddiogel: ni lwyddodd neb i fynd i "
            "mewn. Pan allwch fewngofnodi eto, gwnewch yn siŵr nad ydych yn defnyddio’r un "
            "cyfrinair yn unman arall.",
        ),
    },
}

TEMPLATES: Final = tuple(_TEXTS)


def notice_text(template: str, language: str, values: Mapping[str, str]) -> tuple[str, str]:
    """Return subject and body of the notice `template`, in English if `language` is unknown.

    Raises KeyError for a template that does not exist or a value that is missing.
    """
    languages = _TEXTS[template]
    spoken = language if language in languages else DEFAULT_LANGUAGE
    words = languages[spoken]
    body = f"{words.body}\n\n{_SIGNATURE[spoken]}"
    return Template(words.subject).substitute(values), Template(body).substitute(values)
