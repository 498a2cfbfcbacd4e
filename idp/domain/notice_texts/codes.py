"""Codes that prove an email address."""

from typing import Final

from idp.domain.notice_texts.words import Notice, Words

_HOUR: Final = 3600
_QUARTER: Final = 900

_TYPE_IT_15: Final = (
    "Type it on the page where you were asked for it. It works once, for 15 minutes. Only the "
    "newest code works."
)
_TYPE_IT_15_CY: Final = (
    "Teipiwch ef ar y dudalen a ofynnodd amdano. Mae’n gweithio unwaith, am 15 munud. Dim ond y "
    "cod diweddaraf sy’n gweithio."
)

NOTICES: Final = (
    Notice(
        kind="email_code",
        sent_when="somebody creates an account with an address that has none",
        values=("code",),
        lifetime=_HOUR,
        english=Words(
            "$code is your Onepass security code",
            "Your security code is\n\n$code\n\n"
            "Type it on the page where you were asked for it. It works once, for 1 hour. Only the "
            "newest code works.",
            "Never tell anybody this code. If you did not ask for it, you can ignore this "
            "message: nothing has happened.",
        ),
        welsh=Words(
            "$code yw eich cod diogelwch Onepass",
            "Eich cod diogelwch yw\n\n$code\n\n"
            "Teipiwch ef ar y dudalen a ofynnodd amdano. Mae’n gweithio unwaith, am 1 awr. Dim "
            "ond y cod diweddaraf sy’n gweithio.",
            "Peidiwch â rhoi’r cod hwn i neb. Os na wnaethoch ofyn amdano, gallwch anwybyddu’r "
            "neges hon: nid oes dim wedi digwydd.",
        ),
    ),
    Notice(
        kind="password_reset_code",
        sent_when="somebody says that they have forgotten the password of an account",
        values=("code",),
        lifetime=_QUARTER,
        english=Words(
            "$code is your code for a new Onepass password",
            f"Your code to set a new password is\n\n$code\n\n{_TYPE_IT_15}",
            "Never tell anybody this code. If you did not ask for it, you can ignore this "
            "message. Nobody can change your password without this code.",
        ),
        welsh=Words(
            "$code yw eich cod i gael cyfrinair Onepass newydd",
            f"Eich cod i osod cyfrinair newydd yw\n\n$code\n\n{_TYPE_IT_15_CY}",
            "Peidiwch â rhoi’r cod hwn i neb. Os na wnaethoch ofyn amdano, gallwch anwybyddu’r "
            "neges hon. Ni all neb newid eich cyfrinair heb y cod hwn.",
        ),
    ),
    Notice(
        kind="account_recovery_code",
        sent_when="somebody who gave the right password says that they can get no codes",
        values=("code",),
        lifetime=_QUARTER,
        english=Words(
            "$code is your code to get back into Onepass",
            f"Your code to get back into your account is\n\n$code\n\n{_TYPE_IT_15}",
            "Never tell anybody this code. If you did not ask for it, somebody knows your "
            "password. Sign in to your Onepass account and change it.",
        ),
        welsh=Words(
            "$code yw eich cod i fynd yn ôl i mewn i Onepass",
            f"Eich cod i fynd yn ôl i mewn i’ch cyfrif yw\n\n$code\n\n{_TYPE_IT_15_CY}",
            "Peidiwch â rhoi’r cod hwn i neb. Os na wnaethoch ofyn amdano, mae rhywun yn gwybod "
            "eich cyfrinair. Mewngofnodwch i’ch cyfrif Onepass a’i newid.",
        ),
    ),
    Notice(
        kind="email_change_code",
        sent_when="somebody signed in asks to use this new address, which has no account",
        values=("code",),
        lifetime=_QUARTER,
        english=Words(
            "$code is your code to use this email address",
            f"Your code to use this email address for your Onepass account is\n\n$code\n\n"
            f"{_TYPE_IT_15}",
            "Never tell anybody this code. If you did not ask for it, somebody typed your address "
            "by mistake. You can ignore this message.",
        ),
        welsh=Words(
            "$code yw eich cod i ddefnyddio’r cyfeiriad e-bost hwn",
            f"Eich cod i ddefnyddio’r cyfeiriad e-bost hwn ar gyfer eich cyfrif Onepass yw\n\n"
            f"$code\n\n{_TYPE_IT_15_CY}",
            "Peidiwch â rhoi’r cod hwn i neb. Os na wnaethoch ofyn amdano, teipiodd rhywun eich "
            "cyfeiriad drwy gamgymeriad. Gallwch anwybyddu’r neges hon.",
        ),
    ),
)
