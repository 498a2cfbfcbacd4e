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
    Notice(
        kind="client_secret_old",
        sent_when="a secret of a client is a year old; to the managers of its service",
        values=("client",),
        english=Words(
            "A secret of your service is a year old",
            "A secret of the client $client is a year old. The longer a secret is in use, the "
            "more people and machines have seen it.\n\n"
            "Make a new one on the pages for service teams, give it to your service, then retire "
            "the old one. Both work meanwhile.",
            "We tell you this once for each secret. It goes on working until you retire it. If you "
            "do not know who has it, retire it now.",
        ),
        welsh=Words(
            "Mae cyfrinach eich gwasanaeth yn flwydd oed",
            "Mae cyfrinach y cleient $client yn flwydd oed. Po hiraf y defnyddir cyfrinach, mwyaf "
            "o bobl a pheiriannau sydd wedi’i gweld.\n\n"
            "Gwnewch un newydd ar y tudalennau ar gyfer timau gwasanaeth, rhowch hi i’ch "
            "gwasanaeth, yna dewch â’r hen un i ben. Mae’r ddwy yn gweithio yn y cyfamser.",
            "Rydym yn dweud hyn wrthych unwaith am bob cyfrinach. Bydd yn dal i weithio nes i chi "
            "ddod â hi i ben. Os nad ydych yn gwybod pwy sydd â hi, dewch â hi i ben nawr.",
        ),
    ),
    Notice(
        kind="client_key_old",
        sent_when="a client’s pasted key is a year old; to the managers of its service",
        values=("client",),
        english=Words(
            "A key of your service is a year old",
            "The public key of the client $client was given to us a year ago.\n\n"
            "Make a new pair and give us its public key on the pages for service teams. With an "
            "address of a key set you can do that at any time, without a break.",
            "We tell you this once for each key. It goes on working until you replace it. If you "
            "do not know this key, replace it now.",
        ),
        welsh=Words(
            "Mae allwedd eich gwasanaeth yn flwydd oed",
            "Rhoddwyd allwedd gyhoeddus y cleient $client i ni flwyddyn yn ôl.\n\n"
            "Gwnewch bâr newydd a rhowch ei allwedd gyhoeddus i ni ar y tudalennau ar gyfer timau "
            "gwasanaeth. Gyda chyfeiriad set o allweddi gallwch wneud hynny unrhyw bryd, heb "
            "doriad.",
            "Rydym yn dweud hyn wrthych unwaith am bob allwedd. Bydd yn dal i weithio nes i chi "
            "roi un arall yn ei lle. Os nad ydych yn ei hadnabod, rhowch un arall yn ei "
            "lle nawr.",
        ),
    ),
)
