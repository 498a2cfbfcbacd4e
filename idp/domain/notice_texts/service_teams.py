"""What members of service teams are told."""

from typing import Final

from idp.domain.notice_texts.words import Notice, Words

NOTICES: Final = (
    Notice(
        kind="team_invitation",
        sent_when="a manager invites somebody to the team of a service",
        values=("until",),
        english=Words(
            "You are invited to a service team on Onepass",
            "Somebody who manages a service on Onepass invited you to its team.\n\n"
            "Go to the pages for service teams as you usually do, or ask whoever invited you for "
            "their address. Sign in with an account that has this email address: the invitation "
            "waits there until $until.",
            "If you do not expect this, you do not need to do anything. Nobody can accept it who "
            "does not have this email address.",
        ),
        welsh=Words(
            "Rydych wedi’ch gwahodd i dîm gwasanaeth ar Onepass",
            "Mae rhywun sy’n rheoli gwasanaeth ar Onepass wedi’ch gwahodd i’w dîm.\n\n"
            "Ewch i’r tudalennau ar gyfer timau gwasanaeth fel arfer, neu gofynnwch i’r sawl a’ch "
            "gwahoddodd am eu cyfeiriad. Mewngofnodwch gyda chyfrif sydd â’r cyfeiriad e-bost hwn: "
            "mae’r gwahoddiad yn aros yno tan $until.",
            "Os nad ydych yn disgwyl hyn, nid oes angen i chi wneud dim byd. Ni all neb heb y "
            "cyfeiriad e-bost hwn ei dderbyn.",
        ),
    ),
)
