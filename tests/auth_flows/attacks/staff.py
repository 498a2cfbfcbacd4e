"""Attacks on pages of those who run a provider, and on what its people are told of attacks."""

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.seen import asks_to_sign_in, is_page
from tests.auth_flows.mailbox import Mailbox
from tests.auth_flows.probe import Probe
from tests.auth_flows.resets import Reset
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.visit import Visit

PAGES = "administration"
MOST_PASSWORDS = 10
MOST_CODES = 10


@attack("ADMIN-01", fix="Ask on every page of administration who may see it, with a second factor.")
def pages_of_staff(probe: Probe) -> None:
    names = [name for name in probe.target.pages if name.startswith(PAGES)]
    if not names:
        raise NotTried(f"the target file names no address in pages for {PAGES}")
    probe.grant()
    browser = probe.ground.signed_in()
    silent = probe.authorize(probe.ask(prompt="none"), browser=browser)
    probe.works("code" in probe.outcome(silent).values, silent, "being signed in as a citizen")
    for name in names:
        url = probe.page(name)
        for words, visitor in (("a citizen", browser), ("nobody", probe.browser())):
            for method in ("GET", "POST"):
                answer = visitor.get(url) if method == "GET" else visitor.post(url, [("a", "b")])
                shown = is_page(answer) and answer.status < 300
                shown = shown and not asks_to_sign_in(probe, answer)
                probe.expect(
                    not shown and answer.status < 500,
                    answer,
                    tried=f"{method} {probe.target.pages[name]} by {words}",
                    wanted="403, 404, or on to a sign-in",
                )


@attack(
    "AUDIT-06",
    fix="Send a mail when an account is locked, and when its password or second factor changes.",
    left_out="changes of password and second factor, which RECOV-07 tries",
)
def unseen_by_its_owner(probe: Probe) -> None:
    person = probe.ground.burn()
    mailbox = Mailbox(probe, person.citizen.email)
    done = Visit(probe, person).finish()
    probe.works(done.arrived, done.answer, "signing in")
    visit = Visit(probe, person).until("password")
    for number in range(MOST_PASSWORDS):
        if "password" not in visit.asks:
            break
        visit.give(password=f"wrong password {number}")
    _told(probe, mailbox, visit, "guessing a password until the account is locked")
    other = probe.ground.burn()
    mailbox = Mailbox(probe, other.citizen.email)
    visit = Visit(probe, other).until("code")
    for _ in range(MOST_CODES):
        if "code" not in visit.asks:
            break
        visit.give(code=other.wrong_code())
    _told(probe, mailbox, visit, "guessing codes with the right password until that is locked")


def _told(probe: Probe, mailbox: Mailbox, visit: Visit, tried: str) -> None:
    came = mailbox.hears()
    if not came:
        reset = Reset(probe, probe.ground.burn()).ask()
        probe.works(reset.mailbox.hears(), reset.visit.answer, "a mail of another kind")
    probe.expect(came, visit.answer, tried=tried, wanted="its owner gets a mail")
