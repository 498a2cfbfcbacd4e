"""Passkeys in front of the pages: having one, and reading what a page asks the browser for."""

import html
import re

from sqlalchemy.orm import Session

from idp.domain import accounts, passkeys, second_factors
from idp.domain.passkey_challenges import Asked, Ceremony
from idp.domain.passkeys import RelyingParty
from idp.domain.services import Services
from tests.support.authenticator import Authenticator
from tests.support.citizens import Citizen
from tests.support.person import Person


def options_of(person: Person) -> str:
    """What the page's script would ask the browser for."""
    found = re.search(r'data-onepass-options="([^"]*)"', person.html)
    assert found, person.heading
    return html.unescape(found[1])


def give(session: Session, services: Services, citizen: Citizen) -> Authenticator:
    """Add a passkey for `citizen`; the caller commits."""
    party = RelyingParty.of(services)
    device = Authenticator(party.origin, party.id, citizen.email.encode())
    account = accounts.get(session, citizen.account_id)
    assert account is not None
    asked = Asked(Ceremony.ADD, "a" * 64, "a journey", account.id)
    options = passkeys.options_to_add(session, services, account, asked)
    answer = device.create(options)
    second_factors.add_passkey(session, services, account, asked, answer, device="Chrome/ Linux")
    return device
