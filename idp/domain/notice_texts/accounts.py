"""The account itself: that there is one, its password, its address, its end."""

from typing import Final

from idp.domain.notice_texts.words import HELP, HELP_CY, Notice, Words

NOTICES: Final = (
    Notice(
        kind="already_have_account",
        sent_when="somebody tries to create an account with an address that has one",
        english=Words(
            "You already have a Onepass account",
            "Somebody, probably you, tried to create a Onepass account with this email address. "
            "You already have one, so we did not send a code.\n\n"
            "Go back to the service you want to use. Choose to sign in, and use this email "
            "address and your password.",
            "If it was not you, you can ignore this message: your account has not changed.",
        ),
        welsh=Words(
            "Mae gennych gyfrif Onepass yn barod",
            "Ceisiodd rhywun, chi yn ôl pob tebyg, greu cyfrif Onepass gyda’r cyfeiriad e-bost "
            "hwn. Mae gennych un yn barod, felly ni wnaethom anfon cod.\n\n"
            "Ewch yn ôl at y gwasanaeth yr ydych am ei ddefnyddio. Dewiswch fewngofnodi, a "
            "defnyddiwch y cyfeiriad e-bost hwn a’ch cyfrinair.",
            "Os nad chi oedd hyn, gallwch anwybyddu’r neges hon: nid yw eich cyfrif wedi newid.",
        ),
    ),
    Notice(
        kind="account_created",
        sent_when="an account is complete",
        english=Words(
            "You have created your Onepass account",
            "Your Onepass account is ready. You can use it to sign in to every service that "
            "offers Onepass. You need this email address, your password and your authenticator "
            "app.",
            "If it was not you, do not use the account. Tell any service that wrote to you about "
            "it.",
        ),
        welsh=Words(
            "Rydych wedi creu eich cyfrif Onepass",
            "Mae eich cyfrif Onepass yn barod. Gallwch ei ddefnyddio i fewngofnodi i bob "
            "gwasanaeth sy’n cynnig Onepass. Bydd angen y cyfeiriad e-bost hwn, eich cyfrinair "
            "a’ch ap dilysu arnoch.",
            "Os nad chi oedd hyn, peidiwch â defnyddio’r cyfrif. Dywedwch wrth unrhyw wasanaeth "
            "sydd wedi ysgrifennu atoch yn ei gylch.",
        ),
    ),
    Notice(
        kind="account_locked",
        sent_when="the last try at a password or code was wrong, so that the lock begins",
        english=Words(
            "We have paused sign-in to your Onepass account",
            "Somebody tried to sign in to your Onepass account too many times with a wrong "
            "password or security code. To protect you, nobody can sign in for a while.\n\n"
            "If it was you, wait and try again: the page says until when. You do not need to do "
            "anything else.",
            "If it was not you, your account is still safe: they did not get in. Make sure that "
            "you do not use the same password anywhere else.",
        ),
        welsh=Words(
            "Rydym wedi oedi mewngofnodi i’ch cyfrif Onepass",
            "Ceisiodd rhywun fewngofnodi i’ch cyfrif Onepass ormod o weithiau gyda chyfrinair neu "
            "god diogelwch anghywir. I’ch diogelu chi, ni all neb fewngofnodi am gyfnod.\n\n"
            "Os chi oedd hyn, arhoswch a rhowch gynnig arall arni: mae’r dudalen yn dweud tan "
            "pryd. Nid oes angen i chi wneud dim byd arall.",
            "Os nad chi oedd hyn, mae eich cyfrif yn dal yn ddiogel: ni lwyddodd neb i fynd i "
            "mewn. Gwnewch yn siŵr nad ydych yn defnyddio’r un cyfrinair yn unman arall.",
        ),
    ),
    Notice(
        kind="password_changed",
        sent_when="a password is changed in the account, or after it was forgotten",
        english=Words(
            "Your Onepass password was changed",
            "The password of your Onepass account was changed. Every other device was signed "
            "out.\n\n"
            "If it was you, you do not need to do anything.",
            "If it was not you, act now. Go to a service that you use and choose to sign in. Say "
            "that you have forgotten your password, and set a new one. Use one that you use "
            "nowhere else.",
        ),
        welsh=Words(
            "Newidiwyd eich cyfrinair Onepass",
            "Newidiwyd cyfrinair eich cyfrif Onepass. Cafodd pob dyfais arall ei hallgofnodi.\n\n"
            "Os chi oedd hyn, nid oes angen i chi wneud dim byd.",
            "Os nad chi oedd hyn, gweithredwch nawr. Ewch at wasanaeth yr ydych yn ei ddefnyddio "
            "a dewiswch fewngofnodi. Dywedwch eich bod wedi anghofio eich cyfrinair, a gosodwch "
            "un newydd. Dewiswch un nad ydych yn ei ddefnyddio yn unman arall.",
        ),
    ),
    Notice(
        kind="email_changed_from",
        sent_when="the address of an account is changed; to the old address",
        # The new address is not named: the old one may be in other hands by now.
        english=Words(
            "Your Onepass account has a new email address",
            "The email address of your Onepass account was changed to another one. This address "
            "no longer signs you in. We will not write to it again.\n\n"
            "If it was you, use the new address from now on.",
            f"If it was not you, somebody else may be in your account. Straight away, {HELP}",
        ),
        welsh=Words(
            "Mae gan eich cyfrif Onepass gyfeiriad e-bost newydd",
            "Newidiwyd cyfeiriad e-bost eich cyfrif Onepass i un arall. Nid yw’r cyfeiriad hwn yn "
            "eich mewngofnodi mwyach. Ni fyddwn yn ysgrifennu ato eto.\n\n"
            "Os chi oedd hyn, defnyddiwch y cyfeiriad newydd o hyn ymlaen.",
            f"Os nad chi oedd hyn, efallai fod rhywun arall yn eich cyfrif. Ar unwaith, {HELP_CY}",
        ),
    ),
    Notice(
        kind="email_changed_to",
        sent_when="the address of an account is changed; to the new address",
        english=Words(
            "This is now your Onepass email address",
            "This is now the email address of your Onepass account. Use it when you sign in. "
            "Your password and your way to get codes have not changed.",
            "If it was not you, somebody else can read your email. Change the password of your "
            f"email first. Then {HELP}",
        ),
        welsh=Words(
            "Dyma eich cyfeiriad e-bost Onepass nawr",
            "Dyma gyfeiriad e-bost eich cyfrif Onepass nawr. Defnyddiwch ef pan fyddwch yn "
            "mewngofnodi. Nid yw eich cyfrinair na’ch ffordd o gael codau wedi newid.",
            "Os nad chi oedd hyn, gall rhywun arall ddarllen eich e-bost. Newidiwch gyfrinair "
            f"eich e-bost yn gyntaf. Yna {HELP_CY}",
        ),
    ),
    Notice(
        kind="email_address_in_use",
        sent_when="somebody signed in asks to use this new address, which has an account",
        english=Words(
            "This email address already has a Onepass account",
            "Somebody, probably you, wants to use this email address for another Onepass account. "
            "It already has one, so we did not send a code.\n\n"
            "You can sign in with this address, or choose a different one for the other account.",
            "If it was not you, you can ignore this message: your account has not changed.",
        ),
        welsh=Words(
            "Mae gan y cyfeiriad e-bost hwn gyfrif Onepass yn barod",
            "Mae rhywun, chi yn ôl pob tebyg, am ddefnyddio’r cyfeiriad e-bost hwn ar gyfer cyfrif "
            "Onepass arall. Mae ganddo un yn barod, felly ni wnaethom anfon cod.\n\n"
            "Gallwch fewngofnodi gyda’r cyfeiriad hwn, neu ddewis un gwahanol ar gyfer y cyfrif "
            "arall.",
            "Os nad chi oedd hyn, gallwch anwybyddu’r neges hon: nid yw eich cyfrif wedi newid.",
        ),
    ),
    Notice(
        kind="account_deleted",
        sent_when="somebody deletes their account",
        english=Words(
            "Your Onepass account was deleted",
            "Your Onepass account was deleted, with your sign-in details and the record of what "
            "you did.\n\n"
            "The services that you used keep their own records. Ask them if you want those "
            "deleted too. You can create a new account with this email address.",
            "If it was not you, tell the services that you use. We cannot bring the account back.",
        ),
        welsh=Words(
            "Cafodd eich cyfrif Onepass ei ddileu",
            "Cafodd eich cyfrif Onepass ei ddileu, gyda’ch manylion mewngofnodi a’r cofnod o’r "
            "hyn a wnaethoch.\n\n"
            "Mae’r gwasanaethau a ddefnyddioch yn cadw eu cofnodion eu hunain. Gofynnwch iddynt "
            "os ydych am ddileu’r rheini hefyd. Gallwch greu cyfrif newydd gyda’r cyfeiriad "
            "e-bost hwn.",
            "Os nad chi oedd hyn, dywedwch wrth y gwasanaethau yr ydych yn eu defnyddio. Ni "
            "allwn ddod â’r cyfrif yn ôl.",
        ),
    ),
)
