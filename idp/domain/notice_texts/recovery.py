"""Getting back in without codes, after a wait of seven days that the owner can end."""

from typing import Final

from idp.domain.notice_texts.words import ACT_NOW, ACT_NOW_CY, Notice, Words

_STOP_IT: Final = (
    "If it was not you, somebody knows your password. Sign in to your Onepass account: that stops "
    "the request. Then change your password."
)
_STOP_IT_CY: Final = (
    "Os nad chi oedd hyn, mae rhywun yn gwybod eich cyfrinair. Mewngofnodwch i’ch cyfrif Onepass: "
    "bydd hynny’n atal y cais. Yna newidiwch eich cyfrinair."
)
_STOP_CODE: Final = (
    "If you cannot sign in fully, give your password and say that you cannot use your app. You can "
    "then stop the request with this code: $number"
)
_STOP_CODE_CY: Final = (
    "Os na allwch fewngofnodi’n llawn, rhowch eich cyfrinair a dywedwch na allwch ddefnyddio’ch "
    "ap. Yna gallwch atal y cais gyda’r cod hwn: $number"
)

NOTICES: Final = (
    Notice(
        kind="recovery_begun",
        sent_when="somebody who can get no codes asks to get back in; the wait of 7 days begins",
        values=("until", "number"),
        english=Words(
            "You asked to get back into your Onepass account",
            "Somebody, probably you, asked to get back into your Onepass account without a "
            "security code. To protect you, we wait 7 days.\n\n"
            "Come back at this time or later to set up a new way to get codes: $until\n\n"
            "If you find your way to get codes before then, just sign in.\n\n"
            f"{_STOP_CODE}",
            _STOP_IT,
        ),
        welsh=Words(
            "Gofynnoch am fynd yn ôl i mewn i’ch cyfrif Onepass",
            "Gofynnodd rhywun, chi yn ôl pob tebyg, am fynd yn ôl i mewn i’ch cyfrif Onepass heb "
            "god diogelwch. I’ch diogelu chi, rydym yn aros 7 diwrnod.\n\n"
            "Dewch yn ôl ar yr adeg hon neu wedyn i osod ffordd newydd o gael codau: $until\n\n"
            "Os dewch o hyd i’ch ffordd o gael codau cyn hynny, mewngofnodwch.\n\n"
            f"{_STOP_CODE_CY}",
            _STOP_IT_CY,
        ),
    ),
    Notice(
        kind="recovery_reminder",
        sent_when="3 and 6 days of that wait have passed",
        values=("until", "number"),
        english=Words(
            "Your Onepass account can soon be opened without a code",
            "Somebody, probably you, asked to get back into your Onepass account without a "
            "security code. They can do so from this time on: $until\n\n"
            "If it was you, come back then.\n\n"
            f"{_STOP_CODE}",
            _STOP_IT,
        ),
        welsh=Words(
            "Cyn bo hir gellir agor eich cyfrif Onepass heb god",
            "Gofynnodd rhywun, chi yn ôl pob tebyg, am fynd yn ôl i mewn i’ch cyfrif Onepass heb "
            "god diogelwch. Gallant wneud hynny o’r adeg hon ymlaen: $until\n\n"
            "Os chi oedd hyn, dewch yn ôl bryd hynny.\n\n"
            f"{_STOP_CODE_CY}",
            _STOP_IT_CY,
        ),
    ),
    Notice(
        kind="recovery_done",
        sent_when="a new way to get codes is set up after that wait, or after a proof of identity",
        english=Words(
            "You are back in your Onepass account",
            "A new way to get security codes was set up for your Onepass account. Every old way "
            "was removed.",
            ACT_NOW,
        ),
        welsh=Words(
            "Rydych yn ôl yn eich cyfrif Onepass",
            "Gosodwyd ffordd newydd o gael codau diogelwch ar gyfer eich cyfrif Onepass. Tynnwyd "
            "pob hen ffordd.",
            ACT_NOW_CY,
        ),
    ),
    Notice(
        kind="recovery_cancelled",
        sent_when="that wait is ended by its owner, or by signing in",
        english=Words(
            "Getting back into your Onepass account was stopped",
            "The request to get back into your Onepass account without a security code was "
            "stopped. Your account has not changed.",
            "If you did not ask for it in the first place, somebody knows your password. Sign in "
            "to your Onepass account and change it.",
        ),
        welsh=Words(
            "Ataliwyd y cais i fynd yn ôl i mewn i’ch cyfrif Onepass",
            "Ataliwyd y cais i fynd yn ôl i mewn i’ch cyfrif Onepass heb god diogelwch. Nid yw "
            "eich cyfrif wedi newid.",
            "Os na wnaethoch ofyn amdano yn y lle cyntaf, mae rhywun yn gwybod eich cyfrinair. "
            "Mewngofnodwch i’ch cyfrif Onepass a’i newid.",
        ),
    ),
)
