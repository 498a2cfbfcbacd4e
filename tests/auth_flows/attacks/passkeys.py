"""Attacks on passkeys, with an authenticator of software that lies."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.factors import asks_anew
from tests.auth_flows.attacks.guessing import works_for
from tests.auth_flows.authenticator import PRESENT, VERIFIED, Authenticator, Lie, options_on
from tests.auth_flows.changes import Changing
from tests.auth_flows.mailbox import Mailbox
from tests.auth_flows.probe import Probe
from tests.auth_flows.sign_in import Person
from tests.auth_flows.verdicts import Broken, NotTried
from tests.auth_flows.visit import Visit

EVIL = "https://attacker.example"
FIELD = "answer"


@dataclass
class Keeper:
    """A citizen with a passkey."""

    person: Person
    passkey: Authenticator


def keeper(probe: Probe) -> Keeper:
    """A citizen who has just added a passkey, unattacked."""
    person = probe.ground.burn()
    visit = works_for(probe, person)
    changing = Changing(probe, person, visit.browser, "passkeys").confirm()
    passkey = Authenticator(_origin(probe))
    _add(changing, passkey)
    probe.works(not changing.is_open, changing.visit.answer, "adding a passkey")
    return Keeper(person, passkey)


def _origin(probe: Probe) -> str:
    parts = urlsplit(probe.target.issuer)
    return f"{parts.scheme}://{parts.netloc}"


def _add(changing: Changing, passkey: Authenticator, lie: Lie | None = None) -> None:
    options = options_on(changing.visit.answer.body)
    if not options:
        raise NotTried("the page of passkeys asks for none that the probe can read")
    _send(changing.visit, passkey.create(options, lie or Lie()))


def _send(visit: Visit, answer: str) -> None:
    form = next((form for form in visit.forms if FIELD in form.values), None)
    if form is None:
        raise Broken(f"no form of {visit.answer.url} takes the answer of an authenticator")
    visit.send(list((form.values | {FIELD: answer}).items()))


def _asked(probe: Probe, person: Person) -> tuple[Visit, dict[str, object]]:
    """A sign-in at the page that asks for a passkey, and what it asks."""
    visit = Visit(probe, person)
    visit.open(visit.beside("passkey"))
    options = options_on(visit.answer.body)
    if not options:
        raise NotTried("the sign-in asks for no passkey that the probe can read")
    return visit, options


def _sign_in(probe: Probe, one: Keeper, lie: Lie | None = None) -> Visit:
    visit, options = _asked(probe, one.person)
    _send(visit, one.passkey.get(options, lie or Lie()))
    return visit


def _works(probe: Probe, one: Keeper) -> None:
    visit = _sign_in(probe, one)
    probe.works(visit.go_on(), visit.answer, "signing in with the passkey")


def _opens_nothing(probe: Probe, visit: Visit, tried: str) -> None:
    probe.expect(not visit.go_on(), visit.answer, tried=tried, wanted="it opens nothing")


@attack("PASSKEY-07", fix="Keep each challenge for its browser, and take it up with its answer.")
def answer_again(probe: Probe) -> None:
    one = keeper(probe)
    visit, options = _asked(probe, one.person)
    answer = one.passkey.get(options)
    other, theirs = _asked(probe, one.person)
    _send(other, answer)
    _opens_nothing(probe, other, "the answer to the question of another browser")
    visit, options = _asked(probe, one.person)
    answer, page = one.passkey.get(options), visit.answer
    _send(visit, answer)
    probe.works(visit.go_on(), visit.answer, "signing in with the passkey")
    again, asked = _asked(probe, one.person)
    _send(again, answer)
    _opens_nothing(probe, again, "an answer that was taken before")
    challenges = {str(o.get("challenge")) for o in (options, theirs, asked)}
    probe.expect(
        len(challenges) == 3 and min(map(len, challenges)) >= 22,
        page,
        tried="the challenges of three questions",
        wanted="128 random bits in each",
    )
    lie = Lie(challenge="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    _opens_nothing(probe, _sign_in(probe, one, lie), "an answer to a question of one's own")


@attack("PASSKEY-02", fix="Compare origin, hash of the party's name and type, byte for byte.")
def answer_for_elsewhere(probe: Probe) -> None:
    one = keeper(probe)
    origin = _origin(probe)
    for words, lie in (
        ("of another origin", Lie(origin=EVIL)),
        ("of an origin that begins like ours", Lie(origin=f"{origin}.attacker.example")),
        ("of another port", Lie(origin=f"{origin.rpartition(':')[0]}:1")),
        ("for another party", Lie(party="attacker.example")),
        ("that is one for adding a passkey", Lie(kind="webauthn.create")),
        ("of another kind", Lie(kind="payment.get")),
    ):
        _opens_nothing(probe, _sign_in(probe, one, lie), f"an answer {words}")
    _works(probe, one)


@attack("PASSKEY-03", fix="Require the flags of presence and verification in every answer.")
def answer_without_the_person(probe: Probe) -> None:
    one = keeper(probe)
    for words, flags in (
        ("nobody was verified", PRESENT),
        ("nobody was there", VERIFIED),
        ("nobody was there or verified", 0),
    ):
        _opens_nothing(probe, _sign_in(probe, one, Lie(flags=flags)), f"an answer: {words}")
    _works(probe, one)


@attack("PASSKEY-04", fix="Check the signature by the kept key, and let the count only rise.")
def forged_answer(probe: Probe) -> None:
    one = keeper(probe)
    _works(probe, one)
    _works(probe, one)
    cut = _sign_in(probe, one, Lie(cut_signature=True))
    _opens_nothing(probe, cut, "a signature with one bit changed")
    own = one.passkey.key
    one.passkey.key = Authenticator(_origin(probe)).key
    _opens_nothing(probe, _sign_in(probe, one), "a signature by another key")
    one.passkey.key = own
    for words, count in (("stays", one.passkey.count - 3), ("falls", 1), ("is left out", 0)):
        lie = Lie(count=count)
        _opens_nothing(probe, _sign_in(probe, one, lie), f"a count of signatures that {words}")
    one.passkey.count += 10
    _works(probe, one)


@attack("PASSKEY-05", fix="Find the account by the kept key, and compare the handle with it.")
def passkey_of_another(probe: Probe) -> None:
    mine, theirs = keeper(probe), keeper(probe)
    handle = theirs.passkey.handle
    _opens_nothing(
        probe,
        _sign_in(probe, mine, Lie(handle=handle)),
        "one's own passkey with the handle of another citizen",
    )
    own = mine.passkey.id
    mine.passkey.id = theirs.passkey.id
    forged = _sign_in(probe, mine, Lie(handle=handle))
    _opens_nothing(probe, forged, "one's own key under the name of another citizen's")
    mine.passkey.id = own
    half = Visit(probe, theirs.person).until("code")
    half.open(half.beside("passkey"))
    options = options_on(half.answer.body)
    if options:
        _send(half, mine.passkey.get(options))
        _opens_nothing(probe, half, "one's own passkey after the password of another citizen")
    _works(probe, mine)
    _works(probe, theirs)


@attack("PASSKEY-06", fix="Ask for both factors before a passkey is added, and tell the citizen.")
def passkey_added_by_a_thief(probe: Probe) -> None:
    one = keeper(probe)
    person = probe.ground.burn()
    visit = works_for(probe, person)
    asks_anew(probe, person, "passkeys", visit)
    changing = Changing(probe, person, visit.browser, "passkeys").confirm()
    copied = Authenticator(_origin(probe), id=one.passkey.id)
    _add(changing, copied)
    probe.expect(
        changing.is_open or changing.visit.answer.status >= 400,
        changing.visit.answer,
        tried="adding a passkey under the name of another citizen's",
        wanted="it is refused",
    )
    for words, lie in (
        ("of another origin", Lie(origin=EVIL)),
        ("without the person", Lie(flags=PRESENT)),
        ("to another question", Lie(challenge="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
    ):
        changing.visit.open(changing.address)
        if not changing.is_open:
            changing.confirm()
        _add(changing, Authenticator(_origin(probe)), lie)
        probe.expect(
            changing.visit.answer.status >= 400,
            changing.visit.answer,
            tried=f"a new passkey {words}",
            wanted="it is refused",
        )
    mailbox = Mailbox(probe, person.citizen.email)
    changing.visit.open(changing.address)
    changing.confirm()
    _add(changing, Authenticator(_origin(probe)))
    probe.works(not changing.is_open, changing.visit.answer, "adding a passkey")
    probe.expect(
        mailbox.hears(),
        mailbox.look(),
        tried="the mails to the citizen after a passkey was added",
        wanted="one that tells of it",
    )
    _works(probe, one)
