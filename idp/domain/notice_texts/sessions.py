"""Devices that are signed in, and what somebody did not recognise."""

from typing import Final

from idp.domain.notice_texts.words import ACT_NOW, ACT_NOW_CY, Notice, Words

NOTICES: Final = (
    Notice(
        kind="new_device_signed_in",
        sent_when="an account is signed in to from a browser not seen with it before",
        english=Words(
            "A new device signed in to your Onepass account",
            "Your Onepass account was signed in to from a device that we have not seen before.\n\n"
            "If it was you, you do not need to do anything.",
            ACT_NOW,
        ),
        welsh=Words(
            "Mewngofnododd dyfais newydd i’ch cyfrif Onepass",
            "Mewngofnodwyd i’ch cyfrif Onepass o ddyfais nad ydym wedi’i gweld o’r blaen.\n\n"
            "Os chi oedd hyn, nid oes angen i chi wneud dim byd.",
            ACT_NOW_CY,
        ),
    ),
    Notice(
        kind="signed_out_everywhere",
        sent_when="somebody signs out on every device",
        english=Words(
            "You signed out of Onepass everywhere",
            "You were signed out of Onepass on every device. We told the services that you were "
            "using. Sign in again when you need to.",
            "If it was not you, somebody else may be in your account. Sign in to your Onepass "
            "account and change your password.",
        ),
        welsh=Words(
            "Rydych wedi allgofnodi o Onepass ym mhobman",
            "Cawsoch eich allgofnodi o Onepass ar bob dyfais. Rydym wedi dweud wrth y "
            "gwasanaethau yr oeddech yn eu defnyddio. Mewngofnodwch eto pan fydd angen.",
            "Os nad chi oedd hyn, efallai fod rhywun arall yn eich cyfrif. Mewngofnodwch i’ch "
            "cyfrif Onepass a newidiwch eich cyfrinair.",
        ),
    ),
    Notice(
        kind="activity_reported",
        sent_when="somebody says of something in their account: this was not me",
        values=("number",),
        english=Words(
            "We have your Onepass report $number",
            "You told us about something in your account that was not you. The number of your "
            "report is\n\n$number\n\nKeep it: you will need it if you ask us about this.\n\n"
            "If you have not done so yet, change your password and sign out everywhere.",
            "If you did not tell us anything, somebody else may be in your account. Sign in to "
            "your Onepass account and change your password.",
        ),
        welsh=Words(
            "Mae eich adroddiad Onepass $number gennym",
            "Dywedoch wrthym am rywbeth yn eich cyfrif nad chi oedd yn gyfrifol amdano. Rhif "
            "eich adroddiad yw\n\n$number\n\nCadwch ef: bydd ei angen arnoch os byddwch yn ein "
            "holi am hyn.\n\n"
            "Os nad ydych wedi gwneud hynny eto, newidiwch eich cyfrinair ac allgofnodwch ym "
            "mhobman.",
            "Os na ddywedoch ddim wrthym, efallai fod rhywun arall yn eich cyfrif. Mewngofnodwch "
            "i’ch cyfrif Onepass a newidiwch eich cyfrinair.",
        ),
    ),
    Notice(
        kind="activity_reported_again",
        sent_when="somebody whose report is open says a second time: this was not me",
        values=("number",),
        english=Words(
            "Somebody may still be in your Onepass account",
            "You told us again about something in your account that was not you. We keep it with "
            "your report\n\n$number\n\nSomebody else may still be in your account. Change your "
            "password now, to one that you use nowhere else. Then sign out everywhere, and check "
            "that the app or passkey in your account is yours.",
            "If you did not tell us anything, do the same: somebody else may be in your account.",
        ),
        welsh=Words(
            "Efallai fod rhywun yn dal yn eich cyfrif Onepass",
            "Dywedoch wrthym eto am rywbeth yn eich cyfrif nad chi oedd yn gyfrifol amdano. "
            "Rydym yn ei gadw gyda’ch adroddiad\n\n$number\n\nEfallai fod rhywun arall yn dal yn "
            "eich cyfrif. Newidiwch eich cyfrinair nawr, i un nad ydych yn ei ddefnyddio yn unman "
            "arall. Yna allgofnodwch ym mhobman, a gwiriwch mai chi sydd biau’r ap neu’r allwedd "
            "mynediad yn eich cyfrif.",
            "Os na ddywedoch ddim wrthym, gwnewch yr un peth: efallai fod rhywun arall yn eich "
            "cyfrif.",
        ),
    ),
)
