"""How somebody gets codes, and what stands in for them: apps, recovery codes, passkeys."""

from typing import Final

from idp.domain.notice_texts.words import ACT_NOW, ACT_NOW_CY, Notice, Words

NOTICES: Final = (
    Notice(
        kind="authenticator_app_changed",
        sent_when="somebody puts another authenticator app in the place of theirs",
        english=Words(
            "Your Onepass authenticator app was changed",
            "Your Onepass account now takes security codes from a different authenticator app. "
            "Codes from the old app no longer work.",
            ACT_NOW,
        ),
        welsh=Words(
            "Newidiwyd eich ap dilysu Onepass",
            "Mae eich cyfrif Onepass nawr yn derbyn codau diogelwch o ap dilysu gwahanol. Nid "
            "yw codau o’r hen ap yn gweithio mwyach.",
            ACT_NOW_CY,
        ),
    ),
    Notice(
        kind="backup_added",
        sent_when="somebody adds a back-up way to get codes",
        english=Words(
            "A back-up was added to your Onepass account",
            "A back-up way to get security codes was added to your Onepass account. Use it when "
            "you cannot use your first one.",
            ACT_NOW,
        ),
        welsh=Words(
            "Ychwanegwyd dull wrth gefn at eich cyfrif Onepass",
            "Ychwanegwyd ffordd wrth gefn o gael codau diogelwch at eich cyfrif Onepass. "
            "Defnyddiwch hi pan na allwch ddefnyddio’r un gyntaf.",
            ACT_NOW_CY,
        ),
    ),
    Notice(
        kind="backup_removed",
        sent_when="somebody removes their back-up way to get codes",
        english=Words(
            "The back-up of your Onepass account was removed",
            "The back-up way to get security codes was removed from your Onepass account. Its "
            "codes no longer work.",
            ACT_NOW,
        ),
        welsh=Words(
            "Tynnwyd dull wrth gefn eich cyfrif Onepass",
            "Tynnwyd y ffordd wrth gefn o gael codau diogelwch o’ch cyfrif Onepass. Nid yw ei "
            "chodau yn gweithio mwyach.",
            ACT_NOW_CY,
        ),
    ),
    Notice(
        kind="backup_switched",
        sent_when="somebody makes their back-up the first way to get codes",
        english=Words(
            "Your Onepass back-up is now your first way to get codes",
            "Your two ways to get security codes have changed places. The one that was your "
            "back-up is now asked for first.",
            ACT_NOW,
        ),
        welsh=Words(
            "Eich dull wrth gefn yw eich ffordd gyntaf o gael codau Onepass nawr",
            "Mae eich dwy ffordd o gael codau diogelwch wedi newid lle. Gofynnir yn gyntaf nawr "
            "am yr un a oedd wrth gefn.",
            ACT_NOW_CY,
        ),
    ),
    Notice(
        kind="recovery_codes_made",
        sent_when="somebody makes a new set of recovery codes",
        english=Words(
            "You have new Onepass recovery codes",
            "New recovery codes were made for your Onepass account. All the old ones stopped "
            "working. Keep the new ones where only you can find them.",
            ACT_NOW,
        ),
        welsh=Words(
            "Mae gennych godau adfer Onepass newydd",
            "Gwnaed codau adfer newydd ar gyfer eich cyfrif Onepass. Nid yw’r hen rai’n gweithio "
            "mwyach. Cadwch y rhai newydd lle mai dim ond chi all ddod o hyd iddynt.",
            ACT_NOW_CY,
        ),
    ),
    Notice(
        kind="recovery_code_used",
        sent_when="a recovery code is used: to sign in, for a new password, or for a change",
        values=("left",),
        english=Words(
            "A Onepass recovery code was used",
            "A recovery code of your Onepass account was used. That code will not work again.\n\n"
            "Recovery codes left: $left\n\n"
            "You can make new ones in your Onepass account.",
            ACT_NOW,
        ),
        welsh=Words(
            "Defnyddiwyd cod adfer Onepass",
            "Defnyddiwyd un o godau adfer eich cyfrif Onepass. Ni fydd y cod hwnnw’n gweithio "
            "eto.\n\n"
            "Codau adfer ar ôl: $left\n\n"
            "Gallwch wneud rhai newydd yn eich cyfrif Onepass.",
            ACT_NOW_CY,
        ),
    ),
    Notice(
        kind="passkey_added",
        sent_when="somebody adds a passkey",
        english=Words(
            "A passkey was added to your Onepass account",
            "A passkey was added to your Onepass account. It signs you in without your password "
            "and without a code.",
            ACT_NOW,
        ),
        welsh=Words(
            "Ychwanegwyd allwedd mynediad at eich cyfrif Onepass",
            "Ychwanegwyd allwedd mynediad (passkey) at eich cyfrif Onepass. Mae’n eich "
            "mewngofnodi heb eich cyfrinair a heb god.",
            ACT_NOW_CY,
        ),
    ),
    Notice(
        kind="passkey_removed",
        sent_when="somebody removes a passkey",
        english=Words(
            "A passkey was removed from your Onepass account",
            "A passkey was removed from your Onepass account. It no longer signs you in.",
            ACT_NOW,
        ),
        welsh=Words(
            "Tynnwyd allwedd mynediad o’ch cyfrif Onepass",
            "Tynnwyd allwedd mynediad (passkey) o’ch cyfrif Onepass. Nid yw’n eich mewngofnodi "
            "mwyach.",
            ACT_NOW_CY,
        ),
    ),
)
