"""The words of every notice, in both languages, one module for each noun they are about.

Owns: what each notice says, when it is sent, which values it needs. Does not own: how values
become words (`notice_rendering`), who sends a notice and how it travels (`notices`, `notifiers`).

Each says what happened and what to do if it was somebody else. None holds a link, and none an
address of ours: a link in a mail is what people are taught to mistrust.
"""

from typing import Final

from idp.domain.notice_texts import (
    accounts,
    clients,
    codes,
    interventions,
    recovery,
    second_factors,
    service_teams,
    sessions,
)
from idp.domain.notice_texts.words import Notice

NOTICES: Final[dict[str, Notice]] = {
    notice.kind: notice
    for module in (
        codes,
        accounts,
        second_factors,
        sessions,
        recovery,
        clients,
        service_teams,
        interventions,
    )
    for notice in module.NOTICES
}
"""Every notice there is, by its kind."""
