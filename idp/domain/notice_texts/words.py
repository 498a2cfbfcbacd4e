"""What a notice is made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One language of a notice. Between `told` and `advice` stand time, device and address.

    `$name` is where a value goes. Paragraphs are divided by empty lines.
    """

    subject: str
    told: str
    advice: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice, and when it is sent.

    `values` are those that its words need beside the time. With a `lifetime` (seconds) it holds
    a code that works no longer than that, and is not delivered later.
    """

    kind: str
    sent_when: str
    english: Words
    welsh: Words
    values: tuple[str, ...] = ()
    lifetime: int | None = None


HELP = "ask for help: the Support page is at the foot of every Onepass page."
HELP_CY = "gofynnwch am help: mae’r dudalen Cymorth ar waelod pob tudalen Onepass."
ACT_NOW = (
    "If it was not you, act now. Sign in to your Onepass account. Change your password, then sign "
    f"out everywhere. If you cannot sign in, {HELP}"
)
ACT_NOW_CY = (
    "Os nad chi oedd hyn, gweithredwch nawr. Mewngofnodwch i’ch cyfrif Onepass. Newidiwch eich "
    f"cyfrinair, yna allgofnodwch ym mhobman. Os na allwch fewngofnodi, {HELP_CY}"
)
