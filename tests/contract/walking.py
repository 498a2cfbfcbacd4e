"""People who walk through the pages, at the providers of this folder."""

from tests.endpoints.provider import Provider
from tests.support.addresses import own_address
from tests.support.citizens import Citizen
from tests.support.person import Person
from tests.support.relying_party import RelyingParty, Request

SIGN_IN = 1


def somebody(provider: Provider) -> Person:
    """Somebody with a browser."""
    return Person(provider.app, provider.issuer, own_address())


def arrive(person: Person, party: RelyingParty, **changes: str | None) -> Request:
    """Follow a service's link."""
    asked = party.ask(**changes)
    person.open(party.url(asked))
    return asked


def sign_in(
    provider: Provider,
    person: Person,
    party: RelyingParty,
    citizen: Citizen,
    **changes: str | None,
) -> Request:
    """Come from a service and give address, password and, if it is asked for, a fresh code."""
    asked = arrive(person, party, **changes)
    person.send(button=SIGN_IN)
    person.send({"email": citizen.email})
    person.send({"password": citizen.password})
    if person.left_to is None:
        enter_code(provider, person, citizen)
    assert person.left_to is not None, person.heading
    return asked


def enter_code(provider: Provider, person: Person, citizen: Citizen) -> None:
    """Wait for a code that nobody has used and send it."""
    provider.clock.move(30)
    person.send({"code": citizen.code(provider.now)})


def tokens(
    provider: Provider, person: Person, party: RelyingParty, asked: Request
) -> dict[str, str]:
    """What the service gets for what the browser brought it."""
    code = party.answer(asked, person.left_to)["code"]
    answer = provider.redeem(party, asked, code)
    assert answer.status_code == 200, answer.text
    got: dict[str, str] = answer.get_json()
    return got
