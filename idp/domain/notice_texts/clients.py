"""What the managers of a service are told about its clients."""

from typing import Final

from idp.domain.notice_texts.words import Notice, Words

_ASK: Final = "If you do not know why, ask the people who run Onepass."
_ASK_CY: Final = "Os na wnaethoch ddisgwyl hyn, gofynnwch i’r bobl sy’n rhedeg Onepass."
_NOT_ASKED: Final = "If you did not ask for this, talk to the other managers of your service."
_NOT_ASKED_CY: Final = "Os na wnaethoch ofyn am hyn, siaradwch â rheolwyr eraill eich gwasanaeth."

NOTICES: Final = (
    Notice(
        kind="client_suspended",
        sent_when="operators suspend a client; to the managers of its service",
        values=("client",),
        english=Words(
            "A client of your service is suspended",
            "The people who run Onepass suspended the client $client of your service. Nobody can "
            "sign in to it, and the access tokens that it holds do not work any more.\n\n"
            "The pages for service teams show its state.",
            _ASK,
        ),
        welsh=Words(
            "Mae un o gleientiaid eich gwasanaeth wedi’i atal",
            "Mae’r bobl sy’n rhedeg Onepass wedi atal cleient $client eich gwasanaeth. Ni all neb "
            "fewngofnodi iddo, ac nid yw’r tocynnau mynediad sydd ganddo yn gweithio mwyach.\n\n"
            "Mae’r tudalennau ar gyfer timau gwasanaeth yn dangos ei gyflwr.",
            _ASK_CY,
        ),
    ),
    Notice(
        kind="client_restored",
        sent_when="operators lift the suspension of a client; to the managers of its service",
        values=("client",),
        english=Words(
            "A client of your service works again",
            "The people who run Onepass lifted the suspension of the client $client of your "
            "service. People can sign in to it again within a minute. Access tokens from before "
            "do not work any more.",
            _ASK,
        ),
        welsh=Words(
            "Mae un o gleientiaid eich gwasanaeth yn gweithio eto",
            "Mae’r bobl sy’n rhedeg Onepass wedi codi’r ataliad ar gleient $client eich "
            "gwasanaeth. Gall pobl fewngofnodi iddo eto o fewn munud. Nid yw tocynnau mynediad o "
            "cynt yn gweithio mwyach.",
            _ASK_CY,
        ),
    ),
    Notice(
        kind="go_live_approved",
        sent_when="an operator lets a service go live; to its managers",
        values=("client", "live"),
        english=Words(
            "Your service can go live on Onepass",
            "An operator approved your request to go live with the client $client. Your production "
            "client has the client id $live.\n\n"
            "Put this client id into your production settings. If your client uses a secret, make "
            "one on the pages for service teams first.",
            _NOT_ASKED,
        ),
        welsh=Words(
            "Gall eich gwasanaeth fynd yn fyw ar Onepass",
            "Mae gweithredwr wedi cymeradwyo eich cais i fynd yn fyw gyda’r cleient $client. Mae "
            "gan eich cleient cynhyrchu y dynodydd cleient $live.\n\n"
            "Rhowch y dynodydd hwn yn eich gosodiadau cynhyrchu. Os yw eich cleient yn defnyddio "
            "cyfrinach, crëwch un ar y tudalennau ar gyfer timau gwasanaeth yn gyntaf.",
            _NOT_ASKED_CY,
        ),
    ),
    Notice(
        kind="go_live_changes_asked",
        sent_when="an operator asks for changes before a service goes live; to its managers",
        values=("client",),
        english=Words(
            "Change your request to go live on Onepass",
            "An operator read your request to go live with the client $client, and asks you to "
            "change something first.\n\n"
            "The pages for service teams say what. Your answers are kept there: change them and "
            "submit them again.",
            _NOT_ASKED,
        ),
        welsh=Words(
            "Newidiwch eich cais i fynd yn fyw ar Onepass",
            "Mae gweithredwr wedi darllen eich cais i fynd yn fyw gyda’r cleient $client, ac mae’n "
            "gofyn i chi newid rhywbeth yn gyntaf.\n\n"
            "Mae’r tudalennau ar gyfer timau gwasanaeth yn dweud beth. Cedwir eich atebion yno: "
            "newidiwch nhw a’u cyflwyno eto.",
            _NOT_ASKED_CY,
        ),
    ),
    Notice(
        kind="go_live_refused",
        sent_when="an operator refuses to let a service go live; to its managers",
        values=("client",),
        english=Words(
            "Your request to go live on Onepass was refused",
            "An operator refused your request to go live with the client $client. Nothing has "
            "changed: your client works as before, for testing.\n\n"
            "The pages for service teams give the reason.",
            _NOT_ASKED,
        ),
        welsh=Words(
            "Gwrthodwyd eich cais i fynd yn fyw ar Onepass",
            "Mae gweithredwr wedi gwrthod eich cais i fynd yn fyw gyda’r cleient $client. Nid oes "
            "dim wedi newid: mae eich cleient yn gweithio fel o’r blaen, ar gyfer profi.\n\n"
            "Mae’r tudalennau ar gyfer timau gwasanaeth yn rhoi’r rheswm.",
            _NOT_ASKED_CY,
        ),
    ),
)
