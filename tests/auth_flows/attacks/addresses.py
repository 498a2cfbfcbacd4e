"""Attacks by addresses that were never proved."""

from tests.auth_flows.attacks import attack
from tests.auth_flows.mailbox import Mailbox
from tests.auth_flows.probe import Probe
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.visit import Visit
from tests.auth_flows.wire import Answer

NEW = "never-proved@example.com"
MOST_TRIES = 6


@attack("IDT-08", fix="Call an address verified when its owner has shown a code that went there.",
        left_out="addresses of new accounts")  # fmt: skip
def address_never_proved(probe: Probe) -> None:
    page, person = probe.page("email"), probe.ground.burn()
    visit = Visit(probe, person).finish()
    before = _told(probe, visit)
    probe.works(
        before.json.get("email") == person.citizen.email and "email_verified" in before.json,
        before,
        "UserInfo with the address of a citizen",
    )
    visit.open(page).until("email")
    if visit.answer.url.partition("?")[0] != page or "email" not in visit.asks:
        raise NotTried(f"no page asks for another address: {visit.answer.told()}")
    mailbox = Mailbox(probe, NEW) if probe.target.mailbox else None
    visit.give(email=NEW)
    _not_verified(probe, visit, "an address that was entered, and no code for it")
    if "code" in visit.asks:
        visit.give(code="000000")
        _not_verified(probe, visit, "an address with a wrong code for it")
    if mailbox is not None and "code" in visit.asks:
        right = mailbox.code()
        for _ in range(MOST_TRIES):
            if "code" in visit.asks:
                visit.give(code="000000" if right != "000000" else "111111")
        if "code" in visit.asks:
            visit.give(code=right)
        _not_verified(probe, visit, f"an address with the right code after {MOST_TRIES} wrong ones")


def _told(probe: Probe, visit: Visit) -> Answer:
    asked = probe.ask()
    answer = probe.authorize(asked, browser=visit.browser)
    code = probe.outcome(answer).values.get("code", "")
    given = probe.token(probe.fields_for(asked, code))
    return probe.userinfo(str(given.json.get("access_token")))


def _not_verified(probe: Probe, visit: Visit, words: str) -> None:
    told = _told(probe, visit)
    probe.expect(
        told.status == 200
        and not (told.json.get("email") == NEW and told.json.get("email_verified")),
        told,
        tried=f"UserInfo after {words}",
        wanted="it is not told as verified",
    )
