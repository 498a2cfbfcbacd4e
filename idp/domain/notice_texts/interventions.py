"""What operators did to an account."""

from typing import Final

from idp.domain.notice_texts.words import HELP, HELP_CY, Notice, Words

_IF = f"If you do not know why, {HELP}"
_IF_CY = f"Os nad ydych yn gwybod pam, {HELP_CY}"

NOTICES: Final = (
    Notice(
        kind="account_suspended",
        sent_when="an operator suspends the account",
        english=Words(
            "Your Onepass account is suspended",
            "We are checking something about your Onepass account. You cannot sign in until we "
            "have finished, which usually takes 3 working days.",
            _IF,
        ),
        welsh=Words(
            "Mae eich cyfrif Onepass wedi’i atal",
            "Rydym yn gwirio rhywbeth am eich cyfrif Onepass. Ni allwch fewngofnodi nes i ni "
            "orffen, sydd fel arfer yn cymryd 3 diwrnod gwaith.",
            _IF_CY,
        ),
    ),
    Notice(
        kind="account_restored",
        sent_when="an operator opens a suspended account again",
        english=Words(
            "You can use your Onepass account again",
            "We have finished checking your Onepass account. You can sign in again.",
            _IF,
        ),
        welsh=Words(
            "Gallwch ddefnyddio eich cyfrif Onepass eto",
            "Rydym wedi gorffen gwirio eich cyfrif Onepass. Gallwch fewngofnodi eto.",
            _IF_CY,
        ),
    ),
    Notice(
        kind="account_blocked",
        sent_when="two operators close the account for good",
        english=Words(
            "Your Onepass account was closed",
            "We closed your Onepass account to protect people. It cannot be opened again.",
            _IF,
        ),
        welsh=Words(
            "Caewyd eich cyfrif Onepass",
            "Caewyd eich cyfrif Onepass gennym i amddiffyn pobl. Ni ellir ei agor eto.",
            _IF_CY,
        ),
    ),
    Notice(
        kind="new_password_needed",
        sent_when="an operator orders a new password for the account",
        english=Words(
            "Your Onepass account needs a new password",
            "Somebody else may know the password of your Onepass account. You were signed out on "
            "every device. The next time you sign in, we ask you to set a new one.",
            _IF,
        ),
        welsh=Words(
            "Mae angen cyfrinair newydd ar eich cyfrif Onepass",
            "Efallai fod rhywun arall yn gwybod cyfrinair eich cyfrif Onepass. Cawsoch eich "
            "allgofnodi ar bob dyfais. Y tro nesaf y byddwch yn mewngofnodi, gofynnwn i chi osod "
            "un newydd.",
            _IF_CY,
        ),
    ),
    Notice(
        kind="new_proof_needed",
        sent_when="an operator orders that the owner proves their identity again",
        english=Words(
            "You need to prove your identity again",
            "We can no longer rely on the proof of your identity that your Onepass account had. "
            "You were signed out on every device. A service that needs to know who you are will "
            "ask you to prove it again.",
            _IF,
        ),
        welsh=Words(
            "Mae angen i chi brofi pwy ydych chi eto",
            "Ni allwn ddibynnu mwyach ar y prawf o bwy ydych chi a oedd gan eich cyfrif Onepass. "
            "Cawsoch eich allgofnodi ar bob dyfais. Bydd gwasanaeth sydd angen gwybod pwy ydych "
            "chi yn gofyn i chi ei brofi eto.",
            _IF_CY,
        ),
    ),
    Notice(
        kind="recovery_hastened",
        sent_when="two operators let somebody who cannot get codes go on without waiting",
        english=Words(
            "You can set up a new way to get codes now",
            "You do not have to wait any longer. Go to the service you want to use. Sign in with "
            "your password. Say that you cannot get a code. What you used to get codes before "
            "stops working when the new one is set up.",
            f"If it was not you who asked, {HELP}",
        ),
        welsh=Words(
            "Gallwch sefydlu ffordd newydd o gael codau nawr",
            "Nid oes angen i chi aros mwyach. Ewch i’r gwasanaeth yr ydych am ei ddefnyddio. "
            "Mewngofnodwch â’ch cyfrinair. Dywedwch na allwch gael cod. Bydd yr hyn a "
            "ddefnyddiech i gael codau o’r blaen yn peidio â gweithio pan fydd yr un newydd "
            "wedi’i sefydlu.",
            f"Os nad chi a ofynnodd, {HELP_CY}",
        ),
    ),
)
